//! The primitives that every pipeline is made of.

use std::fmt;
use std::sync::Arc;

use super::{Address, ElementType, Fingerprint};
use crate::error::Step;
use crate::exec::{OperatorSpec, ShuffleSpec, SideSpec, SinkSpec, SourceSpec};

/// A node's place in its graph, in the order in which nodes were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) usize);

impl NodeId {
    /// The place as a number.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

/// An output of a node: a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Output {
    /// The node.
    pub node: NodeId,
    /// Which of its outputs.
    pub port: usize,
}

/// What a node does; everything else is made of these.
#[derive(Clone)]
#[non_exhaustive]
pub enum Primitive {
    /// Reads a source.
    Read(Arc<dyn SourceSpec>),
    /// Applies a function to each element.
    ParDo(Arc<dyn OperatorSpec>),
    /// Combines values, by key or all of them.
    Combine(Arc<dyn ShuffleSpec>),
    /// Brings the values of equal keys together: of one collection, or of several.
    Group(Arc<dyn ShuffleSpec>),
    /// Deals elements out to all workers anew.
    Reshuffle,
    /// Unites its inputs.
    Flatten,
    /// Writes into a sink.
    Write(Arc<dyn SinkSpec>),
}

impl fmt::Debug for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Primitive {
    /// The kind of node, for drawings and fingerprints.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Read(_) => "read",
            Self::ParDo(_) => "par_do",
            Self::Combine(spec) | Self::Group(spec) => spec.kind(),
            Self::Reshuffle => "reshuffle",
            Self::Flatten => "flatten",
            Self::Write(_) => "write",
        }
    }
}

impl Node {
    /// Where a worker that has the pipeline by this name finds the node's function: its payload on the wire.
    #[must_use]
    pub fn address(&self, pipeline: &str, fingerprint: Fingerprint) -> Address {
        Address::Pipeline { name: pipeline.to_owned(), step: self.step.name.clone(), fingerprint }
    }
}

/// A collection that a node reads as a whole, beside its input.
#[derive(Clone)]
pub struct Side {
    /// The collection.
    pub from: Output,
    /// How it is shown.
    pub spec: Arc<dyn SideSpec>,
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {:?}", self.spec.kind(), self.from)
    }
}

/// A node of the graph.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its place.
    pub id: NodeId,
    /// What it does.
    pub primitive: Primitive,
    /// The collections it reads, by input.
    pub inputs: Vec<Output>,
    /// The collections that must be whole before it begins.
    pub sides: Vec<Side>,
    /// The types of the collections it makes, by output.
    pub outputs: Vec<ElementType>,
    /// Which output holds the elements that it refused, if one does.
    pub dead_letters: Option<usize>,
    /// Its name, and the call that made it.
    pub step: Step,
    /// What to show of it beside the name, such as a file pattern.
    pub detail: String,
    /// Whether it is a source or a sink that reaches outside the pipeline; `create` and `materialize` don't.
    pub external: bool,
}
