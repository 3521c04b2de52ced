//! How many values become one.

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
}
