//! Keys: given, grouped by, left out.

use std::panic::Location;
use std::sync::Arc;

use crate::batch::Values;
use crate::collection::PCollection;
use crate::element::{Element, Key, Put, Ref};
use crate::exec::{FirstOfPair, Group, KeyBy, One, SecondOfPair};
use crate::graph::Primitive;

impl<T: Element> PCollection<T> {
    /// Gives each element a key: the result is pairs of both.
    ///
    /// The key can't borrow from the element: return `user.name.clone()`, not `&user.name`.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let keyed = run_with_data(["a", "bcd"], |words| words.key_by(|word| word.len()));
    /// assert_eq!(keyed.unwrap(), [(1, "a".to_owned()), (3, "bcd".to_owned())]);
    /// ```
    ///
    /// # Errors
    /// A panic fails the run, with the step, its source line and the element.
    ///
    /// # Cost
    /// The elements are not touched: the keys become a column beside theirs.
    ///
    /// Implements `WithKeys` of Beam's Java SDK.
    #[track_caller]
    pub fn key_by<P, F>(&self, key: F) -> PCollection<(P::Elem, T)>
    where
        F: Fn(Ref<'_, T>) -> P + Send + Sync + 'static,
        P: Put + 'static,
        P::Elem: Key,
    {
        self.operator("key_by", Location::caller(), KeyBy::<F, T, P>::new(key))
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// Brings the values of equal keys together.
    ///
    /// Where the values only make one result, [`combine_per_key`](PCollection::combine_per_key) is faster and needs no memory for
    /// them. The values are a handle, [`Values`], that can be read again.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let grouped = run_with_data([("a", 1_u64), ("b", 2), ("a", 3)], |pairs| {
    ///     pairs.group_by_key().map(|(key, values)| (key.to_owned(), values.iter().max()))
    /// });
    /// let mut grouped = grouped.unwrap();
    /// grouped.sort();
    /// assert_eq!(grouped, [("a".to_owned(), Some(3)), ("b".to_owned(), Some(2))]);
    /// ```
    ///
    /// # Panes and lateness
    /// Each result stands at the end of the window, in its only pane.
    ///
    /// # Determinism
    /// Keys are equal when their encodings are; groups and the values in them come in no order.
    ///
    /// # Cost
    /// All pairs are held in memory, until the groups have been worked on.
    ///
    /// Implements `GroupByKey` of Beam's Java SDK.
    #[track_caller]
    pub fn group_by_key(&self) -> PCollection<(K, Values<V>)>
    where
        K: Key,
    {
        let spec = Primitive::Group(Arc::new(Group::<K, One<V>>::new("group_by_key")));
        self.primitive("group_by_key", Location::caller(), spec)
    }

    /// Keeps the keys.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let keys = run_with_data([("a", 1_u64), ("b", 2)], |pairs| pairs.keys());
    /// assert_eq!(keys.unwrap(), ["a", "b"]);
    /// ```
    ///
    /// # Cost
    /// None for a row: the column is handed on.
    #[track_caller]
    pub fn keys(&self) -> PCollection<K> {
        self.operator("keys", Location::caller(), FirstOfPair::<K, V>::default())
    }

    /// Keeps the values.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let values = run_with_data([("a", 1_u64), ("b", 2)], |pairs| pairs.values());
    /// assert_eq!(values.unwrap(), [1, 2]);
    /// ```
    ///
    /// # Cost
    /// None for a row: the column is handed on.
    #[track_caller]
    pub fn values(&self) -> PCollection<V> {
        self.operator("values", Location::caller(), SecondOfPair::<K, V>::default())
    }
}
