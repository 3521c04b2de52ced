//! What a step must be able to do when it executes.

use super::Outputs;
use crate::batch::{Batch, Buffers};
use crate::error::{FnError, RunError};
use crate::time::Watermark;

/// A step in execution: one instance a thread.
///
/// The order of calls is `open`, then for each bundle `start`, `push` for each batch, `finish`, and `commit` once
/// every operator of the chain has finished; `watermark` between bundles; at last `close`. What an operator
/// keeps beyond a bundle it stages until `commit`, so that a bundle counts once or not at all.
pub trait Operator: Send {
    /// Called once, before anything else.
    ///
    /// # Errors
    /// User code failed.
    fn open(&mut self) -> Result<(), FnError> {
        Ok(())
    }

    /// Called before the batches of a bundle.
    ///
    /// # Errors
    /// User code failed.
    fn start(&mut self) -> Result<(), FnError> {
        Ok(())
    }

    /// Takes a batch that came in by an input.
    ///
    /// # Errors
    /// User code failed, here or in a step further on.
    fn push(&mut self, input: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError>;

    /// Called after the batches of a bundle: what is still gathered goes on.
    ///
    /// # Errors
    /// User code failed, here or in a step further on.
    fn finish(&mut self, _out: &mut Outputs<'_>) -> Result<(), RunError> {
        Ok(())
    }

    /// Makes what was staged in the bundle count, once every operator of the stage has finished.
    ///
    /// After an error it may be called again, and goes on with what did not count yet; unless it was the merging of
    /// accumulators that failed, which is final.
    ///
    /// # Errors
    /// What was staged can't be kept.
    fn commit(&mut self, _buffers: &mut Buffers) -> Result<(), FnError> {
        Ok(())
    }

    /// Says how far event time has come on an input; [`Watermark::END`]: nothing follows.
    ///
    /// # Errors
    /// User code failed, here or in a step further on.
    fn watermark(&mut self, _input: usize, _to: Watermark, _out: &mut Outputs<'_>) -> Result<(), RunError> {
        Ok(())
    }

    /// Gives up all that was committed, in as many partitions as asked for, once its input has ended.
    ///
    /// # Errors
    /// What was kept can't be given in this form.
    fn surrender(&mut self, _parts: usize) -> Result<Vec<Batch>, FnError> {
        Ok(Vec::new())
    }

    /// Called once, after everything else, also after a failure.
    ///
    /// # Errors
    /// User code failed.
    fn close(&mut self) -> Result<(), FnError> {
        Ok(())
    }
}

/// Makes the operators of a step, one for each thread.
pub trait OperatorSpec: Send + Sync {
    /// A fresh operator.
    fn operator(&self) -> Box<dyn Operator>;
}
