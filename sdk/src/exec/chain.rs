//! Operators in the order of the graph, each batch going as far as it can before the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Operator;
use crate::batch::{Batch, Buffers};
use crate::error::{Cause, FnError, RunError, Step};
use crate::function::Downstream;
use crate::time::Watermark;

/// Where an output goes: the operator's place in the chain, and which of its inputs.
type Target = (usize, usize);

/// How much has come into an operator in a bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BundleSize {
    /// How many rows.
    pub rows: u64,
    /// About how many bytes they take.
    pub bytes: u64,
}

struct Link {
    step: Arc<Step>,
    operator: Box<dyn Operator>,
    /// By output.
    targets: Vec<Vec<Target>>,
    opened: bool,
    rows_in: u64,
    /// What came in since the bundle started.
    bundle: BundleSize,
    rows_out: u64,
}

impl Link {
    /// Calls the operator, and says which step an error came from.
    fn call<R>(&mut self, call: impl FnOnce(&mut dyn Operator) -> Result<R, FnError>) -> Result<R, RunError> {
        let Self { step, operator, .. } = self;
        caught(step, || call(operator.as_mut()).map_err(|e| e.at(step)))
    }
}

/// Calls an operator.
///
/// Operators guard the calls of user code that have an element to name; but a `Clone`, `Debug`, `Default` or coder
/// is user code too. A panic there must not be taken for one of the step before, nor keep others from being closed.
fn caught<R>(step: &Arc<Step>, call: impl FnOnce() -> Result<R, RunError>) -> Result<R, RunError> {
    catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|panic| Err(FnError::from_panic(panic.as_ref()).at(step)))
}

/// Builds a [`Chain`], in the order of the graph.
#[derive(Default)]
pub struct ChainBuilder {
    links: Vec<Link>,
}

impl ChainBuilder {
    /// Adds an operator after all that feed it; returns its place.
    pub fn add(&mut self, step: Arc<Step>, operator: Box<dyn Operator>) -> usize {
        self.links.push(Link {
            step,
            operator,
            targets: Vec::new(),
            opened: false,
            rows_in: 0,
            bundle: BundleSize::default(),
            rows_out: 0,
        });
        self.links.len() - 1
    }

    /// Leads an output of an operator to an input of one added later; anything else is ignored.
    pub fn connect(&mut self, from: usize, output: usize, to: usize, input: usize) {
        if let Some(link) = self.links.get_mut(from).filter(|_| from < to) {
            if link.targets.len() <= output {
                link.targets.resize_with(output + 1, Vec::new);
            }
            if let Some(targets) = link.targets.get_mut(output) {
                targets.push((to, input));
            }
        }
    }

    /// The chain; once `stop` is set, every batch that is sent in it is an error.
    #[must_use]
    pub fn build(self, stop: Arc<AtomicBool>) -> Chain {
        Chain { links: self.links, buffers: Buffers::new(), stop }
    }
}

/// One thread's instance of every step of a pipeline, in the order of the graph.
pub struct Chain {
    links: Vec<Link>,
    buffers: Buffers,
    stop: Arc<AtomicBool>,
}

impl Chain {
    /// Opens every operator.
    ///
    /// # Errors
    /// The first operator that fails to open; the others are not opened then.
    pub fn open(&mut self) -> Result<(), RunError> {
        self.links.iter_mut().try_for_each(|link| {
            link.opened = true;
            link.call(|operator| operator.open())
        })
    }

    /// The pool of the thread.
    pub fn buffers(&mut self) -> &mut Buffers {
        &mut self.buffers
    }

    /// Starts a bundle in the operators of a stage, which are given by their places.
    ///
    /// # Errors
    /// The first operator that fails.
    pub fn start(&mut self, stage: &[usize]) -> Result<(), RunError> {
        for at in stage {
            if let Some(link) = self.links.get_mut(*at) {
                link.bundle = BundleSize::default();
            }
            self.call(*at, |operator| operator.start())?;
        }
        Ok(())
    }

    /// The most rows, and the most bytes, that any operator of the stage has taken in this bundle: how much it holds
    /// at most.
    #[must_use]
    pub fn bundle_size(&self, stage: &[usize]) -> BundleSize {
        let links = stage.iter().filter_map(|at| self.links.get(*at));
        links.fold(BundleSize::default(), |most, Link { bundle, .. }| BundleSize {
            rows: most.rows.max(bundle.rows),
            bytes: most.bytes.max(bundle.bytes),
        })
    }

    /// Gives a batch to an input of an operator; it, and all it leads to, has been worked on when this returns.
    ///
    /// # Errors
    /// The first operator that fails.
    pub fn push(&mut self, at: usize, input: usize, batch: Batch) -> Result<(), RunError> {
        deliver(&mut self.links, 0, (at, input), batch, &mut self.buffers, &self.stop)
    }

    /// Finishes the bundle: every operator of the stage hands on what it has gathered, then all staged results count.
    ///
    /// # Errors
    /// The first operator that fails.
    pub fn finish(&mut self, stage: &[usize]) -> Result<(), RunError> {
        stage.iter().try_for_each(|at| self.with(*at, |operator, out| operator.finish(out)))?;
        self.commit(stage)
    }

    /// Makes what the stage staged in the bundle count; called by [`Chain::finish`], and again after an error of that to
    /// go on with what did not count yet.
    ///
    /// # Errors
    /// The first operator that fails.
    pub fn commit(&mut self, stage: &[usize]) -> Result<(), RunError> {
        let Self { links, buffers, .. } = self;
        stage.iter().try_for_each(|at| match links.get_mut(*at) {
            Some(link) => link.call(|operator| operator.commit(buffers)),
            None => Ok(()),
        })
    }

