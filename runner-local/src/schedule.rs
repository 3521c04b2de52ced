//! What there is to do, and who does it: the state that the threads of a run share.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use flumen::batch::Batch;
use flumen::error::{Cause, RunError};
use flumen::exec::Piece;

use crate::plan::{Make, Plan, RootKind};

/// One thing for a thread to do.
pub(crate) enum Job {
    /// Read a piece of a source into a root.
    Piece { root: usize, piece: Piece },
    /// Bring the batches of one partition, from all threads, into a root.
    Partition { root: usize, batches: Vec<Batch> },
    /// Give up what an end has kept: everything has come.
    Surrender { end: usize },
    /// The run is over.
    Done,
}

enum Work {
    Piece(Piece),
    Partition(Vec<Batch>),
}

struct RootState {
    work: VecDeque<Work>,
    in_flight: usize,
    /// Whether all its work is known.
    known: bool,
    ended: bool,
    /// For an inbox: the threads whose inbox has seen the end from every thread.
    inboxes_ended: usize,
}

struct EndState {
    sealed: bool,
    /// By thread: whether it has given up what it kept.
    given: Vec<bool>,
    /// By thread.
    kept: Vec<Vec<Batch>>,
    complete: bool,
}

struct State {
    roots: Vec<RootState>,
    ends: Vec<EndState>,
    failed: Option<RunError>,
}

/// The state that the threads of a run share.
pub(crate) struct Schedule {
    plan: Arc<Plan>,
    threads: usize,
    state: Mutex<State>,
    wake: Condvar,
    stop: Arc<AtomicBool>,
}

