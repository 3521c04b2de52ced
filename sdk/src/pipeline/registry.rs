//! STUB until merged.

use super::Runner;
use crate::error::{Cause, RunError};

/// A linked runner.
pub struct RunnerEntry {
    pub name: &'static str,
    pub make: fn() -> Result<Box<dyn Runner>, RunError>,
}
inventory::collect!(RunnerEntry);

pub(crate) fn default_runner() -> Result<Box<dyn Runner>, RunError> {
    match inventory::iter::<RunnerEntry>.into_iter().next() {
        Some(entry) => (entry.make)(),
        None => Err(RunError::new(Cause::Configuration, "no runner is linked")),
    }
}
