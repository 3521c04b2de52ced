//! flumen: the Beam model in Rust.

#[doc(hidden)]
pub extern crate inventory;

pub mod batch;
pub mod coder;
pub mod collection;
pub mod element;
pub mod error;
pub mod exec;
pub mod function;
pub mod graph;
pub mod io;
pub mod pipeline;
pub mod testing;
pub mod time;
pub mod transforms;
pub mod window;

pub use batch::Serde;
pub use collection::{PCollection, PTransform, Pipeline};
pub use element::{Element, Key};
pub use error::{BoxError, Result};
pub use function::{CombineFn, DoFn, Out};
