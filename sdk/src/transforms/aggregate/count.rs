//! Counts.

use std::marker::PhantomData;
use std::panic::Location;

use crate::collection::PCollection;
use crate::element::{Element, Key, Ref};
use crate::error::Result;
use crate::exec::Solo;
use crate::function::CombineFn;

/// Counts values.
#[derive(Debug)]
pub struct Count<T> {
    value: PhantomData<fn(T)>,
}

impl<T> Count<T> {
    /// Counts values of any type.
    #[must_use]
    pub fn new() -> Self {
        Self { value: PhantomData }
    }
}

impl<T> Default for Count<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Element> CombineFn for Count<T> {
    type In = T;
    type Accum = u64;
    type Out = u64;

    #[inline]
    fn add(&self, count: &mut u64, _: Ref<'_, T>) -> Result<()> {
        *count += 1;
        Ok(())
    }
    #[inline]
    fn merge(&self, count: &mut u64, other: u64) -> Result<()> {
        *count += other;
        Ok(())
    }
    fn extract(&self, count: u64) -> Result<u64> {
        Ok(count)
    }
}

impl<T: Element> PCollection<T> {
    /// Counts all elements; 0 of an empty collection.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// assert_eq!(run_with_data(["a", "b"], |words| words.count_globally()).unwrap(), [2]);
    /// ```
    ///
    /// Implements `Count.globally` of Beam's Java SDK.
    #[track_caller]
    pub fn count_globally(&self) -> PCollection<u64> {
        let location = Location::caller();
        self.composite("count_globally", location, |all| all.combine_globally(Count::new()))
    }

    /// Counts how often each element is there.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let mut counts = run_with_data(["a", "b", "a"], |words| words.count_per_element()).unwrap();
    /// counts.sort();
    /// assert_eq!(counts, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
    /// ```
    ///
    /// Implements `Count.perElement` of Beam's Java SDK.
    #[track_caller]
    pub fn count_per_element(&self) -> PCollection<(T, u64)>
    where
        T: Key,
    {
        let location = Location::caller();
        self.composite("count_per_element", location, |all| {
            let solo: PCollection<(T, ())> = all.operator("solo", location, Solo::<T>::default());
            solo.combine_per_key(Count::new())
        })
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// Counts the values of each key.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let counts = run_with_data([("a", 7_u64), ("a", 8)], |pairs| pairs.count_per_key());
    /// assert_eq!(counts.unwrap(), [("a".to_owned(), 2)]);
    /// ```
    ///
    /// Implements `Count.perKey` of Beam's Java SDK.
    #[track_caller]
    pub fn count_per_key(&self) -> PCollection<(K, u64)>
    where
        K: Key,
    {
        let location = Location::caller();
        self.composite("count_per_key", location, |all| all.combine_per_key(Count::new()))
    }
}
