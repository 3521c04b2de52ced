//! The least and the greatest.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::panic::Location;

use super::{Order, nothing};
use crate::collection::PCollection;
use crate::element::{Element, Key, Ref};
use crate::error::Result;
use crate::function::CombineFn;

macro_rules! extreme {
    ($(#[$doc:meta])* $name:ident: $better:ident, $find:literal) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<T, By> {
            types: PhantomData<fn(T, By)>,
        }

        impl<T, By> $name<T, By> {
            /// Of values of any type with an order.
            #[must_use]
            pub fn new() -> Self {
                Self { types: PhantomData }
            }
        }

        impl<T, By> Default for $name<T, By> {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<By: 'static, T: Order<By>> CombineFn for $name<T, By> {
            type In = T;
            type Accum = Option<T>;
            type Out = T;

            #[inline]
            fn add(&self, best: &mut Option<T>, value: Ref<'_, T>) -> Result<()> {
                if best.as_ref().is_none_or(|best| T::order(value, best.borrow()) == Ordering::$better) {
                    *best = Some(T::own(value));
                }
                Ok(())
            }
            #[inline]
            fn merge(&self, best: &mut Option<T>, other: Option<T>) -> Result<()> {
                if let Some(other) = other
                    && best.as_ref().is_none_or(|b| T::order(other.borrow(), b.borrow()) == Ordering::$better)
                {
                    *best = Some(other);
                }
                Ok(())
            }
            fn extract(&self, best: Option<T>) -> Result<T> {
                best.ok_or_else(|| nothing($find))
            }
        }
    };
}

extreme! {
    /// The least value; no values are an error, or [`or_none`](CombineFn::or_none).
    ///
    /// Implements `Min` of Beam's Java SDK, which makes the type's greatest number of no values.
    Min: Less, "find the least of"
}
extreme! {
    /// The greatest value; no values are an error, or [`or_none`](CombineFn::or_none).
    ///
    /// Implements `Max` of Beam's Java SDK, which makes the type's least number of no values.
    Max: Greater, "find the greatest of"
}

impl<T: Element> PCollection<T> {
    /// The least element; `None` of an empty collection, where Beam's Java SDK makes the type's greatest number.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// assert_eq!(run_with_data([2.5, -1.0], |x| x.min_globally()).unwrap(), [Some(-1.0)]);
    /// ```
    ///
    /// Implements `Min.globally` and its kin of Beam's Java SDK.
    #[track_caller]
    pub fn min_globally<By: 'static>(&self) -> PCollection<Option<T>>
    where
        T: Order<By>,
    {
        let location = Location::caller();
        self.composite("min_globally", location, |all| all.combine_globally(Min::new().or_none()))
    }

    /// The greatest element; `None` of an empty collection, where Beam's Java SDK makes the type's least number.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// assert_eq!(run_with_data(["b", "c", "a"], |x| x.max_globally()).unwrap(), [Some("c".to_owned())]);
    /// ```
    ///
    /// Implements `Max.globally` and its kin of Beam's Java SDK.
    #[track_caller]
    pub fn max_globally<By: 'static>(&self) -> PCollection<Option<T>>
    where
        T: Order<By>,
    {
        let location = Location::caller();
        self.composite("max_globally", location, |all| all.combine_globally(Max::new().or_none()))
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// The least value of each key.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let least = run_with_data([("a", 2_u64), ("a", 1)], |pairs| pairs.min_per_key());
    /// assert_eq!(least.unwrap(), [("a".to_owned(), 1)]);
    /// ```
    ///
    /// Implements `Min.perKey` and its kin of Beam's Java SDK.
    #[track_caller]
    pub fn min_per_key<By: 'static>(&self) -> PCollection<(K, V)>
    where
        K: Key,
        V: Order<By>,
    {
        let location = Location::caller();
        self.composite("min_per_key", location, |all| all.combine_per_key(Min::new()))
    }

    /// The greatest value of each key.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let most = run_with_data([("a", 2.0), ("a", 1.0)], |pairs| pairs.max_per_key());
    /// assert_eq!(most.unwrap(), [("a".to_owned(), 2.0)]);
    /// ```
    ///
    /// Implements `Max.perKey` and its kin of Beam's Java SDK.
    #[track_caller]
    pub fn max_per_key<By: 'static>(&self) -> PCollection<(K, V)>
    where
        K: Key,
        V: Order<By>,
    {
        let location = Location::caller();
        self.composite("max_per_key", location, |all| all.combine_per_key(Max::new()))
    }
}