impl Schedule {
    /// A schedule with the pieces of each source, by root.
    pub(crate) fn new(plan: Arc<Plan>, threads: usize, pieces: Vec<Vec<Piece>>) -> Self {
        let mut pieces = pieces.into_iter();
        let roots = plan.roots.iter().map(|root| {
            let own = pieces.next().unwrap_or_default();
            RootState {
                work: own.into_iter().map(Work::Piece).collect(),
                in_flight: 0,
                known: matches!(root.kind, RootKind::Source(_)),
                ended: false,
                inboxes_ended: 0,
            }
        });
        let end = || EndState {
            sealed: false,
            given: vec![false; threads],
            kept: (0..threads).map(|_| Vec::new()).collect(),
            complete: false,
        };
        let ends = plan.ends.iter().map(|_| end()).collect();
        let mut state = State { roots: roots.collect(), ends, failed: None };
        settle(&plan, &mut state);
        Self { plan, threads, state: Mutex::new(state), wake: Condvar::new(), stop: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether every thread must stop at its next batch.
    #[inline]
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// What is set when the run must stop.
    pub(crate) fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Stops the run; the first reason stays.
    pub(crate) fn fail(&self, error: RunError) {
        let mut state = self.lock();
        state.failed.get_or_insert(error);
        // Under the lock: a thread between its look at this and its sleep would miss the call.
        self.stop.store(true, Ordering::Relaxed);
        drop(state);
        self.wake.notify_all();
    }

    /// Stops the run on request.
    pub(crate) fn cancel(&self) {
        self.fail(RunError::new(Cause::Cancelled, "the run was cancelled"));
    }

    /// Lets waiting threads look again: mail has come or an inbox has room.
    pub(crate) fn notify(&self) {
        drop(self.lock());
        self.wake.notify_all();
    }

    /// The next thing to do; none when `interrupted` says that something else has come up for this thread.
    ///
    /// A thread without credit gets no input to read, but all else.
    pub(crate) fn next(&self, thread: usize, credit: bool, interrupted: impl Fn() -> bool) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if self.stopped() || state.ends.iter().all(|e| e.complete) && state.roots.iter().all(|r| r.ended)
            {
                return Some(Job::Done);
            }
            if interrupted() {
                return None;
            }
            if let Some(job) = state.take(thread, credit) {
                return Some(job);
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A piece or partition of a root has been worked on to its end.
    pub(crate) fn worked(&self, root: usize) {
        let mut state = self.lock();
        if let Some(root) = state.roots.get_mut(root) {
            root.in_flight -= 1;
        }
        settle(&self.plan, &mut state);
        drop(state);
        self.wake.notify_all();
    }

    /// A thread's inbox has seen the end from every thread.
    pub(crate) fn inbox_ended(&self, root: usize) {
        let mut state = self.lock();
        if let Some(root) = state.roots.get_mut(root) {
            root.inboxes_ended += 1;
            root.known = root.inboxes_ended == self.threads;
        }
        settle(&self.plan, &mut state);
        drop(state);
        self.wake.notify_all();
    }

    /// A thread gives up what an end has kept, by partition.
    pub(crate) fn give(&self, thread: usize, end: usize, kept: Vec<Batch>) {
        let mut state = self.lock();
        if let Some(own) = state.ends.get_mut(end).and_then(|end| end.kept.get_mut(thread)) {
            *own = kept;
        }
        let all = state.ends.get_mut(end).is_some_and(|end| {
            if let Some(given) = end.given.get_mut(thread) {
                *given = true;
            }
            end.given.iter().all(|given| *given)
        });
        if all {
            state.complete(&self.plan, end);
            settle(&self.plan, &mut state);
        }
        drop(state);
        self.wake.notify_all();
    }

    /// What the run came to: what the sinks' writers gave up, by end; or why it failed.
    pub(crate) fn finish(&self) -> Result<Vec<Vec<Batch>>, RunError> {
        let mut state = self.lock();
        match state.failed.take() {
            Some(error) => Err(error),
            None => Ok(state.ends.iter_mut().map(|end| end.kept.drain(..).flatten().collect()).collect()),
        }
    }
}

impl State {
    fn take(&mut self, thread: usize, credit: bool) -> Option<Job> {
        for (end, state) in self.ends.iter_mut().enumerate() {
            if state.sealed && state.given.get(thread) == Some(&false) {
                return Some(Job::Surrender { end });
            }
        }
        if !credit {
            return None;
        }
        // The later a root stands, the nearer it is to a result.
        for (root, state) in self.roots.iter_mut().enumerate().rev() {
            if let Some(work) = state.work.pop_front() {
                state.in_flight += 1;
                return Some(match work {
                    Work::Piece(piece) => Job::Piece { root, piece },
                    Work::Partition(batches) => Job::Partition { root, batches },
                });
            }
        }
        None
    }

    /// All threads have given up what an end kept: a table's partitions become the work of its root.
    fn complete(&mut self, plan: &Plan, end: usize) {
        let Some(state) = self.ends.get_mut(end) else { return };
        state.complete = true;
        let table = |root: &crate::plan::Root| matches!(root.kind, RootKind::Table { end: e } if e == end);
        let Some(root) = plan.roots.iter().position(table) else { return };
        let mut by_thread: Vec<_> =
            state.kept.iter_mut().map(|kept| std::mem::take(kept).into_iter()).collect();
        let Some(root) = self.roots.get_mut(root) else { return };
        loop {
            let partition: Vec<Batch> = by_thread.iter_mut().filter_map(Iterator::next).collect();
            if partition.is_empty() {
                break;
            }
            root.work.push_back(Work::Partition(partition));
        }
        root.known = true;
    }
}

/// Ends the roots whose work is done, and seals the ends that nothing more can come to.
fn settle(plan: &Plan, state: &mut State) {
    for root in &mut state.roots {
        root.ended |= root.known && root.work.is_empty() && root.in_flight == 0;
    }
    let State { roots, ends, .. } = state;
    for (end, state) in plan.ends.iter().zip(ends) {
        state.sealed |= end.roots.iter().all(|root| roots.get(*root).is_some_and(|root| root.ended));
    }
}

/// Into how many partitions an end's table is cut.
pub(crate) fn partitions(plan: &Plan, end: usize, threads: usize) -> usize {
    let op = plan.ends.get(end).and_then(|end| plan.ops.get(end.op));
    match op.map(|op| &op.make) {
        Some(Make::Partial(combine)) if combine.keyed() => threads,
        _ => 1,
    }
}
