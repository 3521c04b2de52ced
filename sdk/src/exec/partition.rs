//! Rows to one of several outputs of the same type.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

use super::map::mistyped;
use super::{Operator, OperatorSpec, Outputs};
use crate::batch::{AnyColumn, Batch, Builder};
use crate::element::{Column, Element, Ref};
use crate::error::{Cause, FnError, RunError};
use crate::function::{At, guard};

/// A closure that says to which of several outputs an element goes.
pub struct PartitionBy<F, T> {
    f: Arc<F>,
    outputs: usize,
    types: PhantomData<fn(T)>,
}

impl<F, T> PartitionBy<F, T> {
    /// Shares the closure.
    pub fn new(outputs: usize, f: F) -> Self {
        Self { f: Arc::new(f), outputs, types: PhantomData }
    }
}

impl<F, T> OperatorSpec for PartitionBy<F, T>
where
    F: Fn(Ref<'_, T>) -> usize + Send + Sync + 'static,
    T: Element,
{
    fn operator(&self) -> Box<dyn Operator> {
        let builders = (0..self.outputs).map(|_| Builder::default()).collect();
        Box::new(Instance::<F, T> { f: Arc::clone(&self.f), builders })
    }
}

struct Instance<F, T: Element> {
    f: Arc<F>,
    builders: Vec<Builder<T>>,
}

impl<F, T> Operator for Instance<F, T>
where
    F: Fn(Ref<'_, T>) -> usize + Send + Sync + 'static,
    T: Element,
{
    fn start(&mut self) -> Result<(), FnError> {
        self.builders.iter_mut().for_each(Builder::discard);
        Ok(())
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (input, meta) = batch.into_parts::<T>().map_err(|e| out.told(mistyped(e)))?;
        let reached = Cell::new(0);
        let (f, builders) = (self.f.as_ref(), &mut self.builders);
        let outputs = builders.len();
        guard(|| {
            let mut at = At::new(&reached);
            for (row, value) in input.iter().enumerate() {
                at.next();
                let number = f(value);
                let message =
                    || format!("partition {number} of {outputs}: the closure returns 0 to {}", outputs - 1);
                let builder =
                    builders.get_mut(number).ok_or_else(|| FnError::new(Cause::UserCode, message()))?;
                builder.set_meta(meta.get(row));
                builder.column().push_ref(value);
            }
            Ok(())
        })
        .map_err(|e| out.told(e.with_element(|| input.debug(At::row(&reached)))))?;
        out.buffers().give(input);
        for (number, builder) in self.builders.iter_mut().enumerate() {
            if builder.is_full()
                && let Some(batch) = builder.close(out.buffers())
            {
                out.send(number, batch)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Outputs<'_>) -> Result<(), RunError> {
        for (number, builder) in self.builders.iter_mut().enumerate() {
            if let Some(batch) = builder.close(out.buffers()) {
                out.send(number, batch)?;
            }
        }
        Ok(())
    }
}
