//! flumen: the Beam model in Rust.
#![allow(missing_docs)]

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
pub use pipeline::Pipeline;
