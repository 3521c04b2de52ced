//! Samples.

use std::marker::PhantomData;
use std::panic::Location;

use super::chance::{Chance, next};
use crate::collection::PCollection;
use crate::element::{Element, Key, Ref};
use crate::error::Result;
use crate::function::CombineFn;

/// A sample of a fixed size, without replacement: each set of so many values is as likely as any other.
///
/// Each value draws a random number; those with the least stay, in that order.
///
/// # Determinism
/// On one thread the same program draws the same sample again; [`seed`](Self::seed) makes it another. On several, it
/// depends on what each thread reads.
///
/// # Cost
/// An accumulator holds at most as many values as are wanted. For thousands, not for millions.
///
/// Implements `Sample.combineFn` of Beam's Java SDK.
#[derive(Debug)]
pub struct Sample<T> {
    n: usize,
    chance: Chance,
    value: PhantomData<fn(T)>,
}

impl<T> Sample<T> {
    /// A sample of `n` values, or of all where there are fewer.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { n, chance: Chance::new(0), value: PhantomData }
    }

    /// Draws other numbers.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { chance: Chance::new(seed), ..self }
    }
}

impl<T: Element> CombineFn for Sample<T> {
    type In = T;
    /// What the next random numbers come from; and the drawn values with theirs, least first.
    type Accum = (u64, Vec<(u64, T)>);
    type Out = Vec<T>;

    fn create(&self) -> Self::Accum {
        (self.chance.state(), Vec::new())
    }

    #[inline]
    fn add(&self, (state, drawn): &mut Self::Accum, value: Ref<'_, T>) -> Result<()> {
        let number = next(state);
        if drawn.len() >= self.n && drawn.last().is_none_or(|(last, _)| number >= *last) {
            return Ok(());
        }
        let place = drawn.partition_point(|(other, _)| *other <= number);
        drawn.insert(place, (number, T::own(value)));
        drawn.truncate(self.n);
        Ok(())
    }

    fn merge(&self, (_, drawn): &mut Self::Accum, (_, others): Self::Accum) -> Result<()> {
        drawn.extend(others);
        drawn.sort_by_key(|(number, _)| *number);
        drawn.truncate(self.n);
        Ok(())
    }

    fn extract(&self, (_, drawn): Self::Accum) -> Result<Vec<T>> {
        Ok(drawn.into_iter().map(|(_, value)| value).collect())
    }
}

/// Any so many values, whichever come first.
///
/// Implements `Sample.anyCombineFn` of Beam's Java SDK.
#[derive(Debug)]
pub struct SampleAny<T> {
    n: usize,
    value: PhantomData<fn(T)>,
}

impl<T> SampleAny<T> {
    /// Any `n` values, or all where there are fewer.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { n, value: PhantomData }
    }
}

impl<T: Element> CombineFn for SampleAny<T> {
    type In = T;
    type Accum = Vec<T>;
    type Out = Vec<T>;

    #[inline]
    fn add(&self, all: &mut Vec<T>, value: Ref<'_, T>) -> Result<()> {
        if all.len() < self.n {
            all.push(T::own(value));
        }
        Ok(())
    }
    fn merge(&self, all: &mut Vec<T>, other: Vec<T>) -> Result<()> {
        let room = self.n.saturating_sub(all.len());
        all.extend(other.into_iter().take(room));
        Ok(())
    }
    fn extract(&self, all: Vec<T>) -> Result<Vec<T>> {
        Ok(all)
    }
}

impl<T: Element> PCollection<T> {
    /// Draws `n` elements at random without replacement, or all where there are fewer.
    ///
    /// Each set of `n` elements is as likely as any other. Where any will do, [`sample_any`](Self::sample_any) is
    /// cheaper.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let drawn = run_with_data(0..100_u64, |numbers| numbers.sample(3)).unwrap();
    /// assert_eq!(drawn[0].len(), 3);
    /// ```
    ///
    /// # Determinism
    /// On one thread the same program draws the same again; on several it does not. `combine_globally` of a
    /// [`Sample`] with a seed draws another.
    ///
    /// # Cost
    /// Holds `n` elements a thread.
    ///
    /// Implements `Sample.fixedSizeGlobally` of Beam's Java SDK.
    #[track_caller]
    pub fn sample(&self, n: usize) -> PCollection<Vec<T>> {
        let location = Location::caller();
        self.composite("sample", location, |all| all.combine_globally(Sample::new(n)))
    }

    /// Keeps any `n` elements, or all where there are fewer: for a look at what is there.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// assert_eq!(run_with_data(0..100_u64, |numbers| numbers.sample_any(3)).unwrap().len(), 3);
    /// ```
    ///
    /// # Determinism
    /// Which they are depends on the runner; they are no random sample.
    ///
    /// # Cost
    /// Holds `n` elements a thread; all of the collection is read.
    ///
    /// Implements `Sample.any` of Beam's Java SDK.
    #[track_caller]
    pub fn sample_any(&self, n: usize) -> PCollection<T> {
        let location = Location::caller();
        self.composite("sample_any", location, |all| all.combine_globally(SampleAny::new(n)).flatten_items())
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// Draws `n` values of each key at random without replacement; otherwise as [`sample`](PCollection::sample).
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let drawn = run_with_data([("a", 1_u64), ("b", 2)], |pairs| pairs.sample_per_key(3));
    /// assert_eq!(drawn.unwrap().len(), 2);
    /// ```
    ///
    /// Implements `Sample.fixedSizePerKey` of Beam's Java SDK.
    #[track_caller]
    pub fn sample_per_key(&self, n: usize) -> PCollection<(K, Vec<V>)>
    where
        K: Key,
    {
        let location = Location::caller();
        self.composite("sample_per_key", location, |all| all.combine_per_key(Sample::new(n)))
    }
}
