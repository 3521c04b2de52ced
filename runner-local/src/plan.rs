//! From a graph to one chain of operators, with its roots and its ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use flumen::error::{Cause, FnError, RunError, Step};
use flumen::exec::{Keep, OperatorSpec, ShuffleSpec, SideSpec, SinkSpec, SourceSpec};
use flumen::graph::{Node, NodeId, Output, Primitive, Side};

/// How many lanes an exchange has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lanes {
    /// One for each thread.
    Threads,
    /// One for each shard.
    Shards(usize),
}

impl Lanes {
    pub(crate) fn count(self, threads: usize) -> usize {
        match self {
            Self::Threads => threads,
            Self::Shards(shards) => shards,
        }
    }
}

/// What an operator of the chain is made from.
#[derive(Clone)]
pub(crate) enum Make {
    /// Hands on what comes in: a source's batches, the results of a table, what a flatten unites.
    Relay,
    /// A user's function.
    ParDo(Arc<dyn OperatorSpec>),
    /// Gathers an input of a shuffle into this thread's part: an end.
    Gather { spec: Arc<dyn ShuffleSpec>, input: usize },
    /// Sends to the threads that own the lanes: an end.
    Send(Lanes),
    /// Where other threads' batches come in, by lane.
    Receive,
    /// Writes into a sink: an end.
    Write(Arc<dyn SinkSpec>),
}

/// An operator of the chain.
pub(crate) struct Op {
    pub(crate) make: Make,
    pub(crate) step: Arc<Step>,
    /// The node whose rows it counts.
    pub(crate) node: Option<NodeId>,
    /// The side inputs that its step reads.
    pub(crate) sides: Vec<usize>,
    /// Which output holds the elements that it refused.
    pub(crate) dead_letters: Option<usize>,
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
    /// The side inputs that must be ready before its rows can be worked on.
    pub(crate) sides: BTreeSet<usize>,
}

#[derive(Clone)]
pub(crate) enum RootKind {
    /// Pieces of a source, for whichever thread is free.
    Source(Arc<dyn SourceSpec>),
    /// Partitions of what ends have gathered, one end an input, for whichever thread is free.
    Table { spec: Arc<dyn ShuffleSpec>, ends: Vec<usize> },
    /// What other threads send to this one.
    Inbox { end: usize },
}

/// Where rows leave the chain, until they come in again by another root or for good.
pub(crate) struct End {
    pub(crate) op: usize,
    /// The roots that must have ended before this end has seen everything.
    pub(crate) roots: BTreeSet<usize>,
}

/// A collection that must be whole before steps that read it begin.
pub(crate) struct PlanSide {
    pub(crate) spec: Arc<dyn SideSpec>,
    pub(crate) end: usize,
    /// The step that first reads it, for errors.
    pub(crate) step: Arc<Step>,
}

/// How a pipeline runs here: one chain, instantiated on each thread.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) ops: Vec<Op>,
    /// From an operator's output to an operator's input.
    pub(crate) edges: Vec<(usize, usize, usize, usize)>,
    pub(crate) roots: Vec<Root>,
    pub(crate) ends: Vec<End>,
    pub(crate) sides: Vec<PlanSide>,
}

/// An operator and which of its outputs.
type Made = (usize, usize);

fn made(output: &Output, makers: &BTreeMap<NodeId, usize>) -> Option<Made> {
    makers.get(&output.node).map(|op| (*op, output.port))
}

/// Says why a node can't run here.
fn refused(node: &Node, why: &str) -> RunError {
    FnError::new(Cause::Configuration, why).at(&Arc::new(node.step.clone()))
}

impl Plan {
    /// Plans a graph: everything between a root and an end runs as one chain, combines are lifted before the end.
    pub(crate) fn of(nodes: &[Arc<Node>]) -> Result<Self, RunError> {
        let mut plan = Self::default();
        // Which operator makes a node's outputs.
        let mut makers: BTreeMap<NodeId, usize> = BTreeMap::new();
        for node in nodes {
            let sides = plan.sides_of(node, &makers);
            let inputs = node.inputs.iter().filter_map(|input| made(input, &makers)).collect();
            let inputs = plan.apart(node, inputs, &sides);
            let last = plan.add_node(node, &inputs, sides)?;
            makers.insert(node.id, last);
        }
        for (number, root) in plan.roots.iter_mut().enumerate() {
            let member = |(at, op): (usize, &Op)| op.roots.contains(&number).then_some(at);
            root.stage = plan.ops.iter().enumerate().filter_map(member).collect();
        }
        Ok(plan)
    }

