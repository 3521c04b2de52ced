//! Closures that reduce.

use std::marker::PhantomData;
use std::panic::Location;

use super::nothing;
use crate::collection::PCollection;
use crate::element::{Element, Key, Ref};
use crate::error::Result;
use crate::function::CombineFn;

/// Combines values two at a time by a closure; no values are an error, or [`or_none`](CombineFn::or_none).
pub struct Reduce<T, F> {
    f: F,
    value: PhantomData<fn(T)>,
}

impl<T, F> Reduce<T, F> {
    /// Combines by an associative and commutative closure.
    pub fn new(f: F) -> Self {
        Self { f, value: PhantomData }
    }
}

impl<T: Element, F: Fn(T, T) -> T + Send + Sync + 'static> CombineFn for Reduce<T, F> {
    type In = T;
    type Accum = Option<T>;
    type Out = T;

    fn add(&self, all: &mut Option<T>, value: Ref<'_, T>) -> Result<()> {
        self.merge(all, Some(T::own(value)))
    }
    fn merge(&self, all: &mut Option<T>, other: Option<T>) -> Result<()> {
        *all = match (all.take(), other) {
            (Some(a), Some(b)) => Some((self.f)(a, b)),
            (a, b) => a.or(b),
        };
        Ok(())
    }
    fn extract(&self, all: Option<T>) -> Result<T> {
        all.ok_or_else(|| nothing("reduce"))
    }
}

impl<T: Element> PCollection<T> {
    /// Combines all elements two at a time, by an associative and commutative closure; none of an empty collection.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let all = run_with_data([2_u64, 3, 4], |numbers| numbers.reduce_globally(|a, b| a * b));
    /// assert_eq!(all.unwrap(), [Some(24)]);
    /// ```
    ///
    /// # Cost
    /// Works on owned values: a string is cloned once for each element. A [`CombineFn`] reads them where they stand.
    ///
    /// Implements `Combine.globally` of a binary function of Beam's Java SDK, which wants a first value where this says
    /// `None`.
    #[track_caller]
    pub fn reduce_globally<F>(&self, f: F) -> PCollection<Option<T>>
    where
        F: Fn(T, T) -> T + Send + Sync + 'static,
    {
        let location = Location::caller();
        self.composite("reduce_globally", location, |all| all.combine_globally(Reduce::new(f).or_none()))
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// Combines the values of each key two at a time, by an associative and commutative closure.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let longest = run_with_data([(1_u64, "a"), (1, "bcd")], |pairs| {
    ///     pairs.reduce_per_key(|a, b| if a.len() >= b.len() { a } else { b })
    /// });
    /// assert_eq!(longest.unwrap(), [(1, "bcd".to_owned())]);
    /// ```
    ///
    /// # Cost
    /// Works on owned values: a string is cloned once for each element. A [`CombineFn`] reads them where they stand.
    #[track_caller]
    pub fn reduce_per_key<F>(&self, f: F) -> PCollection<(K, V)>
    where
        K: Key,
        F: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let location = Location::caller();
        self.composite("reduce_per_key", location, |all| all.combine_per_key(Reduce::new(f)))
    }
}
