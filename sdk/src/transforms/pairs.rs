//! Keys or values of pairs, changed and chosen.

use std::panic::Location;

use crate::collection::PCollection;
use crate::element::{Element, Ref};
use crate::exec::{Filter, MapValues, Swap};
use crate::function::Returns;

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// Makes another value of each value; the key stays.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let parsed = run_with_data([("a", "1")], |pairs| {
    ///     pairs.map_values(|value| {
    ///         let number: u64 = value.parse()?;
    ///         flumen::Ok(number)
    ///     })
    /// });
    /// assert_eq!(parsed.unwrap(), [("a".to_owned(), 1)]);
    /// ```
    ///
    /// # Errors
    /// An error or panic fails the run, with the step, its source line and the pair.
    ///
    /// # Cost
    /// The keys are not touched: their column is handed on.
    ///
    /// Implements `MapValues` of Beam's Java SDK.
    #[track_caller]
    pub fn map_values<R, F>(&self, f: F) -> PCollection<(K, R::Elem)>
    where
        F: Fn(Ref<'_, V>) -> R + Send + Sync + 'static,
        R: Returns + 'static,
    {
        self.operator("map_values", Location::caller(), MapValues::<F, K, V, R>::new(f))
    }

    /// Makes another key of each key; the value stays.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let upper = run_with_data([("a", 1_u64)], |pairs| pairs.map_keys(|key| key.to_uppercase()));
    /// assert_eq!(upper.unwrap(), [("A".to_owned(), 1)]);
    /// ```
    ///
    /// # Errors
    /// An error or panic fails the run, with the step, its source line and the pair, its value first.
    ///
    /// # Cost
    /// The values are not touched: their column is handed on.
    ///
    /// Implements `MapKeys` of Beam's Java SDK.
    #[track_caller]
    pub fn map_keys<R, F>(&self, f: F) -> PCollection<(R::Elem, V)>
    where
        F: Fn(Ref<'_, K>) -> R + Send + Sync + 'static,
        R: Returns + 'static,
    {
        self.composite("map_keys", Location::caller(), |pairs| pairs.swap().map_values(f).swap())
    }

    /// Makes the key the value and the value the key.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let swapped = run_with_data([("a", 1_u64)], |pairs| pairs.swap());
    /// assert_eq!(swapped.unwrap(), [(1, "a".to_owned())]);
    /// ```
    ///
    /// # Cost
    /// None for a row: the columns are handed on.
    ///
    /// Implements `KvSwap` of Beam's Java SDK.
    #[track_caller]
    pub fn swap(&self) -> PCollection<(V, K)> {
        self.operator("swap", Location::caller(), Swap::<K, V>::default())
    }

    /// Keeps the pairs for whose key the closure says `true`.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let kept = run_with_data([("a", 1_u64), ("b", 2)], |pairs| pairs.filter_keys(|key| key != "a"));
    /// assert_eq!(kept.unwrap(), [("b".to_owned(), 2)]);
    /// ```
    #[track_caller]
    pub fn filter_keys<F>(&self, keep: F) -> PCollection<(K, V)>
    where
        F: Fn(Ref<'_, K>) -> bool + Send + Sync + 'static,
    {
        let keep = move |(key, _): Ref<'_, (K, V)>| keep(key);
        self.operator("filter_keys", Location::caller(), Filter::<_, (K, V)>::new(keep))
    }

    /// Keeps the pairs for whose value the closure says `true`.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let kept = run_with_data([("a", 1_u64), ("b", 2)], |pairs| pairs.filter_values(|value| value > 1));
    /// assert_eq!(kept.unwrap(), [("b".to_owned(), 2)]);
    /// ```
    #[track_caller]
    pub fn filter_values<F>(&self, keep: F) -> PCollection<(K, V)>
    where
        F: Fn(Ref<'_, V>) -> bool + Send + Sync + 'static,
    {
        let keep = move |(_, value): Ref<'_, (K, V)>| keep(value);
        self.operator("filter_values", Location::caller(), Filter::<_, (K, V)>::new(keep))
    }
}