    fn add_node(&mut self, node: &Node, inputs: &[Made], sides: Vec<usize>) -> Result<usize, RunError> {
        let last = match &node.primitive {
            Primitive::Read(source) => {
                let op = self.add(node, Make::Relay, inputs, sides);
                self.root(op, RootKind::Source(Arc::clone(source)));
                op
            }
            Primitive::ParDo(spec) => {
                let op = self.add(node, Make::ParDo(Arc::clone(spec)), inputs, sides);
                if let Some(op) = self.ops.get_mut(op) {
                    op.dead_letters = node.dead_letters;
                }
                op
            }
            Primitive::Flatten => self.add(node, Make::Relay, inputs, sides),
            Primitive::Combine(spec) | Primitive::Group(spec) => {
                let mut ends = Vec::with_capacity(inputs.len());
                for (input, from) in inputs.iter().enumerate() {
                    let make = Make::Gather { spec: Arc::clone(spec), input };
                    let gather = self.add(node, make, &[*from], sides.clone());
                    ends.push(self.end(gather));
                }
                self.table(node, spec, ends, sides)
            }
            Primitive::Reshuffle => self.exchange(node, Lanes::Threads, Make::Relay, inputs),
            Primitive::Write(sink) => {
                let write = Make::Write(Arc::clone(sink));
                let write = match sink.shards() {
                    None => self.add(node, write, inputs, sides),
                    Some(0) => {
                        return Err(refused(node, "the sink asks for 0 shards; it needs one at least"));
                    }
                    Some(shards) => {
                        let receive = self.exchange(node, Lanes::Shards(shards), Make::Receive, inputs);
                        // The lane is the number of the output and of the input.
                        let lanes: Vec<Made> = (0..shards).map(|lane| (receive, lane)).collect();
                        self.add(node, write, &lanes, sides)
                    }
                };
                self.end(write);
                write
            }
            other => return Err(refused(node, &format!("the local runner has no `{}` yet", other.name()))),
        };
        Ok(last)
    }

    /// The side inputs of a node, each gathered once however many steps read it.
    fn sides_of(&mut self, node: &Node, makers: &BTreeMap<NodeId, usize>) -> Vec<usize> {
        node.sides.iter().filter_map(|side| self.side(node, side, makers)).collect()
    }

    fn side(&mut self, node: &Node, side: &Side, makers: &BTreeMap<NodeId, usize>) -> Option<usize> {
        let known = self.sides.iter().position(|own| own.spec.id() == side.spec.id());
        known.or_else(|| {
            let end = self.keep(node, made(&side.from, makers)?);
            let (spec, step) = (Arc::clone(&side.spec), Arc::new(node.step.clone()));
            self.sides.push(PlanSide { spec, end, step });
            Some(self.sides.len() - 1)
        })
    }

    /// Keeps what an operator makes until all of it is there; returns the end.
    fn keep(&mut self, node: &Node, from: Made) -> usize {
        let gather = self.add(node, Make::Gather { spec: Arc::new(Keep), input: 0 }, &[from], Vec::new());
        self.counts_nothing(gather);
        self.end(gather)
    }

    /// Makes sure that a node can wait for its side inputs: what comes from a root that these need themselves is kept until
    /// then, so that the root can go on.
    fn apart(&mut self, node: &Node, inputs: Vec<Made>, sides: &[usize]) -> Vec<Made> {
        if sides.is_empty() {
            return inputs;
        }
        let needed = self.needed(sides);
        let apart = |(op, output): Made| {
            let roots = self.ops.get(op).map(|op| op.roots.clone()).unwrap_or_default();
            if roots.is_disjoint(&needed) {
                return (op, output);
            }
            let end = self.keep(node, (op, output));
            let spec: Arc<dyn ShuffleSpec> = Arc::new(Keep);
            let again = self.table(node, &spec, vec![end], Vec::new());
            self.counts_nothing(again);
            (again, 0)
        };
        inputs.into_iter().map(apart).collect()
    }

