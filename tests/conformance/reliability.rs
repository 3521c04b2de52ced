//! Reliability R6, R7, R14 and R20: poison, panics, hot keys, and a fault at every call. R22 is in `determinism`.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use flumen::batch::Builder;
use flumen::error::{Cause, ELEMENT_TEXT_BYTES_MAX, RunError};
use flumen::io::{Reader, RunId, Shard, Sink, Source, Writer, text};
use flumen::testing::expect;
use flumen::{CombineFn, Counter, DoFn, Out, PCollection, Pipeline, Result};
use flumen_local::Local;

use crate::support::{How, failure, locked, on_all, on_threads, sorted};

/// How often a bundle is tried.
const ATTEMPTS: u64 = 4;

#[test]
fn a_poison_record_is_one_letter_and_the_rest_is_exact() {
    const ROWS: u64 = 1_000_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.txt").display().to_string();
    let lines: String =
        (0..ROWS).map(|n| if n == 654_321 { "poison\n".into() } else { format!("{n}\n") }).collect();
    fs::write(&path, &lines).unwrap();
    let place = format!("{path}, byte {}", lines.find("poison").unwrap());
    on_all(|runner| {
        let p = Pipeline::new();
        let (numbers, refused) = p.read(text::lines(&path)).try_map(str::parse::<u64>);
        expect(&numbers.sum_globally()).contains_in_any_order([ROWS * (ROWS - 1) / 2 - 654_321]);
        expect(&numbers.count_globally()).contains_in_any_order([ROWS - 1]);
        let letters = refused.letters().materialize();
        let report = runner.run(&p).unwrap().wait().unwrap();
        let letters = report.read(&letters).unwrap();
        let [letter] = &letters[..] else { panic!("{letters:?}") };
        assert_eq!(
            (&letter.bytes[..], letter.error.as_str()),
            (&b"poison"[..], "invalid digit found in string")
        );
        assert_eq!((letter.step.as_str(), letter.source.as_deref()), ("try_map", Some(place.as_str())));
        assert_eq!((report.dead_letters, report.retried_bundles), (1, 0));
    });
}

#[test]
fn a_poison_record_without_letters_fails_the_run_by_step_and_element_after_the_last_attempt() {
    on_all(|runner| {
        let tried = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&tried);
        let error = failure(runner, |p| {
            let words =
                p.range(0..1_000_000).map(|n| if n == 654_321 { "poison".into() } else { n.to_string() });
            let parse = words.map(move |word| {
                count.fetch_add(u64::from(word == "poison"), Ordering::SeqCst);
                word.parse::<u64>()
            });
            drop(parse.named("parse"));
        });
        let told = error.to_string();
        assert!(told.contains("step parse (") && told.contains("element: \"poison\""), "{told}");
        assert!(told.contains("invalid digit found in string"), "{told}");
        assert_eq!((tried.load(Ordering::SeqCst), error.cause()), (ATTEMPTS, Cause::UserCode));
    });
}

/// Panics in one of its calls, which it counts; and counts the instances that are alive.
struct Panics {
    call: &'static str,
    calls: Arc<AtomicU64>,
    alive: Arc<AtomicU64>,
    lock: Arc<Mutex<u64>>,
    set_up: bool,
}

impl Panics {
    fn called(&self, call: &str) -> Result<()> {
        if self.call == call {
            self.calls.fetch_add(1, Ordering::SeqCst);
            let _held = locked(&self.lock);
            panic!("no {call}");
        }
        Ok(())
    }
}

impl Clone for Panics {
    fn clone(&self) -> Self {
        let (calls, alive, lock) = (Arc::clone(&self.calls), Arc::clone(&self.alive), Arc::clone(&self.lock));
        Self { call: self.call, calls, alive, lock, set_up: false }
    }
}

impl DoFn for Panics {
    type In = String;
    type Out = String;

    fn setup(&mut self) -> Result<()> {
        self.set_up = true;
        self.alive.fetch_add(1, Ordering::SeqCst);
        self.called("setup")
    }
    fn start_bundle(&mut self) -> Result<()> {
        self.called("start_bundle")
    }
    fn process(&mut self, word: &str, out: &mut Out<'_, String>) -> Result<()> {
        out.emit(word);
        self.called("process")
    }
    fn finish_bundle(&mut self, _: &mut Out<'_, String>) -> Result<()> {
        self.called("finish_bundle")
    }
    fn teardown(&mut self) -> Result<()> {
        assert!(self.set_up);
        self.alive.fetch_sub(1, Ordering::SeqCst);
        self.called("teardown")
    }
}

