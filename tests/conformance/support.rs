//! What all promises are tested with: runners, threads that meet.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread::ThreadId;

pub(crate) use flumen::testing::collect;

use flumen::error::RunError;
use flumen::{Element, PCollection, Pipeline, Result};
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
