//! What there is to do, and who does it: the state that the threads of a run share.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use flumen::batch::Batch;
use flumen::error::{Cause, RunError};
use flumen::exec::{Partition, Piece};
use flumen::function::View;

use crate::plan::{Plan, Root, RootKind};

/// One thing for a thread to do.
pub(crate) enum Job {
    /// Read a piece of a source into a root.
    Piece { root: usize, piece: Piece },
    /// Read the results of one partition, from all threads, into a root.
    Partition { root: usize, partition: Partition },
    /// Give up what an end has kept: everything has come.
    Surrender { end: usize },
    /// Make the view of a side input of its collection.
    View { side: usize, batches: Vec<Batch> },
    /// The run is over.
    Done,
}

enum Work {
    Piece(Piece),
    Partition(Partition),
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
    /// By thread and partition.
    kept: Vec<Vec<Vec<Batch>>>,
    complete: bool,
}

struct State {
    roots: Vec<RootState>,
    ends: Vec<EndState>,
    /// Side inputs whose collections are there, but no view yet.
    views: Vec<(usize, Vec<Batch>)>,
    failed: Option<RunError>,
}

/// The state that the threads of a run share.
pub(crate) struct Schedule {
    plan: Arc<Plan>,
    threads: usize,
    state: Mutex<State>,
    wake: Condvar,
    stop: Arc<AtomicBool>,
    /// By side input: its view, once that is there.
    views: Vec<OnceLock<View>>,
    /// How many elements have become dead letters, in bundles that count.
    dead_letters: AtomicU64,
    /// How many bundles have been tried again.
    retried: AtomicU64,
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
        let mut state = State { roots: roots.collect(), ends, views: Vec::new(), failed: None };
        settle(&plan, &mut state);
        Self {
            views: plan.sides.iter().map(|_| OnceLock::new()).collect(),
            plan,
            threads,
            state: Mutex::new(state),
            wake: Condvar::new(),
            stop: Arc::default(),
            dead_letters: AtomicU64::new(0),
            retried: AtomicU64::new(0),
        }
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

    /// Waits, but not beyond the end of the run.
    pub(crate) fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut state = self.lock();
        while !self.stopped()
            && let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
        {
            state = self.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether all side inputs that a root waits for are there.
    pub(crate) fn is_ready(&self, root: &Root) -> bool {
        root.sides.iter().all(|side| self.view(*side).is_some())
    }

    /// The view of a side input, once it is there.
    pub(crate) fn view(&self, side: usize) -> Option<&View> {
        self.views.get(side).and_then(OnceLock::get)
    }

    /// A side input is there.
    pub(crate) fn show(&self, side: usize, view: View) {
        if let Some(place) = self.views.get(side) {
            // Each is made once.
            let _ = place.set(view);
        }
        self.notify();
    }

    /// More elements have become dead letters; returns how many there are now.
    pub(crate) fn add_dead_letters(&self, more: u64) -> u64 {
        self.dead_letters.fetch_add(more, Ordering::Relaxed) + more
    }

    /// How many elements have become dead letters.
    pub(crate) fn dead_letters(&self) -> u64 {
        self.dead_letters.load(Ordering::Relaxed)
    }

    /// A bundle is tried again.
    pub(crate) fn retry(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// How many bundles have been tried again.
    pub(crate) fn retried(&self) -> u64 {
        self.retried.load(Ordering::Relaxed)
    }

    /// The next thing to do; none when `interrupted` says that something else has come up for this thread.
    ///
    /// A thread gets input only for roots that it may read.
    pub(crate) fn next(
        &self,
        thread: usize,
        may_read: impl Fn(usize, &Root) -> bool,
        interrupted: impl Fn() -> bool,
    ) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if self.stopped() || state.ends.iter().all(|e| e.complete) && state.roots.iter().all(|r| r.ended)
            {
                return Some(Job::Done);
            }
            if interrupted() {
                return None;
            }
            let may_read = |root: usize| {
                self.plan.roots.get(root).is_some_and(|r| self.is_ready(r) && may_read(root, r))
            };
            if let Some(job) = state.take(thread, may_read) {
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
    pub(crate) fn give(&self, thread: usize, end: usize, kept: Vec<Vec<Batch>>) {
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
            state.complete(&self.plan, end, self.threads);
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
            None => Ok(state
                .ends
                .iter_mut()
                .map(|end| end.kept.drain(..).flatten().flatten().collect())
                .collect()),
        }
    }
}

impl State {
    fn take(&mut self, thread: usize, may_read: impl Fn(usize) -> bool) -> Option<Job> {
        for (end, state) in self.ends.iter().enumerate() {
            if state.sealed && state.given.get(thread) == Some(&false) {
                return Some(Job::Surrender { end });
            }
        }
        if let Some((side, batches)) = self.views.pop() {
            return Some(Job::View { side, batches });
        }
        // The later a root stands, the nearer it is to a result.
        for (root, state) in self.roots.iter_mut().enumerate().rev() {
            if !state.work.is_empty()
                && may_read(root)
                && let Some(work) = state.work.pop_front()
            {
                state.in_flight += 1;
                return Some(match work {
                    Work::Piece(piece) => Job::Piece { root, piece },
                    Work::Partition(partition) => Job::Partition { root, partition },
                });
            }
        }
        None
    }

    /// All threads have given up what an end kept: it becomes a side input, or the work of a root whose other ends are
    /// complete too.
    fn complete(&mut self, plan: &Plan, end: usize, threads: usize) {
        let Some(state) = self.ends.get_mut(end) else { return };
        state.complete = true;
        if let Some(side) = plan.sides.iter().position(|side| side.end == end) {
            self.views.push((side, state.kept.drain(..).flatten().flatten().collect()));
        }
        for (number, root) in plan.roots.iter().enumerate() {
            let RootKind::Table { spec, ends } = &root.kind else { continue };
            let complete = |end: &usize| self.ends.get(*end).is_some_and(|end| end.complete);
            if !ends.contains(&end) || !ends.iter().all(complete) {
                continue;
            }
            let partitions = (0..spec.partitions(threads)).map(|number| self.partition(ends, number));
            let partitions: Vec<Partition> = partitions.collect();
            let Some(root) = self.roots.get_mut(number) else { continue };
            let is_there =
                |partition: &Partition| spec.speaks_of_nothing() || partition.iter().any(|i| !i.is_empty());
            root.work.extend(partitions.into_iter().filter(is_there).map(Work::Partition));
            root.known = true;
        }
    }

    /// What all threads have kept of a partition, by end.
    fn partition(&mut self, ends: &[usize], number: usize) -> Partition {
        let mut of_end = |end: &usize| -> Vec<Batch> {
            let kept = self.ends.get_mut(*end).into_iter().flat_map(|end| &mut end.kept);
            kept.filter_map(|kept| kept.get_mut(number)).flat_map(std::mem::take).collect()
        };
        ends.iter().map(&mut of_end).collect()
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
