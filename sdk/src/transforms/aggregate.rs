//! Counts, sums, and closures that reduce.

use std::marker::PhantomData;
use std::panic::Location;

use crate::collection::PCollection;
use crate::element::{Accumulator, Element, Key, Ref};
use crate::error::Result;
use crate::exec::Solo;
use crate::function::CombineFn;

/// Counts values.
#[derive(Debug)]
pub struct Count<T> {
    value: PhantomData<fn(T)>,
}

impl<T> Count<T> {
    /// Counts values of any type.
    #[must_use]
    pub fn new() -> Self {
        Self { value: PhantomData }
    }
}

impl<T> Default for Count<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Element> CombineFn for Count<T> {
    type In = T;
    type Accum = u64;
    type Out = u64;

    #[inline]
    fn add(&self, count: &mut u64, _: Ref<'_, T>) -> Result<()> {
        *count += 1;
        Ok(())
    }
    #[inline]
    fn merge(&self, count: &mut u64, other: u64) -> Result<()> {
        *count += other;
        Ok(())
    }
    fn extract(&self, count: u64) -> Result<u64> {
        Ok(count)
    }
}

/// A number that can be summed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be summed",
    label = "not a number",
    note = "numbers can; for anything else use `reduce_per_key(|a, b| ..)` or a `CombineFn`"
)]
pub trait Sum: Accumulator + Copy + for<'a> Element<Ref<'a> = Self> {
    /// Adds; none if the sum does not fit the type.
    fn checked_sum(self, other: Self) -> Option<Self>;
}

macro_rules! sums {
    ($($type:ty),*; $($float:ty),*) => {
        $(impl Sum for $type {
            #[inline]
            fn checked_sum(self, other: Self) -> Option<Self> {
                self.checked_add(other)
            }
        })*
        $(impl Sum for $float {
            #[inline]
            fn checked_sum(self, other: Self) -> Option<Self> {
                Some(self + other)
            }
        })*
    };
}
sums!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize; f32, f64);

/// Sums numbers; a sum that does not fit the type is an error, where Beam's Java SDK wraps silently.
#[derive(Debug)]
pub struct SumFn<T> {
    value: PhantomData<fn(T)>,
}

impl<T> SumFn<T> {
    /// Sums numbers of a type.
    #[must_use]
    pub fn new() -> Self {
        Self { value: PhantomData }
    }
}

impl<T> Default for SumFn<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cold]
fn overflow<T>() -> crate::error::BoxError {
    format!("the sum does not fit {}; convert the values to a wider type first", std::any::type_name::<T>())
        .into()
}

impl<T: Sum> CombineFn for SumFn<T> {
    type In = T;
    type Accum = T;
    type Out = T;

    #[inline]
    fn add(&self, sum: &mut T, value: T) -> Result<()> {
        *sum = sum.checked_sum(value).ok_or_else(overflow::<T>)?;
        Ok(())
    }
    #[inline]
    fn merge(&self, sum: &mut T, other: T) -> Result<()> {
        self.add(sum, other)
    }
    fn extract(&self, sum: T) -> Result<T> {
        Ok(sum)
    }
}

/// Combines values two at a time by a closure.
pub struct Reduce<T, F> {
    f: F,
    value: PhantomData<fn(T)>,
}

impl<T, F> Reduce<T, F> {
    /// Combines by an associative and commutative closure.
    pub fn new(f: F) -> Self {
        Self { f, value: PhantomData }
    }
}

impl<T: Element, F: Fn(T, T) -> T + Send + Sync + 'static> CombineFn for Reduce<T, F> {
    type In = T;
    type Accum = Option<T>;
    type Out = T;

    fn add(&self, all: &mut Option<T>, value: Ref<'_, T>) -> Result<()> {
        self.merge(all, Some(T::own(value)))
    }
    fn merge(&self, all: &mut Option<T>, other: Option<T>) -> Result<()> {
        *all = match (all.take(), other) {
            (Some(a), Some(b)) => Some((self.f)(a, b)),
            (a, b) => a.or(b),
        };
        Ok(())
    }
    fn extract(&self, all: Option<T>) -> Result<T> {
        all.ok_or_else(|| "there is no value to reduce".into())
    }
}

