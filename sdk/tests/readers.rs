//! What engines do with a source: read a bundle again from where it began, and say where a row stands.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here is the test"
)]

use std::fs;
use std::sync::Arc;

use flumen::batch::{Buffers, Builder};
use flumen::exec::{PieceReader, SourceSpec};
use flumen::graph::Primitive;
use flumen::io::{Reader, Source, text};
use flumen::{Element, PCollection, Pipeline, Result};

/// The source of a pipeline that only reads.
fn spec<T: Element>(read: impl FnOnce(&Pipeline) -> PCollection<T>) -> Arc<dyn SourceSpec> {
    let p = Pipeline::new();
    drop(read(&p));
    match &p.nodes()[0].primitive {
        Primitive::Read(source) => Arc::clone(source),
        other => panic!("{other:?} is no source"),
    }
}

/// The next batches as text, at most so many; fewer at the end.
fn next(reader: &mut dyn PieceReader, batches: usize) -> Vec<String> {
    let mut buffers = Buffers::new();
    let mut rows = Vec::new();
    for _ in 0..batches {
        let Some(batch) = reader.next(&mut buffers).unwrap() else { break };
        rows.extend((0..batch.len()).map(|row| batch.any().debug(row)));
    }
    rows
}

#[test]
fn a_bundle_is_read_again_from_its_mark() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| format!("{}/{name}", folder.path().display());
    let many = |name: &str| (0..7000).map(|n| format!("{name} {n}\r\n")).collect::<String>();
    fs::write(path("a.txt"), format!("\u{feff}head\n{}", many("a"))).unwrap();
    fs::write(path("b.txt"), format!("head\n{}", many("b"))).unwrap();
    let table: [Arc<dyn SourceSpec>; 4] = [
        spec(|p| p.range(0..20_000)),
        spec(|p| p.create((0..20_000).map(|n| format!("value {n}")))),
        spec(|p| p.read(text::lines(path("*.txt")))),
        spec(|p| p.read(text::lines(path("*.txt")).skip_header_lines(1))),
    ];
    for source in table {
        for piece in source.split(2).unwrap() {
            let all = next(source.open(&piece).unwrap().as_mut(), usize::MAX);
            for (before, read) in [(0, 0), (0, 1), (1, 2), (3, 1), (2, 9), (usize::MAX, 1)] {
                let mut reader = source.open(&piece).unwrap();
                let head = next(reader.as_mut(), before);
                assert!(reader.stretch().is_some());
                reader.mark();
                let bundle = next(reader.as_mut(), read);
                for _ in 0..2 {
                    reader.rewind().unwrap();
                    assert_eq!(next(reader.as_mut(), read), bundle);
                }
                let tail = next(reader.as_mut(), usize::MAX);
                assert!([head, bundle, tail].concat() == all);
                reader.rewind().unwrap();
            }
        }
    }
}

