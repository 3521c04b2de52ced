//! Several collections as one.

use std::panic::Location;

use crate::collection::PCollection;
use crate::element::Element;
use crate::error::BuildError;
use crate::graph::Primitive;

impl<T: Element> PCollection<T> {
    /// All elements of this collection and of others; one that is given twice is there twice.
    ///
    /// ```
    /// use flumen::Pipeline;
    /// let p = Pipeline::new();
    /// let (a, b) = (p.create([1_u64, 2]), p.create([3_u64]));
    /// let all = a.flatten([&b]);
    /// # use flumen_local as _;
    /// flumen::testing::expect(&all).contains_in_any_order([1_u64, 2, 3]);
    /// flumen_local::Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// # Panes and lateness
    /// Keeps each element's timestamp, windows and pane.
    ///
    /// Implements `Flatten.pCollections` of Beam's Java SDK.
    #[track_caller]
    pub fn flatten<'a>(&self, others: impl IntoIterator<Item = &'a PCollection<T>>) -> PCollection<T> {
        let mut inputs = vec![self.output()];
        for other in others {
            if !other.pipeline().is_same(self.pipeline()) {
                let place = Location::caller();
                self.pipeline().fault(BuildError::new(format!(
                    "flatten at {}:{}: one of its collections belongs to another pipeline",
                    place.file(),
                    place.line()
                )));
                continue;
            }
            inputs.push(other.output());
        }
        self.pipeline().add_node("flatten", Location::caller(), Primitive::Flatten, inputs)
    }
}
