//! Keeping a collection until the run is over, in memory.

use std::any::Any;
use std::cell::Cell;
use std::panic::Location;
use std::sync::Arc;

use bytes::Bytes;

use crate::batch::Batch;
use crate::coder::{self, Input};
use crate::collection::{Kept, Materialized, PCollection, Part};
use crate::element::Element;
use crate::error::{FnError, Result};
use crate::exec::{BatchWriter, RunId, Shard, SinkSpec};
use crate::function::{At, guard};
use crate::graph::Primitive;

impl<T: Element> PCollection<T> {
    /// Keeps the elements, so that they can be read from the report when the run is over.
    ///
    /// For results that the program itself goes on with, and for tests; what is too large for memory goes into a
    /// [`Sink`](crate::io::Sink). Each run of the pipeline has its own elements. On one thread they keep their order up
    /// to the first grouping; else they have none.
    ///
    /// ```
    /// use flumen::Pipeline;
    /// use flumen_local::Local;
    ///
    /// let p = Pipeline::new();
    /// let sum = p.range(1..11).sum_globally().materialize();
    /// let report = Local::new().run(&p)?.wait()?;
    /// assert_eq!(report.read(&sum)?, [55]);
    /// # flumen::Ok(())
    /// ```
    ///
    /// # Errors
    /// An element that can't be encoded fails the run.
    ///
    /// # Cost
    /// All elements are held in memory, encoded, until the pipeline and what this returns are dropped: those of every
    /// run. While a run ends they are copied, and are there up to three times.
    ///
    /// Follows `materialize` of Scio.
    #[track_caller]
    pub fn materialize(&self) -> Materialized<T> {
        let (keep, kept) = keeping();
        let pipeline = self.pipeline();
        let end = pipeline.add_end("materialize", Location::caller(), keep, self.output(), String::new());
        pipeline.keep_inside(end.0);
        Materialized::new(pipeline.clone(), end, kept)
    }
}

/// A sink of elements of any one type, and where they are when a run is over.
pub(crate) fn keeping() -> (Primitive, Arc<Kept>) {
    let kept = Arc::<Kept>::default();
    (Primitive::Write(Arc::new(Keep { kept: Arc::clone(&kept) })), kept)
}

/// Takes columns as they come, so that it need not know the element type.
struct Keep {
    kept: Arc<Kept>,
}

impl SinkSpec for Keep {
    fn shards(&self) -> Option<usize> {
        None
    }

    fn open(&self, _: &RunId) -> Result<Box<dyn Any + Send>, FnError> {
        Ok(Box::new(()))
    }

    fn writer(&self, _: &RunId, shard: Shard) -> Result<Box<dyn BatchWriter>, FnError> {
        Ok(Box::new(Keeping { worker: shard.worker, ..Keeping::default() }))
    }

    fn prepare(&self, _: &RunId, parts: Vec<Bytes>) -> Result<Vec<Bytes>, FnError> {
        Ok(parts)
    }

    fn commit(&self, run: &RunId, parts: &[Bytes]) -> Result<String, FnError> {
        guard(|| {
            let part = |bytes: &Bytes| coder::serde::decode::<Part>(&mut Input::new(bytes));
            let parts = parts.iter().map(part).collect::<Result<Vec<Part>, _>>()?;
            let rows: u64 = parts.iter().map(|part| part.rows).sum();
            self.kept.add(&run.0, parts);
            Ok(format!("kept {rows} elements"))
        })
    }

    fn abort(&self, _: &RunId) {}
}

#[derive(Default)]
struct Keeping {
    worker: usize,
    first: String,
    rows: u64,
    bytes: Vec<u8>,
}

impl BatchWriter for Keeping {
    fn write(&mut self, batch: &Batch, from: &mut usize) -> Result<(), FnError> {
        let column = batch.any();
        if column.is_empty() {
            return Ok(());
        }
        if self.rows == 0 {
            self.first = guard(|| Ok(column.debug(0)))?;
        }
        let (reached, before) = (Cell::new(0), self.bytes.len());
        // A batch is kept as a whole or not at all, so it always begins with its first row.
        guard(|| column.encode_all(&reached, &mut self.bytes)).map_err(|e| {
            self.bytes.truncate(before);
            e.with_element(|| column.debug(At::row(&reached)))
        })?;
        self.rows += column.len() as u64;
        *from = column.len();
        Ok(())
    }

    fn close(mut self: Box<Self>) -> Result<Bytes, FnError> {
        let first = std::mem::take(&mut self.first);
        let bytes = std::mem::take(&mut self.bytes).into();
        guard(|| {
            let mut out = Vec::new();
            coder::serde::encode(&Part { worker: self.worker, rows: self.rows, first, bytes }, &mut out)?;
            Ok(out.into())
        })
    }
}
