//! The mean.

use std::marker::PhantomData;
use std::panic::Location;

use super::nothing;
use crate::collection::PCollection;
use crate::element::{Element, Key};
use crate::error::Result;
use crate::function::CombineFn;

/// A number that a mean can be made of.
#[diagnostic::on_unimplemented(
    message = "there is no mean of `{Self}`",
    label = "not a number",
    note = "make numbers of them first: `map(|x| ..)` or `map_values(|x| ..)`"
)]
pub trait Number: for<'a> Element<Ref<'a> = Self> + Copy {
    /// The nearest `f64`.
    fn nearest(self) -> f64;
}

macro_rules! numbers {
    ($($type:ty),*) => {
        $(impl Number for $type {
            #[inline]
            fn nearest(self) -> f64 {
                self as f64
            }
        })*
    };
}
numbers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);

/// The mean of numbers; no values are an error, or [`or_none`](CombineFn::or_none).
///
/// Implements `Mean` of Beam's Java SDK, which makes `NaN` of no values.
#[derive(Debug)]
pub struct Mean<T> {
    value: PhantomData<fn(T)>,
}

impl<T> Mean<T> {
    /// Of numbers of a type.
    #[must_use]
    pub fn new() -> Self {
        Self { value: PhantomData }
    }
}

impl<T> Default for Mean<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Number> CombineFn for Mean<T> {
    type In = T;
    type Accum = (f64, u64);
    type Out = f64;

    #[inline]
    fn add(&self, (sum, count): &mut (f64, u64), value: T) -> Result<()> {
        *sum += value.nearest();
        *count += 1;
        Ok(())
    }
    #[inline]
    fn merge(&self, (sum, count): &mut (f64, u64), other: (f64, u64)) -> Result<()> {
        *sum += other.0;
        *count += other.1;
        Ok(())
    }
    fn extract(&self, (sum, count): (f64, u64)) -> Result<f64> {
        if count == 0 { Err(nothing("take the mean of")) } else { Ok(sum / count as f64) }
    }
}

impl<T: Element> PCollection<T> {
    /// The mean of all elements; `None` of an empty collection, where Beam's Java SDK makes `NaN`.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// assert_eq!(run_with_data([1_u64, 2], |numbers| numbers.mean_globally()).unwrap(), [Some(1.5)]);
    /// ```
    ///
    /// # Determinism
    /// Its last digits depend on the order, and so on how many threads there are, unless all are whole numbers whose
    /// sum stays below 2^53.
    ///
    /// Implements `Mean.globally` of Beam's Java SDK.
    #[track_caller]
    pub fn mean_globally(&self) -> PCollection<Option<f64>>
    where
        T: Number,
    {
        let location = Location::caller();
        self.composite("mean_globally", location, |all| all.combine_globally(Mean::new().or_none()))
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// The mean of the values of each key.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let means = run_with_data([("a", 1_u64), ("a", 2)], |pairs| pairs.mean_per_key());
    /// assert_eq!(means.unwrap(), [("a".to_owned(), 1.5)]);
    /// ```
    ///
    /// # Determinism
    /// As [`mean_globally`](PCollection::mean_globally).
    ///
    /// Implements `Mean.perKey` of Beam's Java SDK.
    #[track_caller]
    pub fn mean_per_key(&self) -> PCollection<(K, f64)>
    where
        K: Key,
        V: Number,
    {
        let location = Location::caller();
        self.composite("mean_per_key", location, |all| all.combine_per_key(Mean::new()))
    }
}
