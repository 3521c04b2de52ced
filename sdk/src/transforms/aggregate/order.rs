//! The order that extremes and quantiles go by.

use std::cmp::Ordering;

use crate::element::{Element, Ref};

/// An element type whose values have a total order: that of `Ord`, or of `f32` and `f64` with all their values.
///
/// Numbers with a fraction are ordered as by [`f64::total_cmp`]: -0.0 before 0.0, and `NaN` (without a sign) after
/// infinity, so that it is the greatest, as in Java. For your own types derive `Ord`; where that says something else
/// than you want, choose by a key: [`top_by`](flumen::PCollection::top_by).
///
/// The parameter tells the two kinds apart and is always inferred. A function over any type with an order passes it on:
///
/// ```
/// use flumen::PCollection;
/// use flumen::transforms::Order;
/// # use flumen::testing::run_with_data;
/// # use flumen_local as _;
///
/// fn span<By: 'static, T: Order<By>>(all: &PCollection<T>) -> PCollection<Option<T>> {
///     all.min_globally().flatten([&all.max_globally()])
/// }
/// let words = run_with_data(["b", "a"], |words| span(&words)).unwrap();
/// assert_eq!(words.len(), 2);
/// assert_eq!(run_with_data([0.5, f64::NAN], |x| x.min_globally()).unwrap(), [Some(0.5)]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no total order",
    label = "can't be ordered",
    note = "for your own type derive `PartialEq, Eq, PartialOrd, Ord`; or choose by a key that has an order: `top_by(n, |x| ..)`"
)]
pub trait Order<By>: Element {
    /// Which of two values comes first.
    fn order(a: Ref<'_, Self>, b: Ref<'_, Self>) -> Ordering;
}

/// The order of `Ord`.
#[derive(Debug)]
pub struct ByOrd;

/// The order of `total_cmp`.
#[derive(Debug)]
pub struct ByTotalCmp;

impl<T: Element> Order<ByOrd> for T
where
    for<'a> Ref<'a, T>: Ord,
{
    #[inline]
    fn order(a: Ref<'_, T>, b: Ref<'_, T>) -> Ordering {
        // Two values of one lifetime, which `Ord` compares.
        fn order<'s, T: Element>(a: Ref<'s, T>, b: Ref<'s, T>) -> Ordering
        where
            Ref<'s, T>: Ord,
        {
            a.cmp(&b)
        }
        order::<T>(T::narrow(a), T::narrow(b))
    }
}

macro_rules! floats {
    ($($type:ty),*) => {$(
        impl Order<ByTotalCmp> for $type {
            #[inline]
            fn order(a: $type, b: $type) -> Ordering {
                a.total_cmp(&b)
            }
        }
    )*};
}
floats!(f32, f64);
