//! Sinks publish once, everything or nothing, and get as many shards as they ask for.

use std::any::Any;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use flumen::error::Cause;
use flumen::io::{RunId, Shard, Sink, Writer};
use flumen::{DoFn, Out, Pipeline, Result};

use crate::support::{How, locked, on_all};

/// What was called on the sinks of a pipeline, in order; and what they published.
#[derive(Clone, Default)]
pub(crate) struct Calls {
    calls: Arc<Mutex<Vec<(&'static str, &'static str)>>>,
    parts: Arc<Mutex<Vec<Part>>>,
}

/// The lane of a shard and its elements.
type Part = (Option<usize>, Vec<u64>);

impl Calls {
    /// How often a sink was called so.
    pub(crate) fn of(&self, sink: &str, call: &str) -> usize {
        locked(&self.calls).iter().filter(|(s, c)| (*s, *c) == (sink, call)).count()
    }

    /// The calls but those of `writer`, in order.
    fn ends(&self) -> Vec<String> {
        let calls = locked(&self.calls);
        calls
            .iter()
            .filter(|(_, call)| *call != "writer")
            .map(|(sink, call)| format!("{sink} {call}"))
            .collect()
    }
}

/// A sink that records what is called, and fails at one call.
pub(crate) struct Recorder {
    name: &'static str,
    calls: Calls,
    shards: Option<usize>,
    fails: Option<(&'static str, How)>,
}

impl Recorder {
    pub(crate) fn new(name: &'static str, calls: &Calls) -> Self {
        Self { name, calls: calls.clone(), shards: None, fails: None }
    }

    pub(crate) fn sharded(self, shards: usize) -> Self {
        Self { shards: Some(shards), ..self }
    }

    fn failing(name: &'static str, calls: &Calls, call: &'static str, how: How) -> Self {
        Self { fails: Some((call, how)), ..Self::new(name, calls) }
    }