#[test]
fn a_panic_in_any_call_fails_its_run_alone_and_leaves_no_trace() {
    on_threads(|runner, threads| {
        // Another run in the same process, which can't end before the panics are over.
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let may_go_on = Mutex::new(may_go_on);
        let other = Pipeline::new();
        let sum = other.range(0..100_000).inspect(move |n| {
            if n == 50_000 {
                locked(&may_go_on).recv().unwrap();
            }
        });
        expect(&sum.sum_globally()).contains_in_any_order([4_999_950_000_u64]);
        let other = Local::new().parallelism(2).run(&other).unwrap();

        for call in ["setup", "start_bundle", "process", "finish_bundle", "teardown"] {
            let prototype = Panics {
                call,
                calls: Arc::default(),
                alive: Arc::default(),
                lock: Arc::default(),
                set_up: false,
            };
            let long = "x".repeat(4 * ELEMENT_TEXT_BYTES_MAX);
            let function = prototype.clone();
            let p = Pipeline::new();
            let words = p.create([long]);
            let outer = |words: &PCollection<String>| words.par_do_fn(function).named("panics");
            drop(words.apply("outer", outer));
            let error = runner.run(&p).unwrap().wait().expect_err("it panics");
            let told = error.to_string();
            assert!(told.contains("step outer/panics (") && told.contains(&format!("no {call}")), "{told}");
            assert!(told.len() < 3 * ELEMENT_TEXT_BYTES_MAX, "{call}: {} bytes", told.len());
            assert_eq!(told.contains("xxxx"), call == "process", "{call}: {told}");
            assert_eq!(
                (error.cause(), prototype.alive.load(Ordering::SeqCst)),
                (Cause::UserCode, 0),
                "{call}"
            );
            let calls = prototype.calls.load(Ordering::SeqCst);
            match call {
                // Each thread has its own instance.
                "setup" => assert!((1..=ATTEMPTS * threads as u64).contains(&calls), "{calls} set-ups"),
                "teardown" => assert!((1..=threads as u64).contains(&calls), "{calls} teardowns"),
                // Nothing reads on once the run has failed, but other threads may be at an empty bundle.
                _ => assert_eq!(calls, ATTEMPTS, "{call}"),
            }
            // The pipeline can run again, and fails in the same way.
            let again = runner.run(&p).unwrap().wait().expect_err("it panics");
            assert_eq!(again.to_string(), told);
        }
        go_on.send(()).unwrap();
        other.wait().unwrap();
    });
}

#[test]
fn a_hot_key_is_combined_and_grouped_whole() {
    const ROWS: u64 = 1_000_000;
    on_all(|runner| {
        let p = Pipeline::new();
        // Nine tenths of all rows have one key.
        let pairs = p.range(0..ROWS).map(|n| (if n % 10 == 0 { n } else { 1 }, n));
        let hot = (0..ROWS).filter(|n| n % 10 != 0).sum::<u64>();
        let sums = [
            pairs.sum_per_key(),
            pairs.combine_per_key_with_fanout(7, flumen::transforms::SumFn::new()),
            pairs.group_by_key().map(|(key, group)| (key, group.fold(0, |sum, n| sum + n))),
        ];
        for sums in &sums {
            expect(&sums.filter(|(key, _)| key == 1)).contains_in_any_order([(1_u64, hot)]);
            expect(&sums.filter(|(key, sum)| key != 1 && key != sum).count_globally())
                .contains_in_any_order([0_u64]);
            expect(&sums.count_globally()).contains_in_any_order([ROWS / 10 + 1]);
        }
        runner.run(&p).unwrap().wait().unwrap();
    });
}

static MAPPED: Counter = Counter::new("mapped");
/// By the source, and by what is made of the results of a combine.
static MADE: Counter = Counter::new("made");
/// How many elements the pipeline below reads.
const READ: u64 = 24;

