//! Many values into one.

use std::panic::Location;
use std::sync::Arc;

use crate::collection::PCollection;
use crate::element::{Element, Key};
use crate::exec::{GlobalCombine, KeyedCombine};
use crate::function::CombineFn;
use crate::graph::Primitive;

impl<T: Element> PCollection<T> {
    /// Combines all elements into one; of an empty collection, what a fresh accumulator makes.
    ///
    /// ```
    /// # use flumen::{testing::run_with_data, transforms::Sum};
    /// # use flumen_local as _;
    /// let total = run_with_data([1_u64, 2, 3], |numbers| numbers.combine_globally(flumen::transforms::SumFn::new()));
    /// assert_eq!(total.unwrap(), [6]);
    /// ```
    ///
    /// # Errors
    /// An error or panic of the function fails the run, with the step, its source line and the element.
    ///
    /// # Panes and lateness
    /// The result stands at the end of the window, in its only pane.
    ///
    /// # Determinism
    /// Values are added in any order and grouping.
    ///
    /// Implements `Combine.globally` of Beam's Java SDK.
    #[track_caller]
    pub fn combine_globally<C: CombineFn<In = T>>(&self, combine: C) -> PCollection<C::Out> {
        let combine = Primitive::Combine(Arc::new(GlobalCombine::new(combine)));
        self.primitive("combine_globally", Location::caller(), combine)
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// Combines the values of each key into one.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let sums = run_with_data([("a", 1_u64), ("b", 2), ("a", 3)], |pairs| {
    ///     pairs.combine_per_key(flumen::transforms::SumFn::new())
    /// });
    /// let mut sums = sums.unwrap();
    /// sums.sort();
    /// assert_eq!(sums, [("a".to_owned(), 4), ("b".to_owned(), 2)]);
    /// ```
    ///
    /// # Errors
    /// An error or panic of the function fails the run, with the step, its source line and the element.
    ///
    /// # Panes and lateness
    /// Each result stands at the end of the window, in its only pane.
    ///
    /// # Determinism
    /// Values are added in any order and grouping; results come in no order.
    ///
    /// # Cost
    /// Each thread gathers into its own table first, so a key costs the exchange one accumulator a thread.
    ///
    /// Implements `Combine.perKey` of Beam's Java SDK.
    #[track_caller]
    pub fn combine_per_key<C: CombineFn<In = V>>(&self, combine: C) -> PCollection<(K, C::Out)>
    where
        K: Key,
    {
        let combine = Primitive::Combine(Arc::new(KeyedCombine::<K, C>::new(combine)));
        self.primitive("combine_per_key", Location::caller(), combine)
    }
}
