//! From a graph to one chain of operators, with its roots and its ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use flumen::error::{Cause, FnError, RunError, Step};
use flumen::exec::{CombineSpec, OperatorSpec, SinkSpec, SourceSpec};
use flumen::graph::{Node, NodeId, Output, Primitive};

/// What an operator of the chain is made from.
#[derive(Clone)]
pub(crate) enum Make {
    /// Where a source's batches come in.
    Source,
    /// Unites.
    Flatten,
    /// A user's function.
    ParDo(Arc<dyn OperatorSpec>),
    /// Gathers into this thread's table: an end.
    Partial(Arc<dyn CombineSpec>),
    /// Where a table's partitions come in.
    Merge(Arc<dyn CombineSpec>),
    /// Sends to the threads that own the lanes: an end.
    Send { lanes: usize },
    /// Where other threads' batches come in.
    Receive,
    /// Writes into a sink: an end.
    Write(Arc<dyn SinkSpec>),
}

/// An operator of the chain.
pub(crate) struct Op {
    pub(crate) make: Make,
    pub(crate) step: Arc<Step>,
    pub(crate) node: NodeId,
    /// The roots that its input comes from.
    roots: BTreeSet<usize>,
}

/// Where rows come into the chain.
pub(crate) struct Root {
    /// The operator that takes them.
    pub(crate) op: usize,
    pub(crate) kind: RootKind,
    /// The operators that its rows come to before they leave the chain, by place.
    pub(crate) stage: Vec<usize>,
}

#[derive(Clone)]
pub(crate) enum RootKind {
    /// Pieces of a source, for whichever thread is free.
    Source(Arc<dyn SourceSpec>),
    /// Partitions of the table of an end, for whichever thread is free.
    Table { end: usize },
    /// What other threads send to this one.
    Inbox { end: usize },
}

/// Where rows leave the chain, until they come in again by another root or for good.
pub(crate) struct End {
    pub(crate) op: usize,
    /// The roots that must have ended before this end has seen everything.
    pub(crate) roots: BTreeSet<usize>,
}

/// How a pipeline runs here: one chain, instantiated on each thread.
pub(crate) struct Plan {
    pub(crate) ops: Vec<Op>,
    /// From an operator's output to an operator's input.
    pub(crate) edges: Vec<(usize, usize, usize, usize)>,
    pub(crate) roots: Vec<Root>,
    pub(crate) ends: Vec<End>,
}

/// Says why a node can't run here.
fn refused(node: &Node, why: &str) -> RunError {
    FnError::new(Cause::Configuration, why).at(&Arc::new(node.step.clone()))
}

impl Plan {
    /// Plans a graph: everything between a root and an end runs as one chain, combines are lifted before the end.
    pub(crate) fn of(nodes: &[Arc<Node>]) -> Result<Self, RunError> {
        let mut plan = Self { ops: Vec::new(), edges: Vec::new(), roots: Vec::new(), ends: Vec::new() };
        // Which operator makes a node's output.
        let mut makers: BTreeMap<NodeId, usize> = BTreeMap::new();
        for node in nodes {
            let last = match &node.primitive {
                Primitive::Read(source) => {
                    let op = plan.add(node, Make::Source, &[]);
                    plan.root(op, RootKind::Source(Arc::clone(source)));
                    op
                }
                Primitive::ParDo(spec) => {
                    plan.add(node, Make::ParDo(Arc::clone(spec)), &plan.inputs(node, &makers))
                }
                Primitive::Flatten => plan.add(node, Make::Flatten, &plan.inputs(node, &makers)),
                Primitive::Combine(combine) => {
                    let inputs = plan.inputs(node, &makers);
                    let partial = plan.add(node, Make::Partial(Arc::clone(combine)), &inputs);
                    let end = plan.end(partial);
                    let merge = plan.add(node, Make::Merge(Arc::clone(combine)), &[]);
                    plan.root(merge, RootKind::Table { end });
                    merge
                }
                Primitive::Write(sink) => {
                    let mut inputs = plan.inputs(node, &makers);
                    if let Some(lanes) = sink.shards() {
                        if lanes == 0 {
                            return Err(refused(node, "the sink asks for 0 shards; it needs one at least"));
                        }
                        let send = plan.add(node, Make::Send { lanes }, &inputs);
                        let end = plan.end(send);
                        let receive = plan.add(node, Make::Receive, &[]);
                        plan.root(receive, RootKind::Inbox { end });
                        // The lane is the number of the output and of the input.
                        inputs = (0..lanes).map(|lane| (receive, lane)).collect();
                    }
                    let write = plan.add(node, Make::Write(Arc::clone(sink)), &inputs);
                    plan.end(write);
                    write
                }
                other => {
                    return Err(refused(node, &format!("the local runner has no `{}` yet", other.name())));
                }
            };
            makers.insert(node.id, last);
        }
        for (number, root) in plan.roots.iter_mut().enumerate() {
            let member = |(at, op): (usize, &Op)| op.roots.contains(&number).then_some(at);
            root.stage = plan.ops.iter().enumerate().filter_map(member).collect();
        }
        Ok(plan)
    }

    fn inputs(&self, node: &Node, makers: &BTreeMap<NodeId, usize>) -> Vec<(usize, usize)> {
        let made = |input: &Output| makers.get(&input.node).map(|op| (*op, input.port));
        node.inputs.iter().filter_map(made).collect()
    }

    fn add(&mut self, node: &Node, make: Make, inputs: &[(usize, usize)]) -> usize {
        let at = self.ops.len();
        let mut roots = BTreeSet::new();
        for (input, (from, output)) in inputs.iter().enumerate() {
            self.edges.push((*from, *output, at, input));
            roots.extend(self.ops.get(*from).into_iter().flat_map(|op| op.roots.iter().copied()));
        }
        self.ops.push(Op { make, step: Arc::new(node.step.clone()), node: node.id, roots });
        at
    }

    fn root(&mut self, op: usize, kind: RootKind) {
        if let Some(made) = self.ops.get_mut(op) {
            made.roots.insert(self.roots.len());
        }
        self.roots.push(Root { op, kind, stage: Vec::new() });
    }

    fn end(&mut self, op: usize) -> usize {
        let roots = self.ops.get(op).map(|op| op.roots.clone()).unwrap_or_default();
        self.ends.push(End { op, roots });
        self.ends.len() - 1
    }

    /// The plan for people: each root, and the steps that run with it before the next exchange.
    pub(crate) fn explain(&self, threads: usize) -> String {
        let mut text = format!("local, {threads} threads\n");
        for (number, root) in self.roots.iter().enumerate() {
            let steps: Vec<String> = root
                .stage
                .iter()
                .filter_map(|at| self.ops.get(*at))
                .map(|op| match &op.make {
                    Make::Partial(_) => format!("{} (gather)", op.step.name),
                    Make::Merge(_) => format!("{} (merge)", op.step.name),
                    Make::Send { lanes } => format!("{} (to {lanes} shards)", op.step.name),
                    Make::Receive => format!("{} (from all threads)", op.step.name),
                    _ => op.step.name.clone(),
                })
                .collect();
            // Writing into a `String` can't fail.
            let _ = writeln!(text, "  stage {}: {}", number + 1, steps.join(" -> "));
        }
        text
    }
}
