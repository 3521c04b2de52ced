//! A step that hands on what it gets: a source's output, a flatten.

use super::{Operator, OperatorSpec, Outputs};
use crate::batch::Batch;
use crate::error::RunError;

/// Hands every batch on as it is.
#[derive(Clone, Copy, Debug)]
pub struct Relay;

impl Operator for Relay {
    fn keeps_rows(&self) -> bool {
        true
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        out.send(0, batch)
    }
}

impl OperatorSpec for Relay {
    fn operator(&self) -> Box<dyn Operator> {
        Box::new(*self)
    }
}
