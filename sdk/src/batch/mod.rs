//! Many elements at once: columns, what is known of their rows, and the buffers they live in.
//!
//! The only room with `unsafe`, each with its reason; the only one whose tables index.

#![allow(clippy::indexing_slicing)]

#[allow(clippy::module_inception)]
mod batch;
mod buffers;
mod builder;
mod bytes;
mod column;
mod fixed;
mod grouped;
mod meta;
mod option;
mod rows;
pub mod table;
mod tuple;
mod unit;
mod wide;

pub use batch::{Batch, TypeMismatch};
pub use buffers::Buffers;
pub use builder::{BATCH_BYTES_MAX, BATCH_ROWS_MAX, Builder};
pub use bytes::{ByteRows, Strings};
pub use column::AnyColumn;
pub use fixed::Fixed;
pub use grouped::{Cursor, Values};
pub use meta::{Meta, RowMeta, Runs};
pub use option::Options;
pub use rows::{Lists, Serde, Whole};
pub use unit::Units;
pub(crate) use wide::widely;
