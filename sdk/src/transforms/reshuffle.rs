//! Elements dealt out anew.

use std::panic::Location;

use crate::collection::PCollection;
use crate::element::Element;
use crate::graph::Primitive;

impl<T: Element> PCollection<T> {
    /// Deals the elements out to all workers anew.
    ///
    /// Use it after a step that makes much of little, such as one that lists files: without, the worker that made the elements
    /// works on them. What comes after it is tried again without the steps before it.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let mut all = run_with_data([3_u64], |tops| tops.flat_map(|top| 0..top).reshuffle()).unwrap();
    /// all.sort();
    /// assert_eq!(all, [0, 1, 2]);
    /// ```
    ///
    /// # Panes and lateness
    /// Keeps each element's timestamp, windows and pane.
    ///
    /// # Determinism
    /// The elements come in no order.
    ///
    /// Implements `Reshuffle.viaRandomKey` of Beam's Java SDK.
    #[track_caller]
    pub fn reshuffle(&self) -> PCollection<T> {
        self.primitive("reshuffle", Location::caller(), Primitive::Reshuffle)
    }
}
