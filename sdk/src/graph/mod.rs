//! The pipeline as primitives: what is applied to what, with names, places and element types.

mod address;
mod check;
mod dead_letters;
mod draw;
mod element_type;
mod fingerprint;
#[allow(clippy::module_inception)]
mod graph;
mod node;

pub use address::Address;
pub use draw::Drawing;
pub use element_type::ElementType;
pub use fingerprint::Fingerprint;
pub use graph::{Graph, Named};
pub use node::{Node, NodeId, Output, Primitive, Side};
