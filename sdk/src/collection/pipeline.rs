//! The pipeline under construction.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::element::Element;
use crate::error::BuildError;
use crate::exec::{OperatorSpec, SourceSpec};
use crate::graph::{Drawing, ElementType, Fingerprint, Graph, Named, Node, NodeId, Output, Primitive};

use super::PCollection;

/// A pipeline under construction: sources are read from it, and everything else follows from those.
///
/// It is a cheap handle; clones build the same pipeline. Nothing runs until a runner is given it.
///
/// ```
/// use flumen::Pipeline;
/// use flumen_local::Local;
///
/// let p = Pipeline::new();
/// p.range(0..1000).filter(|x| x % 7 == 0).named("sevenths");
/// let report = Local::new().run(&p)?.wait()?;
/// assert_eq!(report.step("sevenths").unwrap().rows_out, 143);
/// # flumen::Ok(())
/// ```
#[derive(Clone, Default)]
pub struct Pipeline {
    graph: Arc<Mutex<Graph>>,
}

impl Pipeline {
    /// An empty pipeline.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn graph(&self) -> MutexGuard<'_, Graph> {
        self.graph.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The nodes, for a runner.
    #[must_use]
    pub fn nodes(&self) -> Vec<Arc<Node>> {
        self.graph().nodes()
    }

    /// Finds the first mistake in the pipeline.
    ///
    /// # Errors
    /// A name given twice, a source that nothing reads, a pipeline without steps.
    pub fn check(&self) -> Result<(), BuildError> {
        self.graph().check()
    }

    /// The pipeline's shape as a number.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.graph().fingerprint()
    }

    /// The pipeline's shape, a line a step: where the shapes of two builds can be compared.
    #[must_use]
    pub fn shape(&self) -> Vec<String> {
        self.graph().shape()
    }

    /// Draws the pipeline.
    #[must_use]
    pub fn draw(&self, drawing: Drawing) -> String {
        self.graph().draw(drawing)
    }

    /// Adds a source of `T`.
    pub(crate) fn add_read<T: Element>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        source: Arc<dyn SourceSpec>,
        detail: String,
    ) -> PCollection<T> {
        let (id, named) = self.graph().add(
            kind,
            location,
            Primitive::Read(source),
            Vec::new(),
            vec![ElementType::of::<T>()],
        );
        self.graph().describe(id, detail);
        PCollection::new(self.clone(), Output { node: id, port: 0 }, named)
    }

    /// Adds a node with one output of `U`.
    pub(crate) fn add_node<U: Element>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        primitive: Primitive,
        inputs: Vec<Output>,
    ) -> PCollection<U> {
        let (id, named) = self.graph().add(kind, location, primitive, inputs, vec![ElementType::of::<U>()]);
        PCollection::new(self.clone(), Output { node: id, port: 0 }, named)
    }

    /// Adds a function's node with one output of `U`.
    pub(crate) fn add_operator<U: Element>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        operator: impl OperatorSpec + 'static,
        input: Output,
    ) -> PCollection<U> {
        self.add_node(kind, location, Primitive::ParDo(Arc::new(operator)), vec![input])
    }

    /// Adds a node with several outputs; returns its place and its name.
    pub(crate) fn add_outputs(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        primitive: Primitive,
        inputs: Vec<Output>,
        outputs: Vec<ElementType>,
    ) -> (NodeId, Named) {
        self.graph().add(kind, location, primitive, inputs, outputs)
    }

    /// The collection at an output of a node, whose elements are `U`s.
    pub(crate) fn collection_at<U: Element>(
        &self,
        node: NodeId,
        port: usize,
        named: Named,
    ) -> PCollection<U> {
        PCollection::new(self.clone(), Output { node, port }, named)
    }

    /// Changes the graph.
    pub(crate) fn with_graph<R>(&self, change: impl FnOnce(&mut Graph) -> R) -> R {
        change(&mut self.graph())
    }

    /// Adds a node without output.
    pub(crate) fn add_end(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        primitive: Primitive,
        input: Output,
        detail: String,
    ) -> (NodeId, Named) {
        let mut graph = self.graph();
        let (id, named) = graph.add(kind, location, primitive, vec![input], Vec::new());
        graph.describe(id, detail);
        (id, named)
    }

    /// Says that a source or sink reaches nothing outside the pipeline.
    pub(crate) fn keep_inside(&self, node: NodeId) {
        self.graph().keep_inside(node);
    }

    /// Puts another source or sink of the same elements, which reaches nothing outside, in the place of one.
    pub(crate) fn replace(&self, node: NodeId, primitive: Primitive, detail: String) {
        let mut graph = self.graph();
        graph.replace(node, primitive);
        graph.describe(node, detail);
        graph.keep_inside(node);
    }

    /// Builds a composite: what `build` adds stands under its name.
    pub(crate) fn composite<R>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        build: impl FnOnce() -> R,
    ) -> (R, Named) {
        let named = self.graph().enter(kind, location);
        let built = build();
        self.graph().leave();
        (built, named)
    }

    pub(crate) fn rename(&self, named: Named, name: &str) {
        self.graph().rename(named, name);
    }

    pub(crate) fn fault(&self, error: BuildError) {
        self.graph().fault(error);
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.graph, &other.graph)
    }

    /// The node of an output, for messages.
    pub(crate) fn node(&self, id: NodeId) -> Option<Arc<Node>> {
        self.nodes().into_iter().find(|node| node.id == id)
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.draw(Drawing::Text))
    }
}
