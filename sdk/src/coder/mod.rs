//! How elements become bytes: Beam's standard coders, and bincode for what they do not cover.

mod contract;
pub mod serde;
mod varint;

pub use contract::{Coder, DecodeError, Input};
pub use varint::{put_varint, varint_len};
