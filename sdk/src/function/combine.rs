//! How many values become one.

use super::{Of, OrNone};
use crate::element::{Accumulator, Element, Ref};
use crate::error::Result;

/// How many values become one, in any order and grouping.
///
/// Values are added to accumulators, accumulators are merged, and what is left is turned into the result. The
/// engine chooses what is added where: before the exchange as well as after it. So `merge` must be associative
/// and commutative, and a fresh accumulator must change nothing when merged.
///
/// Use [`reduce_per_key`](crate::PCollection::reduce_per_key) where one associative closure is enough.
///
/// ```
/// use flumen::{CombineFn, Result};
///
/// /// The mean; nothing for no values.
/// struct Mean;
///
/// impl CombineFn for Mean {
///     type In = f64;
///     type Accum = (f64, u64);
///     type Out = Option<f64>;
///
///     fn add(&self, (sum, n): &mut (f64, u64), value: f64) -> Result<()> {
///         *sum += value;
///         *n += 1;
///         Ok(())
///     }
///     fn merge(&self, (sum, n): &mut (f64, u64), other: (f64, u64)) -> Result<()> {
///         *sum += other.0;
///         *n += other.1;
///         Ok(())
///     }
///     fn extract(&self, (sum, n): (f64, u64)) -> Result<Option<f64>> {
///         Ok((n > 0).then(|| sum / n as f64))
///     }
/// }
/// ```
///
/// Several functions of the same values, up to eight, are one as a tuple, in one pass; [`of`](Self::of) lets each
/// look at its part of the value:
///
/// ```
/// # use flumen::{testing::run_with_data, CombineFn};
/// # use flumen_local as _;
/// use flumen::transforms::{Count, Max, SumFn};
///
/// let plays = [("a", (3_u64, "x")), ("a", (4, "y"))];
/// let described = run_with_data(plays, |plays| {
///     plays.combine_per_key((
///         Count::new(),
///         SumFn::new().of(|(ms, _): (u64, &str)| ms),
///         Max::new().of(|(_, track): (u64, &str)| track.to_owned()),
///     ))
/// });
/// assert_eq!(described.unwrap(), [("a".to_owned(), (2, 7, "y".to_owned()))]);
/// ```
///
/// Where Beam's `CombineFn` has `setup` and `teardown`, this has none: what a function needs is in its struct, which
/// all threads share. Tuples implement `CombineFns.compose`.
///
/// # Errors
/// An error or panic of any call fails the run, with the step's name and the element.
///
/// Implements `CombineFn` of Beam's Java SDK.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how values combine",
    label = "not a `CombineFn`",
    note = "for an associative closure use `reduce_per_key(|a, b| ..)`; else implement `flumen::CombineFn` for a struct"
)]
pub trait CombineFn: Send + Sync + 'static {
    /// What it reads.
    type In: Element;
    /// What it gathers in; an empty one is its `Default`, which must be cheap.
    type Accum: Accumulator;
    /// What it makes in the end.
    type Out: Element;

    /// A fresh accumulator.
    fn create(&self) -> Self::Accum {
        Self::Accum::default()
    }

    /// Adds a value.
    ///
    /// # Errors
    /// As the function likes.
    fn add(&self, accumulator: &mut Self::Accum, value: Ref<'_, Self::In>) -> Result<()>;

    /// Adds what another accumulator holds.
    ///
    /// # Errors
    /// As the function likes.
    fn merge(&self, accumulator: &mut Self::Accum, other: Self::Accum) -> Result<()>;

    /// Makes the result.
    ///
    /// # Errors
    /// As the function likes.
    fn extract(&self, accumulator: Self::Accum) -> Result<Self::Out>;

    /// Combines what the closure makes of each value: a field, a part of a tuple.
    ///
    /// The closure names what it reads, for it stands before the collection is known; what it returns is owned.
    ///
    /// ```
    /// # use flumen::{testing::run_with_data, CombineFn, transforms::SumFn};
    /// # use flumen_local as _;
    /// let lengths = run_with_data(["a", "bcd"], |words| {
    ///     words.combine_globally(SumFn::new().of(|word: &str| word.len()))
    /// });
    /// assert_eq!(lengths.unwrap(), [4]);
    /// ```
    fn of<T, F>(self, f: F) -> Of<T, F, Self>
    where
        Self: Sized,
        T: Element,
        F: Fn(Ref<'_, T>) -> Self::In + Send + Sync + 'static,
    {
        Of::new(f, self)
    }

    /// Makes `None` of no values, and of others `Some` of what this makes.
    ///
    /// For functions that fail on no values, such as [`Max`](flumen::transforms::Max), of a collection that may be
    /// empty.
    ///
    /// ```
    /// # use flumen::{testing::run_with_data, CombineFn, transforms::Max};
    /// # use flumen_local as _;
    /// let most = run_with_data([1_u64, 2], |n| n.filter(|n| n > 2).combine_globally(Max::new().or_none()));
    /// assert_eq!(most.unwrap(), [None]);
    /// ```
    fn or_none(self) -> OrNone<Self>
    where
        Self: Sized,
    {
        OrNone::new(self)
    }
}
