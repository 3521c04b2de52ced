//! A side input of one element.

use std::marker::PhantomData;

use super::{Side, SideKind};
use crate::collection::PCollection;
use crate::element::{Column, Element, Put, Ref};
use crate::error::{Cause, FnError};

/// Shows the only element of a collection.
pub struct Singleton<T: Element> {
    default: Option<T::Col>,
    element: PhantomData<fn(T)>,
}

impl<T: Element> SideKind for Singleton<T> {
    type Elem = T;
    type Built = T::Col;
    type View<'a> = Ref<'a, T>;
    const NAME: &'static str = "singleton";

    fn build(&self, all: T::Col) -> Result<T::Col, FnError> {
        Ok(match &self.default {
            Some(default) if all.is_empty() => default.clone(),
            _ => all,
        })
    }

    #[inline]
    fn view(built: &T::Col) -> Result<Ref<'_, T>, FnError> {
        match (built.len(), built.get(0)) {
            (1, Some(only)) => Ok(only),
            (0, _) => Err(FnError::new(
                Cause::UserCode,
                "a side input by as_singleton has no element: use as_singleton_or(default) if that may be",
            )
            .lasting()),
            (n, _) => Err(FnError::new(
                Cause::UserCode,
                format!("a side input by as_singleton has {n} elements, where one is wanted: combine them, or use as_list"),
            )
            .lasting()),
        }
    }
}

impl<T: Element> PCollection<T> {
    /// The only element of this collection, as a side input.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let numbers = p.create([1_u64, 2, 6]);
    /// let most = numbers.sum_globally().as_singleton();
    /// expect(&numbers.filter_with(&most, |n, sum| n * 2 > sum)).contains_in_any_order([6_u64]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// # Errors
    /// A step that reads it fails if there is no element, or more than one.
    ///
    /// Implements `View.asSingleton` of Beam's Java SDK.
    #[must_use = "give it to `map_with` and its like"]
    pub fn as_singleton(&self) -> Side<Singleton<T>> {
        Side::new(self, Singleton { default: None, element: PhantomData })
    }

    /// As [`as_singleton`](PCollection::as_singleton), with an element to show if the collection is empty.
    #[must_use = "give it to `map_with` and its like"]
    pub fn as_singleton_or<P: Put<Elem = T>>(&self, default: P) -> Side<Singleton<T>> {
        let mut column = T::Col::default();
        default.put(&mut column);
        Side::new(self, Singleton { default: Some(column), element: PhantomData })
    }
}
