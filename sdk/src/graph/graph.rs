//! The nodes of a pipeline, and the names that steps and composites have.

use std::collections::{HashMap, HashSet};
use std::panic::Location;
use std::sync::Arc;

use super::{ElementType, Node, NodeId, Output, Primitive};
use crate::error::{BuildError, Step};

/// What a name belongs to: a node or a composite of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named(usize);

#[derive(Debug)]
struct Name {
    parent: Option<usize>,
    own: String,
    location: &'static Location<'static>,
}

#[derive(Debug)]
struct Draft {
    name: usize,
    primitive: Primitive,
    inputs: Vec<Output>,
    outputs: Vec<ElementType>,
    detail: String,
}

/// Whether a full name can be made of it and others, so that no two are the same.
fn is_name(own: &str) -> bool {
    !own.is_empty() && !own.contains('/')
}

/// A pipeline's nodes; an input always comes from a node that was added before.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Draft>,
    names: Vec<Name>,
    /// The own names that are taken in each composite.
    taken: HashSet<(Option<usize>, String)>,
    /// By composite and kind: the names numbered up to this are taken.
    numbered: HashMap<(Option<usize>, String), usize>,
    /// The composites that are being built, the innermost last.
    scopes: Vec<usize>,
    pub(super) faults: Vec<BuildError>,
}

impl Graph {
    /// An empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node that is named after its kind of transform; returns its place and its name.
    pub fn add(
        &mut self,
        kind: &str,
        location: &'static Location<'static>,
        primitive: Primitive,
        inputs: Vec<Output>,
        outputs: Vec<ElementType>,
    ) -> (NodeId, Named) {
        let name = self.new_name(kind, location);
        let id = NodeId(self.nodes.len());
        self.nodes.push(Draft { name, primitive, inputs, outputs, detail: String::new() });
        (id, Named(name))
    }

    /// Starts a composite: what is added until [`Graph::leave`] belongs to it.
    pub fn enter(&mut self, kind: &str, location: &'static Location<'static>) -> Named {
        let name = self.new_name(kind, location);
        if !is_name(kind) {
            self.misnamed(name, kind);
        }
        self.scopes.push(name);
        Named(name)
    }

    /// Ends the composite started last.
    pub fn leave(&mut self) {
        self.scopes.pop();
    }

    /// Names after their kind, numbered within the composite they are in.
    fn new_name(&mut self, kind: &str, location: &'static Location<'static>) -> usize {
        let parent = self.scopes.last().copied();
        // Inside a composite, the place to show is where the composite was applied.
        let location = self.scopes.first().and_then(|s| self.names.get(*s)).map_or(location, |s| s.location);
        let mut key = (parent, kind.to_owned());
        let ordinal = self.numbered.entry(key.clone()).or_default();
        if *ordinal > 0 {
            key.1 = format!("{kind}-{}", *ordinal + 1);
        }
        // Looked at from the last one given, so that a thousand steps of a kind are not compared with each other.
        while !self.taken.insert(key.clone()) {
            *ordinal += 1;
            key.1 = format!("{kind}-{}", *ordinal + 1);
        }
        self.names.push(Name { parent, own: key.1, location });
        self.names.len() - 1
    }

    /// Gives a node or composite the name that the user wants.
    pub fn rename(&mut self, named: Named, own: &str) {
        let Some(parent) = self.names.get(named.0).map(|name| name.parent) else { return };
        let mine = self.names.get(named.0).is_some_and(|name| name.own == own);
        if !mine && self.taken.contains(&(parent, own.to_owned())) {
            let step = self.step(named.0);
            self.faults
                .push(BuildError::at(step, format!("named `{own}`, as another step is; names are unique")));
        } else if !is_name(own) {
            self.misnamed(named.0, own);
        } else if let Some(name) = self.names.get_mut(named.0) {
            self.taken.insert((parent, own.to_owned()));
            let before = std::mem::replace(&mut name.own, own.to_owned());
            if before != own {
                self.taken.remove(&(parent, before));
                // What was taken may be free again.
                self.numbered.clear();
            }
        }
    }

    fn misnamed(&mut self, name: usize, own: &str) {
        let step = self.step(name);
        self.faults.push(BuildError::at(step, format!("named `{own}`; a name has characters, but no `/`")));
    }

    /// Says what to show of a node beside its name.
    pub fn describe(&mut self, node: NodeId, detail: String) {
        if let Some(node) = self.nodes.get_mut(node.0) {
            node.detail = detail;
        }
    }

    /// Remembers a mistake until [`Graph::check`].
    pub fn fault(&mut self, error: BuildError) {
        self.faults.push(error);
    }

    fn full_name(&self, name: usize) -> String {
        let Some(Name { parent, own, .. }) = self.names.get(name) else { return String::new() };
        match parent {
            Some(parent) => format!("{}/{own}", self.full_name(*parent)),
            None => own.clone(),
        }
    }

    fn step(&self, name: usize) -> Step {
        Step { name: self.full_name(name), location: self.location(name) }
    }

    fn location(&self, name: usize) -> &'static Location<'static> {
        self.names.get(name).map_or(Location::caller(), |name| name.location)
    }

    /// Whether it has no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The nodes in the order in which they were added, with their names of now.
    #[must_use]
    pub fn nodes(&self) -> Vec<Arc<Node>> {
        let nodes = self.nodes.iter().enumerate().map(|(index, draft)| {
            Arc::new(Node {
                id: NodeId(index),
                primitive: draft.primitive.clone(),
                inputs: draft.inputs.clone(),
                outputs: draft.outputs.clone(),
                step: self.step(draft.name),
                detail: draft.detail.clone(),
            })
        });
        nodes.collect()
    }
}
