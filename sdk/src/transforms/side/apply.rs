//! Transforms that read side inputs.

#![allow(clippy::needless_pass_by_value, reason = "sides are given as a tuple of references")]

use std::panic::Location;
use std::sync::Arc;

use super::{Side, SideKind};
use crate::collection::{PCollection, Pipeline};
use crate::element::{Element, Key, Put, Ref};
use crate::error::BuildError;
use crate::exec::{CombineWithSides, GlobalCombine, KeyedCombine, OperatorSpec, ParDo, Relay, ShuffleSpec};
use crate::function::{
    CombineFn, DoFn, FilterSidesFn, FlatMapSidesFn, MapSidesFn, Out, Outcome, ParDoSidesFn, Returns,
    SideInput, Views,
};
use crate::graph::{self, NodeId, Primitive};

/// The side inputs that a transform is given: `&side`, or a tuple of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no side input",
    label = "not a side input, nor a tuple of them",
    note = "make one of a collection: `&rates.as_map()`, `.as_multimap()`, `.as_list()`, `.as_singleton()`; several are a tuple: `(&a, &b)`"
)]
pub trait GivenSides {
    /// What a function reads.
    type Sides: SideInput;

    /// The handles.
    fn sides(&self) -> Self::Sides;

    /// As a graph has them, with the pipeline each belongs to.
    fn each(&self, add: &mut dyn FnMut(&Pipeline, graph::Side));
}

impl<S: SideKind> GivenSides for &Side<S> {
    type Sides = Side<S>;

    fn sides(&self) -> Side<S> {
        (*self).clone()
    }

    fn each(&self, add: &mut dyn FnMut(&Pipeline, graph::Side)) {
        add(self.collection.pipeline(), self.as_node_side());
    }
}

macro_rules! given {
    ($($($name:ident $at:tt),+;)*) => {$(
        impl<$($name: GivenSides),+> GivenSides for ($($name,)+) {
            type Sides = ($($name::Sides,)+);

            fn sides(&self) -> Self::Sides {
                ($(self.$at.sides(),)+)
            }

            fn each(&self, add: &mut dyn FnMut(&Pipeline, graph::Side)) {
                $(self.$at.each(add);)+
            }
        }
    )*};
}

given! {
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
}

/// Gives a node its side inputs.
pub(in crate::transforms) fn attach<S: GivenSides>(
    pipeline: &Pipeline,
    node: NodeId,
    sides: &S,
    location: &'static Location<'static>,
) {
    sides.each(&mut |own, side| {
        if own.is_same(pipeline) {
            pipeline.with_graph(|graph| graph.add_side(node, side));
        } else {
            let place = format!("{}:{}", location.file(), location.line());
            pipeline.fault(BuildError::new(format!("{place}: a side input belongs to another pipeline")));
        }
    });
}

