//! Combining by a function that is made from side inputs.

use std::sync::Arc;

use crate::batch::{Batch, Buffers};
use crate::error::{Cause, FnError, RunError};
use crate::exec::shuffle::{Partition, ShuffleSpec};
use crate::exec::{Operator, Outputs, PieceReader};
use crate::function::{Views, guard};

type Make = dyn Fn(&Views) -> Result<Box<dyn ShuffleSpec>, FnError> + Send + Sync;

/// A combining step whose function is made once its side inputs are ready.
pub struct CombineWithSides {
    kind: &'static str,
    keyed: bool,
    make: Arc<Make>,
}

impl CombineWithSides {
    /// Makes the combining step by `make`: one by key, or one of all values.
    pub fn new(
        keyed: bool,
        make: impl Fn(&Views) -> Result<Box<dyn ShuffleSpec>, FnError> + Send + Sync + 'static,
    ) -> Self {
        let kind = if keyed { "combine_per_key" } else { "combine_globally" };
        Self { kind, keyed, make: Arc::new(make) }
    }
}

impl ShuffleSpec for CombineWithSides {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn partitions(&self, threads: usize) -> usize {
        if self.keyed { threads } else { 1 }
    }

    fn speaks_of_nothing(&self) -> bool {
        !self.keyed
    }

    fn gather(&self, input: usize, partitions: usize, seed: u64) -> Box<dyn Operator> {
        Box::new(Deferred { make: Arc::clone(&self.make), input, partitions, seed, made: None })
    }

    fn results(
        &self,
        partition: Partition,
        views: &Views,
        seed: u64,
    ) -> Result<Box<dyn PieceReader>, FnError> {
        guard(|| Ok((self.make)(views)?))?.results(partition, views, seed)
    }
}

/// An operator that is made when the side inputs are ready.
struct Deferred {
    make: Arc<Make>,
    input: usize,
    partitions: usize,
    seed: u64,
    made: Option<Box<dyn Operator>>,
}

impl Deferred {
    fn made(&mut self) -> Result<&mut Box<dyn Operator>, FnError> {
        let unbound = || FnError::new(Cause::Configuration, "a step began before its side inputs were ready");
        self.made.as_mut().ok_or_else(unbound)
    }
}

impl Operator for Deferred {
    fn bind(&mut self, views: &Arc<Views>) -> Result<(), FnError> {
        let spec = guard(|| Ok((self.make)(views)?))?;
        let mut made = spec.gather(self.input, self.partitions, self.seed);
        made.open()?;
        self.made = Some(made);
        Ok(())
    }

    fn start(&mut self) -> Result<(), FnError> {
        self.made()?.start()
    }

    fn push(&mut self, input: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        match self.made() {
            Ok(made) => made.push(input, batch, out),
            Err(e) => Err(out.told(e)),
        }
    }

    fn finish(&mut self, out: &mut Outputs<'_>) -> Result<(), RunError> {
        match self.made() {
            Ok(made) => made.finish(out),
            Err(e) => Err(out.told(e)),
        }
    }

    fn commit(&mut self, buffers: &mut Buffers) -> Result<(), FnError> {
        self.made()?.commit(buffers)
    }

    fn surrender(&mut self) -> Result<Vec<Vec<Batch>>, FnError> {
        // Nothing was gathered where nothing came.
        self.made.as_mut().map_or(Ok(Vec::new()), |made| made.surrender())
    }

    fn close(&mut self) -> Result<(), FnError> {
        self.made.as_mut().map_or(Ok(()), |made| made.close())
    }
}
