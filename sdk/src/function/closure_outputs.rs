//! Closures with several outputs.

use std::marker::PhantomData;
use std::sync::Arc;

use super::{MultiDoFn, Out, Outcome};
use crate::element::{Element, Ref};
use crate::error::Result;

macro_rules! multi {
    ($($(#[$doc:meta])* $name:ident: $($out:ident $at:tt),+;)*) => {$(
        $(#[$doc])*
        pub struct $name<F, T, $($out),+> {
            f: Arc<F>,
            types: PhantomData<fn(T) -> ($($out,)+)>,
        }

        impl<F, T, $($out),+> $name<F, T, $($out),+> {
            /// Shares the closure.
            pub fn new(f: F) -> Self {
                Self { f: Arc::new(f), types: PhantomData }
            }
        }

        impl<F, T, $($out),+> Clone for $name<F, T, $($out),+> {
            fn clone(&self) -> Self {
                Self { f: Arc::clone(&self.f), types: PhantomData }
            }
        }

        impl<F, T, R, $($out),+> MultiDoFn for $name<F, T, $($out),+>
        where
            F: Fn(Ref<'_, T>, $(&mut Out<'_, $out>),+) -> R + Send + Sync + 'static,
            T: Element,
            R: Outcome,
            $($out: Element,)+
        {
            type In = T;
            type Outs = ($($out,)+);

            #[inline]
            fn process(&mut self, element: Ref<'_, T>, outs: &mut ($(Out<'_, $out>,)+)) -> Result<()> {
                (self.f)(element, $(&mut outs.$at),+).outcome()
            }
        }
    )*};
}

multi! {
    /// A closure with two outputs.
    ParDo2Fn: A 0, B 1;
    /// A closure with three outputs.
    ParDo3Fn: A 0, B 1, C 2;
    /// A closure with four outputs.
    ParDo4Fn: A 0, B 1, C 2, D 3;
}
