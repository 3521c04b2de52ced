//! One thread of a run: its chain, and the loop that feeds it a bundle at a time.

use std::sync::Arc;

use flumen::batch::Batch;
use flumen::error::{FnError, RunError};
use flumen::exec::{
    BundleSize, Chain, ChainBuilder, Operator, OperatorSpec, PartWriter, PieceReader, Relay, RunId,
};
use flumen::function::guard;
use flumen::time::Watermark;

use crate::exchange::{Exchange, Lanes, Parcel, SharedOutbox};
use crate::plan::{Make, Plan, RootKind};
use crate::schedule::{Job, Schedule, partitions};

/// A bundle is cut when one of its steps has taken so many rows: few enough to stay in a core's cache.
const BUNDLE_ROWS_MAX: u64 = 16 << 10;
/// And when one of them has taken so many bytes: a bundle is held in memory until it is done.
const BUNDLE_BYTES_MAX: u64 = 4 << 20;

/// What all threads of a run have in common.
pub(crate) struct Run {
    pub(crate) plan: Arc<Plan>,
    pub(crate) schedule: Schedule,
    /// By end; only exchanges have one.
    pub(crate) exchanges: Vec<Option<Arc<Exchange>>>,
    pub(crate) threads: usize,
    pub(crate) seed: u64,
    pub(crate) id: RunId,
}

/// The rows that went into and came out of each operator of a thread's chain.
pub(crate) type Counts = Vec<(u64, u64)>;

struct Worker<'r> {
    run: &'r Run,
    thread: usize,
    chain: Chain,
    /// By end.
    outboxes: Vec<Option<SharedOutbox>>,
    /// By root: how many threads have said that they will send no more.
    ends_seen: Vec<usize>,
    /// The piece that is being read.
    reading: Option<(usize, Box<dyn PieceReader>)>,
}

