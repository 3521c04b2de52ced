//! What all promises are tested with: runners, a sink that collects, threads that meet.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread::ThreadId;

use flumen::element::{Element, Ref};
use flumen::error::RunError;
use flumen::io::{RunId, Shard, Sink, Writer};
use flumen::{PCollection, Pipeline, Result};
use flumen_local::Local;

/// Calls the test with a runner of one thread, and with one of four.
pub(crate) fn on_all(test: impl Fn(&Local)) {
    on_threads(|runner, _| test(runner));
}

/// As [`on_all`], and tells how many threads there are.
pub(crate) fn on_threads(test: impl Fn(&Local, usize)) {
    keep_workers_quiet();
    for threads in [1, 4] {
        test(&Local::new().parallelism(threads), threads);
    }
}

/// Panics of worker threads are what many tests are about; they need not be printed.
pub(crate) fn keep_workers_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !std::thread::current().name().is_some_and(|name| name.starts_with("flumen-")) {
                loud(info);
            }
        }));
    });
}

/// The value behind a lock, whoever panicked with it.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a pipeline and returns what one of its collections holds, shard after shard.
pub(crate) fn collect<T: Element>(
    runner: &Local,
    build: impl FnOnce(&Pipeline) -> PCollection<T>,
) -> Result<Vec<T>, RunError> {
    let p = Pipeline::new();
    let all = Collect { shards: Arc::default() };
    let shards = Arc::clone(&all.shards);
    build(&p).write(all);
    runner.run(&p)?.wait()?;
    let mut shards = std::mem::take(&mut *locked(&shards));
    shards.sort_by_key(|(shard, _)| *shard);
    Ok(shards.into_iter().flat_map(|(_, values)| values).collect())
}

/// As [`collect`], sorted, of a run that must succeed.
pub(crate) fn sorted<T: Element + Ord>(
    runner: &Local,
    build: impl FnOnce(&Pipeline) -> PCollection<T>,
) -> Vec<T> {
    let mut all = collect(runner, build).unwrap();
    all.sort();
    all
}

/// How a run of the pipeline fails.
pub(crate) fn failure(runner: &Local, build: impl FnOnce(&Pipeline)) -> RunError {
    let p = Pipeline::new();
    build(&p);
    runner.run(&p).and_then(flumen_local::LocalRun::wait).expect_err("the run must fail")
}

type Shards<T> = Arc<Mutex<Vec<(Shard, Vec<T>)>>>;

struct Collect<T> {
    shards: Shards<T>,
}

pub(crate) struct Collecting<T> {
    shards: Shards<T>,
    shard: Shard,
    done: usize,
    values: Vec<T>,
}

impl<T: Element> Sink for Collect<T> {
    type Elem = T;
    type Writer = Collecting<T>;
    type Guard = ();

    fn prepare(&self, _: &RunId) -> Result<()> {
        Ok(())
    }
    fn writer(&self, _: &RunId, shard: Shard) -> Result<Collecting<T>> {
        Ok(Collecting { shards: Arc::clone(&self.shards), shard, done: 0, values: Vec::new() })
    }
    fn commit(&self, _: &RunId, _: Vec<()>) -> Result<String> {
        Ok("collected".into())
    }
    fn abort(&self, _: &RunId) {}
}

impl<T: Element> Writer for Collecting<T> {
    type Elem = T;
    type Part = ();

    fn write(&mut self, element: Ref<'_, T>) -> Result<()> {
        self.values.push(T::own(element));
        Ok(())
    }
    fn commit_bundle(&mut self) -> Result<()> {
        self.done = self.values.len();
        Ok(())
    }
    fn discard_bundle(&mut self) {
        self.values.truncate(self.done);
    }
    fn close(&mut self) -> Result<()> {
        locked(&self.shards).push((self.shard, std::mem::take(&mut self.values)));
        Ok(())
    }
}

/// Where threads wait until so many different ones have come.
#[derive(Clone)]
pub(crate) struct Meeting {
    wanted: usize,
    state: Arc<(Mutex<HashSet<ThreadId>>, Condvar)>,
}

impl Meeting {
    pub(crate) fn of(wanted: usize) -> Self {
        Self { wanted, state: Arc::default() }
    }

    pub(crate) fn wait(&self) {
        let (here, more) = &*self.state;
        let mut here = locked(here);
        here.insert(std::thread::current().id());
        more.notify_all();
        while here.len() < self.wanted {
            here = more.wait(here).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// How user code fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Error,
    Panic,
}

impl How {
    pub(crate) const ALL: [Self; 2] = [Self::Error, Self::Panic];

    /// Fails so.
    pub(crate) fn fail(self, message: &str) -> Result<()> {
        match self {
            Self::Error => Err(message.into()),
            Self::Panic => panic!("{message}"),
        }
    }
}
