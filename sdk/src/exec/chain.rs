//! Operators in the order of the graph, each batch going as far as it can before the next.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Operator, PieceReader};
use crate::batch::{Batch, Buffers};
use crate::error::{Cause, FnError, RunError, Step};
use crate::function::{Counting, Measured, Metric, Views};
use crate::time::Watermark;

/// Where an output goes: the operator's place in the chain, and which of its inputs.
type Target = (usize, usize);

/// Where the rows of a batch come from.
#[derive(Clone, Copy, Default)]
pub struct Origin<'a> {
    reader: Option<&'a dyn PieceReader>,
    /// The number of the batch's first row since the reader's mark.
    first_row: u64,
    /// Whether the rows at hand stand for those that were read, one for one.
    aligned: bool,
}

impl<'a> Origin<'a> {
    /// Rows that a reader has just read; the first one has this number since the reader's mark.
    #[must_use]
    pub fn read(reader: &'a dyn PieceReader, first_row: u64) -> Self {
        Self { reader: Some(reader), first_row, aligned: true }
    }
}

/// How much has come into an operator in a bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BundleSize {
    /// How many rows.
    pub rows: u64,
    /// About how many bytes they take.
    pub bytes: u64,
}

/// How many rows went into an operator, and out of each of its outputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Into it.
    pub rows_in: u64,
    /// Out of it, by output.
    pub rows_out: Vec<u64>,
}

impl Rows {
    fn out(&mut self, output: usize, rows: u64) {
        if self.rows_out.len() <= output {
            self.rows_out.resize(output + 1, 0);
        }
        if let Some(all) = self.rows_out.get_mut(output) {
            *all += rows;
        }
    }
}

struct Link {
    step: Arc<Step>,
    operator: Box<dyn Operator>,
    keeps_rows: bool,
    /// By output.
    targets: Vec<Vec<Target>>,
    opened: bool,
    /// What came in since the bundle started.
    bundle: BundleSize,
    /// What went out since the bundle started, by output.
    bundle_out: Vec<u64>,
    /// Of the bundles that count.
    rows: Rows,
}

impl Link {
    /// Calls the operator, which stands at a place in its chain, and says which step an error came from.
    fn call<R>(
        &mut self,
        at: usize,
        call: impl FnOnce(&mut dyn Operator) -> Result<R, FnError>,
    ) -> Result<R, RunError> {
        let Self { step, operator, .. } = self;
        caught(at, step, || call(operator.as_mut()).map_err(|e| e.at(step)))
    }
}

/// Calls an operator.
///
/// Operators guard the calls of user code that have an element to name; but a `Clone`, `Debug`, `Default` or coder
/// is user code too. A panic there must not be taken for one of the step before, nor keep others from being closed.
fn caught<R>(at: usize, step: &Arc<Step>, call: impl FnOnce() -> Result<R, RunError>) -> Result<R, RunError> {
    let _counting = Counting::of(at);
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
            keeps_rows: operator.keeps_rows(),
            operator,
            targets: Vec::new(),
            opened: false,
            bundle: BundleSize::default(),
            bundle_out: Vec::new(),
            rows: Rows::default(),
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
        Chain { links: self.links, buffers: Buffers::new(), stop, metrics: BTreeMap::new() }
    }
}

/// One thread's instance of every step of a pipeline, in the order of the graph.
pub struct Chain {
    links: Vec<Link>,
    buffers: Buffers,
    stop: Arc<AtomicBool>,
    /// What the steps have counted in bundles that count, by the operator's place and the metric's name.
    metrics: BTreeMap<(usize, Cow<'static, str>), Metric>,
}

impl Chain {
    /// Opens every operator; one that fails in a way that may pass is renewed, until it has been tried so often.
    ///
    /// # Errors
    /// The first operator that fails to open; the others are not opened then.
    pub fn open(&mut self, attempts: usize) -> Result<(), RunError> {
        let open = |(at, link): (usize, &mut Link)| {
            link.opened = true;
            let mut done = link.call(at, |operator| operator.open());
            for _ in 1..attempts {
                if !done.as_ref().is_err_and(RunError::may_pass) {
                    break;
                }
                drop(Counting::take());
                done = link.call(at, |operator| operator.renew());
            }
            done
        };
        let opened = self.links.iter_mut().enumerate().try_for_each(open);
        self.count();
        opened
    }