    fn called(&self, call: &'static str) -> Result<()> {
        locked(&self.calls.calls).push((self.name, call));
        fail_at(self.fails, call)
    }
}

fn fail_at(fails: Option<(&'static str, How)>, call: &str) -> Result<()> {
    match fails {
        Some((at, how)) if at == call => how.fail(&format!("no {call}")),
        _ => Ok(()),
    }
}

pub(crate) struct Recording {
    lane: Option<usize>,
    written: Vec<u64>,
    fails: Option<(&'static str, How)>,
}

impl Sink for Recorder {
    type Elem = u64;
    type Writer = Recording;

    fn shards(&self) -> Option<usize> {
        self.shards
    }
    fn open(&self, _: &RunId) -> Result<Box<dyn Any + Send>> {
        self.called("open")?;
        Ok(Box::new(()))
    }
    fn writer(&self, _: &RunId, shard: Shard) -> Result<Recording> {
        self.called("writer")?;
        Ok(Recording { lane: shard.lane, written: Vec::new(), fails: self.fails })
    }
    fn prepare(&self, _: &RunId, parts: Vec<Part>) -> Result<Vec<Part>> {
        self.called("prepare")?;
        Ok(parts)
    }
    fn commit(&self, _: &RunId, parts: &[Part]) -> Result<String> {
        self.called("commit")?;
        locked(&self.calls.parts).extend_from_slice(parts);
        Ok("done".into())
    }
    fn abort(&self, _: &RunId) {
        self.called("abort").unwrap();
    }
}

impl Writer for Recording {
    type Elem = u64;
    type Part = Part;

    fn write(&mut self, n: u64) -> Result<()> {
        self.written.push(n);
        fail_at(self.fails, "write")
    }
    fn close(self) -> Result<Part> {
        fail_at(self.fails, "close")?;
        Ok((self.lane, self.written))
    }
}

#[test]
fn two_sinks_publish_once_each() {
    on_all(|runner| {
        let calls = Calls::default();
        let p = Pipeline::new();
        let all = p.range(0..10_000);
        all.write(Recorder::new("a", &calls)).named("first");
        all.filter(|n| n < 10).write(Recorder::new("b", &calls)).named("second");
        let report = runner.run(&p).unwrap().wait().unwrap();
        assert_eq!(report.published, ["first: done", "second: done"]);
        let ends = ["a open", "b open", "a prepare", "b prepare", "a commit", "b commit"];
        assert_eq!(calls.ends(), ends);
        let sum: u64 = locked(&calls.parts).iter().flat_map(|(_, part)| part).sum();
        assert_eq!(sum, 9_999 * 5_000 + 45);
        assert_eq!(report.step("first").unwrap().rows_in, 10_000);
    });
}

#[test]
fn a_step_that_fails_aborts_every_sink() {
    on_all(|runner| {
        for how in How::ALL {
            let calls = Calls::default();
            let p = Pipeline::new();
            let all = p.range(0..10_000);
            all.write(Recorder::new("a", &calls));
            let picky = all.map(move |n| if n == 9_000 { how.fail("no good").map(|()| n) } else { Ok(n) });
            picky.write(Recorder::new("b", &calls).sharded(2));
            let error = runner.run(&p).unwrap().wait().unwrap_err();
            assert_eq!((error.step().unwrap().name.as_str(), error.element()), ("map", Some("9000")));
            assert_eq!(calls.ends(), ["a open", "b open", "a abort", "b abort"]);
        }
    });
}

#[test]
fn whatever_call_of_a_sink_fails_it_is_named_and_what_is_open_is_aborted() {
    let opened = ["a open", "b open", "c open"];
    let prepared = ["a prepare", "b prepare", "c prepare"];
    let aborted = ["a abort", "b abort", "c abort"];
    let tried = ["b commit"; 3];
    let call_and_ends: [(&str, Vec<&str>); 6] = [
        ("open", [&opened[..2], &aborted[..1]].concat()),
        ("writer", [opened, aborted].concat()),
        ("write", [opened, aborted].concat()),
        ("close", [opened, aborted].concat()),
        ("prepare", [&opened[..], &prepared[..2], &aborted].concat()),
        // What the first has published can't be taken back.
        ("commit", [&opened[..], &prepared, &["a commit"], &tried, &aborted[1..]].concat()),
    ];
    on_all(|runner| {
        for how in How::ALL {
            for shards in [None, Some(2)] {
                for (call, ends) in &call_and_ends {
                    let calls = Calls::default();
                    let p = Pipeline::new();
                    let all = p.range(0..10_000);
                    all.write(Recorder::new("a", &calls));
                    all.write(Recorder { shards, ..Recorder::failing("b", &calls, call, how) })
                        .named("broken");
                    all.write(Recorder::new("c", &calls));
                    let error = runner.run(&p).and_then(flumen_local::LocalRun::wait).unwrap_err();
                    assert_eq!(error.step().unwrap().name, "broken", "{error}");
                    assert_eq!(error.cause(), Cause::UserCode);
                    assert!(error.to_string().contains(&format!("no {call}")), "{error}");
                    assert_eq!(calls.ends(), *ends, "{call}");
                    let told =
                        error.to_string().contains("published before it, and not taken back: write: done");
                    assert_eq!(told, *call == "commit", "{error}");
                }
            }
        }
    });
}

#[test]
fn a_commit_that_fails_for_a_while_succeeds() {
    /// Fails at its first two commits.
    struct Moody(Arc<Mutex<usize>>);
    impl Sink for Moody {
        type Elem = u64;
        type Writer = Recording;
        fn writer(&self, _: &RunId, shard: Shard) -> Result<Recording> {
            Ok(Recording { lane: shard.lane, written: Vec::new(), fails: None })
        }
        fn commit(&self, _: &RunId, parts: &[Part]) -> Result<String> {
            let mut tries = locked(&self.0);
            *tries += 1;
            if *tries < 3 { Err("not now".into()) } else { Ok(format!("{} parts", parts.len())) }
        }
    }
    let p = Pipeline::new();
    let tries = Arc::default();
    p.range(0..10).write(Moody(Arc::clone(&tries)));
    let report = flumen_local::Local::new().parallelism(1).run(&p).unwrap().wait().unwrap();
    assert_eq!((report.published, *locked(&tries)), (vec!["write: 1 parts".to_owned()], 3));
}

#[test]
fn the_element_that_a_writer_refuses_is_named() {
    on_all(|runner| {
        for how in How::ALL {
            for shards in [None, Some(2)] {
                let p = Pipeline::new();
                let sink = Recorder::failing("a", &Calls::default(), "write", how);
                p.create([41_u64]).write(Recorder { shards, ..sink });
                let error = runner.run(&p).unwrap().wait().unwrap_err();
                assert_eq!((error.step().unwrap().name.as_str(), error.element()), ("write", Some("41")));
            }
        }
    });
}

#[test]
fn a_sink_gets_exactly_the_shards_it_asks_for() {
    on_all(|runner| {
        for rows in [100_000, 3_000, 1, 0] {
            for shards in [3, 1, 9] {
                let calls = Calls::default();
                let p = Pipeline::new();
                p.range(0..rows).write(Recorder::new("s", &calls).sharded(shards));
                runner.run(&p).unwrap().wait().unwrap();
                let parts = locked(&calls.parts);
                let mut lanes: Vec<_> = parts.iter().map(|(lane, _)| lane.unwrap()).collect();
                lanes.sort_unstable();
                assert_eq!(lanes, (0..shards).collect::<Vec<_>>(), "{rows} rows");
                let all: BTreeSet<u64> = parts.iter().flat_map(|(_, part)| part.iter().copied()).collect();
                assert!(all.into_iter().eq(0..rows));
                assert_eq!(parts.iter().map(|(_, part)| part.len() as u64).sum::<u64>(), rows);
                assert_eq!(calls.of("s", "writer"), shards);
            }
        }
    });
}

#[test]
fn a_sink_of_no_shards_is_refused_with_its_step() {
    on_all(|runner| {
        let calls = Calls::default();
        let p = Pipeline::new();
        p.range(0..10).write(Recorder::new("s", &calls).sharded(0)).named("none");
        let error = runner.run(&p).and_then(flumen_local::LocalRun::wait).unwrap_err();
        assert_eq!(error.step().map(|step| step.name.as_str()), Some("none"), "{error}");
        assert_eq!(error.cause(), Cause::Configuration);
        assert!(calls.ends().is_empty());
    });
}

#[test]
fn without_a_number_a_shard_is_a_thread_that_had_something_to_write() {
    on_all(|runner| {
        let calls = Calls::default();
        let p = Pipeline::new();
        p.range(0..0).write(Recorder::new("s", &calls));
        runner.run(&p).unwrap().wait().unwrap();
        assert_eq!((calls.of("s", "writer"), calls.of("s", "commit")), (0, 1));
        assert!(locked(&calls.parts).is_empty());
    });
}

/// What happens on a thread, in order.
type Events = Arc<Mutex<Vec<(std::thread::ThreadId, &'static str)>>>;

fn happens(events: &Events, what: &'static str) {
    locked(events).push((std::thread::current().id(), what));
}

/// Holds its elements back until the bundle's end.
#[derive(Clone)]
struct HoldsBack {
    events: Events,
    held: Vec<u64>,
}

impl DoFn for HoldsBack {
    type In = u64;
    type Out = u64;
    fn start_bundle(&mut self) -> Result<()> {
        happens(&self.events, "start");
        Ok(())
    }
    fn process(&mut self, n: u64, _: &mut Out<'_, u64>) -> Result<()> {
        self.held.push(n);
        Ok(())
    }
    fn finish_bundle(&mut self, out: &mut Out<'_, u64>) -> Result<()> {
        self.held.drain(..).for_each(|n| out.emit(n));
        happens(&self.events, "finish");
        Ok(())
    }
}

struct Watched(Events);

impl Sink for Watched {
    type Elem = u64;
    type Writer = Watched;
    fn writer(&self, _: &RunId, _: Shard) -> Result<Watched> {
        Ok(Watched(Arc::clone(&self.0)))
    }
    fn commit(&self, _: &RunId, _: &[()]) -> Result<String> {
        Ok(String::new())
    }
}

impl Writer for Watched {
    type Elem = u64;
    type Part = ();
    fn write(&mut self, _: u64) -> Result<()> {
        happens(&self.0, "write");
        Ok(())
    }
    fn close(self) -> Result<()> {
        happens(&self.0, "close");
        Ok(())
    }
}

#[test]
fn a_bundle_is_written_after_all_functions_have_finished_it() {
    on_all(|runner| {
        let events = Events::default();
        let p = Pipeline::new();
        let holds = HoldsBack { events: Arc::clone(&events), held: Vec::new() };
        p.range(0..300_000).par_do_fn(holds.clone()).par_do_fn(holds).write(Watched(Arc::clone(&events)));
        runner.run(&p).unwrap().wait().unwrap();
        let events = locked(&events);
        assert_eq!(events.iter().filter(|(_, what)| *what == "write").count(), 300_000);
        for thread in events.iter().map(|(thread, _)| *thread).collect::<std::collections::HashSet<_>>() {
            // How many functions have finished the bundle.
            let mut finished = 2;
            for (_, what) in events.iter().filter(|(t, _)| *t == thread) {
                match *what {
                    "start" => finished = if finished == 2 { 0 } else { finished },
                    "finish" => finished += 1,
                    _ => assert_eq!(finished, 2, "{what} before the bundle is finished"),
                }
            }
        }
    });
}
