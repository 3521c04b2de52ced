//! Event time as Beam's wire has it, and how far it has come.

mod timestamp;
mod watermark;

pub use timestamp::Timestamp;
pub use watermark::Watermark;