    /// Gives an operator the side inputs of its step.
    ///
    /// # Errors
    /// The operator fails.
    pub fn bind(&mut self, at: usize, views: &Arc<Views>) -> Result<(), RunError> {
        self.call(at, |operator| operator.bind(views))
    }

    /// What has been counted on this thread counts.
    fn count(&mut self) {
        for Measured { at, name, metric } in Counting::take() {
            match self.metrics.entry((at, name)) {
                Entry::Vacant(place) => drop(place.insert(metric)),
                Entry::Occupied(mut all) => drop(all.get_mut().merge(metric)),
            }
        }
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
        drop(Counting::take());
        for at in stage {
            if let Some(link) = self.links.get_mut(*at) {
                link.bundle = BundleSize::default();
                link.bundle_out.clear();
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
    pub fn push(
        &mut self,
        at: usize,
        input: usize,
        batch: Batch,
        origin: Origin<'_>,
    ) -> Result<(), RunError> {
        deliver(&mut self.links, 0, (at, input), batch, &mut self.buffers, &self.stop, origin)
    }

    /// Finishes the bundle: every operator of the stage hands on what it has gathered.
    ///
    /// # Errors
    /// The first operator that fails.
    pub fn finish(&mut self, stage: &[usize]) -> Result<(), RunError> {
        stage.iter().try_for_each(|at| self.with(*at, |operator, out| operator.finish(out)))
    }

    /// Makes what the stage staged in the bundle count, once it has finished; called again after an error to go on with
    /// what does not count yet.
    ///
    /// # Errors
    /// The first operator that fails.
    pub fn commit(&mut self, stage: &[usize]) -> Result<(), RunError> {
        let Self { links, buffers, .. } = self;
        stage.iter().try_for_each(|at| match links.get_mut(*at) {
            Some(link) => link.call(*at, |operator| operator.commit(buffers)),
            None => Ok(()),
        })?;
        for at in stage {
            if let Some(Link { bundle, bundle_out, rows, .. }) = self.links.get_mut(*at) {
                rows.rows_in += std::mem::take(bundle).rows;
                bundle_out.drain(..).enumerate().for_each(|(output, n)| rows.out(output, n));
            }
        }
        self.count();
        Ok(())
    }

    /// Gives every operator of the stage a fresh instance of its user code, after a bundle has failed.
    ///
    /// # Errors
    /// The first operator whose instance can't be made.
    pub fn renew(&mut self, stage: &[usize]) -> Result<(), RunError> {
        drop(Counting::take());
        stage.iter().try_for_each(|at| self.call(*at, |operator| operator.renew()))?;
        self.count();
        Ok(())
    }

    /// How many rows an output of an operator has made in the bundle at hand.
    #[must_use]
    pub fn bundle_rows(&self, at: usize, output: usize) -> u64 {
        self.links.get(at).and_then(|link| link.bundle_out.get(output)).copied().unwrap_or(0)
    }

    /// Tells an operator how far event time has come on its first input.
    ///
    /// # Errors
    /// The first operator that fails.
    pub fn watermark(&mut self, at: usize, to: Watermark) -> Result<(), RunError> {
        self.with(at, |operator, out| operator.watermark(0, to, out))
    }

    /// Takes what an operator has kept, by partition.
    ///
    /// # Errors
    /// It can't be given in this form.
    pub fn surrender(&mut self, at: usize) -> Result<Vec<Vec<Batch>>, RunError> {
        self.call(at, |operator| operator.surrender())
    }

    /// Closes every operator that was opened, also after a failure.
    ///
    /// # Errors
    /// The first operator that fails to close; the others are closed all the same.
    pub fn close(&mut self) -> Result<(), RunError> {
        // What a bundle that failed has counted does not count.
        drop(Counting::take());
        let mut result = Ok(());
        for (at, link) in self.links.iter_mut().enumerate().filter(|(_, link)| link.opened) {
            link.opened = false;
            let done = link.call(at, |operator| operator.close());
            result = result.and(done);
        }
        self.count();
        result
    }

    /// How many rows went into and came out of each operator, by its place, in the bundles that count.
    #[must_use]
    pub fn rows(&self) -> Vec<Rows> {
        self.links.iter().map(|link| link.rows.clone()).collect()
    }

    /// What the steps have counted, by the operator's place, in the bundles that count.
    #[must_use]
    pub fn metrics(&self) -> Vec<Measured> {
        let measured = |((at, name), metric): (&(usize, Cow<'static, str>), &Metric)| Measured {
            at: *at,
            name: name.clone(),
            metric: *metric,
        };
        self.metrics.iter().map(measured).collect()
    }

    fn call<R: Default>(
        &mut self,
        at: usize,
        call: impl FnOnce(&mut dyn Operator) -> Result<R, FnError>,
    ) -> Result<R, RunError> {
        self.links.get_mut(at).map_or(Ok(R::default()), |link| link.call(at, call))
    }

    fn with(
        &mut self,
        at: usize,
        call: impl FnOnce(&mut dyn Operator, &mut Outputs<'_>) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let Some((link, rest)) = self.links.get_mut(at..).and_then(|links| links.split_first_mut()) else {
            return Ok(());
        };
        let Link { step, operator, targets, bundle_out: rows, .. } = link;
        let (buffers, stop) = (&mut self.buffers, self.stop.as_ref());
        let origin = Origin::default();
        let mut out =
            Outputs { rest, base: at + 1, step, targets, rows, buffers, stop, origin, handed_on: origin };
        caught(at, step, || call(operator.as_mut(), &mut out))
    }
}

fn deliver(
    links: &mut [Link],
    base: usize,
    (to, input): Target,
    batch: Batch,
    buffers: &mut Buffers,
    stop: &AtomicBool,
    origin: Origin<'_>,
) -> Result<(), RunError> {
    if stop.load(Ordering::Relaxed) {
        return Err(RunError::new(Cause::Cancelled, "the run has stopped"));
    }
    // Targets always stand further on in the chain, so there is one.
    let Some((link, rest)) = links.get_mut(to - base..).and_then(|links| links.split_first_mut()) else {
        return Ok(());
    };
    let Link { step, operator, targets, bundle_out: rows, bundle, keeps_rows, .. } = link;
    let handed_on = Origin { aligned: origin.aligned && *keeps_rows, ..origin };
    bundle.rows += batch.len() as u64;
    bundle.bytes += batch.bytes() as u64;
    let mut out = Outputs { rest, base: to + 1, step, targets, rows, buffers, stop, origin, handed_on };
    caught(to, step, || operator.push(input, batch, &mut out))
}

/// What stands behind an operator: the rest of the chain, and the thread's buffers.
pub struct Outputs<'a> {
    rest: &'a mut [Link],
    /// The place of the first of `rest`.
    base: usize,
    step: &'a Arc<Step>,
    targets: &'a [Vec<Target>],
    /// How many rows have gone out in the bundle, by output.
    rows: &'a mut Vec<u64>,
    buffers: &'a mut Buffers,
    stop: &'a AtomicBool,
    /// Where the rows at hand come from.
    origin: Origin<'a>,
    /// The same for what goes on from here.
    handed_on: Origin<'a>,
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
        if self.rows.len() <= output {
            self.rows.resize(output + 1, 0);
        }
        if let Some(rows) = self.rows.get_mut(output) {
            *rows += batch.len() as u64;
        }
        match self.targets.get(output).and_then(|targets| targets.split_last()) {
            None => self.buffers.recycle(batch),
            Some((last, others)) => {
                for target in others {
                    deliver(
                        self.rest,
                        self.base,
                        *target,
                        batch.clone(),
                        self.buffers,
                        self.stop,
                        self.handed_on,
                    )?;
                }
                deliver(self.rest, self.base, *last, batch, self.buffers, self.stop, self.handed_on)?;
            }
        }
        Ok(())
    }

    /// The pool of the thread.
    #[inline]
    pub fn buffers(&mut self) -> &mut Buffers {
        self.buffers
    }

    /// For people: where a row of the batch at hand comes from; exactly, if every step since the source has kept its rows,
    /// else the stretch of the source that the bundle has come to.
    #[must_use]
    pub fn position(&self, row: usize) -> Option<String> {
        let Origin { reader, first_row, aligned } = self.origin;
        let exact = || reader?.locate(first_row + row as u64);
        aligned.then(exact).flatten().or_else(|| reader?.stretch())
    }

    /// The step at hand.
    #[must_use]
    pub fn step(&self) -> &Step {
        self.step
    }

    /// Says that an error comes from the step at hand.
    pub fn told(&self, error: impl Into<FnError>) -> RunError {
        error.into().at(self.step)
    }
}
