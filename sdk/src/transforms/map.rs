//! One element in, one, none or many out.

use std::panic::Location;

use crate::collection::PCollection;
use crate::element::{Element, Put, Ref};
use crate::exec::{Filter, Map, ParDo};
use crate::function::{FlatMapFn, Returns};

impl<T: Element> PCollection<T> {
    /// Makes one value of each element.
    ///
    /// The closure reads the element where it stands (`&str` for a `String`, `&S` for a struct) and returns an owned
    /// value, or a `Result` of one, so that `?` works. To emit what it borrows, use [`par_do`](Self::par_do).
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let lengths = run_with_data(["a", "bcd"], |words| words.map(|word| word.len()));
    /// assert_eq!(lengths.unwrap(), [1, 3]);
    ///
    /// let numbers = run_with_data(["1", "2"], |words| {
    ///     words.map(|word| {
    ///         let number: u64 = word.parse()?;
    ///         flumen::Ok(number * 10)
    ///     })
    /// });
    /// assert_eq!(numbers.unwrap(), [10, 20]);
    /// ```
    ///
    /// # Errors
    /// An error or panic fails the run, with the step, its source line and the element.
    ///
    /// # Panes and lateness
    /// Keeps each element's timestamp, windows and pane.
    ///
    /// # Cost
    /// One call a batch around a loop over the column; numbers are worked on several at a time where the closure
    /// allows.
    ///
    /// Implements `MapElements` of Beam's Java SDK.
    #[track_caller]
    pub fn map<R, F>(&self, f: F) -> PCollection<R::Elem>
    where
        F: Fn(Ref<'_, T>) -> R + Send + Sync + 'static,
        R: Returns + 'static,
    {
        self.operator("map", Location::caller(), Map::<F, T, R>::new(f))
    }

    /// Makes any number of values of each element: what the closure returns is a `Vec`, an `Option`, an iterator.
    ///
    /// What it returns can't borrow from the element, so `|line| line.split(' ')` is not for this method: write
    /// `par_do(|line, out| line.split(' ').for_each(|word| out.emit(word)))`, which also needs no `String` a word.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let counted = run_with_data([2_u64, 0, 1], |n| n.flat_map(|n| 0..n));
    /// assert_eq!(counted.unwrap(), [0, 1, 0]);
    /// ```
    ///
    /// # Errors
    /// A panic fails the run, with the step, its source line and the element.
    ///
    /// # Panes and lateness
    /// Keeps each element's timestamp, windows and pane.
    ///
    /// Implements `FlatMapElements` of Beam's Java SDK.
    #[track_caller]
    pub fn flat_map<I, F>(&self, f: F) -> PCollection<<I::Item as Put>::Elem>
    where
        F: Fn(Ref<'_, T>) -> I + Send + Sync + 'static,
        I: IntoIterator + 'static,
        I::Item: Put,
    {
        self.operator("flat_map", Location::caller(), ParDo::new(FlatMapFn::<F, T, I>::new(f)))
    }

    /// Keeps the elements for which the closure says `true`.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let long = run_with_data(["a", "bcd", "ef"], |words| words.filter(|word| word.len() > 1));
    /// assert_eq!(long.unwrap(), ["bcd", "ef"]);
    /// ```
    ///
    /// # Errors
    /// A panic fails the run, with the step, its source line and the element.
    ///
    /// # Cost
    /// Works in place; nothing is cloned.
    ///
    /// Implements `Filter` of Beam's Java SDK.
    #[track_caller]
    pub fn filter<F>(&self, keep: F) -> PCollection<T>
    where
        F: Fn(Ref<'_, T>) -> bool + Send + Sync + 'static,
    {
        self.operator("filter", Location::caller(), Filter::<F, T>::new(keep))
    }

    /// Makes a value of each element, or none.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let numbers = run_with_data(["1", "x", "3"], |words| words.filter_map(|word| word.parse::<u64>().ok()));
    /// assert_eq!(numbers.unwrap(), [1, 3]);
    /// ```
    ///
    /// # Errors
    /// A panic fails the run, with the step, its source line and the element.
    #[track_caller]
    pub fn filter_map<P, F>(&self, f: F) -> PCollection<P::Elem>
    where
        F: Fn(Ref<'_, T>) -> Option<P> + Send + Sync + 'static,
        P: Put + 'static,
    {
        self.operator("filter_map", Location::caller(), ParDo::new(FlatMapFn::<F, T, Option<P>>::new(f)))
    }
}