/// Fails one call of one kind.
#[derive(Clone)]
struct Fault {
    call: &'static str,
    /// Which of these calls, from 0.
    at: u64,
    how: How,
    calls: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl Fault {
    fn of(call: &'static str, at: u64, how: How) -> Self {
        Self { call, at, how, calls: Arc::default() }
    }

    fn at(&self, call: &'static str) -> Result<()> {
        let number = {
            let mut calls = locked(&self.calls);
            let number = calls.entry(call).or_default();
            *number += 1;
            *number - 1
        };
        if call == self.call && number == self.at { self.how.fail("a fault") } else { Ok(()) }
    }
}

/// Numbers, read one a batch.
struct Numbers(Fault);

struct NumbersReader(Fault, Range<u64>);

impl Source for Numbers {
    type Elem = u64;
    type Piece = (u64, u64);
    type Reader = NumbersReader;

    fn split(&self, _: usize) -> Result<Vec<(u64, u64)>> {
        Ok((0..READ / 6).map(|n| (n * 6, n * 6 + 6)).collect())
    }
    fn open(&self, (start, end): (u64, u64)) -> Result<NumbersReader> {
        Ok(NumbersReader(self.0.clone(), start..end))
    }
}

impl Reader for NumbersReader {
    type Elem = u64;
    type Piece = (u64, u64);

    fn fill(&mut self, batch: &mut Builder<u64>) -> Result<bool> {
        while !batch.is_full() {
            self.0.at("read")?;
            let Some(n) = self.1.next() else { return Ok(false) };
            MADE.add(1);
            batch.push(n);
        }
        Ok(true)
    }
    fn rest(&self) -> (u64, u64) {
        (self.1.start, self.1.end)
    }
}

/// Emits what it has seen in a bundle.
#[derive(Clone)]
struct Delay(Fault, Vec<u64>);

impl DoFn for Delay {
    type In = u64;
    type Out = u64;

    fn setup(&mut self) -> Result<()> {
        self.0.at("setup")
    }
    fn start_bundle(&mut self) -> Result<()> {
        self.1.clear();
        self.0.at("start_bundle")
    }
    fn process(&mut self, n: u64, _: &mut Out<'_, u64>) -> Result<()> {
        self.1.push(n);
        self.0.at("process")
    }
    fn finish_bundle(&mut self, out: &mut Out<'_, u64>) -> Result<()> {
        self.1.drain(..).for_each(|n| out.emit(n));
        self.0.at("finish_bundle")
    }
}

/// A sum whose every call may fail after it has done its work.
struct Sum(Fault);

impl CombineFn for Sum {
    type In = u64;
    type Accum = u64;
    type Out = u64;

    fn add(&self, sum: &mut u64, n: u64) -> Result<()> {
        *sum += n;
        self.0.at("add")
    }
    fn merge(&self, sum: &mut u64, other: u64) -> Result<()> {
        *sum += other;
        self.0.at("merge")
    }
    fn extract(&self, sum: u64) -> Result<u64> {
        MADE.add(1);
        self.0.at("extract")?;
        Ok(sum)
    }
}

/// Publishes numbers.
struct Store(Fault, Arc<Mutex<Vec<u64>>>);

struct Storing(Fault, Vec<u64>);

impl Sink for Store {
    type Elem = u64;
    type Writer = Storing;

    fn writer(&self, _: &RunId, _: Shard) -> Result<Storing> {
        Ok(Storing(self.0.clone(), Vec::new()))
    }
    fn commit(&self, _: &RunId, parts: &[Vec<u64>]) -> Result<String> {
        *locked(&self.1) = parts.concat();
        self.0.at("commit")?;
        Ok(String::new())
    }
}

impl Writer for Storing {
    type Elem = u64;
    type Part = Vec<u64>;

