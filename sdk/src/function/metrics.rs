//! What user code counts while it runs: counters, distributions, gauges.
//!
//! A thread stages what its bundle counts; it becomes part of the result when the bundle is committed, and is thrown away
//! with a bundle that failed. So a retry never counts twice.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts events of a step.
///
/// A counter is a name: each step that uses it has its own count, and the report of the run has all of them. It counts
/// within the call of a pipeline's function; elsewhere, such as in a thread of the function's own, nothing is counted.
///
/// ```
/// use flumen::{Counter, Pipeline};
/// use flumen_local::Local;
///
/// static EMPTY: Counter = Counter::new("empty lines");
///
/// let p = Pipeline::new();
/// p.create(["to be", "", "or not"]).filter(|line| {
///     if line.is_empty() {
///         EMPTY.add(1);
///     }
///     !line.is_empty()
/// });
/// let report = Local::new().run(&p)?.wait()?;
/// assert_eq!(report.counter("empty lines"), 1);
/// # flumen::Ok(())
/// ```
///
/// # Determinism
/// Only bundles that succeeded count, each once, however often it was tried. What part of a failed call of
/// [`CombineFn::add`](crate::CombineFn::add) has counted can't be told from what the calls before it have: where these functions
/// count, a failure of them is final.
///
/// Implements `Counter` of Beam's Java SDK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter(Cow<'static, str>);

/// The count, sum, least and greatest of numbers that a step sees.
///
/// ```
/// use flumen::{Distribution, Pipeline};
/// use flumen_local::Local;
///
/// static LENGTH: Distribution = Distribution::new("length");
///
/// let p = Pipeline::new();
/// p.create(["to", "be", "not"]).inspect(|word| LENGTH.update(word.len() as i64));
/// let length = Local::new().run(&p)?.wait()?.distribution("length").unwrap();
/// assert_eq!((length.count, length.sum, length.min, length.max), (3, 7, 2, 3));
/// # flumen::Ok(())
/// ```
///
/// Implements `Distribution` of Beam's Java SDK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution(Cow<'static, str>);

/// A number that was set last.
///
/// Of several threads that set it, the one that did so last decides.
///
/// Implements `Gauge` of Beam's Java SDK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gauge(Cow<'static, str>);

impl Counter {
    /// A counter of that name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A counter whose name is made while the pipeline is built.
    #[must_use]
    pub const fn named(name: String) -> Self {
        Self(Cow::Owned(name))
    }

    /// Counts so many events.
    pub fn add(&self, events: u64) {
        stage(&self.0, Metric::Counter(events));
    }
}

impl Distribution {
    /// A distribution of that name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A distribution whose name is made while the pipeline is built.
    #[must_use]
    pub const fn named(name: String) -> Self {
        Self(Cow::Owned(name))
    }

    /// Adds a number.
    pub fn update(&self, number: i64) {
        let one = Numbers { count: 1, sum: i128::from(number), min: number, max: number };
        stage(&self.0, Metric::Distribution(one));
    }
}

impl Gauge {
    /// A gauge of that name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A gauge whose name is made while the pipeline is built.
    #[must_use]
    pub const fn named(name: String) -> Self {
        Self(Cow::Owned(name))
    }

    /// Sets the number.
    pub fn set(&self, number: i64) {
        // Which of several came last is told by the order of the calls, not by a clock.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        stage(&self.0, Metric::Gauge { number, order: NEXT.fetch_add(1, Ordering::Relaxed) });
    }
}

/// What a [`Distribution`] has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// How many numbers.
    pub count: u64,
    /// Their sum.
    pub sum: i128,
    /// The least.
    pub min: i64,
    /// The greatest.
    pub max: i64,
}

impl Numbers {
    /// The mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum as f64 / self.count as f64
    }
}

/// What a metric has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// A count.
    Counter(u64),
    /// What a distribution has seen.
    Distribution(Numbers),
    /// The number set last, and when in the order of all such calls.
    Gauge {
        /// The number.
        number: i64,
        /// The place of the call among all in this process.
        order: u64,
    },
}

