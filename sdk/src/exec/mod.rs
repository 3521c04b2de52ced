//! How steps execute: operators over batches, and the chains they stand in.
//!
//! There is no thread, clock, socket or file here: the local runner and the worker of a cluster both drive this.

mod attempt;
mod chain;
mod combine;
mod group;
mod join;
mod key_by;
mod map;
mod map_values;
mod operator;
mod pardo;
mod partition;
mod port;
mod project;
mod read;
mod relay;
mod scatter;
mod shuffle;
mod side;
mod write;

pub use attempt::Attempt;
pub use chain::{BundleSize, Chain, ChainBuilder, Origin, Outputs, Rows};
pub use combine::{CombineWithSides, GlobalCombine, KeyedCombine};
pub use group::{Group, Grouped, One};
pub use join::{Join, Matching, OrNothing, Part};
pub use key_by::KeyBy;
pub use map::{Filter, Map};
pub use map_values::{MapValues, Swap};
pub use operator::{Operator, OperatorSpec};
pub use pardo::ParDo;
pub use partition::PartitionBy;
pub use project::{FirstOfPair, SecondOfPair, Solo};
pub use read::{Piece, PieceReader, SourceSpec};
pub use relay::Relay;
pub use shuffle::{Keep, Partition, ShuffleSpec};
pub use side::SideSpec;
pub use write::{BatchWriter, PartWriter, RunId, Shard, SinkSpec};
