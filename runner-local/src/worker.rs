//! One thread of a run: its chain, and the loop that feeds it a bundle at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flumen::batch::Batch;
use flumen::error::{Cause, FnError, RunError};
use flumen::exec::{
    BundleSize, Chain, ChainBuilder, Operator, OperatorSpec, Origin, PartWriter, Piece, PieceReader, Relay,
    Rows, RunId,
};
use flumen::function::{Counting, Measured, Views, guard};
use flumen::time::Watermark;

use crate::exchange::{ByLane, Exchange, Parcel, SharedOutbox};
use crate::plan::{Make, Plan, Root, RootKind};
use crate::schedule::{Job, Schedule};

/// A bundle is cut when one of its steps has taken so many rows: few enough to stay in a core's cache.
const BUNDLE_ROWS_MAX: u64 = 16 << 10;
/// And when one of them has taken so many bytes: a bundle is held in memory until it is done.
const BUNDLE_BYTES_MAX: u64 = 4 << 20;
/// How long the first pause is after a failure outside of user code; each later one is four times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// What all threads of a run have in common.
pub(crate) struct Run {
    pub(crate) plan: Arc<Plan>,
    pub(crate) schedule: Schedule,
    /// By end; only exchanges have one.
    pub(crate) exchanges: Vec<Option<Arc<Exchange>>>,
    pub(crate) threads: usize,
    pub(crate) seed: u64,
    pub(crate) id: RunId,
    /// How often a bundle is tried.
    pub(crate) attempts: usize,
    /// How many dead letters fail the run; none: no number does.
    pub(crate) max_failures: Option<u64>,
}

/// What the operators of a thread's chain have counted, by place.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) rows: Vec<Rows>,
    pub(crate) metrics: Vec<Measured>,
}

struct Worker<'r> {
    run: &'r Run,
    thread: usize,
    chain: Chain,
    /// By end.
    outboxes: Vec<Option<SharedOutbox>>,
    /// By root: how many threads have said that they will send no more.
    ends_seen: Vec<usize>,
    /// By operator: whether it has its side inputs.
    bound: Vec<bool>,
    /// By root: what is being read.
    reading: BTreeMap<usize, Box<dyn PieceReader>>,
}

/// Works until the run is over; an error stops all threads.
pub(crate) fn work(run: &Run, thread: usize) -> Counts {
    let mut worker = match Worker::new(run, thread) {
        Ok(worker) => worker,
        Err(error) => {
            run.schedule.fail(error);
            return Counts::default();
        }
    };
    let worked = worker.chain.open(run.attempts).and_then(|()| worker.run_jobs());
    if let Err(error) = worked {
        // Before closing, which is user code and may take long: the other threads stop meanwhile.
        run.schedule.fail(error);
    }
    if let Err(error) = worker.chain.close() {
        run.schedule.fail(error);
    }
    Counts { rows: worker.chain.rows(), metrics: worker.chain.metrics() }
}

impl<'r> Worker<'r> {
    fn new(run: &'r Run, thread: usize) -> Result<Self, RunError> {
        let outbox = |e: &Option<Arc<Exchange>>| e.as_ref().map(|e| SharedOutbox::new(Arc::clone(e), thread));
        let outboxes: Vec<Option<SharedOutbox>> = run.exchanges.iter().map(outbox).collect();
        let mut builder = ChainBuilder::default();
        for (at, op) in run.plan.ops.iter().enumerate() {
            // Making one clones a user's prototype.
            let make = || -> Box<dyn Operator> {
                match &op.make {
                    Make::Relay => Relay.operator(),
                    Make::Receive => Box::new(ByLane),
                    Make::ParDo(spec) => spec.operator(),
                    Make::Gather { spec, input } => {
                        spec.gather(*input, spec.partitions(run.threads), run.seed)
                    }
                    Make::Write(sink) => {
                        // The same lanes as those that are sent to this thread.
                        let lanes = (thread..sink.shards().unwrap_or(0)).step_by(run.threads).collect();
                        Box::new(PartWriter::new(Arc::clone(sink), run.id.clone(), thread, lanes))
                    }
                    Make::Send(_) => {
                        let end = run.plan.ends.iter().position(|end| end.op == at);
                        let outbox = end.and_then(|end| outboxes.get(end)).and_then(Option::as_ref);
                        outbox.map_or_else(|| Relay.operator(), SharedOutbox::operator)
                    }
                }
            };
            let operator = guard(|| Ok(make())).map_err(|e| e.at(&op.step))?;
            builder.add(Arc::clone(&op.step), operator);
        }
        for (from, output, to, input) in &run.plan.edges {
            builder.connect(*from, *output, *to, *input);
        }
        Ok(Self {
            run,
            thread,
            chain: builder.build(run.schedule.stop()),
            outboxes,
            ends_seen: vec![0; run.plan.roots.len()],
            bound: vec![false; run.plan.ops.len()],
            reading: BTreeMap::new(),
        })
    }

