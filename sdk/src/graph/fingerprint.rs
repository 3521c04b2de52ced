//! The shape of a graph as a number, so that a worker can tell whether it has built the same one.

use std::fmt;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::Graph;

/// The shape of a graph: kinds, names, inputs, element types and coders of its nodes, but not what functions capture.
///
/// ```
/// use flumen::Pipeline;
/// let build = |top| {
///     let p = Pipeline::new();
///     p.range(0..top).map(|x| x + 1).count_globally();
///     p.fingerprint()
/// };
/// assert_eq!(build(10), build(20));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint(u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Graph {
    /// The graph's shape, a line for each node: what the [`Fingerprint`] is of, and where two can be compared.
    #[must_use]
    pub fn shape(&self) -> Vec<String> {
        let line = |node: &super::Node| {
            let inputs = node.inputs.iter().map(|i| format!("{}.{}", i.node.0, i.port));
            let sides = node
                .sides
                .iter()
                .map(|side| format!("{} of {}.{}", side.spec.kind(), side.from.node.0, side.from.port));
            let inputs: Vec<String> = inputs.chain(sides).collect();
            let outputs: Vec<String> =
                node.outputs.iter().map(|o| format!("{} as {}", o.name, o.coder)).collect();
            let (name, kind) = (&node.step.name, node.primitive.name());
            format!("{name}: {kind}({}) -> {}", inputs.join(", "), outputs.join(", "))
        };
        self.nodes().iter().map(|node| line(node)).collect()
    }

    /// The graph's shape as a number.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(XxHash3_64::oneshot(self.shape().join("\n").as_bytes()))
    }
}
