//! Closures that read side inputs beside the element.

use std::marker::PhantomData;
use std::sync::Arc;

use super::{DoFn, Out, Outcome, Returns, SideInput};
use crate::element::{Element, Put, Ref};
use crate::error::Result;

macro_rules! beside_sides {
    ($($(#[$doc:meta])* $name:ident<$last:ident>;)*) => {$(
        $(#[$doc])*
        pub struct $name<F, S, T, $last> {
            f: Arc<F>,
            sides: S,
            types: PhantomData<fn(T) -> $last>,
        }

        impl<F, S, T, $last> $name<F, S, T, $last> {
            /// Shares the closure.
            pub fn new(sides: S, f: F) -> Self {
                Self { f: Arc::new(f), sides, types: PhantomData }
            }
        }

        impl<F, S: Clone, T, $last> Clone for $name<F, S, T, $last> {
            fn clone(&self) -> Self {
                Self { f: Arc::clone(&self.f), sides: self.sides.clone(), types: PhantomData }
            }
        }
    )*};
}

beside_sides! {
    /// A closure that reads an element beside side inputs, and emits.
    ParDoSidesFn<U>;
    /// A closure that reads an element beside side inputs, and returns one.
    MapSidesFn<R>;
    /// A closure that reads an element beside side inputs, and returns a sequence.
    FlatMapSidesFn<I>;
    /// A closure that says beside side inputs which elements stay.
    FilterSidesFn<B>;
}

impl<F, S, T, U, R> DoFn for ParDoSidesFn<F, S, T, U>
where
    F: for<'a, 'b> Fn(Ref<'a, T>, S::View<'b>, &mut Out<'_, U>) -> R + Send + Sync + 'static,
    S: SideInput,
    T: Element,
    U: Element,
    R: Outcome,
{
    type In = T;
    type Out = U;

    #[inline]
    fn process(&mut self, element: Ref<'_, T>, out: &mut Out<'_, U>) -> Result<()> {
        let views = out.side(&self.sides)?;
        (self.f)(element, views, out).outcome()
    }
}

impl<F, S, T, R> DoFn for MapSidesFn<F, S, T, R>
where
    F: for<'a, 'b> Fn(Ref<'a, T>, S::View<'b>) -> R + Send + Sync + 'static,
    S: SideInput,
    T: Element,
    R: Returns + 'static,
{
    type In = T;
    type Out = R::Elem;

    #[inline]
    fn process(&mut self, element: Ref<'_, T>, out: &mut Out<'_, R::Elem>) -> Result<()> {
        let views = out.side(&self.sides)?;
        out.emit_result((self.f)(element, views))
    }
}

impl<F, S, T, I> DoFn for FlatMapSidesFn<F, S, T, I>
where
    F: for<'a, 'b> Fn(Ref<'a, T>, S::View<'b>) -> I + Send + Sync + 'static,
    S: SideInput,
    T: Element,
    I: IntoIterator + 'static,
    I::Item: Put,
{
    type In = T;
    type Out = <I::Item as Put>::Elem;

    #[inline]
    fn process(&mut self, element: Ref<'_, T>, out: &mut Out<'_, Self::Out>) -> Result<()> {
        let views = out.side(&self.sides)?;
        (self.f)(element, views).into_iter().all(|value| {
            out.emit(value);
            out.is_open()
        });
        Ok(())
    }
}

impl<F, S, T> DoFn for FilterSidesFn<F, S, T, bool>
where
    F: for<'a, 'b> Fn(Ref<'a, T>, S::View<'b>) -> bool + Send + Sync + 'static,
    S: SideInput,
    T: Element,
{
    type In = T;
    type Out = T;

    #[inline]
    fn process(&mut self, element: Ref<'_, T>, out: &mut Out<'_, T>) -> Result<()> {
        let views = out.side(&self.sides)?;
        if (self.f)(element, views) {
            out.emit_ref(element);
        }
        Ok(())
    }
}
