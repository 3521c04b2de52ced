//! A function whose failures are an output: what it refuses becomes a dead letter, and the rest goes on.

use std::cell::Cell;
use std::sync::Arc;

use super::map::mistyped;
use super::pardo::{Prototype, renew};
use super::port::Ports;
use super::{Operator, OperatorSpec, Outputs};
use crate::batch::{Batch, Builder, RowMeta};
use crate::element::Column;
use crate::error::{FnError, RunError};
use crate::function::{At, DeadLetter, DoFn, Out, Views, guard};

/// A function as a step with two outputs: its own, and the dead letters.
pub struct Attempt<D> {
    prototype: Prototype<D>,
}

impl<D: DoFn> Attempt<D> {
    /// The output of the dead letters.
    pub const DEAD_LETTERS: usize = 1;

    /// Keeps the prototype.
    pub fn new(prototype: D) -> Self {
        Self { prototype: Prototype::new(prototype) }
    }
}

impl<D: DoFn> OperatorSpec for Attempt<D> {
    fn operator(&self) -> Box<dyn Operator> {
        let prototype = self.prototype.clone();
        let function = prototype.instance();
        Box::new(Instance {
            prototype,
            function,
            builder: Builder::default(),
            letters: Builder::default(),
            last: RowMeta::SOURCE,
            views: Arc::default(),
        })
    }
}

struct Instance<D: DoFn> {
    prototype: Prototype<D>,
    function: D,
    builder: Builder<D::Out>,
    letters: Builder<DeadLetter>,
    /// What is known of the last element: what `finish_bundle` emits has it too.
    last: RowMeta,
    views: Arc<Views>,
}

/// A row that the function refused, and why.
type Refused = Option<(usize, FnError)>;

impl<D: DoFn> Instance<D> {
    /// Calls the function for rows from `first` on, up to the first one that it refuses.
    fn process_from(
        &mut self,
        first: usize,
        input: &<D::In as crate::element::Element>::Col,
        meta: &crate::batch::Meta,
        out: &mut Outputs<'_>,
    ) -> Result<Refused, RunError> {
        let Self { function, builder, views, last, .. } = self;
        let (reached, before) = (Cell::new(0), Cell::new(0));
        let ports = Ports::new(out);
        let mut port = ports.port(0);
        let mut results = Out::new(builder, &mut port, views, *last).held();
        let done = guard(|| {
            let mut at = At::new(&reached);
            for row in first..input.len() {
                let Some(value) = input.get(row) else { break };
                at.next();
                results.set_current(meta.get(row));
                before.set(results.waiting());
                function.process(value, &mut results)?;
                results.checked()?;
                results.settle();
                if !results.is_open() {
                    break;
                }
            }
            Ok(())
        });
        if done.is_err() {
            // What the refused element has emitted is taken back.
            results.take_back_to(before.get());
        }
        ports.failed()?;
        Ok(done.err().map(|error| (first + At::row(&reached), error)))
    }
}

impl<D: DoFn> Operator for Instance<D> {
    fn open(&mut self) -> Result<(), FnError> {
        guard(|| self.function.setup())
    }

    fn bind(&mut self, views: &Arc<Views>) -> Result<(), FnError> {
        self.views = Arc::clone(views);
        Ok(())
    }

    fn start(&mut self) -> Result<(), FnError> {
        self.builder.discard();
        self.letters.discard();
        guard(|| self.function.start_bundle())
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (input, meta) = batch.into_parts::<D::In>().map_err(|e| out.told(mistyped(e)))?;
        self.last = meta.get(input.len().saturating_sub(1));
        let mut next = 0;
        while let Some((row, error)) = self.process_from(next, &input, &meta, out)? {
            if let Some(value) = input.get(row) {
                let letter = guard(|| {
                    let step = &out.step().name;
                    Ok(DeadLetter::new::<D::In>(value, &error, step, out.position(row)))
                });
                self.letters.put(letter.map_err(|e| out.told(e))?, meta.get(row));
            }
            if self.letters.is_full()
                && let Some(batch) = self.letters.close(out.buffers())
            {
                out.send(1, batch)?;
            }
            next = row + 1;
        }
        out.buffers().give(input);
        Ok(())
    }

    fn finish(&mut self, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let Self { function, builder, views, last, .. } = self;
        let ports = Ports::new(out);
        let mut port = ports.port(0);
        let done = guard(|| {
            let mut results = Out::new(builder, &mut port, views, *last);
            function.finish_bundle(&mut results)?;
            results.checked()?;
            results.flush();
            Ok(())
        });
        ports.failed()?;
        done.map_err(|e| out.told(e))?;
        match self.letters.close(out.buffers()) {
            Some(batch) => out.send(1, batch),
            None => Ok(()),
        }
    }

    fn renew(&mut self) -> Result<(), FnError> {
        renew(&self.prototype, &mut self.function, D::teardown)?;
        guard(|| self.function.setup())
    }

    fn close(&mut self) -> Result<(), FnError> {
        guard(|| self.function.teardown())
    }
}
