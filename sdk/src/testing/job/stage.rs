//! Sources and sinks of a pipeline taken out, and those of a test put in.

use std::collections::HashMap;
use std::panic::Location;
use std::sync::Arc;

use super::place;
use crate::collection::{Kept, Part, Pipeline};
use crate::error::Result;
use crate::graph::{ElementType, Node, Output, Primitive};
use crate::io::keeping;
use crate::testing::near::near;

/// What stands in for a source.
pub(super) struct Input {
    pub(super) step: String,
    pub(super) location: &'static Location<'static>,
    pub(super) element: ElementType,
    pub(super) primitive: Primitive,
    /// What to show of it in a drawing.
    pub(super) detail: String,
}

/// What is said of a sink.
pub(super) struct Check {
    pub(super) step: String,
    pub(super) location: &'static Location<'static>,
    /// The type that it is about; none: any.
    pub(super) element: Option<ElementType>,
    pub(super) verdict: Verdict,
}

/// Says what is wrong with what a sink was given.
pub(super) type Verdict = Box<dyn FnOnce(&[Part]) -> Result<()>>;

/// The two kinds of steps that a test changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Input,
    Output,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
        }
    }

    fn of(node: &Node) -> Option<Self> {
        match node.primitive {
            Primitive::Read(_) => Some(Self::Input),
            Primitive::Write(_) => Some(Self::Output),
            _ => None,
        }
    }
}

/// Puts a test's values and sinks into a pipeline; returns where the sinks keep what they are given, by step.
///
/// # Errors
/// All that does not fit.
pub(super) fn set(
    pipeline: &Pipeline,
    inputs: Vec<Input>,
    checks: &[Check],
) -> Result<HashMap<String, Arc<Kept>>, Vec<String>> {
    let nodes = Nodes(pipeline.nodes());
    let mut problems = Vec::new();
    let mut replaced: HashMap<String, &'static Location<'static>> = HashMap::new();
    let mut kept = HashMap::new();
    for input in inputs {
        let at = place(input.location);
        if let Some(before) = replaced.insert(input.step.clone(), input.location) {
            let (step, before) = (&input.step, place(before));
            problems.push(format!("the input `{step}` is replaced twice, at {before} and at {at}"));
            continue;
        }
        match nodes.find(Kind::Input, &input.step, Some(&input.element)) {
            Ok(node) => pipeline.replace(node.id, input.primitive, input.detail),
            Err(problem) => problems.push(format!("{problem} ({at})")),
        }
    }
    for check in checks {
        match nodes.find(Kind::Output, &check.step, check.element.as_ref()) {
            Ok(node) => {
                kept.entry(check.step.clone()).or_insert_with(|| {
                    let (primitive, kept) = keeping();
                    pipeline.replace(node.id, primitive, String::new());
                    kept
                });
            }
            Err(problem) => problems.push(format!("{problem} ({})", place(check.location))),
        }
    }
    let named = |node: &Node| {
        let name = &node.step.name;
        replaced.contains_key(name) || checks.iter().any(|check| check.step == *name)
    };
    let left = nodes.0.iter().filter(|node| node.external && !named(node));
    problems.extend(left.filter_map(|node| nodes.forgotten(node)));
    if problems.is_empty() { Ok(kept) } else { Err(problems) }
}

struct Nodes(Vec<Arc<Node>>);

impl Nodes {
    /// The type of the elements that a node reads or writes.
    fn element<'n>(&'n self, node: &'n Node) -> Option<&'n ElementType> {
        let output = |input: &Output| self.0.get(input.node.index())?.outputs.get(input.port);
        node.outputs.first().or_else(|| node.inputs.first().and_then(output))
    }

    /// The node of a kind with this name and, if it is said, this type.
    fn find(&self, kind: Kind, name: &str, given: Option<&ElementType>) -> Result<&Node, String> {
        let node = self.0.iter().find(|node| node.step.name == name);
        let Some(node) = node.filter(|node| Kind::of(node) == Some(kind)) else {
            return Err(self.unknown(kind, name, node.map(Arc::as_ref)));
        };
        match (self.element(node), given) {
            (Some(own), Some(given)) if own != given => {
                let (own, given) = (own.short_name(), given.short_name());
                let what = match kind {
                    Kind::Input => "the values are of",
                    Kind::Output => "what is expected is of",
                };
                Err(format!("the {} `{}` has elements of {own}, but {what} {given}", kind.name(), node.step))
            }
            _ => Ok(node),
        }
    }

    /// What to say of a name that no node of the kind has.
    fn unknown(&self, kind: Kind, name: &str, other: Option<&Node>) -> String {
        let what = kind.name();
        let known =
            self.0.iter().filter(|node| Kind::of(node) == Some(kind)).map(|node| node.step.name.as_str());
        let is = match other {
            Some(node) => format!("the step `{}` is no {what}, but a {}", node.step, node.primitive.name()),
            None => format!("no {what} is called `{name}`"),
        };
        let near = near(name, known.clone()).filter(|_| other.is_none());
        let advice = match (near, known.collect::<Vec<_>>().as_slice()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, []) => format!("the pipeline has no {what}"),
            (None, known) => format!("there are `{}`", known.join("`, `")),
        };
        format!("{is}: {advice}")
    }

    /// What to do about a source or sink that the test does not name.
    fn forgotten(&self, node: &Node) -> Option<String> {
        let element = self.element(node).map(ElementType::short_name).unwrap_or_default();
        let (name, step) = (&node.step.name, &node.step);
        Some(match Kind::of(node)? {
            Kind::Input => format!(
                "the input `{step}` is not replaced: add `.input({name:?}, [..])` with values of {element}"
            ),
            Kind::Output => format!(
                "the output `{step}` is not checked: add `.output({name:?})` and what it is given, of {element}"
            ),
        })
    }
}
