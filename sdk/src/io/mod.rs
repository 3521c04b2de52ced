//! Where elements come from and where they go.

pub mod create;
pub mod files;
mod materialize;
mod sink;
mod source;
pub mod text;

pub use crate::exec::{RunId, Shard};
pub(crate) use materialize::keeping;
pub use sink::{Sink, Writer, Written};
pub use source::{Reader, Source};
