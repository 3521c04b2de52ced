//! What every pipeline must satisfy before any engine sees it.

use std::sync::Arc;

use super::{Graph, Node, Primitive};
use crate::error::BuildError;

const LOST_LETTERS: &str = "nothing looks after its dead letters: write `dead.letters()` somewhere, give the pipeline a sink \
                            for all of them by `p.dead_letters(sink)`, or say `dead.ignore()`";

impl Graph {
    /// Finds the first mistake.
    ///
    /// # Errors
    /// A name given twice, a source that nothing reads, a pipeline that does nothing: with the step and its place.
    pub fn check(&self) -> Result<(), BuildError> {
        if let Some(fault) = self.faults.first() {
            return Err(BuildError::new(fault.to_string()));
        }
        let nodes = self.nodes();
        if nodes.is_empty() {
            return Err(BuildError::new("the pipeline has no steps: read something, and write the result"));
        }
        for node in &nodes {
            let reads = |other: &Arc<Node>| {
                let sides = other.sides.iter().map(|side| side.from);
                other.inputs.iter().copied().chain(sides).any(|input| input.node == node.id)
            };
            let read = nodes.iter().any(reads);
            if matches!(node.primitive, Primitive::Read(_)) && !read {
                let message = "nothing reads this source: apply a transform to it, or remove it";
                return Err(BuildError::at(node.step.clone(), message));
            }
        }
        let lost = self.dead_letters.lost().and_then(|output| nodes.get(output.node.index()));
        match lost {
            Some(node) => Err(BuildError::at(node.step.clone(), LOST_LETTERS)),
            None => Ok(()),
        }
    }
}