    fn run_jobs(&mut self) -> Result<(), RunError> {
        loop {
            if self.run.schedule.stopped() {
                return Ok(());
            }
            self.flush();
            if self.take_mail()? || self.read_on()? {
                continue;
            }
            let this = &*self;
            // A root that is being read has no credit; its thread only waits for room.
            let may_read =
                |number: usize, root: &Root| !this.reading.contains_key(&number) && this.has_credit(root);
            let interrupted = || {
                let mut mail = this.run.plan.roots.iter();
                mail.any(|root| this.has_mail(root))
                    || this.outboxes.iter().flatten().any(SharedOutbox::has_room)
            };
            match self.run.schedule.next(self.thread, may_read, interrupted) {
                None => {}
                Some(Job::Done) => return Ok(()),
                Some(Job::Piece { root, piece }) => self.open(root, &piece)?,
                Some(Job::Partition { root, partition }) => self.open_partition(root, partition)?,
                Some(Job::Surrender { end }) => self.surrender(end)?,
                Some(Job::View { side, batches }) => self.view(side, batches)?,
            }
        }
    }

    /// Sends what there is room for.
    fn flush(&self) {
        let mut any_sent = false;
        for outbox in self.outboxes.iter().flatten() {
            any_sent |= outbox.flush().0;
        }
        if any_sent {
            self.run.schedule.notify();
        }
    }

    /// Whether everything that a root's rows have led to has been sent.
    fn has_credit(&self, root: &Root) -> bool {
        let in_stage = |op: usize| root.stage.binary_search(&op).is_ok();
        let ends = self.run.plan.ends.iter().zip(&self.outboxes).filter(|(end, _)| in_stage(end.op));
        ends.filter_map(|(_, outbox)| outbox.as_ref()).all(SharedOutbox::is_empty)
    }

    /// Whether something has come for a root that can be worked on now.
    fn has_mail(&self, root: &Root) -> bool {
        let RootKind::Inbox { end } = root.kind else { return false };
        let exchange = self.run.exchanges.get(end).and_then(Option::as_ref);
        exchange.is_some_and(|exchange| exchange.has_mail(self.thread))
            && self.run.schedule.is_ready(root)
            && self.has_credit(root)
    }

