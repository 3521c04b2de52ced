//! Threads that send more than the others take wait, and are woken.

use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use flumen::batch::Builder;
use flumen::io::{Reader, RunId, Shard, Sink, Source, Writer};
use flumen::{Pipeline, Result};
use flumen_local::Local;

use crate::support::{Meeting, locked};

/// As the local runner cuts them.
const BUNDLE_ROWS: u64 = 16 << 10;
/// One that is being worked on, an inbox full of them, and one that finds no room.
const BUNDLES_UNTIL_NO_ROOM: u64 = 1 + 16 + 1;
const BUNDLES: u64 = 3 * BUNDLES_UNTIL_NO_ROOM;
/// A run that hangs is told, instead of waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// How many rows have been read, and who waits for some of them.
#[derive(Clone, Default)]
struct Progress(Arc<(Mutex<u64>, Condvar)>);

/// A source that only the second thread reads from.
struct OnSecond {
    begun: Meeting,
    read: Progress,
}

struct Rows {
    left: u64,
    read: Progress,
}

impl Source for OnSecond {
    type Elem = u64;
    type Piece = u64;
    type Reader = Rows;
    fn split(&self, _: usize) -> Result<Vec<u64>> {
        Ok(vec![BUNDLES * BUNDLE_ROWS; 2])
    }
    fn open(&self, rows: u64) -> Result<Rows> {
        // A piece for each of the threads.
        self.begun.wait();
        let is_second = std::thread::current().name() == Some("flumen-1");
        Ok(Rows { left: if is_second { rows } else { 0 }, read: self.read.clone() })
    }
}

impl Reader for Rows {
    type Elem = u64;
    type Piece = u64;
    fn rest(&self) -> u64 {
        self.left
    }
    fn fill(&mut self, batch: &mut Builder<u64>) -> Result<bool> {
        let rows = self.left.min(batch.room() as u64);
        (0..rows).for_each(|row| batch.push(row));
        self.left -= rows;
        let (read, more) = &*self.read.0;
        *locked(read) += rows;
        more.notify_all();
        Ok(self.left > 0)
    }
}

/// A sink of the first thread, which takes nothing before the second has filled its inbox.
struct Slow {
    read: Progress,
    written: u64,
}

impl Sink for Slow {
    type Elem = u64;
    type Writer = Slow;
    fn shards(&self) -> Option<usize> {
        Some(1)
    }
    fn writer(&self, _: &RunId, _: Shard) -> Result<Slow> {
        Ok(Slow { read: self.read.clone(), written: 0 })
    }
    fn commit(&self, _: &RunId, _: &[()]) -> Result<String> {
        Ok(String::new())
    }
}

impl Writer for Slow {
    type Elem = u64;
    type Part = ();
    fn write(&mut self, _: u64) -> Result<()> {
        let (read, more) = &*self.read.0;
        let enough = BUNDLES_UNTIL_NO_ROOM * BUNDLE_ROWS;
        let read = *more.wait_while(locked(read), |read| *read < enough).unwrap();
        assert!(read - self.written <= enough, "{read} rows were read, {} written", self.written);
        self.written += 1;
        Ok(())
    }
    fn close(self) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_thread_that_finds_no_room_is_woken_when_there_is_some() {
    let (told, ended) = channel();
    std::thread::spawn(move || {
        let (p, read) = (Pipeline::new(), Progress::default());
        p.read(OnSecond { begun: Meeting::of(2), read: read.clone() }).write(Slow { read, written: 0 });
        let report = Local::new().parallelism(2).run(&p).and_then(flumen_local::LocalRun::wait);
        told.send(report.map(|report| report.step("write").unwrap().rows_in)).unwrap();
    });
    let rows = ended.recv_timeout(PATIENCE).expect("the threads wait for each other");
    assert_eq!(rows.unwrap(), BUNDLES * BUNDLE_ROWS);
}
