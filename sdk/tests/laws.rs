//! Every law catches a connector that breaks it, and those of flumen break none.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use flumen::batch::{BATCH_ROWS_MAX, Builder};
use flumen::error::{Cause, FnError};
use flumen::io::{Reader, RunId, Shard, Sink, Source, Writer};
use flumen::testing::laws;
use flumen::{BoxError, Result};

/// Whether the error is that of a law.
fn is_of(law: &str, error: BoxError) -> bool {
    let error = FnError::from_error(error);
    error.cause() == Cause::Quality && error.to_string().starts_with(&format!("the law \"{law}"))
}

/// Numbers, with one fault.
#[derive(Clone, Copy)]
struct Numbers(u64, &'static str);

/// A range that loses its end on its way, if told to.
#[derive(Clone, Debug)]
struct Piece(Range<u64>, bool);

impl serde::Serialize for Piece {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        (self.0.start, self.0.end, self.1).serialize(to)
    }
}

impl<'de> serde::Deserialize<'de> for Piece {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let (start, end, loses): (u64, u64, bool) = serde::Deserialize::deserialize(from)?;
        Ok(Self(start..if loses { start } else { end }, loses))
    }
}

struct Counting {
    left: Range<u64>,
    piece: Range<u64>,
    fault: &'static str,
    asked: std::cell::Cell<bool>,
}

impl Source for Numbers {
    type Elem = u64;
    type Piece = Piece;
    type Reader = Counting;

    fn split(&self, wanted: usize) -> Result<Vec<Piece>> {
        let (all, wanted) = (self.0, wanted as u64);
        let border = |n: u64| all * n / wanted;
        let lost = u64::from(self.1 == "a row is lost between pieces");
        let twice = u64::from(self.1 == "a row is in two pieces");
        let of = |n| {
            let start = border(n).saturating_sub(if n > 0 { twice } else { 0 });
            Piece(
                start..border(n + 1).saturating_sub(if n + 1 < wanted { lost } else { 0 }).max(start),
                false,
            )
        };
        let pieces = (0..wanted).map(of);
        Ok(pieces.map(|piece| Piece(piece.0, self.1 == "the encoding loses")).collect())
    }

    fn open(&self, Piece(piece, _): Piece) -> Result<Counting> {
        static OPENED: Mutex<u64> = Mutex::new(0);
        let mut left = piece.clone();
        if self.1 == "reads differ" {
            *OPENED.lock().unwrap() += 1;
            left.start = (left.start + *OPENED.lock().unwrap() % 2).min(left.end);
        }
        Ok(Counting { left, piece, fault: self.1, asked: false.into() })
    }

    fn size(&self) -> Result<Option<u64>> {
        if self.1 == "no size" { Err("no idea".into()) } else { Ok(Some(self.0)) }
    }
}

impl Reader for Counting {
    type Elem = u64;
    type Piece = Piece;

