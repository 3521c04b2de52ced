//! How many different values there are, approximately: HyperLogLog.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::panic::Location;

use twox_hash::XxHash3_64;

use crate::collection::PCollection;
use crate::element::{Element, Key, Ref};
use crate::error::Result;
use crate::function::CombineFn;

/// How many different values there are, approximately.
///
/// The sketch is HyperLogLog (Flajolet and others 2007) of 64-bit hashes, as HyperLogLog++ has it (Heule, Nunkesser and
/// Hall 2013), with the estimator of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), which
/// needs no tables of corrections.
///
/// The standard error is 0.81 %: 99 of 100 estimates are wrong by at most 2.1 %. Up to 1,024 different values the
/// count is exact, but for a chance of less than one in 10^13.
///
/// # Determinism
/// The same values give the same estimate, on any number of threads and any machine.
///
/// # Cost
/// An accumulator takes 8 bytes a different value, up to 8 KiB, and 16 KiB for more than 1,024.
///
/// Implements `ApproximateUnique` of Beam's Java SDK, which keeps a sample of hashes, and `ApproximateCountDistinct` of its
/// extension for sketches.
#[derive(Debug)]
pub struct CountDistinct<T> {
    value: PhantomData<fn(T)>,
}

/// So many bits of a hash choose a register.
const PRECISION: u32 = 14;
const REGISTERS: usize = 1 << PRECISION;
/// A register holds at most this: how many bits are left, and one.
const RANK_MAX: u32 = 64 - PRECISION + 1;
const HASHES_MAX: usize = 1_024;

impl<T> CountDistinct<T> {
    /// Of values of any type that can be a key.
    #[must_use]
    pub fn new() -> Self {
        Self { value: PhantomData }
    }
}

impl<T> Default for CountDistinct<T> {
    fn default() -> Self {
        Self::new()
    }
}

thread_local! {
    /// Where a value is encoded to be hashed.
    static ENCODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn hash<T: Key>(value: Ref<'_, T>) -> Result<u64> {
    ENCODED.with_borrow_mut(|encoded| {
        encoded.clear();
        T::encode(value, encoded)?;
        Ok(XxHash3_64::oneshot(encoded))
    })
}

/// Enters a hash into the register that it chooses.
fn enter(registers: &mut [u8], hash: u64) {
    let place = (hash >> (64 - PRECISION)) as usize;
    let rank = ((hash << PRECISION).leading_zeros() + 1).min(RANK_MAX) as u8;
    if let Some(register) = registers.get_mut(place) {
        *register = rank.max(*register);
    }
}

/// Adds a hash: as it is while there are few, to a register then.
fn add((few, registers): &mut (Vec<u64>, Vec<u8>), hash: u64) {
    if !registers.is_empty() {
        return enter(registers, hash);
    }
    let Err(place) = few.binary_search(&hash) else { return };
    if few.len() < HASHES_MAX {
        return few.insert(place, hash);
    }
    registers.resize(REGISTERS, 0);
    enter(registers, hash);
    std::mem::take(few).into_iter().for_each(|hash| enter(registers, hash));
}

/// How many different hashes the registers have seen: algorithm 6 of Ertl 2017.
fn estimate(registers: &[u8]) -> f64 {
    let mut counts = [0_u32; RANK_MAX as usize + 1];
    for rank in registers {
        if let Some(count) = counts.get_mut(usize::from(*rank)) {
            *count += 1;
        }
    }
    let m = REGISTERS as f64;
    let [zero, ranks @ .., full] = counts;
    let mut z = m * tau(1.0 - f64::from(full) / m);
    for count in ranks.iter().rev() {
        z = 0.5 * (z + f64::from(*count));
    }
    z += m * sigma(f64::from(zero) / m);
    0.5 / std::f64::consts::LN_2 * m * m / z
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

impl<T: Key> CombineFn for CountDistinct<T> {
    type In = T;
    /// The hashes while there are few, sorted; then the registers.
    type Accum = (Vec<u64>, Vec<u8>);
    type Out = u64;

    #[inline]
    fn add(&self, seen: &mut Self::Accum, value: Ref<'_, T>) -> Result<()> {
        add(seen, hash::<T>(value)?);
        Ok(())
    }

    fn merge(&self, seen: &mut Self::Accum, mut other: Self::Accum) -> Result<()> {
        if seen.1.is_empty() && !other.1.is_empty() {
            std::mem::swap(seen, &mut other);
        }
        for (register, other) in seen.1.iter_mut().zip(other.1) {
            *register = other.max(*register);
        }
        other.0.into_iter().for_each(|hash| add(seen, hash));
        Ok(())
    }

    fn extract(&self, (few, registers): Self::Accum) -> Result<u64> {
        Ok(if registers.is_empty() { few.len() as u64 } else { estimate(&registers).round() as u64 })
    }
}

impl<T: Element> PCollection<T> {
    /// How many different elements there are, approximately; 0 of an empty collection.
    ///
    /// The error is that of [`CountDistinct`]: exact up to 1,024, then 0.81 % (the standard error). For an exact count,
    /// `distinct().count_globally()`.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// assert_eq!(run_with_data(["a", "b", "a"], |words| words.approximate_distinct()).unwrap(), [2]);
    /// ```
    ///
    /// # Cost
    /// 16 KiB a thread, where `distinct` keeps each different element.
    ///
    /// Implements `ApproximateUnique.globally` of Beam's Java SDK.
    #[track_caller]
    pub fn approximate_distinct(&self) -> PCollection<u64>
    where
        T: Key,
    {
        let location = Location::caller();
        self.composite("approximate_distinct", location, |all| all.combine_globally(CountDistinct::new()))
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// How many different values each key has; otherwise as
    /// [`approximate_distinct`](PCollection::approximate_distinct).
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let users = run_with_data([("a", 1_u64), ("a", 2), ("a", 1)], |pairs| pairs.approximate_distinct_per_key());
    /// assert_eq!(users.unwrap(), [("a".to_owned(), 2)]);
    /// ```
    ///
    /// # Cost
    /// 8 bytes a different value of a key, and at most 16 KiB a key and thread.
    ///
    /// Implements `ApproximateUnique.perKey` of Beam's Java SDK.
    #[track_caller]
    pub fn approximate_distinct_per_key(&self) -> PCollection<(K, u64)>
    where
        K: Key,
        V: Key,
    {
        let location = Location::caller();
        self.composite("approximate_distinct_per_key", location, |all| {
            all.combine_per_key(CountDistinct::new())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From few to many, and in any order of merging, estimates stay within three standard errors.
    #[test]
    fn estimates_keep_to_the_error() {
        let count = CountDistinct::<u64>::new();
        for n in [0, 1, 1_000, 1_024, 1_025, 2_000, 20_000, 200_000, 2_000_000_u64] {
            let part = |numbers: std::ops::Range<u64>| {
                let mut seen = count.create();
                numbers.for_each(|number| count.add(&mut seen, number).unwrap());
                seen
            };
            let mut forward = part(0..n / 3);
            count.merge(&mut forward, part(n / 4..n)).unwrap();
            let mut backward = part(n / 4..n);
            count.merge(&mut backward, part(0..n / 3)).unwrap();
            let (whole, forward) = (count.extract(part(0..n)).unwrap(), count.extract(forward).unwrap());
            assert_eq!(whole, forward);
            assert_eq!(whole, count.extract(backward).unwrap());
            let wrong = whole.abs_diff(n) as f64;
            let bound = if n <= HASHES_MAX as u64 { 0.0 } else { 3.0 * 0.0081 * n as f64 };
            assert!(wrong <= bound, "{whole} of {n}");
        }
    }
}
