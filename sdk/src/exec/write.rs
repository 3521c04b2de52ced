//! A sink as engines see it: writers for shards, and one commit of all they wrote.

use std::any::Any;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use bytes::Bytes;

use super::{Operator, Outputs};
use crate::batch::{Batch, Buffers, RowMeta};
use crate::error::{FnError, RunError};

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

/// A bounded sink of some element type.
pub trait SinkSpec: Send + Sync {
    /// How many shards it must have; none: as many as write.
    fn shards(&self) -> Option<usize>;

    /// Makes the place ready, before anything is written; what it returns is kept until the run's end.
    ///
    /// # Errors
    /// The place can't be written to.
    fn prepare(&self, run: &RunId) -> Result<Box<dyn Any + Send>, FnError>;

    /// Opens a writer.
    ///
    /// # Errors
    /// The place can't be written to.
    fn writer(&self, run: &RunId, shard: Shard) -> Result<Box<dyn BatchWriter>, FnError>;

    /// Publishes all that was written, once every writer is closed; returns a line for people.
    ///
    /// # Errors
    /// It can't be published.
    fn commit(&self, run: &RunId, parts: Vec<Bytes>) -> Result<String, FnError>;

    /// Throws away all that was written.
    fn abort(&self, run: &RunId);
}

/// Writes batches into one shard.
pub trait BatchWriter: Send {
    /// Writes a batch; it is staged until the bundle is done.
    ///
    /// # Errors
    /// It can't be written.
    fn write(&mut self, batch: &Batch) -> Result<(), FnError>;
    /// Makes what the bundle wrote count.
    ///
    /// # Errors
    /// It can't be written.
    fn commit_bundle(&mut self) -> Result<(), FnError>;
    /// Throws away what the bundle wrote.
    fn discard_bundle(&mut self);
    /// Closes the shard; returns what [`SinkSpec::commit`] needs to know of it.
    ///
    /// # Errors
    /// It can't be written to the end.
    fn close(&mut self) -> Result<Bytes, FnError>;
}

/// A sink's step on one thread: a writer for each of its shards, opened when the first batch comes.
///
/// Where the sink has a fixed number of shards, the number of the input is that of the shard.
pub struct PartWriter {
    sink: Arc<dyn SinkSpec>,
    run: RunId,
    worker: usize,
    /// The shards of a fixed number that are this thread's.
    lanes: Vec<usize>,
    writers: BTreeMap<Shard, Box<dyn BatchWriter>>,
}

impl PartWriter {
    /// A writer for a thread, and for the shards it owns where the sink has a fixed number of them.
    pub fn new(sink: Arc<dyn SinkSpec>, run: RunId, worker: usize, lanes: Vec<usize>) -> Self {
        Self { sink, run, worker, lanes, writers: BTreeMap::new() }
    }

    fn writer(&mut self, lane: usize) -> Result<&mut dyn BatchWriter, FnError> {
        let shard = Shard { worker: self.worker, lane: self.sink.shards().map(|_| lane) };
        Ok(match self.writers.entry(shard) {
            Entry::Occupied(open) => open.into_mut().as_mut(),
            Entry::Vacant(place) => place.insert(self.sink.writer(&self.run, shard)?).as_mut(),
        })
    }
}

impl Operator for PartWriter {
    fn start(&mut self) -> Result<(), FnError> {
        self.writers.values_mut().for_each(|writer| writer.discard_bundle());
        Ok(())
    }

    fn push(&mut self, input: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let written = self.writer(input).and_then(|writer| writer.write(&batch));
        written.map_err(|e| out.told(e))?;
        out.buffers().recycle(batch);
        Ok(())
    }

    fn commit(&mut self, _: &mut Buffers) -> Result<(), FnError> {
        self.writers.values_mut().try_for_each(|writer| writer.commit_bundle())
    }

    fn surrender(&mut self, _: usize) -> Result<Vec<Batch>, FnError> {
        let open = std::mem::take(&mut self.writers);
        let lanes = std::mem::take(&mut self.lanes).into_iter();
        let shards = lanes.map(|lane| Shard { worker: self.worker, lane: Some(lane) });
        let empty: Vec<Shard> = shards.filter(|shard| !open.contains_key(shard)).collect();
        let mut parts = Vec::with_capacity(open.len() + empty.len());
        for mut writer in open.into_values() {
            parts.push(writer.close()?);
        }
        // A shard that nothing came for is written all the same; one at a time, since there may be more of them
        // than files that a process can have open.
        for shard in empty {
            parts.push(self.sink.writer(&self.run, shard)?.close()?);
        }
        Ok(vec![Batch::of::<Bytes>(parts, RowMeta::SOURCE)])
    }
}
