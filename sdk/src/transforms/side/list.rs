//! A side input of any number of elements.

use std::marker::PhantomData;

use super::{Side, SideKind};
use crate::collection::PCollection;
use crate::element::{Column, Element, Ref};
use crate::error::FnError;

/// Shows all elements of a collection.
pub struct List<T> {
    element: PhantomData<fn(T)>,
}

/// All elements of a collection, in no order.
pub struct ListView<T: Element> {
    all: T::Col,
}

impl<T: Element> ListView<T> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The element of a number; the numbers are the same throughout a run.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Ref<'_, T>> {
        self.all.get(number)
    }

    /// The elements.
    pub fn iter(&self) -> impl Iterator<Item = Ref<'_, T>> {
        self.all.iter()
    }
}

impl<T: Element> SideKind for List<T> {
    type Elem = T;
    type Built = ListView<T>;
    type View<'a> = &'a ListView<T>;
    const NAME: &'static str = "list";

    fn build(&self, all: T::Col) -> Result<ListView<T>, FnError> {
        Ok(ListView { all })
    }

    #[inline]
    fn view(built: &ListView<T>) -> Result<&ListView<T>, FnError> {
        Ok(built)
    }
}

impl<T: Element> PCollection<T> {
    /// All elements of this collection, as a side input.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let stop_words = p.create(["a", "the"]).as_list();
    /// let words = p.create(["the", "end"]);
    /// let kept = words.filter_with(&stop_words, |word, stop_words| !stop_words.iter().any(|stop| stop == word));
    /// expect(&kept).contains_in_any_order(["end"]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// Implements `View.asList` of Beam's Java SDK.
    #[must_use = "give it to `map_with` and its like"]
    pub fn as_list(&self) -> Side<List<T>> {
        Side::new(self, List { element: PhantomData })
    }

    /// All elements of this collection, as a side input to walk through: here the same as [`as_list`](PCollection::as_list).
    ///
    /// Implements `View.asIterable` of Beam's Java SDK.
    #[must_use = "give it to `map_with` and its like"]
    pub fn as_iterable(&self) -> Side<List<T>> {
        self.as_list()
    }
}