impl<T: Element> PCollection<T> {
    /// Counts all elements; 0 of an empty collection.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// assert_eq!(run_with_data(["a", "b"], |words| words.count_globally()).unwrap(), [2]);
    /// ```
    ///
    /// Implements `Count.globally` of Beam's Java SDK.
    #[track_caller]
    pub fn count_globally(&self) -> PCollection<u64> {
        let location = Location::caller();
        self.composite("count_globally", location, |all| all.combine_globally(Count::new()))
    }

    /// Counts how often each element is there.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let mut counts = run_with_data(["a", "b", "a"], |words| words.count_per_element()).unwrap();
    /// counts.sort();
    /// assert_eq!(counts, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
    /// ```
    ///
    /// Implements `Count.perElement` of Beam's Java SDK.
    #[track_caller]
    pub fn count_per_element(&self) -> PCollection<(T, u64)>
    where
        T: Key,
    {
        let location = Location::caller();
        self.composite("count_per_element", location, |all| {
            let solo: PCollection<(T, ())> = all.operator("solo", location, Solo::<T>::default());
            solo.combine_per_key(Count::new())
        })
    }

    /// Sums all elements; 0 of an empty collection.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// assert_eq!(run_with_data([0.5, 1.5], |numbers| numbers.sum_globally()).unwrap(), [2.0]);
    /// ```
    ///
    /// # Errors
    /// A sum that does not fit the type fails the run.
    ///
    /// # Determinism
    /// Sums of `f32` and `f64` depend on the order, and so on how many threads there are, in their last digits.
    #[track_caller]
    pub fn sum_globally(&self) -> PCollection<T>
    where
        T: Sum,
    {
        let location = Location::caller();
        self.composite("sum_globally", location, |all| all.combine_globally(SumFn::new()))
    }
}

// The bounds stand on the methods: so the compiler says what can't be a key, and not that there is no such method.
impl<K: Element, V: Element> PCollection<(K, V)> {
    /// Counts the values of each key.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let counts = run_with_data([("a", 7_u64), ("a", 8)], |pairs| pairs.count_per_key());
    /// assert_eq!(counts.unwrap(), [("a".to_owned(), 2)]);
    /// ```
    ///
    /// Implements `Count.perKey` of Beam's Java SDK.
    #[track_caller]
    pub fn count_per_key(&self) -> PCollection<(K, u64)>
    where
        K: Key,
    {
        let location = Location::caller();
        self.composite("count_per_key", location, |all| all.combine_per_key(Count::new()))
    }

    /// Combines the values of each key two at a time, by an associative and commutative closure.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let longest = run_with_data([(1_u64, "a"), (1, "bcd")], |pairs| {
    ///     pairs.reduce_per_key(|a, b| if a.len() >= b.len() { a } else { b })
    /// });
    /// assert_eq!(longest.unwrap(), [(1, "bcd".to_owned())]);
    /// ```
    ///
    /// # Cost
    /// Works on owned values: a string is cloned once for each element. A [`CombineFn`] reads them where they stand.
    #[track_caller]
    pub fn reduce_per_key<F>(&self, f: F) -> PCollection<(K, V)>
    where
        K: Key,
        F: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let location = Location::caller();
        self.composite("reduce_per_key", location, |all| all.combine_per_key(Reduce::new(f)))
    }

    /// Sums the values of each key.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let sums = run_with_data([("a", 1_i64), ("a", -3)], |pairs| pairs.sum_per_key());
    /// assert_eq!(sums.unwrap(), [("a".to_owned(), -2)]);
    /// ```
    ///
    /// # Errors
    /// A sum that does not fit the type fails the run, with the pair at which it did.
    ///
    /// Implements `Sum.longsPerKey` and its kin of Beam's Java SDK.
    #[track_caller]
    pub fn sum_per_key(&self) -> PCollection<(K, V)>
    where
        K: Key,
        V: Sum,
    {
        let location = Location::caller();
        self.composite("sum_per_key", location, |all| all.combine_per_key(SumFn::new()))
    }
}
