//! What is known of many values: counts, sums, extremes, samples, estimates.
//!
//! The bounds of keys stand on the methods: so the compiler says what can't be a key, and not that there is no such
//! method.

mod chance;
mod count;
mod count_distinct;
mod distinct;
mod extremes;
mod fanout;
mod latest;
mod mean;
mod order;
mod quantiles;
mod reduce;
mod sample;
mod sum;
mod top;

pub use count::Count;
pub use count_distinct::CountDistinct;
pub use distinct::AnyOne;
pub use extremes::{Max, Min};
pub use latest::Latest;
pub use mean::{Mean, Number};
pub use order::{ByOrd, ByTotalCmp, Order};
pub use quantiles::Quantiles;
pub use reduce::Reduce;
pub use sample::{Sample, SampleAny};
pub use sum::{Sum, SumFn};
pub use top::{ByKey, Compare, Natural, Top};

use crate::error::BoxError;

/// Says that a function has no values to work on, and what to do.
#[cold]
fn nothing(doing: &str) -> BoxError {
    format!("there is no value to {doing}; for a collection that may be empty, add `.or_none()`").into()
}
