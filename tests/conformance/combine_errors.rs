//! Reliability R7 for combines: whatever fails in one is told with its step, and everything is torn down.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use flumen::error::Cause;
use flumen::{CombineFn, Element, Key, PCollection, Pipeline, Result};
use flumen_local::Local;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::lifecycle::{Log, Probe};
use crate::support::{How, Meeting, collect, failure, keep_workers_quiet, on_all, on_threads};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Create,
    Add,
    Merge,
    Extract,
}

/// Sums, and fails in one of its calls.
struct Fails {
    at: At,
    how: How,
}

impl Fails {
    fn called(&self, at: At) -> Result<()> {
        if self.at == at { self.how.fail(&format!("no {at:?}")) } else { Ok(()) }
    }
}

impl CombineFn for Fails {
    type In = u64;
    type Accum = u64;
    type Out = u64;

    fn create(&self) -> u64 {
        assert!(self.at != At::Create, "no Create");
        0
    }
    fn add(&self, sum: &mut u64, x: u64) -> Result<()> {
        *sum += x;
        if x == 4_321 { self.called(At::Add) } else { Ok(()) }
    }
    fn merge(&self, sum: &mut u64, other: u64) -> Result<()> {
        *sum += other;
        self.called(At::Merge)
    }
    fn extract(&self, sum: u64) -> Result<u64> {
        self.called(At::Extract)?;
        Ok(sum)
    }
}

type Combines = fn(&PCollection<u64>, Fails) -> u32;

const COMBINES: [(&str, Combines); 2] = [
    ("combine_globally", |all, fails| {
        drop(all.combine_globally(fails));
        line!() - 1
    }),
    ("combine_per_key", |all, fails| {
        drop(all.key_by(|_| 7_u64).combine_per_key(fails));
        line!() - 1
    }),
];

#[test]
fn every_call_of_a_combine_is_named_and_what_stands_before_it_is_torn_down() {
    on_threads(|runner, threads| {
        for (name, apply) in COMBINES {
            for at in [At::Create, At::Add, At::Merge, At::Extract] {
                // One thread has nothing to merge by key.
                if threads == 1 && (name, at) == ("combine_per_key", At::Merge) {
                    continue;
                }
                for how in How::ALL {
                    let (log, line) = (Log::default(), Cell::new(0));
                    let meeting = Meeting::of(threads);
                    let error = failure(runner, |p| {
                        let all = p.range(4_300..4_400).par_do_fn(Probe::new(&log));
                        let all = all.inspect(move |_| {
                            if at == At::Merge {
                                meeting.wait();
                            }
                        });
                        line.set(apply(&all, Fails { at, how }));
                    });
                    log.assert_lives(false);
                    let told = format!("{name} {at:?}: {error}");
                    assert!(told.contains(&format!("no {at:?}")), "{told}");
                    assert_eq!(error.cause(), Cause::UserCode, "{told}");
                    let step = error.step().expect(&told);
                    assert_eq!((step.name.as_str(), step.location.line()), (name, line.get()), "{told}");
                    match (name, at) {
                        ("combine_globally", At::Add) => assert_eq!(error.element(), Some("4321"), "{told}"),
                        ("combine_per_key", At::Add) => {
                            assert_eq!(error.element(), Some("(7, 4321)"), "{told}");
                        }
                        ("combine_per_key", At::Merge | At::Extract) => {
                            assert_eq!(error.element(), Some("7"), "{told}");
                        }
                        _ => {}
                    }
                }
            }
        }
    });
}

/// Makes so many accumulators, and no more.
struct Few(AtomicU64);

impl CombineFn for Few {
    type In = u64;
    type Accum = u64;
    type Out = u64;

    fn create(&self) -> u64 {
        assert!(self.0.fetch_sub(1, Ordering::SeqCst) > 0, "no more");
        0
    }
    fn add(&self, _: &mut u64, _: u64) -> Result<()> {
        Ok(())
    }
    fn merge(&self, _: &mut u64, _: u64) -> Result<()> {
        Ok(())
    }
    fn extract(&self, sum: u64) -> Result<u64> {
        Ok(sum)
    }
}