    /// All roots that side inputs come from, directly or not, and those that such a root waits for.
    fn needed(&self, sides: &[usize]) -> BTreeSet<usize> {
        let mut roots: BTreeSet<usize> = BTreeSet::new();
        let mut ends: Vec<usize> =
            sides.iter().filter_map(|side| self.sides.get(*side)).map(|s| s.end).collect();
        while let Some(end) = ends.pop() {
            for number in self.ends.get(end).into_iter().flat_map(|end| &end.roots) {
                let Some(root) = self.roots.get(*number).filter(|_| roots.insert(*number)) else { continue };
                match &root.kind {
                    RootKind::Source(_) => {}
                    RootKind::Table { ends: own, .. } => ends.extend(own),
                    RootKind::Inbox { end } => ends.push(*end),
                }
                ends.extend(root.sides.iter().filter_map(|side| self.sides.get(*side)).map(|side| side.end));
            }
        }
        roots
    }

    fn add(&mut self, node: &Node, make: Make, inputs: &[Made], sides: Vec<usize>) -> usize {
        let at = self.ops.len();
        let mut roots = BTreeSet::new();
        for (input, (from, output)) in inputs.iter().enumerate() {
            self.edges.push((*from, *output, at, input));
            roots.extend(self.ops.get(*from).into_iter().flat_map(|op| op.roots.iter().copied()));
        }
        for root in &roots {
            if let Some(root) = self.roots.get_mut(*root) {
                root.sides.extend(&sides);
            }
        }
        let step = Arc::new(node.step.clone());
        self.ops.push(Op { make, step, node: Some(node.id), sides, dead_letters: None, roots });
        at
    }

    /// The operator is not one of those that the report of its node counts.
    fn counts_nothing(&mut self, op: usize) {
        if let Some(op) = self.ops.get_mut(op) {
            op.node = None;
        }
    }

    /// Where the results of what ends have gathered come in.
    fn table(
        &mut self,
        node: &Node,
        spec: &Arc<dyn ShuffleSpec>,
        ends: Vec<usize>,
        sides: Vec<usize>,
    ) -> usize {
        let results = self.add(node, Make::Relay, &[], sides.clone());
        let root = self.root(results, RootKind::Table { spec: Arc::clone(spec), ends });
        if let Some(root) = self.roots.get_mut(root) {
            root.sides.extend(sides);
        }
        results
    }

    /// Sends rows to the threads that own the lanes; returns the operator that receives them.
    fn exchange(&mut self, node: &Node, lanes: Lanes, receive: Make, inputs: &[Made]) -> usize {
        let send = self.add(node, Make::Send(lanes), inputs, Vec::new());
        let end = self.end(send);
        let receive = self.add(node, receive, &[], Vec::new());
        self.root(receive, RootKind::Inbox { end });
        receive
    }

    fn root(&mut self, op: usize, kind: RootKind) -> usize {
        if let Some(made) = self.ops.get_mut(op) {
            made.roots.insert(self.roots.len());
        }
        self.roots.push(Root { op, kind, stage: Vec::new(), sides: BTreeSet::new() });
        self.roots.len() - 1
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
            let is_root = |op: &Op| self.ops.get(root.op).is_some_and(|own| std::ptr::eq(own, op));
            let steps: Vec<String> = root
                .stage
                .iter()
                .filter_map(|at| self.ops.get(*at))
                .map(|op| match &op.make {
                    Make::Gather { spec, .. } if op.node.is_none() => {
                        format!("{} ({})", op.step.name, spec.kind())
                    }
                    Make::Gather { .. } => format!("{} (gather)", op.step.name),
                    Make::Send(Lanes::Shards(shards)) => format!("{} (to {shards} shards)", op.step.name),
                    Make::Send(Lanes::Threads) => format!("{} (to all threads)", op.step.name),
                    Make::Receive => format!("{} (from all threads)", op.step.name),
                    Make::Relay if is_root(op) => match &root.kind {
                        RootKind::Table { .. } if op.node.is_none() => format!("{} (kept)", op.step.name),
                        RootKind::Table { .. } => format!("{} (merge)", op.step.name),
                        RootKind::Inbox { .. } => format!("{} (from all threads)", op.step.name),
                        RootKind::Source(_) => op.step.name.clone(),
                    },
                    _ => op.step.name.clone(),
                })
                .collect();
            let waits: Vec<&str> =
                root.sides.iter().filter_map(|side| self.sides.get(*side)).map(|s| s.spec.kind()).collect();
            let waits = if waits.is_empty() {
                String::new()
            } else {
                format!(", once its side inputs are there: {}", waits.join(", "))
            };
            // Writing into a `String` can't fail.
            let _ = writeln!(text, "  stage {}: {}{waits}", number + 1, steps.join(" -> "));
        }
        text
    }
}
