//! Closures as functions of elements, with what they capture.

use std::marker::PhantomData;
use std::sync::Arc;

use super::{DoFn, Out};
use crate::element::{Column, Element, Put, Ref};
use crate::error::{BoxError, Result};

/// What a closure that emits may return: nothing, or a `Result`, so that `?` works in it.
#[diagnostic::on_unimplemented(
    message = "the closure returns `{Self}`; it must return nothing or `flumen::Result<()>`",
    label = "the closure emits its results, and does not return them",
    note = "results go to the emitter: `out.emit(value)`; to return the result itself, use `map` or `flat_map`"
)]
pub trait Outcome {
    /// As a result.
    ///
    /// # Errors
    /// The closure's own.
    fn outcome(self) -> Result<(), BoxError>;
}

impl Outcome for () {
    #[inline]
    fn outcome(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> Outcome for Result<(), E> {
    #[inline]
    fn outcome(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// What a closure that makes one value may return: the value, or a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "the closure returns `{Self}`, which can't be an element of a collection",
    label = "returns no element",
    note = "return an owned value (`String`, not `&str`), a tuple of such, or `flumen::Result` of one",
    note = "for your own type, add `#[derive(Clone, Debug, Serialize, Deserialize, flumen::Element)]`"
)]
pub trait Returns {
    /// The element it makes.
    type Elem: Element;

    /// As a result.
    ///
    /// # Errors
    /// The closure's own.
    fn returned(self) -> Result<Self::Elem, BoxError>;

    /// Adds all values to a column, up to the first error.
    ///
    /// # Errors
    /// That of the first value that is one.
    fn fill(
        values: impl Iterator<Item = Self>,
        column: &mut <Self::Elem as Element>::Col,
    ) -> Result<(), BoxError>;
}

impl<T: Element> Returns for T {
    type Elem = T;
    #[inline]
    fn returned(self) -> Result<T, BoxError> {
        Ok(self)
    }
    #[inline]
    fn fill(values: impl Iterator<Item = T>, column: &mut T::Col) -> Result<(), BoxError> {
        column.extend(values);
        Ok(())
    }
}

impl<T: Element, E: Into<BoxError>> Returns for Result<T, E> {
    type Elem = T;
    #[inline]
    fn returned(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
    #[inline]
    fn fill(mut values: impl Iterator<Item = Self>, column: &mut T::Col) -> Result<(), BoxError> {
        values.try_for_each(|value| {
            column.push(value.map_err(Into::into)?);
            Ok(())
        })
    }
}

/// A closure that reads an element and emits.
pub struct ParDoFn<F, T, U> {
    f: Arc<F>,
    types: PhantomData<fn(T) -> U>,
}

impl<F, T, U> ParDoFn<F, T, U> {
    /// Shares the closure.
    pub fn new(f: F) -> Self {
        Self { f: Arc::new(f), types: PhantomData }
    }
}

impl<F, T, U> Clone for ParDoFn<F, T, U> {
    fn clone(&self) -> Self {
        Self { f: Arc::clone(&self.f), types: PhantomData }
    }
}

impl<F, T, U, R> DoFn for ParDoFn<F, T, U>
where
    F: Fn(Ref<'_, T>, &mut Out<'_, U>) -> R + Send + Sync + 'static,
    T: Element,
    U: Element,
    R: Outcome,
{
    type In = T;
    type Out = U;

    #[inline]
    fn process(&mut self, element: Ref<'_, T>, out: &mut Out<'_, U>) -> Result<()> {
        (self.f)(element, out).outcome()
    }
}

/// A closure that reads an element and returns a sequence: a collection, an iterator, an `Option`.
pub struct FlatMapFn<F, T, I> {
    f: Arc<F>,
    types: PhantomData<fn(T) -> I>,
}

impl<F, T, I> FlatMapFn<F, T, I> {
    /// Shares the closure.
    pub fn new(f: F) -> Self {
        Self { f: Arc::new(f), types: PhantomData }
    }
}

impl<F, T, I> Clone for FlatMapFn<F, T, I> {
    fn clone(&self) -> Self {
        Self { f: Arc::clone(&self.f), types: PhantomData }
    }
}

impl<F, T, I> DoFn for FlatMapFn<F, T, I>
where
    F: Fn(Ref<'_, T>) -> I + Send + Sync + 'static,
    T: Element,
    I: IntoIterator + 'static,
    I::Item: Put,
{
    type In = T;
    type Out = <I::Item as Put>::Elem;

    #[inline]
    fn process(&mut self, element: Ref<'_, T>, out: &mut Out<'_, Self::Out>) -> Result<()> {
        // The sequence may be endless: a failure further on ends it.
        (self.f)(element).into_iter().all(|value| {
            out.emit(value);
            out.is_open()
        });
        Ok(())
    }
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
