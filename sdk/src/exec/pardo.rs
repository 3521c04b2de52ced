//! A function of elements in execution, with its whole life.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use super::chain::Port;
use super::map::mistyped;
use super::{Operator, OperatorSpec, Outputs};
use crate::batch::{AnyColumn, Batch, Builder, RowMeta};
use crate::element::Column;
use crate::error::{FnError, RunError};
use crate::function::{At, DoFn, Out, guard};

/// A [`DoFn`] as a step: its prototype.
pub struct ParDo<D> {
    /// Locked only while a thread takes its clone, so that a function may hold what threads can't share.
    prototype: Mutex<D>,
}

impl<D: DoFn> ParDo<D> {
    /// Keeps the prototype.
    pub fn new(prototype: D) -> Self {
        Self { prototype: Mutex::new(prototype) }
    }
}

impl<D: DoFn> OperatorSpec for ParDo<D> {
    fn operator(&self) -> Box<dyn Operator> {
        let function = self.prototype.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::new(Instance { function, builder: Builder::default(), last: RowMeta::SOURCE })
    }
}

/// One thread's clone of a function, and the batch it is filling.
struct Instance<D: DoFn> {
    function: D,
    builder: Builder<D::Out>,
    /// What is known of the last element: what `finish_bundle` emits has it too.
    last: RowMeta,
}

impl<D: DoFn> Operator for Instance<D> {
    fn open(&mut self) -> Result<(), FnError> {
        guard(|| self.function.setup())
    }

    fn start(&mut self) -> Result<(), FnError> {
        self.builder.discard();
        guard(|| self.function.start_bundle())
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (input, meta) = batch.into_parts::<D::In>().map_err(|e| out.told(mistyped(e)))?;
        let reached = Cell::new(0);
        let constant = meta.as_constant();
        self.last = constant.unwrap_or_else(|| meta.get(Column::len(&*input).saturating_sub(1)));
        let Self { function, builder, last } = self;
        let mut port = Port::new(out);
        let done = guard(|| {
            let mut at = At::new(&reached);
            let mut results = Out::new(builder, &mut port, *last);
            for (row, value) in input.iter().enumerate() {
                at.next();
                if constant.is_none() {
                    results.set_current(meta.get(row));
                }
                function.process(value, &mut results)?;
                results.checked()?;
            }
            Ok(())
        });
        port.failed()?;
        done.map_err(|e| out.told(e.with_element(|| input.debug(At::row(&reached)))))?;
        out.buffers().give(input);
        Ok(())
    }

    fn finish(&mut self, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let Self { function, builder, last } = self;
        let mut port = Port::new(out);
        let done = guard(|| {
            let mut results = Out::new(builder, &mut port, *last);
            function.finish_bundle(&mut results)?;
            results.checked()?;
            results.flush();
            Ok(())
        });
        port.failed()?;
        done.map_err(|e| out.told(e))
    }

    fn close(&mut self) -> Result<(), FnError> {
        guard(|| self.function.teardown())
    }
}
