//! What a collection must hold, checked when the pipeline runs.

use std::marker::PhantomData;
use std::panic::Location;

use super::difference::difference;
use crate::collection::PCollection;
use crate::element::{Element, Put, Ref};
use crate::error::{BoxError, Cause, FnError, Result};
use crate::function::CombineFn;

/// Says what a collection must hold; the run fails with the difference if it does not.
///
/// The check is a step of the pipeline, so it works on every runner.
///
/// ```
/// use flumen::{testing::expect, Pipeline};
/// use flumen_local::Local;
///
/// let p = Pipeline::new();
/// let numbers = p.create([3_u64, 1, 2]);
/// expect(&numbers).contains_in_any_order([1_u64, 2, 3]);
/// expect(&numbers.count_globally()).contains_in_any_order([3_u64]);
/// Local::new().run(&p)?.wait()?;
/// # flumen::Ok(())
/// ```
///
/// Implements `PAssert` of Beam's Java SDK.
#[track_caller]
#[must_use = "say what it must hold, by a method"]
pub fn expect<T: Element>(collection: &PCollection<T>) -> Expect<'_, T> {
    Expect { collection, location: Location::caller() }
}

/// A collection that something is expected of; made by [`expect`].
pub struct Expect<'p, T: Element> {
    collection: &'p PCollection<T>,
    location: &'static Location<'static>,
}

impl<T: Element> Expect<'_, T> {
    /// It holds exactly these elements, each as often as given, in any order.
    ///
    /// Elements are compared by their encodings.
    pub fn contains_in_any_order<P: Put<Elem = T>>(self, elements: impl IntoIterator<Item = P>) {
        let mut wanted = T::Col::default();
        elements.into_iter().for_each(|element| element.put(&mut wanted));
        self.check("contains_in_any_order", move |found| difference::<T>(&wanted, found));
    }

    /// It holds nothing.
    pub fn is_empty(self) {
        self.check("is_empty", |found| difference::<T>(&T::Col::default(), found));
    }

    /// It satisfies a check of all its elements, which returns what is wrong.
    pub fn satisfies(self, check: impl Fn(&[T]) -> Result<()> + Send + Sync + 'static) {
        self.check("satisfies", check);
    }

    fn check(self, kind: &str, check: impl Fn(&[T]) -> Result<()> + Send + Sync + 'static) {
        let location = self.location;
        let place = format!("{}:{}", location.file(), location.line());
        let told = move |e: BoxError| -> BoxError {
            FnError::new(Cause::Quality, format!("expectation at {place}: {e}")).into()
        };
        let check = move |found: &[T]| check(found).map_err(&told);
        let checked = self.collection.composite("expect", location, |all| {
            all.combine_globally(Check { check, element: PhantomData }).named(kind)
        });
        drop(checked);
    }
}

/// Gathers all elements, and checks them in the end.
struct Check<T, F> {
    check: F,
    element: PhantomData<fn(T)>,
}

impl<T: Element, F: Fn(&[T]) -> Result<()> + Send + Sync + 'static> CombineFn for Check<T, F> {
    type In = T;
    type Accum = Vec<T>;
    type Out = usize;

    fn add(&self, all: &mut Vec<T>, value: Ref<'_, T>) -> Result<()> {
        all.push(T::own(value));
        Ok(())
    }
    fn merge(&self, all: &mut Vec<T>, other: Vec<T>) -> Result<()> {
        all.extend(other);
        Ok(())
    }
    fn extract(&self, all: Vec<T>) -> Result<usize> {
        (self.check)(&all).map(|()| all.len())
    }
}