    fn fill(&mut self, batch: &mut Builder<u64>) -> Result<bool> {
        if self.asked.get() && self.fault == "the question disturbs" {
            self.left.next();
        }
        match self.fault {
            "idle for ever" => return Ok(true),
            "own batch size" => {
                self.left.by_ref().take(BATCH_ROWS_MAX).for_each(|n| batch.push(n));
                return Ok(!self.left.is_empty());
            }
            "one row too many" => {
                for n in self.left.by_ref() {
                    batch.push(n);
                    if batch.is_full() {
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
            "breaks" if self.left.start > 2 => return Err("broken".into()),
            _ => {}
        }
        while !batch.is_full() {
            let Some(n) = self.left.next() else { return Ok(false) };
            batch.push(n);
        }
        Ok(true)
    }

    fn rest(&self) -> Piece {
        self.asked.set(true);
        let Range { start, end } = self.left.clone();
        Piece(
            match self.fault {
                "the rest is the whole" => self.piece.clone(),
                "the rest repeats a row" if start > self.piece.start => start - 1..end,
                "the rest loses a row" => (start + 1).min(end)..end,
                "the end starts again" if start == end => self.piece.clone(),
                "the rest counts from the piece" => start - self.piece.start..end,
                _ => start..end,
            },
            false,
        )
    }

    fn position(&self) -> String {
        assert!(self.fault != "no position", "no idea");
        format!("number {}", self.left.start)
    }
}

#[test]
fn each_law_of_a_source_catches_who_breaks_it() {
    let table = [
        ("a row is lost between pieces", "the pieces hold every element once"),
        ("a row is in two pieces", "the pieces hold every element once"),
        ("the encoding loses", "a piece survives its encoding"),
        ("reads differ", "a piece reads the same every time"),
        ("breaks", "a piece reads the same every time"),
        ("the rest is the whole", "the rest goes on where the reader stands"),
        ("the rest repeats a row", "the rest goes on where the reader stands"),
        ("the rest loses a row", "the rest goes on where the reader stands"),
        ("the end starts again", "the rest goes on where the reader stands"),
        ("the rest counts from the piece", "the rest goes on where the reader stands"),
        ("the question disturbs", "the rest goes on where the reader stands"),
        ("own batch size", "a reader heeds the limit of the batch"),
        ("one row too many", "a reader heeds the limit of the batch"),
        ("idle for ever", "a reader comes to its end"),
        ("no size", "size and position can always be told"),
        ("no position", "size and position can always be told"),
    ];
    std::panic::set_hook(Box::new(|_| {}));
    for (fault, law) in table {
        for count in [10, 3000] {
            let error = laws::source(&Numbers(count, fault)).expect_err(fault);
            assert!(is_of(law, error), "{fault}: {}", laws::source(&Numbers(count, fault)).unwrap_err());
        }
    }
    let _ = std::panic::take_hook();
    for count in [0, 1, 2, 10, 3000, 10_000] {
        laws::source(&Numbers(count, "")).unwrap();
    }
}

#[test]
fn a_broken_law_says_what_was_seen() {
    let error = laws::source(&Numbers(10, "the rest loses a row")).unwrap_err().to_string();
    assert_eq!(
        error,
        "the law \"the rest goes on where the reader stands\" does not hold: Piece(0..10, false), the rest read after \
         0 of 10 elements: from element 0 on there should be 0, 1, 2, 3, 4 and 5 more; there was 1, 2, 3, 4, 5 and 4 more"
    );
}

/// A place to write to, with one fault in how that is done.
#[derive(Clone, Default)]
struct Store {
    state: Arc<Mutex<State>>,
    shards: Option<usize>,
    fault: &'static str,
}

#[derive(Default)]
struct State {
    staged: HashMap<String, Vec<u64>>,
    published: Vec<u64>,
    aborted: usize,
}

impl Store {
    fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        change(&mut self.state.lock().unwrap())
    }

    fn published(&self) -> Vec<u64> {
        self.with(|state| state.published.clone())
    }
}

struct Storing {
    to: Store,
    numbers: Vec<u64>,
}

/// Numbers that lose one on their way, if told to.
#[derive(Clone, Debug)]
struct Part(Vec<u64>, bool);

impl serde::Serialize for Part {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        (&self.0, self.1).serialize(to)
    }
}

impl<'de> serde::Deserialize<'de> for Part {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let (mut numbers, loses): (Vec<u64>, bool) = serde::Deserialize::deserialize(from)?;
        if loses {
            numbers.pop();
        }
        Ok(Self(numbers, loses))
    }
}

impl Sink for Store {
    type Elem = u64;
    type Writer = Storing;

    fn shards(&self) -> Option<usize> {
        self.shards
    }

    fn open(&self, _: &RunId) -> Result<Box<dyn std::any::Any + Send>> {
        self.with(|state| match self.fault {
            "cleared at once" => state.published.clear(),
            "locked after an abort" => assert!(state.aborted == 0, "locked"),
            _ => {}
        });
        Ok(Box::new(()))
    }

    fn writer(&self, _: &RunId, _: Shard) -> Result<Storing> {
        Ok(Storing { to: self.clone(), numbers: Vec::new() })
    }

    fn prepare(&self, run: &RunId, parts: Vec<Part>) -> Result<Vec<Part>> {
        let all: Vec<u64> = parts.iter().flat_map(|part| part.0.iter().copied()).collect();
        self.with(|state| {
            match self.fault {
                "seen when prepared" => state.published = all,
                "refuses nothing to write" if all.is_empty() => return Err("nothing to write"),
                _ => drop(state.staged.insert(run.0.clone(), all)),
            }
            Ok(())
        })?;
        Ok(parts)
    }

