//! A function of elements in execution, with its whole life.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

use super::map::mistyped;
use super::port::Ports;
use super::{Operator, OperatorSpec, Outputs};
use crate::batch::{AnyColumn, Batch, Meta, RowMeta};
use crate::element::{Column, Element};
use crate::error::{BoxError, FnError, RunError};
use crate::function::{At, DoFn, Downstream, MultiDoFn, Outlets, Single, Views, guard};

/// A function as a step: its prototype.
pub struct ParDo<D> {
    prototype: Prototype<D>,
}

impl<D: DoFn> ParDo<Single<D>> {
    /// Keeps the prototype.
    pub fn new(prototype: D) -> Self {
        Self::multi(Single(prototype))
    }
}

impl<D: MultiDoFn> ParDo<D> {
    /// Keeps the prototype of a function with several outputs.
    pub fn multi(prototype: D) -> Self {
        Self { prototype: Prototype::new(prototype) }
    }
}

impl<D: MultiDoFn> OperatorSpec for ParDo<D> {
    fn operator(&self) -> Box<dyn Operator> {
        let prototype = self.prototype.clone();
        let function = prototype.instance();
        let views = Arc::default();
        Box::new(Instance { prototype, function, builders: Default::default(), last: RowMeta::SOURCE, views })
    }
}

/// What the instances of a function are cloned from.
pub(super) struct Prototype<D> {
    /// Locked only while a thread takes its clone, so that a function may hold what threads can't share.
    function: Arc<Mutex<D>>,
}

impl<D: Clone> Prototype<D> {
    pub(super) fn new(function: D) -> Self {
        Self { function: Arc::new(Mutex::new(function)) }
    }

    pub(super) fn instance(&self) -> D {
        self.function.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn clone(&self) -> Self {
        Self { function: Arc::clone(&self.function) }
    }
}

/// One thread's clone of a function, and the batches it is filling.
struct Instance<D: MultiDoFn> {
    prototype: Prototype<D>,
    function: D,
    builders: <D::Outs as Outlets>::Builders,
    /// What is known of the last element: what `finish_bundle` emits has it too.
    last: RowMeta,
    views: Arc<Views>,
}

impl<D: MultiDoFn> Instance<D> {
    /// Calls with the function and its outputs.
    #[inline]
    fn with_outs(
        &mut self,
        out: &mut Outputs<'_>,
        call: impl FnOnce(&mut D, &mut <D::Outs as Outlets>::Outs<'_>) -> Result<(), BoxError>,
    ) -> Result<Result<(), FnError>, RunError> {
        let Self { function, builders, last, views, .. } = self;
        let ports = Ports::new(out);
        let [mut a, mut b, mut c, mut d] = [0, 1, 2, 3].map(|number| ports.port(number));
        let mut all: [&mut dyn Downstream; 4] = [&mut a, &mut b, &mut c, &mut d];
        let own = all.get_mut(..D::Outs::COUNT).unwrap_or_default();
        let done = match D::Outs::outs(builders, own, views, *last) {
            Some(mut outs) => guard(|| call(function, &mut outs)),
            None => Ok(()),
        };
        ports.failed()?;
        Ok(done)
    }
}

impl<D: MultiDoFn> Operator for Instance<D> {
    fn open(&mut self) -> Result<(), FnError> {
        guard(|| self.function.setup())
    }

    fn bind(&mut self, views: &Arc<Views>) -> Result<(), FnError> {
        self.views = Arc::clone(views);
        Ok(())
    }

    fn start(&mut self) -> Result<(), FnError> {
        D::Outs::discard(&mut self.builders);
        guard(|| self.function.start_bundle())
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (input, meta) = batch.into_parts::<D::In>().map_err(|e| out.told(mistyped(e)))?;
        let reached = Cell::new(0);
        let constant = meta.as_constant();
        self.last = constant.unwrap_or_else(|| meta.get(Column::len(&*input).saturating_sub(1)));
        let done = self.with_outs(out, |function, outs| {
            process::<D>(function, &input, constant.is_none().then_some(&meta), outs, &reached)
        })?;
        done.map_err(|e| out.told(e.with_element(|| input.debug(At::row(&reached)))))?;
        out.buffers().give(input);
        Ok(())
    }

    fn finish(&mut self, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let done = self.with_outs(out, |function, outs| {
            function.finish_bundle(outs)?;
            D::Outs::checked(outs)?;
            D::Outs::flush(outs);
            Ok(())
        })?;
        done.map_err(|e| out.told(e))
    }

    fn renew(&mut self) -> Result<(), FnError> {
        renew(&self.prototype, &mut self.function, D::teardown)?;
        guard(|| self.function.setup())
    }

    fn close(&mut self) -> Result<(), FnError> {
        guard(|| self.function.teardown())
    }
}

/// Puts a fresh clone in the place of an instance that may be left half-way.
pub(super) fn renew<D: Clone>(
    prototype: &Prototype<D>,
    function: &mut D,
    teardown: impl FnOnce(&mut D) -> Result<(), BoxError>,
) -> Result<(), FnError> {
    // It has failed already, and that has been told.
    drop(guard(|| teardown(function)));
    *function = guard(|| Ok(prototype.instance()))?;
    Ok(())
}

#[inline]
fn process<D: MultiDoFn>(
    function: &mut D,
    input: &<D::In as Element>::Col,
    varying: Option<&Meta>,
    outs: &mut <D::Outs as Outlets>::Outs<'_>,
    reached: &Cell<usize>,
) -> Result<(), BoxError> {
    let mut at = At::new(reached);
    for (row, value) in input.iter().enumerate() {
        at.next();
        if let Some(meta) = varying {
            D::Outs::set_current(outs, meta.get(row));
        }
        function.process(value, outs)?;
        D::Outs::checked(outs)?;
    }
    Ok(())
}
