//! Behaviour 1.34: an error names the step, the line that made it and the element, whichever step it comes from.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flumen::batch::BATCH_ROWS_MAX;
use flumen::element::{Put, Ref};
use flumen::error::{Cause, ELEMENT_TEXT_BYTES_MAX};
use flumen::{DoFn, Element, Out, PCollection, Result};
use flumen_local::Local;
use serde::{Deserialize, Serialize};

use crate::support::{How, failure, keep_workers_quiet, on_all, on_threads};

/// Elements enough for several batches in each piece, on four threads too.
const ROWS: u64 = 40_000;
/// The first, one in a batch, the last of a batch, the first of the second batch, the last of a piece, the last.
const PLACES: [u64; 6] = [0, 1_234, 2_047, 2_048, 2_499, ROWS - 1];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Element)]
struct Play {
    user: u64,
    track: String,
}

/// Whether an element is the one made of a number.
type Is<T> = fn(Ref<'_, T>, u64) -> bool;
/// A step that fails on the element made of a number.
type Fails<T> = fn(&PCollection<T>, Is<T>, u64, How);

fn no(bad: bool, how: How) -> Result<()> {
    if bad { how.fail("no good") } else { Ok(()) }
}

fn yes<R>(bad: bool, value: R) -> R {
    assert!(!bad, "no good");
    value
}

/// Each step by its automatic name, and its line in this file.
fn steps<T: Element + Put<Elem = T>>() -> Vec<(&'static str, u32, Fails<T>)> {
    vec![
        ("map", line!(), |all, is, n, _| drop(all.map(move |x| yes(is(x, n), 1_u64)))),
        ("map", line!(), |all, is, n, how| drop(all.map(move |x| no(is(x, n), how).map(|()| 1_u64)))),
        ("map", line!(), |all, is, n, how| drop(all.map(move |x| no(is(x, n), how).map(|()| T::own(x))))),
        ("filter", line!(), |all, is, n, _| drop(all.filter(move |x| yes(is(x, n), true)))),
        ("filter", line!(), |all, is, n, _| drop(all.filter(move |x| yes(is(x, n), false)))),
        ("flat_map", line!(), |all, is, n, _| drop(all.flat_map(move |x| yes(is(x, n), [1_u64, 2])))),
        ("filter_map", line!(), |all, is, n, _| drop(all.filter_map(move |x| yes(is(x, n), Some(1_u64))))),
        ("key_by", line!(), |all, is, n, _| drop(all.key_by(move |x| yes(is(x, n), 1_u64)))),
        ("inspect", line!(), |all, is, n, _| drop(all.inspect(move |x| yes(is(x, n), ())))),
        ("par_do", line!() + 1, |all, is, n, how| {
            drop(all.par_do(move |x, out| -> Result<()> {
                out.emit(1_u64);
                no(is(x, n), how)
            }));
        }),
        ("par_do", line!(), |all, is, n, _| drop(all.par_do(move |x, out| out.emit(yes(is(x, n), 1_u64))))),
        ("par_do_fn", line!(), |all, is, n, how| drop(all.par_do_fn(Picky::<T> { is, n, how }))),
    ]
}

struct Picky<T: Element> {
    is: Is<T>,
    n: u64,
    how: How,
}

impl<T: Element> Clone for Picky<T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<T: Element> DoFn for Picky<T> {
    type In = T;
    type Out = u64;
    fn process(&mut self, element: Ref<'_, T>, out: &mut Out<'_, u64>) -> Result<()> {
        out.emit(self.n);
        no((self.is)(element, self.n), self.how)
    }
}

fn every_step_names<T: Element + Put<Elem = T> + Debug>(make: fn(u64) -> T, is: Is<T>) {
    let values: Vec<T> = (0..ROWS).map(make).collect();
    on_all(|runner| {
        for (at, (name, line, step)) in steps::<T>().into_iter().enumerate() {
            // Every step meets every place over the types and threads, but not each with each.
            for bad in PLACES.into_iter().skip(at % 2).step_by(2) {
                for how in How::ALL {
                    let error = failure(runner, |p| step(&p.create(values.clone()), is, bad, how));
                    let told = error.to_string();
                    let own = error.step().unwrap();
                    assert_eq!((own.name.as_str(), own.location.line()), (name, line), "{told}");
                    assert_eq!(own.location.file(), file!());
                    assert_eq!(error.element(), Some(format!("{:?}", make(bad).borrow()).as_str()), "{told}");
                    assert_eq!(error.cause(), Cause::UserCode, "{told}");
                    assert!(
                        told.contains("no good")
                            && told.contains(&format!("step {name} ({}:{line})", file!())),
                        "{told}"
                    );
                }
            }
        }
    });
}

#[test]
fn numbers_are_named() {
    every_step_names::<u64>(|n| n, |x, n| x == n);
}

#[test]
fn strings_are_named() {
    every_step_names::<String>(|n| format!("word {n}"), |x, n| x[5..].parse() == Ok(n));
}

#[test]
fn pairs_are_named() {
    every_step_names::<(u64, String)>(|n| (n, "x".into()), |(x, _), n| x == n);
}

#[test]
fn structs_are_named() {
    every_step_names::<Play>(|n| Play { user: n, track: "la".into() }, |x, n| x.user == n);
}

#[test]
fn long_elements_are_cut() {
    on_all(|runner| {
        let text = "ü".repeat(50_000);
        let error = failure(runner, |p| drop(p.create([text.clone()]).map(|x| yes(x.len() > 3, 1_u64))));
        let element = error.element().unwrap();
        assert!(element.starts_with("\"üüü") && element.ends_with("... (100002 bytes)"), "{element}");
        assert!(element.len() <= ELEMENT_TEXT_BYTES_MAX + 32);
    });
}

#[test]
fn the_question_mark_works_in_map_and_carries_the_causes_of_its_error() {
    on_all(|runner| {
        let error = failure(runner, |p| {
            drop(p.create(["1", "x"]).map(|x| flumen::Ok(x.parse::<u64>()?)).named("parse"));
        });
        assert_eq!(error.step().unwrap().name, "parse");
        assert_eq!(error.element(), Some("\"x\""));
        assert!(error.to_string().contains("invalid digit found in string"), "{error}");
        let error = failure(runner, |p| {
            let missing = || Err(std::io::Error::from(std::io::ErrorKind::NotFound));
            drop(p.range(0..1).map(move |_| -> Result<u64, std::io::Error> { missing() }));
        });
        assert_eq!(error.cause(), Cause::InputMissing, "{error}");
    });
}

#[test]
fn an_error_behind_a_step_that_emits_many_batches_is_not_that_steps() {
    on_all(|runner| {
        for how in How::ALL {
            // The step before fails too, but later.
            let error = failure(runner, |p| {
                let many = p.range(5..6).par_do(move |n, out| {
                    (0..10_000).for_each(|i| out.emit(n * 100_000 + i));
                    how.fail("too late")
                });
                let same = many.named("many").flat_map(|n| [n]).named("same");
                drop(same.map(move |n| no(n == 507_000, how).map(|()| n)).named("picky"));
            });
            assert_eq!(error.step().unwrap().name, "picky", "{error}");
            assert_eq!(error.element(), Some("507000"));
            // The step before fails first: what is behind it has seen only full batches.
            let error = failure(runner, |p| {
                let many = p.range(5..6).par_do(move |n, out| {
                    (0..10_000).for_each(|i| out.emit(n * 100_000 + i));
                    how.fail("too early")
                });
                drop(many.named("many").map(move |n| no(n == 509_999, how).map(|()| n)).named("picky"));
            });
            assert_eq!(error.step().unwrap().name, "many", "{error}");
            assert_eq!(error.element(), Some("5"));
        }
    });
}

#[test]
fn a_step_before_the_failed_one_is_not_called_again() {
    on_threads(|runner, threads| {
        let calls = Arc::new(AtomicUsize::new(0));
        let error = failure(&runner.clone().attempts(1), |p| {
            let calls = Arc::clone(&calls);
            let many = p.range(0..2_000).par_do(move |n, out| {
                calls.fetch_add(1, Ordering::SeqCst);
                (0..BATCH_ROWS_MAX as u64).for_each(|_| out.emit(n));
            });
            drop(many.map(|n| yes(n < u64::MAX, n)));
        });
        assert_eq!(error.step().unwrap().name, "map");
        assert!(calls.load(Ordering::SeqCst) <= threads);
    });
}

#[test]
fn an_endless_sequence_ends_when_a_step_behind_it_fails() {
    on_all(|runner| {
        let error = failure(runner, |p| {
            drop(p.range(0..1).flat_map(|_| 0..u64::MAX).map(|n| yes(n == 5_000, n)));
        });
        assert_eq!((error.step().unwrap().name.as_str(), error.element()), ("map", Some("5000")));
    });
}

#[test]
fn all_threads_stop_at_the_first_error() {
    on_all(|runner| {
        // It would take years otherwise.
        let error = failure(runner, |p| {
            drop(p.range(0..u64::MAX).map(|n| yes(n == 12_345, n)).count_per_element());
        });
        assert_eq!(error.element(), Some("12345"));
    });
}

#[derive(Clone, Serialize, Deserialize, Element)]
struct Shy(u64);

impl Debug for Shy {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("don't look")
    }
}

