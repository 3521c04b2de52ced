//! Testing pipelines: run steps on data, say what a collection must hold, run a whole pipeline on other inputs; and the laws
//! of connectors.

mod data;
mod difference;
mod expect;
mod job;
pub mod laws;
mod near;

pub use data::{collect, run_with_data};
pub use expect::{Expect, expect};
pub use job::{JobFailure, JobOutput, JobTest};
