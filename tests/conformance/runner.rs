//! The local runner: how many threads, and how a run is stopped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use flumen::batch::Builder;
use flumen::error::Cause;
use flumen::io::{Reader, Source};
use flumen::pipeline::Runner;
use flumen::{DoFn, Out, Pipeline, Result};
use flumen_local::Local;

use crate::lifecycle::{Log, Probe};
use crate::sinks::{Calls, Recorder};
use crate::support::{Meeting, locked, on_all};

#[test]
fn threads_are_counted_and_limited() {
    let p = Pipeline::new();
    drop(p.range(0..10).map(|n| n));
    let cores = std::thread::available_parallelism().unwrap().get();
    for (asked, got) in [(0, cores), (1, 1), (7, 7)] {
        assert_eq!(Local::new().parallelism(asked).run(&p).unwrap().wait().unwrap().parallelism, got);
    }
    let many = Local::new().parallelism(1_024);
    assert_eq!(many.run(&p).unwrap().wait().unwrap().step("map").unwrap().rows_out, 10);
    for asked in [1_025, usize::MAX] {
        let runner = Local::new().parallelism(asked);
        let error = runner.run(&p).err().unwrap();
        assert_eq!(error.cause(), Cause::Usage);
        assert_eq!(error.to_string(), format!("--parallelism={asked}: at most 1024 threads are possible"));
        assert_eq!(runner.explain(&p).unwrap_err().cause(), Cause::Usage);
    }
}

/// Tells when it has been read from, so that a test need not guess.
#[derive(Clone, Default)]
struct Started(Arc<(Mutex<bool>, Condvar)>);

impl Started {
    fn tell(&self) {
        *locked(&self.0.0) = true;
        self.0.1.notify_all();
    }
    fn wait(&self) {
        let started = locked(&self.0.0);
        drop(self.0.1.wait_while(started, |started| !*started).unwrap());
    }
}

/// Never ends.
struct Endless {
    pieces: usize,
    started: Started,
}

struct Zeros(Started);

impl Source for Endless {
    type Elem = u64;
    type Piece = ();
    type Reader = Zeros;
    fn split(&self, _: usize) -> Result<Vec<()>> {
        Ok(vec![(); self.pieces])
    }
    fn open(&self, (): ()) -> Result<Zeros> {
        Ok(Zeros(self.started.clone()))
    }
}

impl Reader for Zeros {
    type Elem = u64;
    type Piece = ();
    fn rest(&self) {}
    fn fill(&mut self, batch: &mut Builder<u64>) -> Result<bool> {
        self.0.tell();
        batch.push(0_u64);
        Ok(true)
    }
}

#[test]
fn a_cancelled_run_says_so_and_publishes_nothing() {
    on_all(|runner| {
        // With one piece, all threads but one wait for work.
        for pieces in [1, 9] {
            let (calls, log, started) = (Calls::default(), Log::default(), Started::default());
            let p = Pipeline::new();
            let all = p.read(Endless { pieces, started: started.clone() }).par_do_fn(Probe::new(&log));
            all.write(Recorder::new("one", &calls));
            all.write(Recorder::new("two", &calls).sharded(3));
            all.count_per_element().keys().write(Recorder::new("three", &calls));
            let run = runner.run(&p).unwrap();
            started.wait();
            run.cancel();
            run.cancel();
            let error = run.wait().unwrap_err();
            assert_eq!(error.cause(), Cause::Cancelled);
            assert_eq!(error.cause().exit_code(), 130);
            for sink in ["one", "two", "three"] {
                assert_eq!(calls.of(sink, "abort"), 1);
                assert_eq!(calls.of(sink, "commit"), 0);
            }
            log.assert_lives(false);
        }
    });
}

#[test]
fn a_run_can_be_cancelled_at_any_moment() {
    on_all(|runner| {
        for rows in (0..400).map(|n| n * 100) {
            let calls = Calls::default();
            let p = Pipeline::new();
            p.range(0..rows).count_per_element().keys().write(Recorder::new("sink", &calls));
            let run = runner.run(&p).unwrap();
            run.cancel();
            let committed = match run.wait() {
                Ok(_) => 1,
                Err(error) => {
                    assert_eq!(error.cause(), Cause::Cancelled);
                    0
                }
            };
            assert_eq!(calls.of("sink", "commit"), committed);
            assert_eq!(calls.of("sink", "abort"), 1 - committed);
        }
    });
}

