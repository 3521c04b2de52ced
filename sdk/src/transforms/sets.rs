//! Two collections as sets, or as bags in which an element may be several times.

use std::panic::Location;

use crate::collection::PCollection;
use crate::element::{Borrowed, Element, Key};

impl<T: Element> PCollection<T> {
    /// Elements by how often they are in both collections: `times` says how often they are in the result.
    fn by_counts(
        &self,
        kind: &str,
        other: &Self,
        location: &'static Location<'static>,
        times: fn(u64, u64) -> u64,
    ) -> Self
    where
        T: Key,
    {
        self.composite(kind, location, |all| {
            let counts = all.count_per_element().full_join(&other.count_per_element());
            counts.par_do(move |(element, (here, there)), out| {
                (0..times(here.unwrap_or(0), there.unwrap_or(0)))
                    .for_each(|_| out.emit(Borrowed::<T>(element)));
            })
        })
    }

    /// The elements that are in both collections, each once.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let both = p.create(["a", "b", "b"]).intersect_distinct(&p.create(["b", "b", "c"]));
    /// expect(&both).contains_in_any_order(["b"]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// Elements are equal when their encodings are.
    ///
    /// # Cost
    /// A table of each collection's elements, as for [`count_per_element`](PCollection::count_per_element).
    ///
    /// Implements `Sets.intersectDistinct` of Beam's Java SDK.
    #[track_caller]
    pub fn intersect_distinct(&self, other: &Self) -> Self
    where
        T: Key,
    {
        self.by_counts("intersect_distinct", other, Location::caller(), |here, there| here.min(there).min(1))
    }

    /// The elements that are in both collections, each as often as it is in both.
    ///
    /// As [`intersect_distinct`](PCollection::intersect_distinct), of bags: two and three times makes two.
    ///
    /// Implements `Sets.intersectAll` of Beam's Java SDK.
    #[track_caller]
    pub fn intersect_all(&self, other: &Self) -> Self
    where
        T: Key,
    {
        self.by_counts("intersect_all", other, Location::caller(), u64::min)
    }

    /// The elements that are not in the other collection, each once.
    ///
    /// As [`intersect_distinct`](PCollection::intersect_distinct).
    ///
    /// Implements `Sets.exceptDistinct` of Beam's Java SDK.
    #[track_caller]
    pub fn except_distinct(&self, other: &Self) -> Self
    where
        T: Key,
    {
        self.by_counts("except_distinct", other, Location::caller(), |here, there| {
            u64::from(here > 0 && there == 0)
        })
    }

    /// The elements of this collection, without as many of each as are in the other.
    ///
    /// As [`intersect_distinct`](PCollection::intersect_distinct), of bags: three times without one makes two.
    ///
    /// Implements `Sets.exceptAll` of Beam's Java SDK.
    #[track_caller]
    pub fn except_all(&self, other: &Self) -> Self
    where
        T: Key,
    {
        self.by_counts("except_all", other, Location::caller(), u64::saturating_sub)
    }

    /// The elements that are in one of the collections or in both, each once.
    ///
    /// All of them, each as often as it is there, is [`flatten`](PCollection::flatten).
    ///
    /// Implements `Sets.unionDistinct` of Beam's Java SDK.
    #[track_caller]
    pub fn union_distinct(&self, other: &Self) -> Self
    where
        T: Key,
    {
        self.composite("union_distinct", Location::caller(), |all| all.flatten([other]).distinct())
    }
}
