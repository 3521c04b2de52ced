//! The graph for people: as text, for Graphviz, for Mermaid.

use std::fmt::Write;

use super::{Graph, Node};

/// How to draw a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drawing {
    /// A line for each step.
    Text,
    /// The language of Graphviz.
    Dot,
    /// The language of Mermaid.
    Mermaid,
}

impl Graph {
    /// Draws the graph.
    ///
    /// ```
    /// use flumen::{Pipeline, graph::Drawing};
    /// let p = Pipeline::new();
    /// p.range(0..10).map(|x| x * x).named("square").count_globally();
    /// let text = p.draw(Drawing::Text);
    /// assert!(text.contains("square") && text.contains("u64"));
    /// assert!(p.draw(Drawing::Dot).starts_with("digraph"));
    /// assert!(p.draw(Drawing::Mermaid).starts_with("flowchart"));
    /// ```
    #[must_use]
    pub fn draw(&self, drawing: Drawing) -> String {
        let nodes = self.nodes();
        match drawing {
            Drawing::Text => text(&nodes),
            Drawing::Dot => dot(&nodes),
            Drawing::Mermaid => mermaid(&nodes),
        }
    }
}

type Nodes = [std::sync::Arc<Node>];

fn types(node: &Node) -> String {
    node.outputs.iter().map(super::ElementType::short_name).collect::<Vec<_>>().join(", ")
}

fn text(nodes: &Nodes) -> String {
    let mut rows: Vec<[String; 4]> = Vec::new();
    for node in nodes {
        let named = |i: &super::Output| nodes.get(i.node.0).map_or(String::new(), |n| n.step.name.clone());
        let side = |side: &super::Side| format!("{} ({})", named(&side.from), side.spec.kind());
        let inputs: Vec<String> = node.inputs.iter().map(named).chain(node.sides.iter().map(side)).collect();
        let from = if inputs.is_empty() { node.detail.clone() } else { format!("<- {}", inputs.join(", ")) };
        let made = if node.outputs.is_empty() { node.detail.clone() } else { types(node) };
        let place = format!("{}:{}", node.step.location.file(), node.step.location.line());
        rows.push([node.step.name.clone(), from, made, place]);
    }
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (name, from, made) = (width(0), width(1), width(2));
    let mut out = String::new();
    for [a, b, c, d] in &rows {
        let line = format!("{a:name$}  {b:from$}  {c:made$}  {d}");
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

// Writing into a `String` can't fail.
fn dot(nodes: &Nodes) -> String {
    let mut out = String::from("digraph pipeline {\n  rankdir=LR;\n  node [shape=box];\n");
    for node in nodes {
        let label = format!("{}\n{}", node.step.name, node.primitive.name());
        let label = quoted(&label).replace('\n', "\\n");
        let _ = writeln!(out, "  n{} [label=\"{label}\"];", node.id.0);
        for input in &node.inputs {
            let label = nodes.get(input.node.0).map_or(String::new(), |n| quoted(&types(n)));
            let _ = writeln!(out, "  n{} -> n{} [label=\"{label}\"];", input.node.0, node.id.0);
        }
        for side in &node.sides {
            let (from, kind) = (side.from.node.0, side.spec.kind());
            let _ = writeln!(out, "  n{from} -> n{} [label=\"{kind}\", style=dashed];", node.id.0);
        }
    }
    out.push_str("}\n");
    out
}

fn mermaid(nodes: &Nodes) -> String {
    let safe = |text: &str| text.replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;");
    let mut out = String::from("flowchart LR\n");
    for node in nodes {
        let _ = writeln!(out, "  n{}[\"{}\"]", node.id.0, safe(&node.step.name));
        for input in &node.inputs {
            let label = nodes.get(input.node.0).map_or(String::new(), |n| safe(&types(n)));
            let _ = writeln!(out, "  n{} -->|\"{label}\"| n{}", input.node.0, node.id.0);
        }
        for side in &node.sides {
            let _ = writeln!(out, "  n{} -.->|\"{}\"| n{}", side.from.node.0, side.spec.kind(), node.id.0);
        }
    }
    out
}
