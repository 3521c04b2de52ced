//! Looking on.

use std::panic::Location;

use crate::collection::PCollection;
use crate::element::{Element, Ref};
use crate::exec::Filter;

impl<T: Element> PCollection<T> {
    /// Calls the closure for each element and hands the elements on unchanged, for logs and debugging.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let same = run_with_data([1_u64, 2], |numbers| numbers.inspect(|n| eprintln!("saw {n}")));
    /// assert_eq!(same.unwrap(), [1, 2]);
    /// ```
    ///
    /// # Determinism
    /// It is called on many threads, in no order, and again for elements of a bundle that is done again.
    #[track_caller]
    pub fn inspect<F>(&self, look: F) -> PCollection<T>
    where
        F: Fn(Ref<'_, T>) + Send + Sync + 'static,
    {
        let keep = move |value: Ref<'_, T>| {
            look(value);
            true
        };
        self.operator("inspect", Location::caller(), Filter::<_, T>::new(keep))
    }
}
