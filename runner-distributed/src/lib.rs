//! Runs flumen pipelines on worker nodes, through Beam's portability protocols: not there yet.
//!
//! What is there is the door: `--runner=flink` and the other engines are known, take Beam's options, and refuse every
//! pipeline with a sentence that says so. The table of docs/RUNNERS.md says what works today.

mod engine;
mod runner;

pub use engine::Engine;
pub use runner::Distributed;
