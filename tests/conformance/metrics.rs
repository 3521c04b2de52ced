//! Behaviours 14.1 to 14.3 and 14.8 to 14.14: what user code counts, each bundle once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use flumen::{CombineFn, Counter, Distribution, DoFn, Gauge, Out, Pipeline, Result};

use crate::support::{How, failure, locked, on_all};

static SEEN: Counter = Counter::new("seen");
static SIZE: Distribution = Distribution::new("size");
static LAST: Gauge = Gauge::new("last");

#[test]
fn counters_distributions_and_gauges_are_of_all_threads() {
    on_all(|runner| {
        for rows in [0, 1, 200_000] {
            let p = Pipeline::new();
            drop(p.range(0..rows).inspect(|n| {
                SEEN.add(2);
                SIZE.update(n as i64 - 5);
                LAST.set(7);
            }));
            let report = runner.run(&p).unwrap().wait().unwrap();
            assert_eq!(report.counter("seen"), 2 * rows);
            let size = report.distribution("size").map(|size| (size.count, size.sum, size.min, size.max));
            let sum = (0..rows).map(|n| i128::from(n) - 5).sum();
            assert_eq!(size, (rows > 0).then(|| (rows, sum, -5, rows as i64 - 6)));
            assert_eq!(report.gauge("last"), (rows > 0).then_some(7));
            assert_eq!(report.counter("none such"), 0);
        }
    });
}

#[test]
fn a_step_has_its_own_count_of_a_name() {
    on_all(|runner| {
        let p = Pipeline::new();
        let all = p.range(0..1_000).inspect(|_| SEEN.add(1)).named("first");
        drop(all.filter(|n| n < 10).map(|n| n + 1).inspect(|_| SEEN.add(1)).named("second"));
        let report = runner.run(&p).unwrap().wait().unwrap();
        let count = |step: &str| format!("{:?}", report.step(step).unwrap().metrics["seen"]);
        assert_eq!((count("first"), count("second")), ("Counter(1000)".into(), "Counter(10)".into()));
        assert_eq!(report.counter("seen"), 1_010);
    });
}

/// Counts in every call.
struct Counted;

impl CombineFn for Counted {
    type In = u64;
    type Accum = u64;
    type Out = u64;

    fn add(&self, sum: &mut u64, n: u64) -> Result<()> {
        SEEN.add(1);
        *sum += n;
        Ok(())
    }
    fn merge(&self, sum: &mut u64, other: u64) -> Result<()> {
        *sum += other;
        Ok(())
    }
    fn extract(&self, sum: u64) -> Result<u64> {
        SIZE.update(sum as i64);
        Ok(sum)
    }
}

#[test]
fn a_combine_counts_each_value_and_each_result_once() {
    on_all(|runner| {
        let p = Pipeline::new();
        drop(p.range(0..100_000).map(|n| (n % 50, 1_u64)).combine_per_key(Counted));
        let report = runner.run(&p).unwrap().wait().unwrap();
        assert_eq!(report.counter("seen"), 100_000);
        let size = report.distribution("size").unwrap();
        assert_eq!((size.count, size.sum, size.min), (50, 100_000, 2_000));
    });
}

/// Counts, then fails the first time that it sees some of its elements.
#[derive(Clone)]
struct FailsOnce {
    seen: Arc<Mutex<HashSet<u64>>>,
    how: How,
}

impl DoFn for FailsOnce {
    type In = u64;
    type Out = u64;

    fn process(&mut self, n: u64, out: &mut Out<'_, u64>) -> Result<()> {
        SEEN.add(1);
        SIZE.update(n as i64);
        out.emit(n);
        if n % 20_000 == 500 && locked(&self.seen).insert(n) { self.how.fail("once") } else { Ok(()) }
    }
}

#[test]
fn a_bundle_that_is_tried_again_counts_once() {
    on_all(|runner| {
        for how in How::ALL {
            let p = Pipeline::new();
            let function = FailsOnce { seen: Arc::default(), how };
            drop(p.range(0..200_000).inspect(|_| LAST.set(1)).par_do_fn(function).map(|n| {
                SEEN.add(1);
                n
            }));
            let report = runner.run(&p).unwrap().wait().unwrap();
            assert_eq!(report.retried_bundles, 10, "{how:?}");
            assert_eq!(report.counter("seen"), 400_000, "{how:?}");
            assert_eq!(report.distribution("size").unwrap().count, 200_000, "{how:?}");
        }
    });
}

/// Counts in every call, and fails once in one of them, after it has counted.
struct FailsOnceIn(&'static str, Arc<Mutex<HashSet<u64>>>);

impl FailsOnceIn {
    fn called(&self, call: &str) -> Result<()> {
        SEEN.add(1);
        if self.0 == call && locked(&self.1).insert(0) { Err("once".into()) } else { Ok(()) }
    }
}

impl CombineFn for FailsOnceIn {
    type In = u64;
    type Accum = u64;
    type Out = u64;

    fn add(&self, sum: &mut u64, n: u64) -> Result<()> {
        *sum += n;
        self.called("add")
    }
    fn merge(&self, sum: &mut u64, other: u64) -> Result<()> {
        *sum += other;
        SIZE.update(1);
        self.called("merge")
    }
    fn extract(&self, sum: u64) -> Result<u64> {
        LAST.set(1);
        self.called("extract")?;
        Ok(sum)
    }
}

#[test]
fn results_that_are_made_again_count_once() {
    on_all(|runner| {
        for call in ["merge", "extract"] {
            let p = Pipeline::new();
            let pairs = p.range(0..100_000).map(|n| (n % 50, 1_u64));
            drop(pairs.combine_per_key(FailsOnceIn(call, Arc::default())));
            let report = runner.run(&p).unwrap().wait().unwrap();
            // How often threads were merged is not known; each time was counted once.
            let merged = report.distribution("size").map_or(0, |size| size.count);
            assert_eq!(report.counter("seen"), 100_000 + 50 + merged, "{call}");
        }
    });
}

#[test]
fn a_value_that_was_counted_and_not_added_is_a_failure_and_no_wrong_count() {
    on_all(|runner| {
        let error = failure(runner, |p| {
            let pairs = p.range(0..100_000).map(|n| (n % 50, 1_u64));
            drop(pairs.combine_per_key(FailsOnceIn("add", Arc::default())));
        });
        assert!(error.to_string().contains("once"), "{error}");
    });
}

#[test]
fn a_name_that_is_two_kinds_of_metric_stays_the_first() {
    on_all(|runner| {
        let p = Pipeline::new();
        drop(p.range(0..10).inspect(|_| {
            Counter::new("both").add(1);
            Gauge::new("both").set(5);
        }));
        let report = runner.run(&p).unwrap().wait().unwrap();
        assert_eq!((report.counter("both"), report.gauge("both")), (10, None));
    });
}

#[test]
fn a_run_that_fails_still_tells_why_and_not_what_it_counted() {
    on_all(|runner| {
        let error = failure(runner, |p| {
            drop(p.range(0..10).map(|n| {
                SEEN.add(1);
                if n == 5 { Err("five") } else { Ok(n) }
            }));
        });
        assert!(error.to_string().contains("five"));
    });
}
