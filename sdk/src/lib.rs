//! flumen: the Beam model in Rust.
#![allow(missing_docs)]

// What the derives write says `::flumen`; so they work in this crate too.
#[allow(unused_extern_crates)]
extern crate self as flumen;

pub mod batch;
pub mod coder;
pub mod element;
pub mod error;
pub mod pipeline;
pub mod time;
pub mod window;

pub use batch::Serde;
pub use element::{Element, Key};
pub use error::Result;
pub use flumen_macros::{Element, Key, Options, pipeline};
pub use pipeline::{Options, Pipeline, launch, run};
