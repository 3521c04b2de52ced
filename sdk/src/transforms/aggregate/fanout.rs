//! Combining what many threads share, in two stages.

use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;

use crate::collection::PCollection;
use crate::element::{Borrowed, Element, Key, Ref};
use crate::error::Result;
use crate::exec::ParDo;
use crate::function::{CombineFn, DoFn, Out};

/// Gives each element one of so many numbers, in turn.
struct Deal<T> {
    fanout: u64,
    next: u64,
    element: PhantomData<fn(T)>,
}

impl<T> Deal<T> {
    fn new(fanout: u64) -> Self {
        Self { fanout, next: 0, element: PhantomData }
    }

    fn next(&mut self) -> u64 {
        self.next = (self.next + 1) % self.fanout.max(1);
        self.next
    }
}

impl<T> Clone for Deal<T> {
    fn clone(&self) -> Self {
        Self { element: PhantomData, ..*self }
    }
}

impl<T: Element> DoFn for Deal<T> {
    type In = T;
    type Out = (u64, T);

    fn process(&mut self, element: Ref<'_, T>, out: &mut Out<'_, (u64, T)>) -> Result<()> {
        out.emit((self.next(), Borrowed::<T>(element)));
        Ok(())
    }
}

/// As [`Deal`], to the keys of pairs.
struct DealKeys<K, V> {
    deal: Deal<(K, V)>,
}

impl<K, V> Clone for DealKeys<K, V> {
    fn clone(&self) -> Self {
        Self { deal: self.deal.clone() }
    }
}

impl<K: Element, V: Element> DoFn for DealKeys<K, V> {
    type In = (K, V);
    type Out = ((K, u64), V);

    fn process(&mut self, (key, value): Ref<'_, (K, V)>, out: &mut Out<'_, Self::Out>) -> Result<()> {
        out.emit(((Borrowed::<K>(key), self.deal.next()), Borrowed::<V>(value)));
        Ok(())
    }
}

/// The first stage: its result is the accumulator.
struct Gather<C>(Arc<C>);

impl<C: CombineFn> CombineFn for Gather<C> {
    type In = C::In;
    type Accum = C::Accum;
    type Out = C::Accum;

    fn create(&self) -> C::Accum {
        self.0.create()
    }
    #[inline]
    fn add(&self, accumulator: &mut C::Accum, value: Ref<'_, C::In>) -> Result<()> {
        self.0.add(accumulator, value)
    }
    fn merge(&self, accumulator: &mut C::Accum, other: C::Accum) -> Result<()> {
        self.0.merge(accumulator, other)
    }
    fn extract(&self, accumulator: C::Accum) -> Result<C::Accum> {
        Ok(accumulator)
    }
}

/// The second stage: its values are accumulators.
struct Merge<C>(Arc<C>);

impl<C: CombineFn> CombineFn for Merge<C> {
    type In = C::Accum;
    type Accum = C::Accum;
    type Out = C::Out;

    fn create(&self) -> C::Accum {
        self.0.create()
    }
    fn add(&self, accumulator: &mut C::Accum, other: Ref<'_, C::Accum>) -> Result<()> {
        self.0.merge(accumulator, C::Accum::own(other))
    }
    fn merge(&self, accumulator: &mut C::Accum, other: C::Accum) -> Result<()> {
        self.0.merge(accumulator, other)
    }
    fn extract(&self, accumulator: C::Accum) -> Result<C::Out> {
        self.0.extract(accumulator)
    }
}

impl<T: Element> PCollection<T> {
    /// As [`combine_globally`](Self::combine_globally), by way of `fanout` parts that are combined apart from each
    /// other.
    ///
    /// For functions whose accumulators are costly to merge, on runners with many machines: the last step merges one
    /// accumulator a part, not one a thread. Otherwise it only adds work.
    ///
    /// ```
    /// # use flumen::{testing::run_with_data, transforms::Count};
    /// # use flumen_local as _;
    /// let count = run_with_data(0..100_u64, |all| all.combine_globally_with_fanout(4, Count::new()));
    /// assert_eq!(count.unwrap(), [100]);
    /// ```
    ///
    /// Implements `Combine.globally().withFanout` of Beam's Java SDK.
    #[track_caller]
    pub fn combine_globally_with_fanout<C: CombineFn<In = T>>(
        &self,
        fanout: usize,
        combine: C,
    ) -> PCollection<C::Out> {
        let location = Location::caller();
        self.composite("combine_globally_with_fanout", location, |all| {
            let combine = Arc::new(combine);
            let dealt: PCollection<(u64, T)> =
                all.operator("deal", location, ParDo::new(Deal::<T>::new(fanout as u64)));
            let parts = dealt.combine_per_key(Gather(Arc::clone(&combine)));
            parts.values().combine_globally(Merge(combine))
        })
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// As [`combine_per_key`](Self::combine_per_key), by way of `fanout` parts of each key that are combined apart from
    /// each other.
    ///
    /// For a few keys that have most of the values, on runners that move values before they combine them. A runner
    /// that combines first, as the local one, does not need it: there each thread sends one accumulator a key anyway.
    ///
    /// ```
    /// # use flumen::{testing::run_with_data, transforms::Count};
    /// # use flumen_local as _;
    /// let plays = (0..100_u64).map(|n| ("hit", n));
    /// let counts = run_with_data(plays, |plays| plays.combine_per_key_with_fanout(4, Count::new()));
    /// assert_eq!(counts.unwrap(), [("hit".to_owned(), 100)]);
    /// ```
    ///
    /// # Cost
    /// A second exchange, of one accumulator for each part of a key.
    ///
    /// Implements `Combine.perKey().withHotKeyFanout` of Beam's Java SDK.
    #[track_caller]
    pub fn combine_per_key_with_fanout<C: CombineFn<In = V>>(
        &self,
        fanout: usize,
        combine: C,
    ) -> PCollection<(K, C::Out)>
    where
        K: Key,
    {
        let location = Location::caller();
        self.composite("combine_per_key_with_fanout", location, |all| {
            let combine = Arc::new(combine);
            let deal = DealKeys { deal: Deal::<(K, V)>::new(fanout as u64) };
            let dealt: PCollection<((K, u64), V)> = all.operator("deal", location, ParDo::new(deal));
            let parts = dealt.combine_per_key(Gather(Arc::clone(&combine)));
            parts.map_keys(|(key, _)| K::own(key)).combine_per_key(Merge(combine))
        })
    }
}
