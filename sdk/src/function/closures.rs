//! Closures with several outputs, and closures whose failures are an output.

use std::marker::PhantomData;
use std::sync::Arc;

use super::{DoFn, MultiDoFn, Out, Outcome, Returns, SideInput};
use crate::element::{Element, Put, Ref};
use crate::error::{BoxError, Result};

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

/// A closure that makes one value or fails.
pub struct TryMapFn<F, T, R> {
    f: Arc<F>,
    types: PhantomData<fn(T) -> R>,
}

impl<F, T, R> TryMapFn<F, T, R> {
    /// Shares the closure.
    pub fn new(f: F) -> Self {
        Self { f: Arc::new(f), types: PhantomData }
    }
}

impl<F, T, R> Clone for TryMapFn<F, T, R> {
    fn clone(&self) -> Self {
        Self { f: Arc::clone(&self.f), types: PhantomData }
    }
}

impl<F, T, P, E> DoFn for TryMapFn<F, T, Result<P, E>>
where
    F: Fn(Ref<'_, T>) -> Result<P, E> + Send + Sync + 'static,
    T: Element,
    P: Put + 'static,
    E: Into<BoxError> + 'static,
{
    type In = T;
    type Out = P::Elem;

    #[inline]
    fn process(&mut self, element: Ref<'_, T>, out: &mut Out<'_, P::Elem>) -> Result<()> {
        out.emit((self.f)(element).map_err(Into::into)?);
        Ok(())
    }
}

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