impl Metric {
    /// Adds what else has been counted; says whether it was the same kind of metric.
    pub fn merge(&mut self, other: Self) -> bool {
        match (self, other) {
            (Self::Counter(all), Self::Counter(more)) => *all = all.saturating_add(more),
            (Self::Distribution(all), Self::Distribution(more)) => {
                *all = Numbers {
                    count: all.count + more.count,
                    sum: all.sum + more.sum,
                    min: all.min.min(more.min),
                    max: all.max.max(more.max),
                };
            }
            (Self::Gauge { number, order }, Self::Gauge { number: new, order: later }) => {
                if later >= *order {
                    (*number, *order) = (new, later);
                }
            }
            _ => return false,
        }
        true
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counter(n) => write!(f, "{n}"),
            Self::Distribution(all) => {
                let Numbers { count, min, max, .. } = all;
                write!(f, "{count} numbers from {min} to {max}, mean {:.3}", all.mean())
            }
            Self::Gauge { number, .. } => write!(f, "{number}"),
        }
    }
}

/// A step's metric, by the step's place in its chain.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The step's place in its chain.
    pub at: usize,
    /// The metric's name.
    pub name: Cow<'static, str>,
    /// What it has come to.
    pub metric: Metric,
}

thread_local! {
    /// The step whose code is running, by its place in the chain.
    static CURRENT: Cell<Option<usize>> = const { Cell::new(None) };
    /// What the bundle at hand has counted.
    static STAGED: RefCell<Vec<Measured>> = const { RefCell::new(Vec::new()) };
}

/// Adds to what the bundle at hand has counted.
#[expect(clippy::ptr_arg, reason = "a static name is not copied")]
fn stage(name: &Cow<'static, str>, metric: Metric) {
    let Some(at) = CURRENT.get() else { return };
    STAGED.with_borrow_mut(|staged| {
        let own = staged.iter_mut().find(|measured| measured.at == at && measured.name == *name);
        match own {
            // A name that is two kinds of metric at once: the first one stays.
            Some(measured) => drop(measured.metric.merge(metric)),
            None => staged.push(Measured { at, name: name.clone(), metric }),
        }
    });
}

/// While it lives, what is counted on this thread belongs to a step.
#[derive(Debug)]
pub struct Counting {
    before: Option<usize>,
}

impl Counting {
    /// Counts for the step of that place.
    #[inline]
    #[must_use]
    pub fn of(at: usize) -> Self {
        Self { before: CURRENT.replace(Some(at)) }
    }

    /// Takes what this thread has counted since the last time.
    #[must_use]
    pub fn take() -> Vec<Measured> {
        STAGED.take()
    }

    /// What the step at hand has counted since the last time, which stays.
    #[must_use]
    pub fn counted() -> Vec<Measured> {
        let own = |measured: &&Measured| Some(measured.at) == CURRENT.get();
        STAGED.with_borrow(|staged| staged.iter().filter(own).cloned().collect())
    }

    /// Counts what was counted by work that is not done again.
    pub fn again(counted: &[Measured]) {
        for Measured { at, name, metric } in counted {
            let _counting = Self::of(*at);
            stage(name, *metric);
        }
    }
}

impl Drop for Counting {
    #[inline]
    fn drop(&mut self) {
        CURRENT.set(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_belong_to_the_step_that_runs() {
        static SEEN: Counter = Counter::new("seen");
        SEEN.add(100);
        let outer = Counting::of(3);
        SEEN.add(1);
        {
            let _inner = Counting::of(4);
            SEEN.add(10);
            Distribution::named("seen".into()).update(5);
        }
        SEEN.add(1);
        Gauge::new("at").set(7);
        Gauge::new("at").set(-2);
        drop(outer);
        SEEN.add(100);
        let all: Vec<(usize, String)> =
            Counting::take().iter().map(|m| (m.at, format!("{} {}", m.name, m.metric))).collect();
        let want = [(3, "seen 2"), (4, "seen 10"), (3, "at -2")].map(|(at, text)| (at, text.to_owned()));
        assert_eq!(all, want);
        assert!(Counting::take().is_empty());
    }
}
