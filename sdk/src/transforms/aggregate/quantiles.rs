//! Quantiles, approximately: the sketch of Karnin, Lang and Liberty.

use std::marker::PhantomData;
use std::panic::Location;

use super::Order;
use super::chance::{Chance, next};
use crate::collection::PCollection;
use crate::element::{Element, Key, Ref};
use crate::error::Result;
use crate::function::CombineFn;

/// The least value, the greatest, and those that stand at even distances between, approximately.
///
/// The sketch is that of Karnin, Lang and Liberty, "Optimal Quantile Approximation in Streams" (2016): levels of values,
/// each of which stands for twice as many as one of the level below. A level that is full is sorted, and every second
/// value, from the first or the second by chance, moves up.
///
/// With 99 % probability a quantile's rank is wrong by at most 1 % of the number of values, or half of the distance
/// between two quantiles where that is less; [`within`](Self::within) says otherwise. Of few values, about 800 at 1 %,
/// quantiles are exact, as the least and the greatest always are.
///
/// # Determinism
/// Chance comes out the same again on one thread. On several, results differ within the bound.
///
/// # Cost
/// An accumulator holds all of few values, and about 3 for each inverse of the error of many: about 800 at 1 %.
///
/// Implements `ApproximateQuantiles` of Beam's Java SDK, which has another sketch (Manku, Rajagopalan and Lindsay).
#[derive(Debug)]
pub struct Quantiles<T, By> {
    n: usize,
    /// How many values the highest level holds.
    width: usize,
    chance: Chance,
    types: PhantomData<fn(T, By)>,
}

/// Each level but the highest has two thirds of the width of the one above, and at least so much.
const WIDTH_MIN: usize = 8;

impl<T, By> Quantiles<T, By> {
    /// So many quantiles, with the least and the greatest value: 2 are these alone, 5 have the quarters between. One
    /// is the median.
    #[must_use]
    pub fn new(n: usize) -> Self {
        let error = 0.01_f64.min(0.5 / n.saturating_sub(1).max(1) as f64);
        Self { n, width: width(error), chance: Chance::new(0), types: PhantomData }
    }

    /// Says by which part of the number of values a rank may be wrong, such as 0.001.
    #[must_use]
    pub fn within(self, error: f64) -> Self {
        Self { width: width(error), ..self }
    }
}

/// The width that keeps to an error: the fit of Apache DataSketches for one rank at 99 %.
fn width(error: f64) -> usize {
    let error = if error.is_nan() { 1.0 } else { error.clamp(1e-6, 1.0) };
    ((2.296 / error).powf(1.0 / 0.9723).ceil() as usize).max(WIDTH_MIN)
}

impl<By: 'static, T: Order<By>> Quantiles<T, By> {
    fn sort(values: &mut [T]) {
        values.sort_unstable_by(|a, b| T::order(a.borrow(), b.borrow()));
    }

    /// Makes room where all levels together are full, from the lowest that is.
    fn compact(&self, state: &mut u64, levels: &mut Vec<Vec<T>>) {
        loop {
            let (mut room, mut room_of_all, mut len_of_all, mut lowest) = (self.width, 0, 0, None);
            for (level, values) in levels.iter().enumerate().rev() {
                room_of_all += room;
                len_of_all += values.len();
                if values.len() >= room {
                    lowest = Some(level);
                }
                room = (room * 2).div_ceil(3).max(WIDTH_MIN);
            }
            let Some(level) = lowest.filter(|_| len_of_all >= room_of_all) else { return };
            let Some(values) = levels.get_mut(level) else { return };
            let mut values = std::mem::take(values);
            let odd = if values.len() % 2 == 1 { values.pop() } else { None };
            Self::sort(&mut values);
            let second = next(state) >> 63 == 1;
            let moved = values.into_iter().skip(usize::from(second)).step_by(2);
            match levels.get_mut(level + 1) {
                Some(above) => above.extend(moved),
                None => levels.push(moved.collect()),
            }
            if let Some(values) = levels.get_mut(level) {
                values.extend(odd);
            }
        }
    }

    fn widen(ends: &mut Option<(T, T)>, least: Ref<'_, T>, greatest: Ref<'_, T>) {
        match ends {
            None => *ends = Some((T::own(least), T::own(greatest))),
            Some((first, last)) => {
                if T::order(least, first.borrow()).is_lt() {
                    *first = T::own(least);
                }
                if T::order(greatest, last.borrow()).is_gt() {
                    *last = T::own(greatest);
                }
            }
        }
    }
}

