//! Several collections out of one.

use std::panic::Location;
use std::sync::Arc;

use crate::collection::PCollection;
use crate::element::{Element, Ref};
use crate::exec::{OperatorSpec, ParDo, PartitionBy};
use crate::function::{MultiDoFn, Out, Outcome, Outlets, ParDo2Fn, ParDo3Fn, ParDo4Fn};
use crate::graph::{ElementType, Named, NodeId, Primitive};

/// The collections that a function with several outputs makes.
pub trait Collections: Outlets {
    /// A [`PCollection`] for each output.
    type Collections;

    /// The types of the outputs.
    fn types() -> Vec<ElementType>;

    /// The collections at the outputs of a node.
    fn collections<T: Element>(from: &PCollection<T>, node: NodeId, named: Named) -> Self::Collections;
}

macro_rules! collections {
    ($($($name:ident $at:tt),+;)*) => {$(
        impl<$($name: Element),+> Collections for ($($name,)+) {
            type Collections = ($(PCollection<$name>,)+);

            fn types() -> Vec<ElementType> {
                vec![$(ElementType::of::<$name>()),+]
            }

            fn collections<T: Element>(from: &PCollection<T>, node: NodeId, named: Named) -> Self::Collections {
                ($(from.pipeline().collection_at::<$name>(node, $at, named),)+)
            }
        }
    )*};
}

collections! {
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
}

impl<T: Element> PCollection<T> {
    fn with_outputs<O: Collections>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        operator: impl OperatorSpec + 'static,
    ) -> O::Collections {
        let primitive = Primitive::ParDo(Arc::new(operator));
        let (node, named) =
            self.pipeline().add_outputs(kind, location, primitive, vec![self.output()], O::types());
        O::collections(self, node, named)
    }

    /// Applies a closure with two outputs, each of its own type.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let (numbers, words) = p.create(["1", "one", "2"]).par_do2(|text, numbers, words| match text.parse::<u64>() {
    ///     Ok(number) => numbers.emit(number),
    ///     Err(_) => words.emit(text),
    /// });
    /// expect(&numbers).contains_in_any_order([1_u64, 2]);
    /// expect(&words).contains_in_any_order(["one"]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// What is emitted decides the types of the outputs. An output that gets nothing is an empty collection; one that no step
    /// reads costs nothing. [`try_map`](PCollection::try_map) has an output for what fails.
    ///
    /// # Errors
    /// An error or panic of the closure fails the run, with the step, its source line and the element.
    ///
    /// Implements `ParDo.withOutputTags` of Beam's Java SDK; the tags are the places in the tuple.
    #[track_caller]
    pub fn par_do2<A, B, R, F>(&self, f: F) -> (PCollection<A>, PCollection<B>)
    where
        F: Fn(Ref<'_, T>, &mut Out<'_, A>, &mut Out<'_, B>) -> R + Send + Sync + 'static,
        A: Element,
        B: Element,
        R: Outcome + 'static,
    {
        let operator = ParDo::multi(ParDo2Fn::<F, T, A, B>::new(f));
        self.with_outputs::<(A, B)>("par_do2", Location::caller(), operator)
    }

    /// As [`par_do2`](PCollection::par_do2), with three outputs.
    #[track_caller]
    pub fn par_do3<A, B, C, R, F>(&self, f: F) -> (PCollection<A>, PCollection<B>, PCollection<C>)
    where
        F: Fn(Ref<'_, T>, &mut Out<'_, A>, &mut Out<'_, B>, &mut Out<'_, C>) -> R + Send + Sync + 'static,
        A: Element,
        B: Element,
        C: Element,
        R: Outcome + 'static,
    {
        let operator = ParDo::multi(ParDo3Fn::<F, T, A, B, C>::new(f));
        self.with_outputs::<(A, B, C)>("par_do3", Location::caller(), operator)
    }

    /// As [`par_do2`](PCollection::par_do2), with four outputs.
    #[track_caller]
    #[allow(clippy::type_complexity)]
    pub fn par_do4<A, B, C, D, R, F>(
        &self,
        f: F,
    ) -> (PCollection<A>, PCollection<B>, PCollection<C>, PCollection<D>)
    where
        F: Fn(Ref<'_, T>, &mut Out<'_, A>, &mut Out<'_, B>, &mut Out<'_, C>, &mut Out<'_, D>) -> R
            + Send
            + Sync
            + 'static,
        A: Element,
        B: Element,
        C: Element,
        D: Element,
        R: Outcome + 'static,
    {
        let operator = ParDo::multi(ParDo4Fn::<F, T, A, B, C, D>::new(f));
        self.with_outputs::<(A, B, C, D)>("par_do4", Location::caller(), operator)
    }

    /// Applies a function with a life of its own and several outputs.
    ///
    /// # Errors
    /// An error or panic of the function fails the run, with the step, its source line and the element.
    #[track_caller]
    pub fn par_do_multi<D: MultiDoFn<In = T, Outs: Collections>>(
        &self,
        function: D,
    ) -> <D::Outs as Collections>::Collections {
        self.with_outputs::<D::Outs>("par_do_multi", Location::caller(), ParDo::multi(function))
    }

    /// Deals the elements out to `N` collections: the closure says to which one, from 0.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let [even, odd] = p.range(0..5).partition(|n| (n % 2) as usize);
    /// expect(&even).contains_in_any_order([0_u64, 2, 4]);
    /// expect(&odd).contains_in_any_order([1_u64, 3]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// # Errors
    /// A number of `N` or more fails the run, with the step, its source line and the element.
    ///
    /// # Panes and lateness
    /// Keeps each element's timestamp, windows and pane.
    ///
    /// Implements `Partition` of Beam's Java SDK.
    #[track_caller]
    pub fn partition<const N: usize>(
        &self,
        to: impl Fn(Ref<'_, T>) -> usize + Send + Sync + 'static,
    ) -> [PCollection<T>; N] {
        let primitive = Primitive::ParDo(Arc::new(PartitionBy::<_, T>::new(N, to)));
        let types = vec![ElementType::of::<T>(); N];
        let (node, named) = self.pipeline().add_outputs(
            "partition",
            Location::caller(),
            primitive,
            vec![self.output()],
            types,
        );
        std::array::from_fn(|port| self.pipeline().collection_at(node, port, named))
    }
}
