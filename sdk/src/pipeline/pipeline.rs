//! The pipeline under construction.

use crate::error::BuildError;

/// STUB
#[derive(Clone, Default)]
pub struct Pipeline {}

impl Pipeline {
    /// An empty pipeline.
    #[must_use]
    pub fn new() -> Self { Self::default() }
    /// Checks it.
    pub fn check(&self) -> Result<(), BuildError> { Ok(()) }
    /// Draws it.
    pub fn draw(&self, format: crate::pipeline::Drawing) -> String { format!("{format:?}") }
}
/// How to draw a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing { /// For people.
 Text, /// Graphviz.
 Dot, /// Mermaid.
 Mermaid }
