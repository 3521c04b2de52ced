//! How steps execute: operators over batches, and the chains they stand in.
//!
//! There is no thread, clock, socket or file here: the local runner and the worker of a cluster both drive this.

mod chain;
mod combine;
mod key_by;
mod map;
mod operator;
mod pardo;
mod project;
mod read;
mod relay;
mod write;

pub use chain::{BundleSize, Chain, ChainBuilder, Outputs};
pub use combine::{CombineSpec, GlobalCombine, KeyedCombine};
pub use key_by::KeyBy;
pub use map::{Filter, Map};
pub use operator::{Operator, OperatorSpec};
pub use pardo::ParDo;
pub use project::{Keys, Solo, Values};
pub use read::{Piece, PieceReader, SourceSpec};
pub use relay::Relay;
pub use write::{BatchWriter, PartWriter, RunId, Shard, SinkSpec};