#[test]
fn rows_are_located() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| format!("{}/{name}", folder.path().display());
    fs::write(path("a.txt"), "\u{feff}one\r\ntwo\n\nfour").unwrap();
    fs::write(path("b.txt"), "\u{feff}").unwrap();
    fs::write(path("c.txt"), "\u{feff}five\rsix\n").unwrap();
    let places = |source: &Arc<dyn SourceSpec>, rows: u64| -> Vec<String> {
        let reader = source.open(&source.split(1).unwrap()[0]).unwrap();
        let name = |place: String| place.replace(&path(""), "");
        (0..rows).map(|row| reader.locate(row).map_or("nowhere".into(), name)).collect()
    };
    let lines = spec(|p| p.read(text::lines(path("*.txt"))));
    let want = [
        "a.txt, byte 3",
        "a.txt, byte 8",
        "a.txt, byte 12",
        "a.txt, byte 13",
        "c.txt, byte 3",
        "c.txt, byte 8",
    ];
    assert_eq!(places(&lines, 8)[..6], want);
    assert_eq!(places(&lines, 8)[6..], ["the end", "nowhere"]);
    let bodies = spec(|p| p.read(text::lines(path("*.txt")).skip_header_lines(1)));
    assert_eq!(places(&bodies, 4), ["a.txt, byte 8", "a.txt, byte 12", "a.txt, byte 13", "c.txt, byte 8"]);
    assert_eq!(places(&spec(|p| p.range(5..9)), 2), ["number 5", "number 6"]);
    assert_eq!(places(&spec(|p| p.create(["a", "b"])), 2), ["element 0", "element 1"]);

    // From the mark, and past a batch.
    let numbers = spec(|p| p.range(0..9000));
    let mut reader = numbers.open(&numbers.split(1).unwrap()[0]).unwrap();
    next(reader.as_mut(), 1);
    reader.mark();
    next(reader.as_mut(), 2);
    assert_eq!(reader.stretch().unwrap(), "number 2048 to 6144");
    assert_eq!(reader.locate(3000).unwrap(), "number 5048");

    let mut reader = lines.open(&lines.split(1).unwrap()[0]).unwrap();
    next(reader.as_mut(), usize::MAX);
    assert_eq!(reader.stretch().unwrap().replace(&path(""), ""), "a.txt, byte 3 to the end");
}

#[test]
fn sizes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| format!("{}/{name}", folder.path().display());
    fs::write(path("a.txt"), "one\n").unwrap();
    fs::write(path("b.txt"), "three\n").unwrap();
    assert_eq!(spec(|p| p.read(text::lines(path("*.txt")))).size().unwrap(), Some(10));
    assert!(spec(|p| p.read(text::lines(path("*.csv")))).size().is_err());
    assert_eq!(spec(|p| p.range(0..3)).size().unwrap(), Some(24));
    assert_eq!(spec(|p| p.range(0..u64::MAX)).size().unwrap(), Some(u64::MAX));
}

/// A source whose calls fail or panic as told.
struct Odd(&'static str);

struct OddReader(&'static str, u64);

impl Source for Odd {
    type Elem = u64;
    type Piece = u64;
    type Reader = OddReader;
    fn split(&self, _: usize) -> Result<Vec<u64>> {
        Ok(vec![0])
    }
    fn open(&self, at: u64) -> Result<OddReader> {
        Ok(OddReader(self.0, at))
    }
}

impl Reader for OddReader {
    type Elem = u64;
    type Piece = u64;
    fn fill(&mut self, batch: &mut Builder<u64>) -> Result<bool> {
        batch.push(self.1);
        self.1 += 1;
        assert!(self.0 != "fill" || self.1 != 2, "no fill");
        Ok(self.1 < 4)
    }
    fn rest(&self) -> u64 {
        assert!(self.0 != "rest", "no rest");
        self.1
    }
    fn position(&self) -> String {
        assert!(self.0 != "position", "no position");
        if self.0 == "silent" { String::new() } else { format!("at {}", self.1) }
    }
}

#[test]
fn what_a_reader_can_not_say_stops_nothing() {
    std::panic::set_hook(Box::new(|_| {}));
    let open = |fault| {
        let source = spec(|p| p.read(Odd(fault)));
        source.open(&source.split(1).unwrap()[0]).unwrap()
    };
    let mut reader = open("rest");
    reader.mark();
    assert_eq!(next(reader.as_mut(), usize::MAX), ["0", "1", "2", "3"]);
    let error = reader.rewind().unwrap_err().to_string();
    assert!(error.contains("can't be read again: panicked: no rest"), "{error}");
    for fault in ["position", "silent"] {
        let reader = open(fault);
        assert_eq!((reader.stretch(), reader.locate(0)), (None, None));
    }
    // After a panic in the midst of a batch, nothing of that batch is left.
    let mut reader = open("fill");
    assert_eq!(next(reader.as_mut(), 1), ["0"]);
    assert!(reader.next(&mut Buffers::new()).is_err());
    reader.rewind().unwrap();
    assert_eq!(next(reader.as_mut(), 1), ["0"]);
    let _ = std::panic::take_hook();
}