impl<T: Element> PCollection<T> {
    fn with_sides<U: Element, S: GivenSides>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        sides: &S,
        operator: impl OperatorSpec + 'static,
    ) -> PCollection<U> {
        let made: PCollection<U> = self.operator(kind, location, operator);
        attach(self.pipeline(), made.output().node, sides, location);
        made
    }

    /// Makes one element of each, beside side inputs.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let (least, names) = (p.create([2_u64]).as_singleton(), p.create([(3_u64, "three")]).as_map());
    /// let told = p.create([1_u64, 3]).map_with((&least, &names), |n, (least, names)| {
    ///     format!("{} {}", n >= least, names.get(n).unwrap_or("?"))
    /// });
    /// expect(&told).contains_in_any_order(["false ?", "true three"]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// # Errors
    /// An error or panic of the closure fails the run, with the step, its source line and the element.
    #[track_caller]
    pub fn map_with<S, R, F>(&self, sides: S, f: F) -> PCollection<R::Elem>
    where
        S: GivenSides,
        F: for<'a, 'b> Fn(Ref<'a, T>, <S::Sides as SideInput>::View<'b>) -> R + Send + Sync + 'static,
        R: Returns + 'static,
    {
        let f = MapSidesFn::<_, _, T, R>::new(sides.sides(), f);
        self.with_sides("map_with", Location::caller(), &sides, ParDo::new(f))
    }

    /// Makes any number of elements of each, beside side inputs.
    ///
    /// # Errors
    /// A panic of the closure fails the run, with the step, its source line and the element.
    #[track_caller]
    pub fn flat_map_with<S, I, F>(&self, sides: S, f: F) -> PCollection<<I::Item as Put>::Elem>
    where
        S: GivenSides,
        F: for<'a, 'b> Fn(Ref<'a, T>, <S::Sides as SideInput>::View<'b>) -> I + Send + Sync + 'static,
        I: IntoIterator + 'static,
        I::Item: Put,
    {
        let f = FlatMapSidesFn::<_, _, T, I>::new(sides.sides(), f);
        self.with_sides("flat_map_with", Location::caller(), &sides, ParDo::new(f))
    }

    /// Keeps the elements for which the closure says so, beside side inputs.
    ///
    /// # Errors
    /// A panic of the closure fails the run, with the step, its source line and the element.
    #[track_caller]
    pub fn filter_with<S, F>(&self, sides: S, keep: F) -> PCollection<T>
    where
        S: GivenSides,
        F: for<'a, 'b> Fn(Ref<'a, T>, <S::Sides as SideInput>::View<'b>) -> bool + Send + Sync + 'static,
    {
        let f = FilterSidesFn::<_, _, T, bool>::new(sides.sides(), keep);
        self.with_sides("filter_with", Location::caller(), &sides, ParDo::new(f))
    }

    /// Applies a closure that emits, beside side inputs.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let known = p.create([("a", 1_u64)]).as_map();
    /// let found = p.create(["a b", "c a"]).par_do_with(&known, |line, known, out| {
    ///     line.split(' ').filter(|word| known.contains_key(word)).for_each(|word| out.emit(word));
    /// });
    /// expect(&found).contains_in_any_order(["a", "a"]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// # Errors
    /// An error or panic of the closure fails the run, with the step, its source line and the element.
    #[track_caller]
    pub fn par_do_with<S, U, R, F>(&self, sides: S, f: F) -> PCollection<U>
    where
        S: GivenSides,
        F: for<'a, 'b> Fn(Ref<'a, T>, <S::Sides as SideInput>::View<'b>, &mut Out<'_, U>) -> R
            + Send
            + Sync
            + 'static,
        U: Element,
        R: Outcome + 'static,
    {
        let f = ParDoSidesFn::<_, _, T, U>::new(sides.sides(), f);
        self.with_sides("par_do_with", Location::caller(), &sides, ParDo::new(f))
    }

    /// Applies a function with a life of its own, which reads side inputs by [`Out::side`].
    ///
    /// # Errors
    /// An error or panic of the function fails the run, with the step, its source line and the element.
    #[track_caller]
    pub fn par_do_fn_with<S: GivenSides, D: DoFn<In = T>>(
        &self,
        sides: S,
        function: D,
    ) -> PCollection<D::Out> {
        self.with_sides("par_do_fn_with", Location::caller(), &sides, ParDo::new(function))
    }

    /// Combines all elements by a function that is made of side inputs, once they are ready.
    ///
    /// # Errors
    /// An error or panic of the function fails the run, with the step, its source line and the element.
    ///
    /// Implements `CombineWithContext` of Beam's Java SDK.
    #[track_caller]
    pub fn combine_globally_with<S, C, F>(&self, sides: S, make: F) -> PCollection<C::Out>
    where
        S: GivenSides,
        S::Sides: 'static,
        C: CombineFn<In = T>,
        F: for<'a> Fn(<S::Sides as SideInput>::View<'a>) -> C + Send + Sync + 'static,
    {
        let location = Location::caller();
        let own = sides.sides();
        let spec = CombineWithSides::new(false, move |views: &Views| {
            Ok(Box::new(GlobalCombine::new(make(own.read(views)?))) as Box<dyn ShuffleSpec>)
        });
        let made = self.primitive("combine_globally_with", location, Primitive::Combine(Arc::new(spec)));
        attach(self.pipeline(), made.output().node, &sides, location);
        made
    }

    /// Hands the elements on once another collection is whole: everything it holds has been worked on then.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let cleared = p.create(["a", "b"]).inspect(|table| println!("clear {table}"));
    /// let rows = p.create([1_u64, 2]).wait_on(&cleared);
    /// expect(&rows).contains_in_any_order([1_u64, 2]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// # Panes and lateness
    /// Keeps each element's timestamp, windows and pane.
    ///
    /// Implements `Wait.on` of Beam's Java SDK.
    #[track_caller]
    pub fn wait_on<U: Element>(&self, signal: &PCollection<U>) -> PCollection<T> {
        let location = Location::caller();
        self.composite("wait_on", location, |all| {
            let done = signal.count_globally().as_singleton();
            all.with_sides("hold", location, &&done, Relay)
        })
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// Combines the values of each key by a function that is made of side inputs, once they are ready.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::{CombineFn, Pipeline, Result};
    /// # use flumen_local::Local;
    /// struct Scaled(u64);
    /// impl CombineFn for Scaled {
    ///     type In = u64;
    ///     type Accum = u64;
    ///     type Out = u64;
    ///     fn add(&self, sum: &mut u64, n: u64) -> Result<()> {
    ///         *sum += n * self.0;
    ///         Ok(())
    ///     }
    ///     fn merge(&self, sum: &mut u64, other: u64) -> Result<()> {
    ///         *sum += other;
    ///         Ok(())
    ///     }
    ///     fn extract(&self, sum: u64) -> Result<u64> {
    ///         Ok(sum)
    ///     }
    /// }
    ///
    /// let p = Pipeline::new();
    /// let factor = p.create([10_u64]).as_singleton();
    /// let scaled = p.create([("a", 1_u64), ("a", 2)]).combine_per_key_with(&factor, Scaled);
    /// expect(&scaled).contains_in_any_order([("a", 30_u64)]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// # Errors
    /// An error or panic of the function fails the run, with the step, its source line and the element.
    ///
    /// Implements `CombineWithContext` of Beam's Java SDK.
    #[track_caller]
    pub fn combine_per_key_with<S, C, F>(&self, sides: S, make: F) -> PCollection<(K, C::Out)>
    where
        K: Key,
        S: GivenSides,
        C: CombineFn<In = V>,
        F: for<'a> Fn(<S::Sides as SideInput>::View<'a>) -> C + Send + Sync + 'static,
    {
        let location = Location::caller();
        let own = sides.sides();
        let spec = CombineWithSides::new(true, move |views: &Views| {
            Ok(Box::new(KeyedCombine::<K, C>::new(make(own.read(views)?))) as Box<dyn ShuffleSpec>)
        });
        let made = self.primitive("combine_per_key_with", location, Primitive::Combine(Arc::new(spec)));
        attach(self.pipeline(), made.output().node, &sides, location);
        made
    }
}
