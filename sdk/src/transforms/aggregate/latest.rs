//! The latest.

use std::marker::PhantomData;
use std::panic::Location;

use super::nothing;
use crate::collection::PCollection;
use crate::element::{Borrowed, Element, Key, Ref};
use crate::error::Result;
use crate::exec::ParDo;
use crate::function::{CombineFn, Out, ParDoFn};
use crate::time::Timestamp;

/// The value with the latest time; no values are an error, or [`or_none`](CombineFn::or_none).
///
/// # Determinism
/// Which of several with the same time stays is not determined.
///
/// Implements `Latest.combineFn` of Beam's Java SDK.
#[derive(Debug)]
pub struct Latest<T> {
    value: PhantomData<fn(T)>,
}

impl<T> Latest<T> {
    /// Of values with their times.
    #[must_use]
    pub fn new() -> Self {
        Self { value: PhantomData }
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Element> CombineFn for Latest<T> {
    type In = (Timestamp, T);
    type Accum = Option<(Timestamp, T)>;
    type Out = T;

    #[inline]
    fn add(&self, latest: &mut Self::Accum, (time, value): (Timestamp, Ref<'_, T>)) -> Result<()> {
        if latest.as_ref().is_none_or(|(latest, _)| time > *latest) {
            *latest = Some((time, T::own(value)));
        }
        Ok(())
    }
    #[inline]
    fn merge(&self, latest: &mut Self::Accum, other: Self::Accum) -> Result<()> {
        if let Some(other) = other
            && latest.as_ref().is_none_or(|(latest, _)| other.0 > *latest)
        {
            *latest = Some(other);
        }
        Ok(())
    }
    fn extract(&self, latest: Self::Accum) -> Result<T> {
        latest.map(|(_, value)| value).ok_or_else(|| nothing("find the latest of"))
    }
}

impl<T: Element> PCollection<T> {
    /// The element with the latest time; `None` of an empty collection.
    ///
    /// ```
    /// # use flumen::{testing::run_with_data, time::Timestamp};
    /// # use flumen_local as _;
    /// let last = run_with_data([(5_i64, "b"), (9, "c"), (1, "a")], |pairs| {
    ///     pairs.with_timestamps(|(seconds, _)| Timestamp::from_millis(seconds * 1_000)).values().latest_globally()
    /// });
    /// assert_eq!(last.unwrap(), [Some("c".to_owned())]);
    /// ```
    ///
    /// # Determinism
    /// Which of several with the same time stays is not determined.
    ///
    /// Implements `Latest.globally` of Beam's Java SDK.
    #[track_caller]
    pub fn latest_globally(&self) -> PCollection<Option<T>> {
        let location = Location::caller();
        self.composite("latest_globally", location, |all| {
            all.reify_timestamps().combine_globally(Latest::new().or_none())
        })
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// The value of each key with the latest time.
    ///
    /// ```
    /// # use flumen::{testing::run_with_data, time::Timestamp};
    /// # use flumen_local as _;
    /// let last = run_with_data([("a", 5_i64), ("a", 9), ("a", 1)], |pairs| {
    ///     pairs.with_timestamps(|(_, millis)| Timestamp::from_millis(millis)).latest_per_key()
    /// });
    /// assert_eq!(last.unwrap(), [("a".to_owned(), 9)]);
    /// ```
    ///
    /// # Determinism
    /// Which of several with the same time stays is not determined.
    ///
    /// Implements `Latest.perKey` of Beam's Java SDK.
    #[track_caller]
    pub fn latest_per_key(&self) -> PCollection<(K, V)>
    where
        K: Key,
    {
        let location = Location::caller();
        self.composite("latest_per_key", location, |all| {
            let reify = |(key, value): Ref<'_, (K, V)>, out: &mut Out<'_, (K, (Timestamp, V))>| {
                let time = out.timestamp();
                out.emit((Borrowed::<K>(key), (time, Borrowed::<V>(value))));
            };
            let reified: PCollection<(K, (Timestamp, V))> =
                all.operator("reify_timestamps", location, ParDo::new(ParDoFn::<_, (K, V), _>::new(reify)));
            reified.combine_per_key(Latest::new())
        })
    }
}
