//! Testing pipelines: run one on data, and say what a collection must hold.

mod data;
mod expect;

pub use data::{collect, run_with_data};
pub use expect::{Expect, expect};