impl<By: 'static, T: Order<By>> CombineFn for Quantiles<T, By> {
    type In = T;
    /// The state of chance, the levels, the least and the greatest value.
    type Accum = (u64, Vec<Vec<T>>, Option<(T, T)>);
    type Out = Vec<T>;

    fn create(&self) -> Self::Accum {
        (self.chance.state(), Vec::new(), None)
    }

    #[inline]
    fn add(&self, (state, levels, ends): &mut Self::Accum, value: Ref<'_, T>) -> Result<()> {
        Self::widen(ends, value, value);
        if levels.is_empty() {
            levels.push(Vec::new());
        }
        let Some(lowest) = levels.first_mut() else { return Ok(()) };
        lowest.push(T::own(value));
        // A level has room for a multiple of few: whether it is full need not be asked each time.
        if lowest.len().is_multiple_of(WIDTH_MIN) {
            self.compact(state, levels);
        }
        Ok(())
    }

    fn merge(
        &self,
        (state, levels, ends): &mut Self::Accum,
        (_, others, other_ends): Self::Accum,
    ) -> Result<()> {
        if let Some((least, greatest)) = &other_ends {
            Self::widen(ends, least.borrow(), greatest.borrow());
        }
        levels.resize_with(levels.len().max(others.len()), Vec::new);
        for (values, others) in levels.iter_mut().zip(others) {
            values.extend(others);
        }
        self.compact(state, levels);
        Ok(())
    }

    fn extract(&self, (_, levels, ends): Self::Accum) -> Result<Vec<T>> {
        let Some((least, greatest)) = ends else { return Ok(Vec::new()) };
        let weighed = |(level, values): (usize, Vec<T>)| values.into_iter().map(move |v| (v, 1_u64 << level));
        let mut values: Vec<(T, u64)> = levels.into_iter().enumerate().flat_map(weighed).collect();
        values.sort_unstable_by(|(a, _), (b, _)| T::order(a.borrow(), b.borrow()));
        let last_rank = values.iter().map(|(_, weight)| weight).sum::<u64>().saturating_sub(1);
        let steps = self.n.saturating_sub(1);
        let mut quantiles = Vec::with_capacity(self.n);
        let mut values = values.into_iter();
        let mut at = values.next();
        // Ranks up to this one are those of the value at hand.
        let mut passed = at.as_ref().map_or(0, |(_, weight)| weight - 1);
        for i in 0..self.n {
            if i == 0 && steps > 0 {
                quantiles.push(least.clone());
                continue;
            }
            if i == steps && steps > 0 {
                quantiles.push(greatest.clone());
                continue;
            }
            let part = if steps == 0 { 0.5 } else { i as f64 / steps as f64 };
            let rank = (part * last_rank as f64).round() as u64;
            while rank > passed {
                let Some(next) = values.next() else { break };
                passed += next.1;
                at = Some(next);
            }
            quantiles.extend(at.as_ref().map(|(value, _)| value.clone()));
        }
        Ok(quantiles)
    }
}

impl<T: Element> PCollection<T> {
    /// So many quantiles of all elements, approximately: the least, the greatest, and those at even distances between;
    /// none of an empty collection.
    ///
    /// 5 are the least element, the three quarters, and the greatest; 101 are the percentiles.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let quarters = run_with_data(0..=100_u64, |numbers| numbers.approximate_quantiles(5));
    /// assert_eq!(quarters.unwrap(), [[0, 25, 50, 75, 100]]);
    /// ```
    ///
    /// # Determinism
    /// Within the error that [`Quantiles`] states; `combine_globally` of one sets another.
    ///
    /// Implements `ApproximateQuantiles.globally` of Beam's Java SDK.
    #[track_caller]
    pub fn approximate_quantiles<By: 'static>(&self, n: usize) -> PCollection<Vec<T>>
    where
        T: Order<By>,
    {
        let location = Location::caller();
        self.composite("approximate_quantiles", location, |all| all.combine_globally(Quantiles::new(n)))
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// So many quantiles of the values of each key; otherwise as
    /// [`approximate_quantiles`](PCollection::approximate_quantiles).
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let medians = run_with_data([("a", 1.5), ("a", 9.0), ("a", 2.0)], |pairs| {
    ///     pairs.approximate_quantiles_per_key(1)
    /// });
    /// assert_eq!(medians.unwrap(), [("a".to_owned(), vec![2.0])]);
    /// ```
    ///
    /// Implements `ApproximateQuantiles.perKey` of Beam's Java SDK.
    #[track_caller]
    pub fn approximate_quantiles_per_key<By: 'static>(&self, n: usize) -> PCollection<(K, Vec<V>)>
    where
        K: Key,
        V: Order<By>,
    {
        let location = Location::caller();
        self.composite("approximate_quantiles_per_key", location, |all| {
            all.combine_per_key(Quantiles::new(n))
        })
    }
}
