//! Each only once.

use std::marker::PhantomData;
use std::panic::Location;

use super::nothing;
use crate::collection::PCollection;
use crate::element::{Element, Key, Put, Ref};
use crate::error::Result;
use crate::exec::Solo;
use crate::function::CombineFn;

/// Any one value, whichever comes first; no values are an error, or [`or_none`](CombineFn::or_none).
///
/// # Determinism
/// Which one it is depends on the runner.
#[derive(Debug)]
pub struct AnyOne<T> {
    value: PhantomData<fn(T)>,
}

impl<T> AnyOne<T> {
    /// Of values of any type.
    #[must_use]
    pub fn new() -> Self {
        Self { value: PhantomData }
    }
}

impl<T> Default for AnyOne<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Element> CombineFn for AnyOne<T> {
    type In = T;
    type Accum = Option<T>;
    type Out = T;

    #[inline]
    fn add(&self, one: &mut Option<T>, value: Ref<'_, T>) -> Result<()> {
        one.get_or_insert_with(|| T::own(value));
        Ok(())
    }
    #[inline]
    fn merge(&self, one: &mut Option<T>, other: Option<T>) -> Result<()> {
        if one.is_none() {
            *one = other;
        }
        Ok(())
    }
    fn extract(&self, one: Option<T>) -> Result<T> {
        one.ok_or_else(|| nothing("choose"))
    }
}

impl<T: Element> PCollection<T> {
    /// Keeps each element once: those whose encodings are equal are one.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let mut words = run_with_data(["a", "b", "a"], |words| words.distinct()).unwrap();
    /// words.sort();
    /// assert_eq!(words, ["a", "b"]);
    /// ```
    ///
    /// # Cost
    /// Each thread keeps each element that it has seen once, in a table.
    ///
    /// Implements `Distinct.create` of Beam's Java SDK.
    #[track_caller]
    pub fn distinct(&self) -> PCollection<T>
    where
        T: Key,
    {
        let location = Location::caller();
        self.composite("distinct", location, |all| {
            let solo: PCollection<(T, ())> = all.operator("solo", location, Solo::<T>::default());
            solo.combine_per_key(AnyOne::new()).keys()
        })
    }

    /// Keeps one element for each value that the closure makes.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let words = run_with_data(["a", "b", "cd"], |words| words.distinct_by(|word| word.len())).unwrap();
    /// assert_eq!(words.len(), 2);
    /// ```
    ///
    /// # Determinism
    /// Which of several elements stays depends on the runner. To choose, `key_by` and combine by key: by
    /// [`Top`](super::Top), or by [`Latest`](super::Latest).
    ///
    /// Implements `Distinct.withRepresentativeValueFn` of Beam's Java SDK.
    #[track_caller]
    pub fn distinct_by<P, F>(&self, key: F) -> PCollection<T>
    where
        F: Fn(Ref<'_, T>) -> P + Send + Sync + 'static,
        P: Put + 'static,
        P::Elem: Key,
    {
        let location = Location::caller();
        self.composite("distinct_by", location, |all| all.key_by(key).combine_per_key(AnyOne::new()).values())
    }
}