#[test]
fn an_endless_sequence_ends_when_the_run_is_cancelled_or_fails_elsewhere() {
    on_all(|runner| {
        let started = Started::default();
        let p = Pipeline::new();
        let tells = started.clone();
        let endless = p.range(0..1).flat_map(move |_| {
            tells.tell();
            0..u64::MAX
        });
        drop(endless.count_per_element());
        let run = runner.run(&p).unwrap();
        started.wait();
        run.cancel();
        assert_eq!(run.wait().unwrap_err().cause(), Cause::Cancelled);
    });
    let meeting = Meeting::of(2);
    let error = crate::support::failure(&Local::new().parallelism(2), |p| {
        let met = p.range(0..2).inspect(move |_| meeting.wait());
        let endless = met.flat_map(|n| 0..if n == 0 { u64::MAX } else { 1 });
        drop(endless.key_by(|n| n % 2).par_do_fn(FailsAtTheEnd));
    });
    assert_eq!((error.step().unwrap().name.as_str(), error.cause()), ("par_do_fn", Cause::UserCode));
}

/// Fails when its bundle ends.
#[derive(Clone)]
struct FailsAtTheEnd;

impl DoFn for FailsAtTheEnd {
    type In = (u64, u64);
    type Out = u64;
    fn process(&mut self, _: (u64, u64), _: &mut Out<'_, u64>) -> Result<()> {
        Ok(())
    }
    fn finish_bundle(&mut self, _: &mut Out<'_, u64>) -> Result<()> {
        Err("no good".into())
    }
}

/// Fails on one thread, and is torn down there only when the other is torn down too.
#[derive(Clone)]
struct Waits {
    begun: Meeting,
    ended: Meeting,
    failed: Arc<AtomicBool>,
}

impl DoFn for Waits {
    type In = u64;
    type Out = u64;
    fn process(&mut self, _: u64, _: &mut Out<'_, u64>) -> Result<()> {
        self.begun.wait();
        if self.failed.swap(true, Ordering::SeqCst) { Ok(()) } else { Err("no good".into()) }
    }
    fn teardown(&mut self) -> Result<()> {
        self.ended.wait();
        Ok(())
    }
}

#[test]
fn the_other_threads_stop_before_the_one_that_failed_is_torn_down() {
    let p = Pipeline::new();
    let waits = Waits { begun: Meeting::of(2), ended: Meeting::of(2), failed: Arc::default() };
    drop(p.read(Endless { pieces: 2, started: Started::default() }).par_do_fn(waits));
    let error = Local::new().parallelism(2).attempts(1).run(&p).unwrap().wait().unwrap_err();
    assert_eq!(error.step().unwrap().name, "par_do_fn");
}

/// Has nothing to say for now, again and again, until told to end.
struct Idle {
    started: Started,
}

struct Nothing(Started);

impl Source for Idle {
    type Elem = u64;
    type Piece = ();
    type Reader = Nothing;
    fn split(&self, _: usize) -> Result<Vec<()>> {
        Ok(vec![()])
    }
    fn open(&self, (): ()) -> Result<Nothing> {
        Ok(Nothing(self.started.clone()))
    }
}

impl Reader for Nothing {
    type Elem = u64;
    type Piece = ();
    fn rest(&self) {}
    fn fill(&mut self, _: &mut Builder<u64>) -> Result<bool> {
        self.0.tell();
        Ok(true)
    }
}

#[test]
fn a_source_that_is_idle_can_be_cancelled() {
    on_all(|runner| {
        let started = Started::default();
        let p = Pipeline::new();
        drop(p.read(Idle { started: started.clone() }).map(|n| n));
        let run = runner.run(&p).unwrap();
        started.wait();
        run.cancel();
        assert_eq!(run.wait().unwrap_err().cause(), Cause::Cancelled);
    });
}

/// A source that fails in one of its calls.
struct Broken(&'static str);

impl Broken {
    fn at(&self, place: &str) -> Result<()> {
        assert!(self.0 != format!("{place} panic"), "broken {place}");
        if self.0 == place { Err(format!("broken {place}").into()) } else { Ok(()) }
    }
}

impl Source for Broken {
    type Elem = u64;
    type Piece = ();
    type Reader = Broken;
    fn split(&self, _: usize) -> Result<Vec<()>> {
        self.at("split")?;
        Ok(vec![()])
    }
    fn open(&self, (): ()) -> Result<Broken> {
        self.at("open")?;
        Ok(Broken(self.0))
    }
}

impl Reader for Broken {
    type Elem = u64;
    type Piece = ();
    fn rest(&self) {}
    fn fill(&mut self, batch: &mut Builder<u64>) -> Result<bool> {
        batch.push(1_u64);
        self.at("fill")?;
        Ok(false)
    }
}

#[test]
fn a_source_that_fails_is_named() {
    on_all(|runner| {
        for place in ["split", "split panic", "open", "open panic", "fill", "fill panic"] {
            let log = Log::default();
            let error = crate::support::failure(runner, |p| {
                drop(p.read(Broken(place)).named("broken").par_do_fn(Probe::new(&log)));
            });
            assert_eq!(error.step().unwrap().name, "broken", "{error}");
            assert!(error.to_string().contains(&format!("broken {}", &place[..4])), "{error}");
            log.assert_lives(false);
        }
        let fine = crate::support::collect(runner, |p| p.read(Broken("")));
        assert_eq!(fine.unwrap(), [1]);
    });
}