    /// Tells an operator how far event time has come on its first input.
    ///
    /// # Errors
    /// The first operator that fails.
    pub fn watermark(&mut self, at: usize, to: Watermark) -> Result<(), RunError> {
        self.with(at, |operator, out| operator.watermark(0, to, out))
    }

    /// Takes what an operator has kept, in so many partitions.
    ///
    /// # Errors
    /// It can't be given in this form.
    pub fn surrender(&mut self, at: usize, parts: usize) -> Result<Vec<Batch>, RunError> {
        self.call(at, |operator| operator.surrender(parts))
    }

    /// Closes every operator that was opened, also after a failure.
    ///
    /// # Errors
    /// The first operator that fails to close; the others are closed all the same.
    pub fn close(&mut self) -> Result<(), RunError> {
        let mut result = Ok(());
        for link in self.links.iter_mut().filter(|link| link.opened) {
            link.opened = false;
            let done = link.call(|operator| operator.close());
            result = result.and(done);
        }
        result
    }

    /// How many rows went into and came out of each operator, by its place.
    #[must_use]
    pub fn counts(&self) -> Vec<(u64, u64)> {
        self.links.iter().map(|link| (link.rows_in, link.rows_out)).collect()
    }

    fn call<R: Default>(
        &mut self,
        at: usize,
        call: impl FnOnce(&mut dyn Operator) -> Result<R, FnError>,
    ) -> Result<R, RunError> {
        self.links.get_mut(at).map_or(Ok(R::default()), |link| link.call(call))
    }

    fn with(
        &mut self,
        at: usize,
        call: impl FnOnce(&mut dyn Operator, &mut Outputs<'_>) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let Some((link, rest)) = self.links.get_mut(at..).and_then(|links| links.split_first_mut()) else {
            return Ok(());
        };
        let Link { step, operator, targets, rows_out, .. } = link;
        let (buffers, stop) = (&mut self.buffers, self.stop.as_ref());
        let mut out = Outputs { rest, base: at + 1, step, targets, rows_out, buffers, stop };
        caught(step, || call(operator.as_mut(), &mut out))
    }
}

fn deliver(
    links: &mut [Link],
    base: usize,
    (to, input): Target,
    batch: Batch,
    buffers: &mut Buffers,
    stop: &AtomicBool,
) -> Result<(), RunError> {
    if stop.load(Ordering::Relaxed) {
        return Err(RunError::new(Cause::Cancelled, "the run has stopped"));
    }
    // Targets always stand further on in the chain, so there is one.
    let Some((link, rest)) = links.get_mut(to - base..).and_then(|links| links.split_first_mut()) else {
        return Ok(());
    };
    let Link { step, operator, targets, rows_in, rows_out, bundle, .. } = link;
    let rows = batch.len() as u64;
    *rows_in += rows;
    bundle.rows += rows;
    bundle.bytes += batch.bytes() as u64;
    let mut out = Outputs { rest, base: to + 1, step, targets, rows_out, buffers, stop };
    caught(step, || operator.push(input, batch, &mut out))
}

/// What stands behind an operator: the rest of the chain, and the thread's buffers.
pub struct Outputs<'a> {
    rest: &'a mut [Link],
    /// The place of the first of `rest`.
    base: usize,
    step: &'a Arc<Step>,
    targets: &'a [Vec<Target>],
    rows_out: &'a mut u64,
    buffers: &'a mut Buffers,
    stop: &'a AtomicBool,
}

impl Outputs<'_> {
    /// Sends a batch by an output; all it leads to has been worked on when this returns.
    ///
    /// # Errors
    /// The first operator further on that fails.
    #[inline]
    pub fn send(&mut self, output: usize, batch: Batch) -> Result<(), RunError> {
        if batch.is_empty() {
            self.buffers.recycle(batch);
            return Ok(());
        }
        *self.rows_out += batch.len() as u64;
        match self.targets.get(output).and_then(|targets| targets.split_last()) {
            None => self.buffers.recycle(batch),
            Some((last, others)) => {
                for target in others {
                    deliver(self.rest, self.base, *target, batch.clone(), self.buffers, self.stop)?;
                }
                deliver(self.rest, self.base, *last, batch, self.buffers, self.stop)?;
            }
        }
        Ok(())
    }

    /// The pool of the thread.
    #[inline]
    pub fn buffers(&mut self) -> &mut Buffers {
        self.buffers
    }

    /// Says that an error comes from the step at hand.
    pub fn told(&self, error: impl Into<FnError>) -> RunError {
        error.into().at(self.step)
    }
}

/// The first output of a step, for a function that is still running.
pub(super) struct Port<'a, 'b> {
    out: &'a mut Outputs<'b>,
    failed: Option<RunError>,
}

impl<'a, 'b> Port<'a, 'b> {
    pub(super) fn new(out: &'a mut Outputs<'b>) -> Self {
        Self { out, failed: None }
    }

    /// What went wrong further on, if anything did: it happened before anything else that did.
    pub(super) fn failed(self) -> Result<(), RunError> {
        self.failed.map_or(Ok(()), Err)
    }
}

impl Downstream for Port<'_, '_> {
    fn send(&mut self, batch: Batch) -> bool {
        if self.failed.is_none() {
            self.failed = self.out.send(0, batch).err();
        }
        self.failed.is_none()
    }

    fn buffers(&mut self) -> &mut Buffers {
        self.out.buffers()
    }
}