    /// Works on one parcel from another thread, if there is one.
    fn take_mail(&mut self) -> Result<bool, RunError> {
        let run = self.run;
        // The later a root stands, the nearer it is to a result: so what lies further on always drains.
        for (number, root) in run.plan.roots.iter().enumerate().rev() {
            let RootKind::Inbox { end } = root.kind else { continue };
            if !self.has_mail(root) {
                continue;
            }
            let exchange = run.exchanges.get(end).and_then(Option::as_ref);
            let Some(parcel) = exchange.and_then(|exchange| exchange.take(self.thread)) else { continue };
            // Before the work on it, which may take long: there is room for another one now.
            run.schedule.notify();
            match parcel {
                Parcel::Batches(batches) => {
                    self.bind(root)?;
                    self.bundle(root, |worker, _| {
                        batches.iter().try_for_each(|(lane, batch)| {
                            worker.chain.push(root.op, *lane, batch.clone(), Origin::default())
                        })
                    })?;
                }
                Parcel::End => {
                    if let Some(seen) = self.ends_seen.get_mut(number) {
                        *seen += 1;
                        if *seen == run.threads {
                            run.schedule.inbox_ended(number);
                        }
                    }
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Reads a bundle of what is being read, where there is credit.
    fn read_on(&mut self) -> Result<bool, RunError> {
        let run = self.run;
        let has_credit =
            |number: &usize| run.plan.roots.get(*number).is_some_and(|root| self.has_credit(root));
        let Some(number) = self.reading.keys().copied().rev().find(has_credit) else { return Ok(false) };
        let (Some(root), Some(mut reader)) = (run.plan.roots.get(number), self.reading.remove(&number))
        else {
            return Ok(false);
        };
        let mut more = false;
        self.bundle(root, |worker, again| {
            if again {
                reader.rewind().map_err(|e| worker.told(root, e))?;
            } else {
                reader.mark();
            }
            more = worker.read(root, reader.as_mut())?;
            Ok(())
        })?;
        if more {
            self.reading.insert(number, reader);
        } else {
            run.schedule.worked(number);
        }
        Ok(true)
    }

    /// Reads batches into a root until the bundle is large enough; says whether there is more.
    fn read(&mut self, root: &Root, reader: &mut dyn PieceReader) -> Result<bool, RunError> {
        let has_room = |BundleSize { rows, bytes }| rows < BUNDLE_ROWS_MAX && bytes < BUNDLE_BYTES_MAX;
        let mut rows = 0;
        while has_room(self.chain.bundle_size(&root.stage)) {
            if self.run.schedule.stopped() {
                return Err(RunError::new(Cause::Cancelled, "the run has stopped"));
            }
            // A source's code, or that of a combine's results.
            let counting = Counting::of(root.op);
            let read = reader.next(self.chain.buffers());
            drop(counting);
            match read.map_err(|e| self.told(root, e))? {
                // The reader has nothing just now: the thread sees to its mail before it asks again.
                Some(batch) if batch.is_empty() => break,
                Some(batch) => {
                    let origin = Origin::read(reader, rows);
                    rows += batch.len() as u64;
                    self.chain.push(root.op, 0, batch, origin)?;
                }
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Works on a bundle, again and again if it fails in a way that may pass; then it counts.
    ///
    /// `feed` pushes its batches, and is told whether it does so again.
    fn bundle(
        &mut self,
        root: &Root,
        mut feed: impl FnMut(&mut Self, bool) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let stage = &root.stage;
        self.attempts(|worker, again| {
            if again {
                worker.chain.renew(stage)?;
            }
            worker.chain.start(stage)?;
            feed(worker, again)?;
            worker.chain.finish(stage)
        })?;
        self.count_dead_letters(stage)?;
        self.attempts(|worker, _| worker.chain.commit(stage))
    }

    /// Tries until it succeeds, or fails in a way that won't pass, or has failed too often.
    fn attempts(
        &mut self,
        mut attempt: impl FnMut(&mut Self, bool) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let mut pause = FIRST_PAUSE;
        for failed in 0.. {
            match attempt(self, failed > 0) {
                Err(error)
                    if error.may_pass() && failed + 1 < self.run.attempts && !self.run.schedule.stopped() =>
                {
                    self.run.schedule.retry();
                    if error.cause() != Cause::UserCode {
                        self.run.schedule.pause(pause);
                        pause *= 4;
                    }
                }
                done => return done,
            }
        }
        Ok(())
    }

    /// Counts the elements that the bundle's steps have refused, and says when there are too many.
    fn count_dead_letters(&self, stage: &[usize]) -> Result<(), RunError> {
        for at in stage {
            let Some(op) = self.run.plan.ops.get(*at) else { continue };
            let Some(port) = op.dead_letters else { continue };
            let refused = self.chain.bundle_rows(*at, port);
            let all = self.run.schedule.add_dead_letters(refused);
            if let Some(max) = self.run.max_failures.filter(|max| refused > 0 && all > *max) {
                let message = format!(
                    "{all} elements have become dead letters, and --max_failures={max}: look at what this step refuses"
                );
                return Err(FnError::new(Cause::BadData, message).at(&op.step));
            }
        }
        Ok(())
    }

    /// Gives the operators of a root's stage their side inputs, which are ready.
    fn bind(&mut self, root: &Root) -> Result<(), RunError> {
        for at in root.stage.iter().copied() {
            let Some(op) = self.run.plan.ops.get(at) else { continue };
            if op.sides.is_empty() || self.bound.get(at).copied().unwrap_or(true) {
                continue;
            }
            self.chain.bind(at, &Arc::new(self.views(&op.sides)))?;
            if let Some(bound) = self.bound.get_mut(at) {
                *bound = true;
            }
        }
        Ok(())
    }

    fn views(&self, sides: &[usize]) -> Views {
        let plan = &self.run.plan;
        let view =
            |side: &usize| Some((plan.sides.get(*side)?.spec.id(), self.run.schedule.view(*side)?.clone()));
        Views::new(sides.iter().filter_map(view).collect())
    }

    fn open(&mut self, number: usize, piece: &Piece) -> Result<(), RunError> {
        let Some(root) = self.run.plan.roots.get(number) else { return Ok(()) };
        self.bind(root)?;
        if let RootKind::Source(source) = &root.kind {
            self.attempts(|worker, _| {
                let reader = source.open(piece).map_err(|e| worker.told(root, e))?;
                worker.reading.insert(number, reader);
                Ok(())
            })?;
        }
        Ok(())
    }

    fn open_partition(&mut self, number: usize, partition: flumen::exec::Partition) -> Result<(), RunError> {
        let Some(root) = self.run.plan.roots.get(number) else { return Ok(()) };
        self.bind(root)?;
        if let (RootKind::Table { spec, .. }, Some(op)) = (&root.kind, self.run.plan.ops.get(root.op)) {
            let views = self.views(&op.sides);
            let reader = spec.results(partition, &views, self.run.seed).map_err(|e| self.told(root, e))?;
            self.reading.insert(number, reader);
        }
        Ok(())
    }

    fn surrender(&mut self, end: usize) -> Result<(), RunError> {
        let op = self.run.plan.ends.get(end).map_or(0, |end| end.op);
        self.chain.watermark(op, Watermark::END)?;
        if let Some(outbox) = self.outboxes.get(end).and_then(Option::as_ref) {
            outbox.end();
        }
        let kept = self.chain.surrender(op)?;
        self.run.schedule.give(self.thread, end, kept);
        Ok(())
    }

    fn view(&mut self, side: usize, batches: Vec<Batch>) -> Result<(), RunError> {
        if let Some(plan) = self.run.plan.sides.get(side) {
            let view = guard(|| Ok(plan.spec.view(batches)?)).map_err(|e| e.at(&plan.step))?;
            self.run.schedule.show(side, view);
        }
        Ok(())
    }

    fn told(&self, root: &Root, error: FnError) -> RunError {
        match self.run.plan.ops.get(root.op) {
            Some(op) => error.at(&op.step),
            None => error.into(),
        }
    }
}