    fn write(&mut self, n: u64) -> Result<()> {
        self.0.at("write")?;
        self.1.push(n);
        Ok(())
    }
    fn close(self) -> Result<Vec<u64>> {
        Ok(self.1)
    }
}

/// Runs a pipeline of every kind of step with a fault; what it published, how often `mapped` counted, how many bundles were
/// tried again.
fn run(runner: &Local, fault: &Fault) -> Result<(Vec<u64>, u64, u64), RunError> {
    let p = Pipeline::new();
    let published = Arc::new(Mutex::new(Vec::new()));
    let may = |call: &'static str| {
        let fault = fault.clone();
        move || fault.at(call)
    };
    let at = may("side");
    let side = p.range(0..3).map(move |n| at().map(|()| n)).as_list();
    let at = may("map");
    let mapped = p.read(Numbers(fault.clone())).map_with(&side, move |n, side| {
        MAPPED.add(1);
        at().map(|()| n + side.len() as u64)
    });
    let delayed = mapped.par_do_fn(Delay(fault.clone(), Vec::new()));
    let at = may("par_do2");
    let (even, odd) = delayed.par_do2(move |n, even, odd| {
        if n % 2 == 0 {
            even.emit((n % 6, n));
        } else {
            odd.emit((n % 6 - 1, n));
        }
        at()
    });
    let sums = even.combine_per_key(Sum(fault.clone()));
    let at = may("group");
    let groups = odd.group_by_key().flat_map(move |(key, group)| {
        at().map(|()| group.iter().map(|n| (key, n)).collect::<Vec<_>>()).unwrap_or_else(|e| panic!("{e}"))
    });
    let at = may("join");
    let joined =
        sums.join(&groups.reshuffle()).map(move |(key, (sum, n))| at().map(|()| 1_000 * sum + 10 * n + key));
    joined.write(Store(fault.clone(), Arc::clone(&published)));
    let report = runner.run(&p)?.wait()?;
    let mut published = locked(&published).clone();
    published.sort_unstable();
    assert_eq!(report.counter("made"), READ + 3);
    Ok((published, report.counter("mapped"), report.retried_bundles))
}

#[test]
fn a_fault_at_any_call_is_tried_again_and_changes_nothing() {
    on_all(|runner| {
        let none = Fault::of("", 0, How::Error);
        let (want, counted, retried) = run(runner, &none).unwrap();
        assert_eq!((want.len() as u64, counted, retried), (READ / 2, READ, 0));
        let calls = locked(&none.calls).clone();
        let kinds = [
            "add",
            "commit",
            "extract",
            "finish_bundle",
            "group",
            "join",
            "map",
            "merge",
            "par_do2",
            "process",
            "read",
            "setup",
            "side",
            "start_bundle",
            "write",
        ];
        for call in kinds {
            // On one thread there is nothing to merge; on several it is not known how much.
            let made = calls.get(call).copied().unwrap_or(0);
            for how in How::ALL {
                for at in 0..made {
                    let fault = Fault::of(call, at, how);
                    let (found, counted, retried) =
                        run(runner, &fault).unwrap_or_else(|e| panic!("{call} {at}, {how:?}: {e}"));
                    assert_eq!((&found, counted), (&want, READ), "{call} {at}, {how:?}");
                    // Threads may share the work in another way than in the run that was counted.
                    let struck = locked(&fault.calls).get(call).is_some_and(|n| *n > at);
                    let by_bundle = !["setup", "commit"].contains(&call);
                    assert_eq!(retried > 0, struck && by_bundle, "{call} {at}, {how:?}");
                }
            }
        }
    });
}

#[test]
fn a_fault_that_stays_fails_the_run_after_four_attempts_and_publishes_nothing() {
    on_all(|runner| {
        for attempts in [1, 2, ATTEMPTS] {
            let tried = Arc::new(AtomicU64::new(0));
            let count = Arc::clone(&tried);
            let published = Arc::new(Mutex::new(vec![7]));
            let store = Store(Fault::of("", 0, How::Error), Arc::clone(&published));
            let runner = runner.clone().attempts(attempts as usize);
            let error = failure(&runner, move |p| {
                let stuck = p.range(0..1_000).map(move |n| match n {
                    999 => {
                        count.fetch_add(1, Ordering::SeqCst);
                        Err("stuck")
                    }
                    n => Ok(n),
                });
                stuck.write(store);
            });
            assert!(error.to_string().contains("stuck"), "{error}");
            assert_eq!((tried.load(Ordering::SeqCst), &locked(&published)[..]), (attempts, &[7][..]));
        }
        let counts = sorted(runner, |p| p.range(0..1_000).count_globally());
        assert_eq!(counts, [1_000]);
    });
}
