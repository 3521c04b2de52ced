//! Functions that combine, made of others: of a part of the value, several at once, none where nothing came.

use std::marker::PhantomData;

use super::CombineFn;
use crate::element::{Accumulator, Element, Ref};
use crate::error::Result;

/// Combines what a closure makes of each value: see [`CombineFn::of`].
pub struct Of<T, F, C> {
    f: F,
    combine: C,
    value: PhantomData<fn(T)>,
}

impl<T, F, C> Of<T, F, C> {
    /// Combines what the closure makes.
    pub fn new(f: F, combine: C) -> Self {
        Self { f, combine, value: PhantomData }
    }
}

impl<T, F, C> CombineFn for Of<T, F, C>
where
    T: Element,
    F: Fn(Ref<'_, T>) -> C::In + Send + Sync + 'static,
    C: CombineFn,
{
    type In = T;
    type Accum = C::Accum;
    type Out = C::Out;

    fn create(&self) -> C::Accum {
        self.combine.create()
    }
    #[inline]
    fn add(&self, accumulator: &mut C::Accum, value: Ref<'_, T>) -> Result<()> {
        self.combine.add(accumulator, (self.f)(value).borrow())
    }
    #[inline]
    fn merge(&self, accumulator: &mut C::Accum, other: C::Accum) -> Result<()> {
        self.combine.merge(accumulator, other)
    }
    fn extract(&self, accumulator: C::Accum) -> Result<C::Out> {
        self.combine.extract(accumulator)
    }
}

/// Makes nothing of no values, and of others what another function makes: see [`CombineFn::or_none`].
#[derive(Clone, Debug)]
pub struct OrNone<C> {
    combine: C,
}

impl<C> OrNone<C> {
    /// Makes nothing of no values.
    pub fn new(combine: C) -> Self {
        Self { combine }
    }
}

impl<C: CombineFn> CombineFn for OrNone<C> {
    type In = C::In;
    type Accum = Option<C::Accum>;
    type Out = Option<C::Out>;

    #[inline]
    fn add(&self, accumulator: &mut Self::Accum, value: Ref<'_, C::In>) -> Result<()> {
        self.combine.add(accumulator.get_or_insert_with(|| self.combine.create()), value)
    }
    #[inline]
    fn merge(&self, accumulator: &mut Self::Accum, other: Self::Accum) -> Result<()> {
        match (accumulator, other) {
            (_, None) => Ok(()),
            (Some(all), Some(other)) => self.combine.merge(all, other),
            (none, other) => {
                *none = other;
                Ok(())
            }
        }
    }
    fn extract(&self, accumulator: Self::Accum) -> Result<Self::Out> {
        accumulator.map(|all| self.combine.extract(all)).transpose()
    }
}

// Several functions of the same values, as one: each value is read once.
macro_rules! tuples {
    ($($first:ident, $($name:ident $at:tt),+;)*) => {$(
        impl<$first, $($name),+> CombineFn for ($first, $($name),+)
        where
            $first: CombineFn,
            $($name: CombineFn<In = $first::In>,)+
            ($first::Accum, $($name::Accum),+): Accumulator,
            ($first::Out, $($name::Out),+): Element,
        {
            type In = $first::In;
            type Accum = ($first::Accum, $($name::Accum),+);
            type Out = ($first::Out, $($name::Out),+);

            fn create(&self) -> Self::Accum {
                (self.0.create(), $(self.$at.create()),+)
            }
            #[inline]
            fn add(&self, all: &mut Self::Accum, value: Ref<'_, Self::In>) -> Result<()> {
                self.0.add(&mut all.0, value)?;
                $(self.$at.add(&mut all.$at, value)?;)+
                Ok(())
            }
            #[inline]
            fn merge(&self, all: &mut Self::Accum, other: Self::Accum) -> Result<()> {
                self.0.merge(&mut all.0, other.0)?;
                $(self.$at.merge(&mut all.$at, other.$at)?;)+
                Ok(())
            }
            fn extract(&self, all: Self::Accum) -> Result<Self::Out> {
                Ok((self.0.extract(all.0)?, $(self.$at.extract(all.$at)?),+))
            }
        }
    )*};
}

tuples! {
    A, B 1;
    A, B 1, C 2;
    A, B 1, C 2, D 3;
    A, B 1, C 2, D 3, E 4;
    A, B 1, C 2, D 3, E 4, F 5;
    A, B 1, C 2, D 3, E 4, F 5, G 6;
    A, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}
