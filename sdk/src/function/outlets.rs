//! Several outputs of one function, each of its own type.

use super::{Downstream, Out, Views};
use crate::batch::{Builder, RowMeta};
use crate::element::Element;
use crate::error::BoxError;

/// The element types of a function's outputs: a tuple of one to four.
pub trait Outlets: 'static {
    /// The batch in the making for each output.
    type Builders: Default + Send;
    /// The outputs as the function sees them: an [`Out`] for each.
    type Outs<'o>;

    /// How many there are.
    const COUNT: usize;

    /// The outputs of a call, which gather in `builders` and hand full batches on by `ports`.
    fn outs<'o>(
        builders: &'o mut Self::Builders,
        ports: &'o mut [&mut dyn Downstream],
        views: &'o Views,
        current: RowMeta,
    ) -> Option<Self::Outs<'o>>;

    /// Says which element is at hand.
    fn set_current(outs: &mut Self::Outs<'_>, current: RowMeta);

    /// Says that the function has returned.
    ///
    /// # Errors
    /// What was emitted was not allowed, or no more is wanted.
    fn checked(outs: &mut Self::Outs<'_>) -> Result<(), BoxError>;

    /// Hands on what has been gathered.
    fn flush(outs: &mut Self::Outs<'_>);

    /// Throws away what has been gathered.
    fn discard(builders: &mut Self::Builders);
}

macro_rules! outlets {
    ($($count:literal: $($name:ident $builder:ident $port:ident $at:tt),+;)*) => {$(
        impl<$($name: Element),+> Outlets for ($($name,)+) {
            type Builders = ($(Builder<$name>,)+);
            type Outs<'o> = ($(Out<'o, $name>,)+);

            const COUNT: usize = $count;

            #[inline]
            fn outs<'o>(
                builders: &'o mut Self::Builders,
                ports: &'o mut [&mut dyn Downstream],
                views: &'o Views,
                current: RowMeta,
            ) -> Option<Self::Outs<'o>> {
                let ($($builder,)+) = builders;
                let [$($port),+] = ports else { return None };
                Some(($(Out::new($builder, &mut **$port, views, current),)+))
            }

            #[inline]
            fn set_current(outs: &mut Self::Outs<'_>, current: RowMeta) {
                $(outs.$at.set_current(current);)+
            }

            #[inline]
            fn checked(outs: &mut Self::Outs<'_>) -> Result<(), BoxError> {
                $(outs.$at.checked()?;)+
                Ok(())
            }

            fn flush(outs: &mut Self::Outs<'_>) {
                $(outs.$at.flush();)+
            }

            fn discard(builders: &mut Self::Builders) {
                $(builders.$at.discard();)+
            }
        }
    )*};
}

outlets! {
    1: A a p 0;
    2: A a p 0, B b q 1;
    3: A a p 0, B b q 1, C c r 2;
    4: A a p 0, B b q 1, C c r 2, D d s 3;
}
