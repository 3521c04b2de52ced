//! Collections inside elements.

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;
use std::panic::Location;

use crate::collection::PCollection;
use crate::element::{Borrowed, Element, Ref};
use crate::exec::ParDo;
use crate::function::{Out, ParDoFn};

/// An element that holds others: `Vec`, `Option`, a set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no items",
    label = "no `Vec`, `Option` or set",
    note = "for anything else use `flat_map(|x| ..)` or `par_do(|x, out| ..)`"
)]
pub trait Items: Element {
    /// What it holds.
    type Item: Element;

    /// Calls `each` for each item, in order.
    fn each<'a>(items: Ref<'a, Self>, each: impl FnMut(Ref<'a, Self::Item>));
}

impl<T: Element> Items for Vec<T> {
    type Item = T;
    fn each<'a>(items: &'a [T], each: impl FnMut(Ref<'a, T>)) {
        items.iter().map(T::borrow).for_each(each);
    }
}

impl<T: Element> Items for Option<T> {
    type Item = T;
    fn each<'a>(items: Option<Ref<'a, T>>, each: impl FnMut(Ref<'a, T>)) {
        items.into_iter().for_each(each);
    }
}

impl<T: Element + Ord> Items for BTreeSet<T> {
    type Item = T;
    fn each<'a>(items: &'a Self, each: impl FnMut(Ref<'a, T>)) {
        items.iter().map(T::borrow).for_each(each);
    }
}

impl<T: Element + Eq + Hash> Items for HashSet<T> {
    type Item = T;
    fn each<'a>(items: &'a Self, each: impl FnMut(Ref<'a, T>)) {
        items.iter().map(T::borrow).for_each(each);
    }
}

impl<C: Element> PCollection<C> {
    /// The items of all elements: of each `Vec`, `Option` or set.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let items = run_with_data([vec![1_u64, 2], vec![], vec![3]], |lists| lists.flatten_items());
    /// assert_eq!(items.unwrap(), [1, 2, 3]);
    /// ```
    ///
    /// # Panes and lateness
    /// Keeps each element's timestamp, windows and pane.
    ///
    /// Implements `Flatten.iterables` of Beam's Java SDK.
    #[track_caller]
    pub fn flatten_items(&self) -> PCollection<C::Item>
    where
        C: Items,
    {
        let flatten = |items: Ref<'_, C>, out: &mut Out<'_, C::Item>| {
            C::each(items, |item| out.emit(Borrowed::<C::Item>(item)));
        };
        self.operator("flatten_items", Location::caller(), ParDo::new(ParDoFn::<_, C, C::Item>::new(flatten)))
    }
}
