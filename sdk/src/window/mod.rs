//! Where an element stands in event time, and which firing of its window it comes from.

mod bounded;
mod pane;

pub use bounded::WindowId;
pub use pane::{PaneInfo, PaneTiming};
