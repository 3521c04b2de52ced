//! Where the elements go that steps refused: to whoever looks after them, or to one sink of the pipeline.

use super::graph::Draft;
use super::{ElementType, NodeId, Output, Primitive};

/// The outputs that hold dead letters, and where those go that no one looks after.
#[derive(Debug, Default)]
pub(super) struct DeadLetters {
    outputs: Vec<(Output, Claimed)>,
    lead: Option<Lead>,
}

type Claimed = bool;

/// The sink of all dead letters that no one looks after, and the names of the nodes that lead there.
#[derive(Debug)]
pub(super) struct Lead {
    pub(super) flatten: usize,
    pub(super) write: usize,
    pub(super) sink: Primitive,
    pub(super) element: ElementType,
    pub(super) detail: String,
}

impl DeadLetters {
    pub(super) fn add(&mut self, output: Output) {
        self.outputs.push((output, false));
    }

    pub(super) fn claim(&mut self, output: Output) {
        self.outputs.iter_mut().filter(|(own, _)| *own == output).for_each(|(_, claimed)| *claimed = true);
    }

    pub(super) fn lead(&mut self, lead: Lead) {
        self.lead = Some(lead);
    }

    pub(super) fn has_sink(&self) -> bool {
        self.lead.is_some()
    }

    /// Puts another sink in the place of the one that all unclaimed letters go to.
    pub(super) fn replace_sink(&mut self, sink: Primitive) {
        if let Some(lead) = &mut self.lead {
            lead.sink = sink;
        }
    }

    /// The outputs that no one looks after.
    fn unclaimed(&self) -> impl Iterator<Item = Output> + '_ {
        self.outputs.iter().filter(|(_, claimed)| !claimed).map(|(output, _)| *output)
    }

    /// An output whose letters would be lost.
    pub(super) fn lost(&self) -> Option<Output> {
        if self.has_sink() { None } else { self.unclaimed().next() }
    }

    /// The nodes that lead unclaimed letters to the sink, after so many others.
    pub(super) fn drafts(&self, nodes: usize) -> Vec<Draft> {
        let inputs: Vec<Output> = self.unclaimed().collect();
        let Some(Lead { flatten, write, sink, element, detail }) = &self.lead else { return Vec::new() };
        if inputs.is_empty() {
            return Vec::new();
        }
        let draft = |name: usize, primitive: Primitive, inputs, outputs, detail| Draft {
            external: matches!(primitive, Primitive::Write(_)),
            name,
            primitive,
            inputs,
            sides: Vec::new(),
            outputs,
            dead_letters: None,
            detail,
        };
        let all = Output { node: NodeId(nodes), port: 0 };
        vec![
            draft(*flatten, Primitive::Flatten, inputs, vec![element.clone()], String::new()),
            draft(*write, sink.clone(), vec![all], Vec::new(), detail.clone()),
        ]
    }
}
