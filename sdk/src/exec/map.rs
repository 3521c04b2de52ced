//! One row in, one or none out: closures straight over columns.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Operator, OperatorSpec, Outputs};
use crate::batch::{AnyColumn, Batch, widely};
use crate::element::{Column, Element, Ref};
use crate::error::{Cause, FnError, RunError};
use crate::function::{At, Returns, guard};

/// A closure that makes one value of each element.
pub struct Map<F, T, R> {
    f: Arc<F>,
    types: PhantomData<fn(T) -> R>,
}

impl<F, T, R> Map<F, T, R> {
    /// Shares the closure.
    pub fn new(f: F) -> Self {
        Self { f: Arc::new(f), types: PhantomData }
    }
}

impl<F, T, R> OperatorSpec for Map<F, T, R>
where
    F: Fn(Ref<'_, T>) -> R + Send + Sync + 'static,
    T: Element,
    R: Returns + 'static,
{
    fn operator(&self) -> Box<dyn Operator> {
        Box::new(Self { f: Arc::clone(&self.f), types: PhantomData })
    }
}

impl<F, T, R> Operator for Map<F, T, R>
where
    F: Fn(Ref<'_, T>) -> R + Send + Sync + 'static,
    T: Element,
    R: Returns + 'static,
{
    fn keeps_rows(&self) -> bool {
        true
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (input, meta) = batch.into_parts::<T>().map_err(|e| out.told(mistyped(e)))?;
        let mut output = out.buffers().take::<R::Elem>();
        let reached = Cell::new(0);
        let f = self.f.as_ref();
        // The row count is made inside, so that it stays in a register of the loop.
        let fill = |output: &mut <R::Elem as Element>::Col| {
            let mut at = At::new(&reached);
            let values = input.iter().map(|value| {
                at.next();
                f(value)
            });
            R::fill(values, output)
        };
        guard(|| {
            if const { T::Col::PLAIN && <R::Elem as Element>::Col::PLAIN } {
                widely(|| fill(&mut output))
            } else {
                fill(&mut output)
            }
        })
        .map_err(|e| out.told(e.with_element(|| input.debug(At::row(&reached)))))?;
        out.buffers().give(input);
        out.send(0, Batch::new(output, meta))
    }
}

/// A closure that says which elements stay.
pub struct Filter<F, T> {
    f: Arc<F>,
    types: PhantomData<fn(T)>,
}

impl<F, T> Filter<F, T> {
    /// Shares the closure.
    pub fn new(f: F) -> Self {
        Self { f: Arc::new(f), types: PhantomData }
    }
}

impl<F, T> OperatorSpec for Filter<F, T>
where
    F: Fn(Ref<'_, T>) -> bool + Send + Sync + 'static,
    T: Element,
{
    fn operator(&self) -> Box<dyn Operator> {
        Box::new(Self { f: Arc::clone(&self.f), types: PhantomData })
    }
}

impl<F, T> Operator for Filter<F, T>
where
    F: Fn(Ref<'_, T>) -> bool + Send + Sync + 'static,
    T: Element,
{
    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (mut column, mut meta) = batch.into_parts::<T>().map_err(|e| out.told(mistyped(e)))?;
        let reached = Cell::new(0);
        let f = self.f.as_ref();
        // A column that is left by a panic still has the row that the panic came from.
        let constant = meta.as_constant().is_some();
        let mut retain = |column: &mut T::Col| {
            let mut at = At::new(&reached);
            let keep = |value: Ref<'_, T>| {
                at.next();
                f(value)
            };
            if constant {
                column.retain(keep);
            } else {
                let flags: Vec<bool> = column.iter().map(keep).collect();
                column.compact(&flags);
                meta.compact(&flags);
            }
        };
        guard(|| {
            if const { T::Col::PLAIN } {
                widely(|| retain(&mut column));
            } else {
                retain(&mut column);
            }
            Ok(())
        })
        .map_err(|e| out.told(e.with_element(|| column.debug(At::row(&reached)))))?;
        out.send(0, Batch::new(column, meta))
    }
}

/// A batch of another type than the step reads: a fault of the engine.
pub(super) fn mistyped(error: crate::batch::TypeMismatch) -> FnError {
    FnError::new(Cause::Configuration, error)
}