    fn commit(&self, run: &RunId, _: &[Part]) -> Result<String> {
        self.with(|state| {
            let staged = state.staged.get(&run.0).cloned();
            let mut staged =
                if self.fault == "seen when prepared" { return } else { staged.unwrap_or_default() };
            match self.fault {
                "never seen" => return,
                "loses one" => drop(staged.pop()),
                "publishes twice" => staged.extend_from_within(..),
                "not again" => drop(state.staged.remove(&run.0)),
                _ => {}
            }
            match self.fault {
                "adds" => state.published.extend(staged),
                "nothing is not published" if staged.is_empty() => {}
                _ => state.published = staged,
            }
        });
        Ok(String::new())
    }

    fn abort(&self, run: &RunId) {
        self.with(|state| {
            state.aborted += 1;
            match self.fault {
                "an abort takes all" => state.published.clear(),
                "an abort publishes" => {
                    state.published.extend(state.staged.remove(&run.0).unwrap_or_default());
                }
                _ => {}
            }
        });
    }
}

impl Writer for Storing {
    type Elem = u64;
    type Part = Part;

    fn write(&mut self, number: u64) -> Result<()> {
        if self.to.fault == "seen when written" {
            self.to.with(|state| state.published.push(number));
        }
        self.numbers.push(number);
        Ok(())
    }

    fn close(self) -> Result<Part> {
        Ok(Part(self.numbers, self.to.fault == "the encoding loses"))
    }
}

#[test]
fn each_law_of_a_sink_catches_who_breaks_it() {
    let table = [
        ("seen when written", "nothing is visible before the commit"),
        ("seen when prepared", "nothing is visible before the commit"),
        ("never seen", "what is committed is visible once"),
        ("loses one", "what is committed is visible once"),
        ("publishes twice", "what is committed is visible once"),
        ("not again", "a second commit changes nothing"),
        ("cleared at once", "nothing is visible before the commit"),
        ("adds", "a second commit changes nothing"),
        ("an abort takes all", "an abort leaves what was visible before"),
        ("an abort publishes", "an abort leaves what was visible before"),
        ("locked after an abort", "an abort leaves what was visible before"),
        ("refuses nothing to write", "a run without elements can be published"),
        ("nothing is not published", "a run without elements can be published"),
        ("the encoding loses", "a part survives its encoding"),
    ];
    for shards in [None, Some(1), Some(3)] {
        let check = |fault: &'static str| {
            let store = Store { fault, shards, ..Store::default() };
            laws::sink(&store, 0..7_u64, || Ok(store.published()))
        };
        for (fault, law) in table {
            let error = check(fault).expect_err(fault);
            let text = error.to_string();
            assert!(is_of(law, error), "{fault}: {text}");
        }
        check("").unwrap();
    }
    let none = Store { shards: Some(0), ..Store::default() };
    assert!(laws::sink(&none, 0..7_u64, || Ok(none.published())).is_err());
    let few = Store::default();
    assert!(laws::sink(&few, [1_u64], || Ok(few.published())).is_err());
}

/// A sink that adds instead of replacing, and so is caught by that law alone.
#[test]
fn a_run_that_adds_to_an_earlier_one_is_caught() {
    #[derive(Clone, Default)]
    struct Adds(Arc<Mutex<Vec<(String, Vec<u64>)>>>);
    struct Adding(Vec<u64>);
    impl Sink for Adds {
        type Elem = u64;
        type Writer = Adding;
        fn writer(&self, _: &RunId, _: Shard) -> Result<Adding> {
            Ok(Adding(Vec::new()))
        }
        fn commit(&self, run: &RunId, parts: &[Vec<u64>]) -> Result<String> {
            let mut all = self.0.lock().unwrap();
            if all.iter().all(|(id, _)| *id != run.0) {
                all.push((run.0.clone(), parts.concat()));
            }
            Ok(String::new())
        }
    }
    impl Writer for Adding {
        type Elem = u64;
        type Part = Vec<u64>;
        fn write(&mut self, number: u64) -> Result<()> {
            self.0.push(number);
            Ok(())
        }
        fn close(self) -> Result<Vec<u64>> {
            Ok(self.0)
        }
    }
    let sink = Adds::default();
    let all =
        || Ok(sink.0.lock().unwrap().iter().flat_map(|(_, numbers)| numbers.clone()).collect::<Vec<_>>());
    let error = laws::sink(&sink, 0..4_u64, all).unwrap_err();
    assert!(is_of("a run replaces what an earlier one published", error));
    let sink = Adds::default();
    let last = || Ok(sink.0.lock().unwrap().last().map(|(_, numbers)| numbers.clone()).unwrap_or_default());
    laws::sink(&sink, 0..4_u64, last).unwrap();
}
