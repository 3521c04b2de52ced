//! flumen: the Beam model in Rust.

// What the derives write says `::flumen`; so they work in this crate too.
#[allow(unused_extern_crates)]
extern crate self as flumen;

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
pub use error::{BoxError, Ok, Result};
pub use flumen_macros::{Element, Key, Options, pipeline};
pub use function::{CombineFn, DoFn, Out};
pub use pipeline::{Options, launch, run};
