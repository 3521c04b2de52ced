//! Functions whose failures are an output.

use std::panic::Location;
use std::sync::Arc;

use crate::collection::PCollection;
use crate::element::{Element, Put, Ref};
use crate::error::BoxError;
use crate::exec::Attempt;
use crate::function::{DeadLetter, DoFn, Out, Outcome, ParDoFn, TryMapFn};
use crate::graph::{ElementType, Primitive};

/// The elements that a step has refused: they must go somewhere.
///
/// Take them as a collection by [`letters`](DeadLetters::letters), leave them to the pipeline's one sink for them
/// ([`Pipeline::dead_letters`](crate::collection::Pipeline::dead_letters)) by [`to_pipeline`](DeadLetters::to_pipeline), or say that they
/// don't matter by [`ignore`](DeadLetters::ignore). A pipeline in which nothing looks after them is refused before it runs. However that
/// is, they are counted in the report of the run, and `--max_failures` says how many are too many.
#[must_use = "what the step refuses goes nowhere: use `.letters()`, `.to_pipeline()` or `.ignore()`"]
#[derive(Debug)]
pub struct DeadLetters {
    collection: PCollection<DeadLetter>,
}

impl DeadLetters {
    /// As a collection: to be counted, written, or tried in another way.
    pub fn letters(self) -> PCollection<DeadLetter> {
        self.claim();
        self.collection
    }

    /// Leaves them to the pipeline's sink for dead letters, which must be there when it runs.
    pub fn to_pipeline(self) {}

    /// Drops them; they are only counted.
    pub fn ignore(self) {
        self.claim();
    }

    fn claim(&self) {
        let output = self.collection.output();
        self.collection.pipeline().with_graph(|graph| graph.claim_dead_letters(output));
    }
}

impl<T: Element> PCollection<T> {
    fn attempt<D: DoFn<In = T>>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        function: D,
    ) -> (PCollection<D::Out>, DeadLetters) {
        let primitive = Primitive::ParDo(Arc::new(Attempt::new(function)));
        let types = vec![ElementType::of::<D::Out>(), ElementType::of::<DeadLetter>()];
        let (node, named) =
            self.pipeline().add_outputs(kind, location, primitive, vec![self.output()], types);
        self.pipeline().with_graph(|graph| graph.add_dead_letters(node, Attempt::<D>::DEAD_LETTERS));
        let at = |port| self.pipeline().collection_at(node, port, named);
        (self.pipeline().collection_at(node, 0, named), DeadLetters { collection: at(1) })
    }

    /// Makes one element of each; those for which the closure fails become dead letters, and the rest goes on.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let (numbers, refused) = p.create(["1", "x", "2"]).try_map(|text| text.parse::<u64>());
    /// expect(&numbers).contains_in_any_order([1_u64, 2]);
    /// let told = refused.letters().map(|letter| format!("{}: {}", letter.element, letter.error));
    /// expect(&told).contains_in_any_order([r#""x": invalid digit found in string"#]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// A panic is a failure as well. A failure that may pass, such as a service that can't be reached, is better left to
    /// [`map`](PCollection::map): then the bundle is tried again.
    ///
    /// # Panes and lateness
    /// Keeps each element's timestamp, windows and pane, for the dead letters too.
    ///
    /// Implements `MapElements.exceptionsVia` of Beam's Java SDK.
    #[track_caller]
    pub fn try_map<P, E, F>(&self, f: F) -> (PCollection<P::Elem>, DeadLetters)
    where
        F: Fn(Ref<'_, T>) -> Result<P, E> + Send + Sync + 'static,
        P: Put + 'static,
        E: Into<BoxError> + 'static,
    {
        self.attempt("try_map", Location::caller(), TryMapFn::<F, T, Result<P, E>>::new(f))
    }

    /// Applies a closure that emits; elements for which it fails become dead letters, and the rest goes on.
    ///
    /// What was emitted for an element before it failed is taken back.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::{Pipeline, Result};
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let (numbers, refused) = p.create(["1 2", "3 x"]).try_par_do(|line, out| -> Result<()> {
    ///     for word in line.split(' ') {
    ///         out.emit(word.parse::<u64>()?);
    ///     }
    ///     Ok(())
    /// });
    /// expect(&numbers).contains_in_any_order([1_u64, 2]);
    /// expect(&refused.letters().map(|letter| letter.bytes.clone())).contains_in_any_order([&b"3 x"[..]]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    #[track_caller]
    pub fn try_par_do<U, R, F>(&self, f: F) -> (PCollection<U>, DeadLetters)
    where
        F: Fn(Ref<'_, T>, &mut Out<'_, U>) -> R + Send + Sync + 'static,
        U: Element,
        R: Outcome + 'static,
    {
        self.attempt("try_par_do", Location::caller(), ParDoFn::<F, T, U>::new(f))
    }

    /// Applies a function with a life of its own; elements for which `process` fails become dead letters, and the rest goes on.
    ///
    /// # Errors
    /// A failure of any other call than `process` fails the bundle. The instance stays after a failure of `process`: it must
    /// be fit for the next element.
    #[track_caller]
    pub fn try_par_do_fn<D: DoFn<In = T>>(&self, function: D) -> (PCollection<D::Out>, DeadLetters) {
        self.attempt("try_par_do_fn", Location::caller(), function)
    }
}
