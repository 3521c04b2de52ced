//! The largest and the smallest few.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::panic::Location;

use super::Order;
use crate::collection::PCollection;
use crate::element::{Element, Key, Ref};
use crate::error::Result;
use crate::function::CombineFn;

/// Says which of two values comes first.
pub trait Compare<T: Element>: Send + Sync + 'static {
    /// Which comes first.
    fn compare(&self, a: Ref<'_, T>, b: Ref<'_, T>) -> Ordering;
}

/// The order of the values' type.
#[derive(Debug)]
pub struct Natural<By> {
    by: PhantomData<fn(By)>,
}

impl<By: 'static, T: Order<By>> Compare<T> for Natural<By> {
    #[inline]
    fn compare(&self, a: Ref<'_, T>, b: Ref<'_, T>) -> Ordering {
        T::order(a, b)
    }
}

/// The order of what a closure makes of the values.
pub struct ByKey<F, R, By> {
    key: F,
    types: PhantomData<fn(R, By)>,
}

impl<T, F, R, By> Compare<T> for ByKey<F, R, By>
where
    T: Element,
    F: Fn(Ref<'_, T>) -> R + Send + Sync + 'static,
    R: Order<By>,
    By: 'static,
{
    #[inline]
    fn compare(&self, a: Ref<'_, T>, b: Ref<'_, T>) -> Ordering {
        R::order((self.key)(a).borrow(), (self.key)(b).borrow())
    }
}

/// The first few of values in an order.
///
/// # Cost
/// An accumulator holds at most as many values as are wanted, sorted; each value that is among the first so far moves
/// those after it. For thousands, not for millions.
///
/// Implements `Top` of Beam's Java SDK.
#[derive(Debug)]
pub struct Top<T, O> {
    n: usize,
    largest: bool,
    order: O,
    value: PhantomData<fn(T)>,
}

impl<T, By> Top<T, Natural<By>> {
    /// The `n` largest, largest first.
    #[must_use]
    pub fn largest(n: usize) -> Self {
        Self { n, largest: true, order: Natural { by: PhantomData }, value: PhantomData }
    }

    /// The `n` smallest, smallest first.
    #[must_use]
    pub fn smallest(n: usize) -> Self {
        Self { n, largest: false, order: Natural { by: PhantomData }, value: PhantomData }
    }
}

impl<T: Element, F: Fn(Ref<'_, T>) -> R, R, By> Top<T, ByKey<F, R, By>> {
    /// The `n` for which the closure makes the largest, largest first.
    pub fn largest_by(n: usize, key: F) -> Self {
        Self { n, largest: true, order: ByKey { key, types: PhantomData }, value: PhantomData }
    }

    /// The `n` for which the closure makes the smallest, smallest first.
    pub fn smallest_by(n: usize, key: F) -> Self {
        Self { n, largest: false, order: ByKey { key, types: PhantomData }, value: PhantomData }
    }
}

impl<T: Element, O: Compare<T>> Top<T, O> {
    /// Whether the first stands behind the second in the result.
    #[inline]
    fn is_behind(&self, a: Ref<'_, T>, b: Ref<'_, T>) -> bool {
        let behind = if self.largest { Ordering::Less } else { Ordering::Greater };
        self.order.compare(a, b) == behind
    }
}

impl<T: Element, O: Compare<T>> CombineFn for Top<T, O> {
    type In = T;
    type Accum = Vec<T>;
    type Out = Vec<T>;

    #[inline]
    fn add(&self, all: &mut Vec<T>, value: Ref<'_, T>) -> Result<()> {
        if all.len() >= self.n && all.last().is_none_or(|last| !self.is_behind(last.borrow(), value)) {
            return Ok(());
        }
        let place = all.partition_point(|other| !self.is_behind(other.borrow(), value));
        all.insert(place, T::own(value));
        all.truncate(self.n);
        Ok(())
    }

    fn merge(&self, all: &mut Vec<T>, other: Vec<T>) -> Result<()> {
        if all.is_empty() {
            *all = other;
            return Ok(());
        }
        let mut ours = std::mem::take(all).into_iter().peekable();
        let mut others = other.into_iter().peekable();
        while all.len() < self.n {
            let next = match (ours.peek(), others.peek()) {
                (Some(a), Some(b)) if self.is_behind(a.borrow(), b.borrow()) => others.next(),
                (Some(_), _) => ours.next(),
                (None, _) => others.next(),
            };
            match next {
                Some(next) => all.push(next),
                None => break,
            }
        }
        Ok(())
    }

    fn extract(&self, all: Vec<T>) -> Result<Vec<T>> {
        Ok(all)
    }
}

impl<T: Element> PCollection<T> {
    /// The `n` largest elements, largest first, or all where there are fewer.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// assert_eq!(run_with_data([2_u64, 9, 5], |numbers| numbers.top(2)).unwrap(), [[9, 5]]);
    /// ```
    ///
    /// # Determinism
    /// Which of equal elements stay is not determined.
    ///
    /// # Cost
    /// That of [`Top`].
    ///
    /// Implements `Top.largest` of Beam's Java SDK.
    #[track_caller]
    pub fn top<By: 'static>(&self, n: usize) -> PCollection<Vec<T>>
    where
        T: Order<By>,
    {
        let location = Location::caller();
        self.composite("top", location, |all| all.combine_globally(Top::largest(n)))
    }

    /// The `n` elements for which the closure makes the largest, largest first.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let longest = run_with_data(["a", "bcd", "ef"], |words| words.top_by(1, |word| word.len()));
    /// assert_eq!(longest.unwrap(), [["bcd"]]);
    /// ```
    ///
    /// # Determinism
    /// Which of elements with equal keys stay is not determined: make what tells them apart part of the key.
    ///
    /// # Cost
    /// That of [`Top`]. The closure is called for both sides of each comparison.
    ///
    /// Implements `Top.of` of Beam's Java SDK.
    #[track_caller]
    pub fn top_by<By: 'static, R, F>(&self, n: usize, key: F) -> PCollection<Vec<T>>
    where
        F: Fn(Ref<'_, T>) -> R + Send + Sync + 'static,
        R: Order<By>,
    {
        let location = Location::caller();
        self.composite("top_by", location, |all| all.combine_globally(Top::largest_by(n, key)))
    }

    /// The `n` smallest elements, smallest first, or all where there are fewer.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// assert_eq!(run_with_data([2.0, 9.0, 5.0], |numbers| numbers.bottom(2)).unwrap(), [[2.0, 5.0]]);
    /// ```
    ///
    /// # Determinism
    /// Which of equal elements stay is not determined.
    ///
    /// Implements `Top.smallest` of Beam's Java SDK.
    #[track_caller]
    pub fn bottom<By: 'static>(&self, n: usize) -> PCollection<Vec<T>>
    where
        T: Order<By>,
    {
        let location = Location::caller();
        self.composite("bottom", location, |all| all.combine_globally(Top::smallest(n)))
    }

    /// The `n` elements for which the closure makes the smallest, smallest first; otherwise as
    /// [`top_by`](Self::top_by).
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let shortest = run_with_data(["a", "bcd", "ef"], |words| words.bottom_by(2, |word| word.len()));
    /// assert_eq!(shortest.unwrap(), [["a", "ef"]]);
    /// ```
    #[track_caller]
    pub fn bottom_by<By: 'static, R, F>(&self, n: usize, key: F) -> PCollection<Vec<T>>
    where
        F: Fn(Ref<'_, T>) -> R + Send + Sync + 'static,
        R: Order<By>,
    {
        let location = Location::caller();
        self.composite("bottom_by", location, |all| all.combine_globally(Top::smallest_by(n, key)))
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// The `n` largest values of each key, largest first; otherwise as [`top`](Self::top).
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let top = run_with_data([("a", 1_u64), ("a", 3), ("a", 2)], |pairs| pairs.top_per_key(2));
    /// assert_eq!(top.unwrap(), [("a".to_owned(), vec![3, 2])]);
    /// ```
    ///
    /// Implements `Top.largestPerKey` of Beam's Java SDK.
    #[track_caller]
    pub fn top_per_key<By: 'static>(&self, n: usize) -> PCollection<(K, Vec<V>)>
    where
        K: Key,
        V: Order<By>,
    {
        let location = Location::caller();
        self.composite("top_per_key", location, |all| all.combine_per_key(Top::largest(n)))
    }

    /// The `n` values of each key for which the closure makes the largest; otherwise as [`top_by`](Self::top_by).
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let longest = run_with_data([(7_u64, "a"), (7, "bc")], |pairs| pairs.top_per_key_by(1, |word| word.len()));
    /// assert_eq!(longest.unwrap(), [(7, vec!["bc".to_owned()])]);
    /// ```
    ///
    /// Implements `Top.perKey` of Beam's Java SDK.
    #[track_caller]
    pub fn top_per_key_by<By: 'static, R, F>(&self, n: usize, key: F) -> PCollection<(K, Vec<V>)>
    where
        K: Key,
        F: Fn(Ref<'_, V>) -> R + Send + Sync + 'static,
        R: Order<By>,
    {
        let location = Location::caller();
        self.composite("top_per_key_by", location, |all| all.combine_per_key(Top::largest_by(n, key)))
    }

    /// The `n` smallest values of each key, smallest first; otherwise as [`bottom`](Self::bottom).
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let bottom = run_with_data([("a", 1_u64), ("a", 3), ("a", 2)], |pairs| pairs.bottom_per_key(2));
    /// assert_eq!(bottom.unwrap(), [("a".to_owned(), vec![1, 2])]);
    /// ```
    ///
    /// Implements `Top.smallestPerKey` of Beam's Java SDK.
    #[track_caller]
    pub fn bottom_per_key<By: 'static>(&self, n: usize) -> PCollection<(K, Vec<V>)>
    where
        K: Key,
        V: Order<By>,
    {
        let location = Location::caller();
        self.composite("bottom_per_key", location, |all| all.combine_per_key(Top::smallest(n)))
    }

    /// The `n` values of each key for which the closure makes the smallest; otherwise as [`top_by`](Self::top_by).
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let shortest = run_with_data([(7_u64, "a"), (7, "bc")], |p| p.bottom_per_key_by(1, |word| word.len()));
    /// assert_eq!(shortest.unwrap(), [(7, vec!["a".to_owned()])]);
    /// ```
    #[track_caller]
    pub fn bottom_per_key_by<By: 'static, R, F>(&self, n: usize, key: F) -> PCollection<(K, Vec<V>)>
    where
        K: Key,
        F: Fn(Ref<'_, V>) -> R + Send + Sync + 'static,
        R: Order<By>,
    {
        let location = Location::caller();
        self.composite("bottom_per_key_by", location, |all| all.combine_per_key(Top::smallest_by(n, key)))
    }
}
