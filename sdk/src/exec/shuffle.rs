//! Steps whose results need all of their input: what happens before and after the exchange.

use super::{Operator, Outputs, PieceReader};
use crate::batch::{Batch, Buffers};
use crate::error::{FnError, RunError};
use crate::function::Views;

/// What all threads have gathered of one partition: the batches of each input.
pub type Partition = Vec<Vec<Batch>>;

/// A step whose results need all of its input.
///
/// On every thread and for each input, an operator gathers rows by partition and surrenders them when the input has ended.
/// What all threads gathered of a partition is then read like a piece of a source.
pub trait ShuffleSpec: Send + Sync {
    /// The kind of step, for drawings and fingerprints.
    fn kind(&self) -> &'static str;

    /// Into how many partitions its rows are cut on so many threads.
    fn partitions(&self, threads: usize) -> usize;

    /// Whether it has results even if nothing has come.
    fn speaks_of_nothing(&self) -> bool {
        false
    }

    /// Gathers the rows of an input.
    fn gather(&self, input: usize, partitions: usize, seed: u64) -> Box<dyn Operator>;

    /// Reads the results of a partition.
    ///
    /// # Errors
    /// User code failed.
    fn results(
        &self,
        partition: Partition,
        views: &Views,
        seed: u64,
    ) -> Result<Box<dyn PieceReader>, FnError>;
}

/// Keeps batches as they are, dealt out to partitions in turn: where a step must wait for another without an exchange.
#[derive(Clone, Copy, Debug)]
pub struct Keep;

impl ShuffleSpec for Keep {
    fn kind(&self) -> &'static str {
        "keep"
    }

    fn partitions(&self, threads: usize) -> usize {
        threads
    }

    fn gather(&self, _: usize, partitions: usize, _: u64) -> Box<dyn Operator> {
        Box::new(Keeping { partitions, staged: Vec::new(), kept: Vec::new() })
    }

    fn results(&self, partition: Partition, _: &Views, _: u64) -> Result<Box<dyn PieceReader>, FnError> {
        Ok(Box::new(Kept { batches: partition.into_iter().flatten().collect(), next: 0, marked: 0 }))
    }
}

struct Keeping {
    partitions: usize,
    staged: Vec<Batch>,
    kept: Vec<Batch>,
}

impl Operator for Keeping {
    fn start(&mut self) -> Result<(), FnError> {
        self.staged.clear();
        Ok(())
    }

    fn push(&mut self, _: usize, batch: Batch, _: &mut Outputs<'_>) -> Result<(), RunError> {
        self.staged.push(batch);
        Ok(())
    }

    fn commit(&mut self, _: &mut Buffers) -> Result<(), FnError> {
        self.kept.append(&mut self.staged);
        Ok(())
    }

    fn surrender(&mut self) -> Result<Vec<Vec<Batch>>, FnError> {
        let mut partitions: Vec<Vec<Batch>> = (0..self.partitions).map(|_| Vec::new()).collect();
        let mut next = 0;
        for batch in self.kept.drain(..) {
            if let Some(partition) = partitions.get_mut(next) {
                partition.push(batch);
            }
            next = (next + 1) % self.partitions.max(1);
        }
        Ok(partitions)
    }
}

/// Reads batches that are kept until all have been read.
struct Kept {
    batches: Vec<Batch>,
    next: usize,
    marked: usize,
}

impl PieceReader for Kept {
    fn next(&mut self, _: &mut Buffers) -> Result<Option<Batch>, FnError> {
        let batch = self.batches.get(self.next).cloned();
        self.next += 1;
        Ok(batch)
    }

    fn mark(&mut self) {
        self.marked = self.next;
    }

    fn rewind(&mut self) -> Result<(), FnError> {
        self.next = self.marked;
        Ok(())
    }
}
