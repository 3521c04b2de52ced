//! Sums.

use std::marker::PhantomData;
use std::panic::Location;

use crate::collection::PCollection;
use crate::element::{Accumulator, Element, Key};
use crate::error::Result;
use crate::function::CombineFn;

/// A number that can be summed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be summed",
    label = "not a number",
    note = "numbers can; for anything else use `reduce_per_key(|a, b| ..)` or a `CombineFn`"
)]
pub trait Sum: Accumulator + Copy + for<'a> Element<Ref<'a> = Self> {
    /// Adds; none if the sum does not fit the type.
    fn checked_sum(self, other: Self) -> Option<Self>;
}

macro_rules! sums {
    ($($type:ty),*; $($float:ty),*) => {
        $(impl Sum for $type {
            #[inline]
            fn checked_sum(self, other: Self) -> Option<Self> {
                self.checked_add(other)
            }
        })*
        $(impl Sum for $float {
            #[inline]
            fn checked_sum(self, other: Self) -> Option<Self> {
                Some(self + other)
            }
        })*
    };
}
sums!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize; f32, f64);

/// Sums numbers; a sum that does not fit the type is an error, where Beam's Java SDK wraps silently.
#[derive(Debug)]
pub struct SumFn<T> {
    value: PhantomData<fn(T)>,
}

impl<T> SumFn<T> {
    /// Sums numbers of a type.
    #[must_use]
    pub fn new() -> Self {
        Self { value: PhantomData }
    }
}

impl<T> Default for SumFn<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cold]
fn overflow<T>() -> crate::error::BoxError {
    format!("the sum does not fit {}; convert the values to a wider type first", std::any::type_name::<T>())
        .into()
}

impl<T: Sum> CombineFn for SumFn<T> {
    type In = T;
    type Accum = T;
    type Out = T;

    #[inline]
    fn add(&self, sum: &mut T, value: T) -> Result<()> {
        *sum = sum.checked_sum(value).ok_or_else(overflow::<T>)?;
        Ok(())
    }
    #[inline]
    fn merge(&self, sum: &mut T, other: T) -> Result<()> {
        self.add(sum, other)
    }
    fn extract(&self, sum: T) -> Result<T> {
        Ok(sum)
    }
}

impl<T: Element> PCollection<T> {
    /// Sums all elements; 0 of an empty collection.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// assert_eq!(run_with_data([0.5, 1.5], |numbers| numbers.sum_globally()).unwrap(), [2.0]);
    /// ```
    ///
    /// # Errors
    /// A sum that does not fit the type fails the run.
    ///
    /// # Determinism
    /// Sums of `f32` and `f64` depend on the order, and so on how many threads there are, in their last digits.
    #[track_caller]
    pub fn sum_globally(&self) -> PCollection<T>
    where
        T: Sum,
    {
        let location = Location::caller();
        self.composite("sum_globally", location, |all| all.combine_globally(SumFn::new()))
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// Sums the values of each key.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let sums = run_with_data([("a", 1_i64), ("a", -3)], |pairs| pairs.sum_per_key());
    /// assert_eq!(sums.unwrap(), [("a".to_owned(), -2)]);
    /// ```
    ///
    /// # Errors
    /// A sum that does not fit the type fails the run, with the pair at which it did.
    ///
    /// Implements `Sum.longsPerKey` and its kin of Beam's Java SDK.
    #[track_caller]
    pub fn sum_per_key(&self) -> PCollection<(K, V)>
    where
        K: Key,
        V: Sum,
    {
        let location = Location::caller();
        self.composite("sum_per_key", location, |all| all.combine_per_key(SumFn::new()))
    }
}
