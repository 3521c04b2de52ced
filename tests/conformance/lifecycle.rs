//! Behaviours 1.13 to 1.26: the order of calls on an instance, and its teardown whatever happens.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use flumen::error::Cause;
use flumen::{DoFn, Out, Pipeline, Result};
use flumen_local::Local;

use crate::support::{How, failure, locked, on_all};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Setup,
    Start,
    Process,
    Finish,
    Teardown,
}

/// The calls of each instance, in order.
#[derive(Clone, Default)]
pub(crate) struct Log {
    calls: Arc<Mutex<BTreeMap<u64, Vec<Call>>>>,
    instances: Arc<AtomicU64>,
}

impl Log {
    /// Asserts what holds in every run; returns how many instances were set up.
    pub(crate) fn assert_lives(&self, succeeded: bool) -> usize {
        let calls = locked(&self.calls);
        for life in calls.values() {
            assert_eq!(life.first(), Some(&Call::Setup), "{life:?}");
            assert_eq!(life.last(), Some(&Call::Teardown), "{life:?}");
            assert_eq!(life.iter().filter(|c| **c == Call::Teardown).count(), 1, "{life:?}");
            for step in life.windows(2) {
                let allowed = match step[0] {
                    Call::Setup | Call::Finish => matches!(step[1], Call::Start | Call::Teardown),
                    Call::Start | Call::Process if succeeded => {
                        matches!(step[1], Call::Process | Call::Finish)
                    }
                    Call::Start | Call::Process => true,
                    Call::Teardown => false,
                };
                assert!(allowed, "{:?} after {:?}", step[1], step[0]);
            }
        }
        calls.len()
    }

    fn count(&self, call: Call) -> usize {
        locked(&self.calls).values().flatten().filter(|c| **c == call).count()
    }
}

/// Logs its calls, hands its elements on, and fails at one of the calls.
#[derive(Clone)]
pub(crate) struct Probe {
    log: Log,
    instance: u64,
    fails: Option<(Call, How)>,
}

impl Probe {
    pub(crate) fn new(log: &Log) -> Self {
        Self { log: log.clone(), instance: u64::MAX, fails: None }
    }

    fn failing(log: &Log, call: Call, how: How) -> Self {
        Self { fails: Some((call, how)), ..Self::new(log) }
    }

    fn called(&self, call: Call) -> Result<()> {
        locked(&self.log.calls).entry(self.instance).or_default().push(call);
        match self.fails {
            Some((at, how)) if at == call => how.fail(&format!("no {call:?}")),
            _ => Ok(()),
        }
    }
}

impl DoFn for Probe {
    type In = u64;
    type Out = u64;

    fn setup(&mut self) -> Result<()> {
        self.instance = self.log.instances.fetch_add(1, Ordering::SeqCst);
        self.called(Call::Setup)
    }
    fn start_bundle(&mut self) -> Result<()> {
        self.called(Call::Start)
    }
    fn process(&mut self, element: u64, out: &mut Out<'_, u64>) -> Result<()> {
        out.emit(element);
        self.called(Call::Process)
    }
    fn finish_bundle(&mut self, _: &mut Out<'_, u64>) -> Result<()> {
        self.called(Call::Finish)
    }
    fn teardown(&mut self) -> Result<()> {
        self.called(Call::Teardown)
    }
}

#[test]
fn an_instance_is_set_up_once_works_in_bundles_and_is_torn_down_once() {
    on_all(|runner| {
        for rows in [0, 1, 300_000] {
            let log = Log::default();
            let p = Pipeline::new();
            drop(p.range(0..rows).par_do_fn(Probe::new(&log)).named("probe"));
            let report = runner.run(&p).unwrap().wait().unwrap();
            assert_eq!(log.assert_lives(true), report.parallelism);
            assert_eq!(log.count(Call::Process) as u64, rows);
            assert_eq!(report.step("probe").unwrap().rows_out, rows);
        }
    });
}

#[test]
fn bundles_are_cut_in_a_long_piece() {
    let log = Log::default();
    let p = Pipeline::new();
    drop(p.range(0..1_000_000).par_do_fn(Probe::new(&log)));
    Local::new().parallelism(1).run(&p).unwrap().wait().unwrap();
    log.assert_lives(true);
    assert!(log.count(Call::Start) > 4, "{} bundles", log.count(Call::Start));
}

