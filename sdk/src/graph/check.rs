//! What every pipeline must satisfy before any engine sees it.

use super::{Graph, Primitive};
use crate::error::BuildError;

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
            let read = nodes.iter().any(|other| other.inputs.iter().any(|input| input.node == node.id));
            if matches!(node.primitive, Primitive::Read(_)) && !read {
                let message = "nothing reads this source: apply a transform to it, or remove it";
                return Err(BuildError::at(node.step.clone(), message));
            }
        }
        Ok(())
    }
}