#[test]
fn a_debug_that_panics_hides_neither_the_step_nor_stops_the_process() {
    on_all(|runner| {
        let shy = |p: &flumen::Pipeline| p.range(0..100).map(Shy);
        let error = failure(runner, |p| drop(shy(p).map(|x| yes(x.0 == 7, 1_u64)).named("looks")));
        assert_eq!(error.step().map(|step| step.name.as_str()), Some("looks"), "{error}");
        // Behind a function that is still running.
        let error = failure(runner, |p| {
            let many =
                p.range(0..1).par_do(|_, out| (0..10_000).for_each(|n| out.emit(Shy(n)))).named("many");
            drop(many.map(|x| yes(x.0 == 7, 1_u64)).named("looks"));
        });
        assert_eq!(error.step().map(|step| step.name.as_str()), Some("looks"), "{error}");
    });
}

#[test]
fn runs_side_by_side_do_not_disturb_each_other() {
    keep_workers_quiet();
    let good = flumen::Pipeline::new();
    let all = good.range(0..500_000).map(|n| n % 10).count_per_element();
    flumen::testing::expect(&all).contains_in_any_order((0..10_u64).map(|n| (n, 50_000_u64)));
    let running = Local::new().parallelism(2).run(&good).unwrap();
    failure(&Local::new().parallelism(2), |p| drop(p.range(0..10_000).map(|n| yes(n > 5_000, n))));
    running.wait().unwrap();
}