#[test]
fn a_function_behind_a_combine_lives_the_same_life() {
    on_all(|runner| {
        let log = Log::default();
        let p = Pipeline::new();
        drop(
            p.range(0..10).par_do_fn(Probe::new(&log)).count_per_element().keys().par_do_fn(Probe::new(&log)),
        );
        runner.run(&p).unwrap().wait().unwrap();
        log.assert_lives(true);
        assert_eq!(log.count(Call::Process), 20);
    });
}

#[test]
fn whatever_call_fails_the_run_fails_with_it_and_every_instance_is_torn_down() {
    on_all(|runner| {
        for how in How::ALL {
            for call in [Call::Setup, Call::Start, Call::Process, Call::Finish, Call::Teardown] {
                let (before, own, after) = (Log::default(), Log::default(), Log::default());
                let error = failure(runner, |p| {
                    let all = p.range(0..10_000).par_do_fn(Probe::new(&before));
                    let all = all.par_do_fn(Probe::failing(&own, call, how)).named("fails");
                    drop(all.par_do_fn(Probe::new(&after)));
                });
                assert_eq!(error.step().unwrap().name, "fails", "{error}");
                assert_eq!(error.step().unwrap().location.file(), file!());
                assert_eq!(error.cause(), Cause::UserCode, "{error}");
                assert!(error.to_string().contains(&format!("no {call:?}")), "{error}");
                assert_eq!(error.to_string().contains("panicked"), how == How::Panic, "{error}");
                assert_eq!(error.element().is_some(), call == Call::Process, "{error}");
                for log in [&before, &own, &after] {
                    log.assert_lives(false);
                }
                assert!(own.count(Call::Teardown) > 0);
                let opened = after.assert_lives(false);
                assert_eq!(opened == 0, call == Call::Setup, "{opened} instances behind {call:?}");
            }
        }
    });
}

#[test]
fn a_failed_run_leaves_the_pipeline_and_the_process_as_they_were() {
    on_all(|runner| {
        let fail = Arc::new(Mutex::new(true));
        let p = Pipeline::new();
        let flag = Arc::clone(&fail);
        // The panic poisons a lock of the user's; none of the engine's.
        let all = p.range(0..10_000).map(move |n| {
            let fail = locked(&flag);
            assert!(!(*fail && n == 7_777), "not yet");
            n
        });
        flumen::testing::expect(&all.count_globally()).contains_in_any_order([10_000_u64]);
        for _ in 0..3 {
            let error = runner.run(&p).unwrap().wait().unwrap_err();
            assert_eq!(error.element(), Some("7777"));
        }
        *locked(&fail) = false;
        runner.run(&p).unwrap().wait().unwrap();
    });
}

/// A function whose prototype can't be cloned for a thread.
struct NoClone;

impl Clone for NoClone {
    fn clone(&self) -> Self {
        panic!("no clone")
    }
}

impl DoFn for NoClone {
    type In = u64;
    type Out = u64;
    fn process(&mut self, _: u64, _: &mut Out<'_, u64>) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_prototype_that_panics_when_cloned_is_named() {
    on_all(|runner| {
        let error = failure(runner, |p| drop(p.range(0..10).par_do_fn(NoClone)));
        assert_eq!(error.step().map(|step| step.name.as_str()), Some("par_do_fn"), "{error}");
        assert!(error.to_string().contains("no clone"), "{error}");
    });
}

/// Counts the bytes of its bundle.
#[derive(Clone)]
struct Weighs {
    bundle: usize,
    heaviest: Arc<AtomicU64>,
}

impl DoFn for Weighs {
    type In = String;
    type Out = u64;
    fn start_bundle(&mut self) -> Result<()> {
        self.bundle = 0;
        Ok(())
    }
    fn process(&mut self, text: &str, _: &mut Out<'_, u64>) -> Result<()> {
        self.bundle += text.len();
        self.heaviest.fetch_max(self.bundle as u64, Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn bundles_of_large_elements_are_cut() {
    on_all(|runner| {
        let p = Pipeline::new();
        let weighs = Weighs { bundle: 0, heaviest: Arc::default() };
        let large = "x".repeat(1 << 20);
        let many = p.create(std::iter::repeat_n(large.as_str(), 128));
        many.par_do_fn(weighs.clone())
            .write(crate::sinks::Recorder::new("sink", &crate::sinks::Calls::default()));
        runner.run(&p).unwrap().wait().unwrap();
        // Four of them fill a bundle.
        assert_eq!(weighs.heaviest.load(Ordering::SeqCst), 4 << 20);
    });
}
