//! The outputs of a step, for a function that is still running.

use std::cell::RefCell;

use super::Outputs;
use crate::batch::{Batch, Buffers};
use crate::error::RunError;
use crate::function::Downstream;

/// The outputs of a step, to which several ports lead.
pub(super) struct Ports<'a, 'b> {
    out: RefCell<&'a mut Outputs<'b>>,
    failed: RefCell<Option<RunError>>,
}

impl<'a, 'b> Ports<'a, 'b> {
    pub(super) fn new(out: &'a mut Outputs<'b>) -> Self {
        Self { out: RefCell::new(out), failed: RefCell::new(None) }
    }

    /// The output of a number.
    pub(super) fn port(&self, number: usize) -> Port<'_, 'a, 'b> {
        Port { ports: self, number }
    }

    /// What went wrong further on, if anything did: it happened before anything else that did.
    pub(super) fn failed(&self) -> Result<(), RunError> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

/// One of the outputs.
pub(super) struct Port<'p, 'a, 'b> {
    ports: &'p Ports<'a, 'b>,
    number: usize,
}

impl Downstream for Port<'_, '_, '_> {
    fn send(&mut self, batch: Batch) -> bool {
        let mut failed = self.ports.failed.borrow_mut();
        if failed.is_none() {
            *failed = self.ports.out.borrow_mut().send(self.number, batch).err();
        }
        failed.is_none()
    }

    fn with_buffers(&mut self, call: &mut dyn FnMut(&mut Buffers)) {
        call(self.ports.out.borrow_mut().buffers());
    }
}
