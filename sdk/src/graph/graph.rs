//! The nodes of a pipeline, and the names that steps and composites have.

use std::collections::{HashMap, HashSet};
use std::panic::Location;
use std::sync::Arc;

use super::dead_letters::{DeadLetters, Lead};
use super::{ElementType, Node, NodeId, Output, Primitive, Side};
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

/// A node before its name is fixed.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) name: usize,
    pub(super) primitive: Primitive,
    pub(super) inputs: Vec<Output>,
    pub(super) sides: Vec<Side>,
    pub(super) outputs: Vec<ElementType>,
    pub(super) dead_letters: Option<usize>,
    pub(super) detail: String,
    pub(super) external: bool,
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
    pub(super) dead_letters: DeadLetters,
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
        let external = matches!(primitive, Primitive::Read(_) | Primitive::Write(_));
        let (sides, detail) = (Vec::new(), String::new());
        self.nodes.push(Draft {
            name,
            primitive,
            inputs,
            sides,
            outputs,
            dead_letters: None,
            detail,
            external,
        });
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

    /// Lets a node read a collection as a whole, beside its input.
    pub fn add_side(&mut self, node: NodeId, side: Side) {
        if let Some(node) = self.nodes.get_mut(node.0) {
            let known = node.sides.iter().any(|other| other.spec.id() == side.spec.id());
            if !known {
                node.sides.push(side);
            }
        }
    }

    /// Says which output of a node holds the elements that it refused.
    pub fn add_dead_letters(&mut self, node: NodeId, port: usize) {
        if let Some(draft) = self.nodes.get_mut(node.0) {
            draft.dead_letters = Some(port);
            self.dead_letters.add(Output { node, port });
        }
    }

    /// Says that someone looks after the dead letters of an output.
    pub fn claim_dead_letters(&mut self, output: Output) {
        self.dead_letters.claim(output);
    }

    /// Leads all dead letters that no one looks after to a sink.
    pub fn lead_dead_letters(
        &mut self,
        sink: Primitive,
        location: &'static Location<'static>,
        element: ElementType,
        detail: String,
    ) {
        if self.dead_letters.has_sink() {
            let place = format!("{}:{}", location.file(), location.line());
            let message =
                format!("dead_letters at {place}: the pipeline has a sink for its dead letters already");
            return self.fault(BuildError::new(message));
        }
        self.scopes_apart(|graph| {
            graph.enter("dead_letters", location);
            let (flatten, write) = (graph.new_name("flatten", location), graph.new_name("write", location));
            graph.leave();
            graph.dead_letters.lead(Lead { flatten, write, sink, element, detail });
        });
    }

    /// Calls outside of every composite.
    fn scopes_apart(&mut self, call: impl FnOnce(&mut Self)) {
        let scopes = std::mem::take(&mut self.scopes);
        call(self);
        self.scopes = scopes;
    }

    /// Says that a source or sink reaches nothing outside the pipeline: its elements come from, or stay in, memory.
    pub fn keep_inside(&mut self, node: NodeId) {
        if let Some(node) = self.nodes.get_mut(node.0) {
            node.external = false;
        }
    }

    /// Puts another primitive with the same inputs and outputs in the place of a node's.
    pub fn replace(&mut self, node: NodeId, primitive: Primitive) {
        match self.nodes.get_mut(node.0) {
            Some(node) => node.primitive = primitive,
            // The one node with something outside that stands behind the others.
            None => self.dead_letters.replace_sink(primitive),
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
        let led = self.dead_letters.drafts(self.nodes.len());
        let nodes = self.nodes.iter().chain(&led).enumerate().map(|(index, draft)| {
            Arc::new(Node {
                id: NodeId(index),
                primitive: draft.primitive.clone(),
                inputs: draft.inputs.clone(),
                sides: draft.sides.clone(),
                outputs: draft.outputs.clone(),
                dead_letters: draft.dead_letters,
                step: self.step(draft.name),
                detail: draft.detail.clone(),
                external: draft.external,
            })
        });
        nodes.collect()
    }
}