#[test]
fn the_pair_whose_accumulator_can_not_be_made_is_named() {
    on_all(|runner| {
        for few in [0, 1, 5, 3_000] {
            // Tried again it would have enough of them.
            let error = failure(&runner.clone().attempts(1), |p| {
                // One piece, in order.
                let pairs = p.range(0..1).flat_map(|_| 0..5_000_u64).key_by(|n| n);
                drop(pairs.combine_per_key(Few(AtomicU64::new(few))));
            });
            assert_eq!(error.element(), Some(format!("({few}, {few})").as_str()), "{error}");
        }
    });
}

#[test]
fn a_sum_that_does_not_fit_names_the_pair() {
    on_all(|runner| {
        let error = failure(runner, |p| {
            // One piece, so that both are added by the same thread.
            drop(
                p.range(0..1)
                    .flat_map(|_| [("b", 1_u8), ("a", 200), ("b", 2), ("a", 100), ("b", 3)])
                    .sum_per_key(),
            );
        });
        assert_eq!(error.step().unwrap().name, "sum_per_key/combine_per_key");
        assert_eq!(error.element(), Some("(\"a\", 100)"), "{error}");
        assert!(
            error.to_string().contains("the sum does not fit u8; convert the values to a wider type first"),
            "{error}"
        );
        let error = failure(runner, |p| drop(p.create([i64::MAX, 1]).sum_globally()));
        assert!(error.to_string().contains("the sum does not fit i64"), "{error}");
        assert_eq!(error.step().unwrap().name, "sum_globally/combine_globally");
    });
}

#[test]
fn a_sum_that_does_not_fit_when_threads_are_merged_names_the_key() {
    const THREADS: usize = 4;
    keep_workers_quiet();
    // Each thread gets one of the elements, so that no thread's own sum is too large.
    let meeting = Meeting::of(THREADS);
    let error = failure(&Local::new().parallelism(THREADS), |p| {
        let met = p.range(0..THREADS as u64).inspect(move |_| meeting.wait());
        drop(met.flat_map(|_| [("b", 1_u8), ("a", 200)]).sum_per_key());
    });
    assert_eq!(error.step().unwrap().name, "sum_per_key/combine_per_key");
    assert_eq!(error.element(), Some("\"a\""), "{error}");
}

/// A key that serde refuses to write where it is odd and large.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Element, Key)]
struct Stubborn(#[serde(serialize_with = "refuse")] u64);

const REFUSED: u64 = 3_001;
const PANICKED: u64 = 3_002;

fn refuse<S: Serializer>(n: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    assert!(*n != PANICKED, "won't write");
    if *n == REFUSED {
        return Err(serde::ser::Error::custom("can't write"));
    }
    serializer.serialize_u64(*n)
}

#[test]
fn a_key_that_can_not_be_written_is_named() {
    on_all(|runner| {
        let log = Log::default();
        let keys = |p: &Pipeline, bad: u64| {
            let all = p.range(0..10_000).filter(move |n| n < 3_000 || n == bad || n > 3_005);
            all.par_do_fn(Probe::new(&log)).map(Stubborn).count_per_element()
        };
        assert_eq!(collect(runner, |p| keys(p, 0).count_globally()).unwrap(), [9_994]);
        log.assert_lives(true);
        let error = failure(runner, |p| drop(keys(p, REFUSED)));
        assert_eq!(error.step().unwrap().name, "count_per_element/combine_per_key");
        assert_eq!(error.element(), Some("(Stubborn(3001), ())"), "{error}");
        let error = failure(runner, |p| drop(keys(p, PANICKED)));
        assert_eq!(error.step().unwrap().name, "count_per_element/combine_per_key");
        // Which key it was is not known; a wrong one must not be told.
        assert!(error.element().is_none_or(|element| element == "(Stubborn(3002), ())"), "{error}");
        log.assert_lives(false);
    });
}

/// A key that can be written, but not read again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Element, Key)]
struct Forgotten(#[serde(deserialize_with = "forget")] u64);

fn forget<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    assert!(u64::deserialize(deserializer)? != 5, "can't read");
    Ok(0)
}

#[test]
fn a_key_that_panics_when_it_is_read_is_told_with_the_step() {
    on_all(|runner| {
        let log = Log::default();
        let error = failure(runner, |p| {
            drop(p.range(0..10).par_do_fn(Probe::new(&log)).map(Forgotten).count_per_element());
        });
        log.assert_lives(false);
        let step = error.step().map(|step| step.name.as_str());
        assert_eq!(step, Some("count_per_element/combine_per_key"), "{error}");
    });
}
