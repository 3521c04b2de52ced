//! What a step must be able to do when it executes.

use std::sync::Arc;

use super::Outputs;
use crate::batch::{Batch, Buffers};
use crate::error::{FnError, RunError};
use crate::function::Views;
use crate::time::Watermark;

/// A step in execution: one instance a thread.
///
/// The order of calls is `open`, then for each bundle `start`, `push` for each batch, `finish`, and `commit` once
/// every operator of the chain has finished; `watermark` between bundles; at last `close`. What an operator
/// keeps beyond a bundle it stages until `commit`, so that a bundle counts once or not at all: after a failure `renew`
/// is called, and the bundle starts again.
pub trait Operator: Send {
    /// Called once, before anything else.
    ///
    /// # Errors
    /// User code failed.
    fn open(&mut self) -> Result<(), FnError> {
        Ok(())
    }

    /// Whether it makes of each batch one whose rows stand for the same rows in the same order: so a row further on can be
    /// found in the source.
    fn keeps_rows(&self) -> bool {
        false
    }

    /// Gives it the side inputs of its step, before the first bundle that comes to it.
    ///
    /// # Errors
    /// User code failed.
    fn bind(&mut self, _views: &Arc<Views>) -> Result<(), FnError> {
        Ok(())
    }

    /// Called before the batches of a bundle; what an earlier one staged and never committed is thrown away.
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
    /// After an error it may be called again, and goes on with what did not count yet; an error that is
    /// [lasting](FnError::lasting) says that this can't be.
    ///
    /// # Errors
    /// What was staged can't be kept.
    fn commit(&mut self, _buffers: &mut Buffers) -> Result<(), FnError> {
        Ok(())
    }

    /// Called after a bundle has failed: user code that may be left half-way is closed, and a fresh instance opened.
    ///
    /// # Errors
    /// User code failed.
    fn renew(&mut self) -> Result<(), FnError> {
        Ok(())
    }

    /// Says how far event time has come on an input; [`Watermark::END`]: nothing follows.
    ///
    /// # Errors
    /// User code failed, here or in a step further on.
    fn watermark(&mut self, _input: usize, _to: Watermark, _out: &mut Outputs<'_>) -> Result<(), RunError> {
        Ok(())
    }

    /// Gives up all that was committed, the batches of each partition, once its input has ended.
    ///
    /// # Errors
    /// What was kept can't be given in this form.
    fn surrender(&mut self) -> Result<Vec<Vec<Batch>>, FnError> {
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
