//! A collection that will be there when the pipeline runs.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

use super::Pipeline;
use crate::element::Element;
use crate::exec::OperatorSpec;
use crate::graph::{Named, Output, Primitive};

/// A collection of elements of type `T` that will be there when the pipeline runs.
///
/// It holds no data: it is a cheap handle that transforms are applied to. Using one twice reads it twice; the
/// steps before it still run once. The transforms are its methods, each in the file of its family.
///
/// ```
/// use flumen::{PCollection, Pipeline};
///
/// fn evens(numbers: &PCollection<u64>) -> PCollection<u64> {
///     numbers.filter(|x| x % 2 == 0)
/// }
///
/// let p = Pipeline::new();
/// evens(&p.range(0..10)).named("evens");
/// assert!(p.shape()[1].starts_with("evens: par_do"));
/// ```
///
/// Implements `PCollection` of Beam's Java SDK.
#[must_use = "a collection that no step reads does nothing: transform it or write it"]
pub struct PCollection<T: Element> {
    pipeline: Pipeline,
    output: Output,
    named: Named,
    element: PhantomData<fn() -> T>,
}

impl<T: Element> PCollection<T> {
    pub(super) fn new(pipeline: Pipeline, output: Output, named: Named) -> Self {
        Self { pipeline, output, named, element: PhantomData }
    }

    /// Names the step that made this collection, in drawings, errors and reports.
    ///
    /// Without a name a step is called after its transform, with a number where there are several. Names are
    /// unique within the composite they are in, and have no `/`; [`Pipeline::check`] says so otherwise.
    pub fn named(self, name: &str) -> Self {
        self.pipeline.rename(self.named, name);
        self
    }

    /// The pipeline it belongs to.
    #[must_use]
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Its place in the graph, for runners and drawings.
    #[must_use]
    pub fn output(&self) -> Output {
        self.output
    }

    pub(crate) fn operator<U: Element>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        operator: impl OperatorSpec + 'static,
    ) -> PCollection<U> {
        self.pipeline.add_operator(kind, location, operator, self.output)
    }

    pub(crate) fn primitive<U: Element>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        primitive: Primitive,
    ) -> PCollection<U> {
        self.pipeline.add_node(kind, location, primitive, vec![self.output])
    }

    /// Builds a composite whose result is a collection.
    pub(crate) fn composite<U: Element>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        build: impl FnOnce(&Self) -> PCollection<U>,
    ) -> PCollection<U> {
        let (built, named) = self.pipeline.composite(kind, location, || build(self));
        PCollection { named, ..built }
    }
}

impl<T: Element> Clone for PCollection<T> {
    fn clone(&self) -> Self {
        Self { pipeline: self.pipeline.clone(), output: self.output, named: self.named, element: PhantomData }
    }
}

impl<T: Element> fmt::Debug for PCollection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.pipeline.node(self.output.node).map_or(String::new(), |node| node.step.name.clone());
        write!(f, "PCollection<{}>({name})", std::any::type_name::<T>())
    }
}