/// Works until the run is over; an error stops all threads.
pub(crate) fn work(run: &Run, thread: usize) -> Counts {
    let mut worker = match Worker::new(run, thread) {
        Ok(worker) => worker,
        Err(error) => {
            run.schedule.fail(error);
            return Counts::new();
        }
    };
    let worked = worker.chain.open().and_then(|()| worker.run_jobs());
    if let Err(error) = worked {
        // Before closing, which is user code and may take long: the other threads stop meanwhile.
        run.schedule.fail(error);
    }
    if let Err(error) = worker.chain.close() {
        run.schedule.fail(error);
    }
    worker.chain.counts()
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
                    Make::Source | Make::Flatten => Relay.operator(),
                    Make::Receive => Box::new(Lanes),
                    Make::ParDo(spec) => spec.operator(),
                    Make::Partial(combine) => combine.partial(run.seed),
                    Make::Merge(combine) => combine.merge(run.seed),
                    Make::Write(sink) => {
                        // The same lanes as those that are sent to this thread.
                        let lanes = (thread..sink.shards().unwrap_or(0)).step_by(run.threads).collect();
                        Box::new(PartWriter::new(Arc::clone(sink), run.id.clone(), thread, lanes))
                    }
                    Make::Send { .. } => {
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
        let ends_seen = vec![0; run.plan.roots.len()];
        Ok(Self {
            run,
            thread,
            chain: builder.build(run.schedule.stop()),
            outboxes,
            ends_seen,
            reading: None,
        })
    }

    fn run_jobs(&mut self) -> Result<(), RunError> {
        loop {
            if self.run.schedule.stopped() {
                return Ok(());
            }
            let credit = self.flush();
            if self.take_mail()? {
                continue;
            }
            if credit && self.reading.is_some() {
                self.read_bundle()?;
                continue;
            }
            // A thread with a piece at hand and no credit only waits for mail and room.
            let free = credit && self.reading.is_none();
            let (run, thread) = (self.run, self.thread);
            let outboxes = &self.outboxes;
            let interrupted = || {
                run.exchanges.iter().flatten().any(|exchange| exchange.has_mail(thread))
                    || (!credit && outboxes.iter().flatten().any(SharedOutbox::has_room))
            };
            match run.schedule.next(thread, free, interrupted) {
                None => {}
                Some(Job::Done) => return Ok(()),
                Some(Job::Piece { root, piece }) => self.open(root, &piece)?,
                Some(Job::Partition { root, batches }) => self.merge(root, batches)?,
                Some(Job::Surrender { end }) => self.surrender(end)?,
            }
        }
    }

    /// Sends what there is room for; says whether there is credit for more.
    fn flush(&mut self) -> bool {
        let (mut any_sent, mut all_empty) = (false, true);
        for outbox in self.outboxes.iter().flatten() {
            let (sent, empty) = outbox.flush();
            any_sent |= sent;
            all_empty &= empty;
        }
        if any_sent {
            self.run.schedule.notify();
        }
        all_empty
    }

    /// Works on one parcel from another thread, if there is one.
    fn take_mail(&mut self) -> Result<bool, RunError> {
        for (number, root) in self.run.plan.roots.iter().enumerate() {
            let RootKind::Inbox { end } = root.kind else { continue };
            let exchange = self.run.exchanges.get(end).and_then(Option::as_ref);
            let Some(parcel) = exchange.and_then(|exchange| exchange.take(self.thread)) else { continue };
            // Before the work on it, which may take long: there is room for another one now.
            self.run.schedule.notify();
            match parcel {
                Parcel::Batches(batches) => {
                    self.chain.start(&root.stage)?;
                    for (lane, batch) in batches {
                        self.chain.push(root.op, lane, batch)?;
                    }
                    self.chain.finish(&root.stage)?;
                }
                Parcel::End => {
                    if let Some(seen) = self.ends_seen.get_mut(number) {
                        *seen += 1;
                        if *seen == self.run.threads {
                            self.run.schedule.inbox_ended(number);
                        }
                    }
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn open(&mut self, root: usize, piece: &flumen::exec::Piece) -> Result<(), RunError> {
        if let Some(RootKind::Source(source)) = self.run.plan.roots.get(root).map(|root| &root.kind) {
            let reader = source.open(piece).map_err(|e| self.told(root, e))?;
            self.reading = Some((root, reader));
        }
        Ok(())
    }

    /// Reads a bundle of the piece at hand.
    fn read_bundle(&mut self) -> Result<(), RunError> {
        let Some((number, mut reader)) = self.reading.take() else { return Ok(()) };
        let Some(root) = self.run.plan.roots.get(number) else { return Ok(()) };
        self.chain.start(&root.stage)?;
        let mut more = true;
        let has_room = |BundleSize { rows, bytes }| rows < BUNDLE_ROWS_MAX && bytes < BUNDLE_BYTES_MAX;
        while has_room(self.chain.bundle_size(&root.stage)) {
            if self.run.schedule.stopped() {
                return Ok(());
            }
            match reader.next(self.chain.buffers()).map_err(|e| self.told(number, e))? {
                // The reader has nothing just now: the thread sees to its mail before it asks again.
                Some(batch) if batch.is_empty() => break,
                Some(batch) => self.chain.push(root.op, 0, batch)?,
                None => {
                    more = false;
                    break;
                }
            }
        }
        self.chain.finish(&root.stage)?;
        if more {
            self.reading = Some((number, reader));
        } else {
            self.run.schedule.worked(number);
        }
        Ok(())
    }

    /// Brings a partition of a table back into the chain, as one bundle.
    fn merge(&mut self, number: usize, batches: Vec<Batch>) -> Result<(), RunError> {
        let Some(root) = self.run.plan.roots.get(number) else { return Ok(()) };
        self.chain.start(&root.stage)?;
        for batch in batches {
            self.chain.push(root.op, 0, batch)?;
        }
        self.chain.finish(&root.stage)?;
        self.run.schedule.worked(number);
        Ok(())
    }

    fn surrender(&mut self, end: usize) -> Result<(), RunError> {
        let op = self.run.plan.ends.get(end).map_or(0, |end| end.op);
        self.chain.watermark(op, Watermark::END)?;
        if let Some(outbox) = self.outboxes.get(end).and_then(Option::as_ref) {
            outbox.end();
        }
        let kept = self.chain.surrender(op, partitions(&self.run.plan, end, self.run.threads))?;
        self.run.schedule.give(self.thread, end, kept);
        Ok(())
    }

    fn told(&self, root: usize, error: FnError) -> RunError {
        match self.run.plan.roots.get(root).and_then(|root| self.run.plan.ops.get(root.op)) {
            Some(op) => error.at(&op.step),
            None => error.into(),
        }
    }
}
