//! A sink as engines see it: writers for shards, and what they wrote made visible in two phases.

use std::any::Any;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use super::{Operator, Outputs};
use crate::batch::{Batch, Buffers, RowMeta};
use crate::error::{Cause, FnError, RunError};

/// The name of a run: unique, and safe in a file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunId(pub String);

/// Which of a sink's writers one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// The thread that writes.
    pub worker: usize,
    /// The number of the shard, where the sink has a fixed number of them.
    pub lane: Option<usize>,
}

/// A bounded sink of some element type, which publishes in two phases.
///
/// An engine opens all sinks of a run before anything is written, prepares all of them once every writer is closed, and
/// commits them only when all are prepared: so what one of them refuses keeps all of them from being seen.
pub trait SinkSpec: Send + Sync {
    /// How many shards it must have; none: as many as write.
    fn shards(&self) -> Option<usize>;

    /// Makes the place ready, before anything is written; what it returns is kept until the run's end.
    ///
    /// # Errors
    /// The place can't be written to.
    fn open(&self, run: &RunId) -> Result<Box<dyn Any + Send>, FnError>;

    /// Opens a writer.
    ///
    /// # Errors
    /// The place can't be written to.
    fn writer(&self, run: &RunId, shard: Shard) -> Result<Box<dyn BatchWriter>, FnError>;

    /// Does all that can fail of publishing what was written; returns what [`SinkSpec::commit`] needs to know.
    ///
    /// # Errors
    /// It could not be published.
    fn prepare(&self, run: &RunId, parts: Vec<Bytes>) -> Result<Vec<Bytes>, FnError>;

    /// Publishes what was prepared; returns a line for people. It may be called again, after a failure too.
    ///
    /// # Errors
    /// It can't be published.
    fn commit(&self, run: &RunId, prepared: &[Bytes]) -> Result<String, FnError>;

    /// Throws away all that was written or prepared.
    fn abort(&self, run: &RunId);
}

/// Writes batches into one shard.
pub trait BatchWriter: Send {
    /// Writes a batch from the row `from` on, and moves `from` along; after an error it stands at the row that failed,
    /// which was not written.
    ///
    /// # Errors
    /// A row can't be written.
    fn write(&mut self, batch: &Batch, from: &mut usize) -> Result<(), FnError>;

    /// Closes the shard; returns what [`SinkSpec::prepare`] needs to know of it.
    ///
    /// # Errors
    /// It can't be written to the end.
    fn close(self: Box<Self>) -> Result<Bytes, FnError>;
}

/// A bundle that has staged so many bytes is written before it is done, and can't be started again.
const STAGED_BYTES_MAX: usize = 64 << 20;

/// A sink's step on one thread: a writer for each of its shards, opened when there is something to write.
///
/// The batches of a bundle are held until it is done, and written then: a writer never sees what may not count. Only
/// a bundle that makes far more than it reads is not held; if it fails, the run does. Where the sink has a fixed
/// number of shards, the number of the input is that of the shard.
pub struct PartWriter {
    sink: Arc<dyn SinkSpec>,
    run: RunId,
    worker: usize,
    /// The shards of a fixed number that are this thread's.
    lanes: Vec<usize>,
    writers: BTreeMap<Shard, Box<dyn BatchWriter>>,
    /// The batches of the bundle at hand, and which input they came by.
    staged: VecDeque<(usize, Batch)>,
    staged_bytes: usize,
    /// Whether a part of the bundle at hand has been written.
    ahead: bool,
    /// How many rows of the first staged batch are written.
    written: usize,
}

impl PartWriter {
    /// A writer for a thread, and for the shards it owns where the sink has a fixed number of them.
    pub fn new(sink: Arc<dyn SinkSpec>, run: RunId, worker: usize, lanes: Vec<usize>) -> Self {
        let (writers, staged) = (BTreeMap::new(), VecDeque::new());
        Self { sink, run, worker, lanes, writers, staged, staged_bytes: 0, ahead: false, written: 0 }
    }

    /// Writes what is staged; after an error it goes on with the row that failed.
    fn write(&mut self, buffers: &mut Buffers) -> Result<(), FnError> {
        let is_sharded = self.sink.shards().is_some();
        while let Some((lane, batch)) = self.staged.pop_front() {
            let shard = Shard { worker: self.worker, lane: is_sharded.then_some(lane) };
            let writer = match self.writers.entry(shard) {
                Entry::Occupied(open) => Ok(open.into_mut()),
                Entry::Vacant(place) => self.sink.writer(&self.run, shard).map(|writer| place.insert(writer)),
            };
            if let Err(error) = writer.and_then(|writer| writer.write(&batch, &mut self.written)) {
                self.staged.push_front((lane, batch));
                return Err(error);
            }
            self.written = 0;
            buffers.recycle(batch);
        }
        self.staged_bytes = 0;
        Ok(())
    }
}

impl Operator for PartWriter {
    fn start(&mut self) -> Result<(), FnError> {
        if self.ahead {
            let message =
                "a part of a bundle that failed is written already and can't be taken back; run it again";
            return Err(FnError::new(Cause::CannotWrite, message));
        }
        self.staged.clear();
        self.staged_bytes = 0;
        Ok(())
    }

    fn push(&mut self, input: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        self.staged_bytes += batch.bytes();
        self.staged.push_back((input, batch));
        if self.staged_bytes >= STAGED_BYTES_MAX {
            self.ahead = true;
            self.write(out.buffers()).map_err(|e| out.told(e))?;
        }
        Ok(())
    }

    fn commit(&mut self, buffers: &mut Buffers) -> Result<(), FnError> {
        self.ahead |= !self.staged.is_empty();
        self.write(buffers)?;
        self.ahead = false;
        Ok(())
    }

    fn surrender(&mut self) -> Result<Vec<Vec<Batch>>, FnError> {
        let open = std::mem::take(&mut self.writers);
        let lanes = std::mem::take(&mut self.lanes).into_iter();
        let shards = lanes.map(|lane| Shard { worker: self.worker, lane: Some(lane) });
        let empty: Vec<Shard> = shards.filter(|shard| !open.contains_key(shard)).collect();
        let mut parts = Vec::with_capacity(open.len() + empty.len());
        for writer in open.into_values() {
            parts.push(writer.close()?);
        }
        // A shard that nothing came for is written all the same; one at a time, since there may be more of them
        // than files that a process can have open.
        for shard in empty {
            parts.push(self.sink.writer(&self.run, shard)?.close()?);
        }
        Ok(vec![vec![Batch::of::<Bytes>(parts, RowMeta::SOURCE)]])
    }
}
