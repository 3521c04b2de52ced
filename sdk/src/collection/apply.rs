//! Transforms that are made of others.

use std::panic::Location;

use super::PCollection;
use crate::element::Element;

/// A transform made of others, with settings of its own.
///
/// Implement it for a struct of settings that is applied in more than one place; else a function from
/// collection to collection does. Closures of that shape are such transforms too.
///
/// ```
/// use flumen::{PCollection, PTransform, Pipeline};
///
/// struct LongerThan(usize);
///
/// impl PTransform<String> for LongerThan {
///     type Out = String;
///     fn expand(self, input: &PCollection<String>) -> PCollection<String> {
///         input.filter(move |word| word.len() > self.0)
///     }
/// }
///
/// let p = Pipeline::new();
/// p.create(["a", "bcd"]).apply("long words", LongerThan(2));
/// assert!(p.shape()[1].starts_with("long words/filter:"));
/// ```
///
/// Implements `PTransform` of Beam's Java SDK.
pub trait PTransform<T: Element> {
    /// The element type of its result.
    type Out: Element;

    /// Applies the transforms that it is made of.
    fn expand(self, input: &PCollection<T>) -> PCollection<Self::Out>;
}

impl<T: Element, U: Element, F: FnOnce(&PCollection<T>) -> PCollection<U>> PTransform<T> for F {
    type Out = U;
    fn expand(self, input: &PCollection<T>) -> PCollection<U> {
        self(input)
    }
}

impl<T: Element> PCollection<T> {
    /// Applies a transform made of others; its steps stand under `name` in drawings, errors and reports.
    #[track_caller]
    pub fn apply<P: PTransform<T>>(&self, name: &str, transform: P) -> PCollection<P::Out> {
        self.composite(name, Location::caller(), |input| transform.expand(input))
    }
}
