//! What a collection held in a run, to be read when the run is over.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Pipeline;
use crate::coder::{DecodeError, Input};
use crate::element::Element;
use crate::error::{Cause, FnError, RunError};
use crate::graph::{Named, NodeId};

/// A collection that can be read when a run is over, from its report.
///
/// [`PCollection::materialize`](super::PCollection::materialize) makes one. It holds nothing while the pipeline is
/// built, and may outlive the pipeline.
///
/// ```
/// use flumen::Pipeline;
/// use flumen::collection::Materialized;
/// use flumen_local::Local;
///
/// fn build(p: &Pipeline) -> Materialized<u64> {
///     p.range(0..10).count_globally().materialize()
/// }
/// let p = Pipeline::new();
/// let count = build(&p);
/// assert_eq!(Local::new().run(&p)?.wait()?.read(&count)?, [10]);
/// # flumen::Ok(())
/// ```
#[must_use = "read it from the report of a run: `report.read(&materialized)`"]
pub struct Materialized<T: Element> {
    pipeline: Pipeline,
    node: NodeId,
    named: Named,
    kept: Arc<Kept>,
    element: PhantomData<fn() -> T>,
}

impl<T: Element> Materialized<T> {
    pub(crate) fn new(pipeline: Pipeline, (node, named): (NodeId, Named), kept: Arc<Kept>) -> Self {
        Self { pipeline, node, named, kept, element: PhantomData }
    }

    /// Names the step, in drawings, errors and reports.
    pub fn named(self, name: &str) -> Self {
        self.pipeline.rename(self.named, name);
        self
    }

    /// What the collection held in a run.
    pub(crate) fn of_run(&self, run: &str) -> Result<Vec<T>, RunError> {
        let parts = self.kept.of_run(run).ok_or_else(|| {
            let message = "the report is not of a run that kept this collection: read it from the report of a run of \
                           its own pipeline, started after `materialize` was called";
            self.fault(FnError::new(Cause::Configuration, message))
        })?;
        decoded::<T>(&parts).map_err(|e| self.fault(FnError::new(Cause::BadData, e)))
    }

    fn fault(&self, error: FnError) -> RunError {
        match self.pipeline.node(self.node) {
            Some(node) => error.at(&Arc::new(node.step.clone())),
            None => error.into(),
        }
    }
}

impl<T: Element> Clone for Materialized<T> {
    fn clone(&self) -> Self {
        let kept = Arc::clone(&self.kept);
        Self::new(self.pipeline.clone(), (self.node, self.named), kept)
    }
}

impl<T: Element> fmt::Debug for Materialized<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.pipeline.node(self.node).map_or(String::new(), |node| node.step.name.clone());
        write!(f, "Materialized<{}>({name})", std::any::type_name::<T>())
    }
}

/// What one writer kept: it may have written on another machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Parts are in the order of their writers.
    pub(crate) worker: usize,
    /// How many elements it has; their encodings may be empty.
    pub(crate) rows: u64,
    /// The `Debug` text of the first element, for those who don't know the type.
    pub(crate) first: String,
    /// The elements, one encoding after the other.
    pub(crate) bytes: Bytes,
}

/// What the runs of a pipeline kept of one collection, by run.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<HashMap<String, Arc<[Part]>>>);

impl Kept {
    /// Adds what a run kept, all of it.
    pub(crate) fn add(&self, run: &str, mut parts: Vec<Part>) {
        parts.sort_by_key(|part| part.worker);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(run.to_owned(), parts.into());
    }

    /// What a run kept; none if it kept nothing here, not even that there was nothing.
    pub(crate) fn of_run(&self, run: &str) -> Option<Arc<[Part]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(run).cloned()
    }
}

/// The elements of parts, which are of type `T`.
pub(crate) fn decoded<T: Element>(parts: &[Part]) -> Result<Vec<T>, DecodeError> {
    let mut all = Vec::new();
    for part in parts {
        let mut input = Input::new(&part.bytes);
        for _ in 0..part.rows {
            all.push(T::decode(&mut input)?);
        }
    }
    Ok(all)
}
