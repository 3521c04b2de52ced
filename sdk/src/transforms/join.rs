//! Joins by key, and grouping of several collections.

use std::panic::Location;
use std::sync::Arc;

use super::side::{Multimap, Side};
use crate::batch::Values;
use crate::collection::{PCollection, Pipeline};
use crate::element::{Column, Element, Key};
use crate::error::BuildError;
use crate::exec::{Group, Grouped, Join, Matching, OrNothing, Part};
use crate::function::Out;
use crate::graph::{Output, Primitive};

/// Says that a collection belongs to another pipeline, if it does.
fn same_pipeline<T: Element>(
    kind: &str,
    pipeline: &Pipeline,
    other: &PCollection<T>,
    location: &'static Location<'static>,
) -> Option<Output> {
    if pipeline.is_same(other.pipeline()) {
        return Some(other.output());
    }
    let place = format!("{}:{}", location.file(), location.line());
    let message = format!("{kind} at {place}: one of its collections belongs to another pipeline");
    pipeline.fault(BuildError::new(message));
    None
}

/// Joins two collections; `kind` names the join.
fn join<K: Key, A: Element, B: Element, L: Part<A>, R: Part<B>>(
    kind: &'static str,
    left: &PCollection<(K, A)>,
    right: &PCollection<(K, B)>,
    location: &'static Location<'static>,
) -> PCollection<(K, (L::Elem, R::Elem))> {
    let inputs = [Some(left.output()), same_pipeline(kind, left.pipeline(), right, location)];
    let spec = Primitive::Group(Arc::new(Join::<K, A, B, L, R>::new(kind)));
    left.pipeline().add_node(kind, location, spec, inputs.into_iter().flatten().collect())
}

impl<K: Element, A: Element> PCollection<(K, A)> {
    /// Pairs of a value here and a value there, for each two of equal keys.
    ///
    /// Where one side fits into memory, [`hash_join`](PCollection::hash_join) moves only that one.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let (names, plays) = (p.create([(1_u64, "Ada")]), p.create([(1_u64, 30_u64), (1, 40), (2, 50)]));
    /// expect(&names.join(&plays)).contains_in_any_order([(1_u64, ("Ada", 30_u64)), (1, ("Ada", 40))]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// Keys are equal when their encodings are: so a missing key (`None`) equals another, as in Beam, and not as in SQL.
    ///
    /// # Panes and lateness
    /// Each result stands at the end of the window, in its only pane.
    ///
    /// # Cost
    /// Both collections are brought together by key in memory; the table is made of `other`, so let that be the smaller one.
    ///
    /// Implements `Join.innerJoin` of Beam's Java SDK.
    #[track_caller]
    pub fn join<B: Element>(&self, other: &PCollection<(K, B)>) -> PCollection<(K, (A, B))>
    where
        K: Key,
    {
        join::<K, A, B, Matching, Matching>("join", self, other, Location::caller())
    }

    /// As [`join`](PCollection::join), with a row for each value here that has no match there.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let (plays, names) = (p.create([(1_u64, 30_u64), (2, 50)]), p.create([(1_u64, "Ada")]));
    /// expect(&plays.left_join(&names))
    ///     .contains_in_any_order([(1_u64, (30_u64, Some("Ada"))), (2, (50, None))]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// Implements `Join.leftOuterJoin` of Beam's Java SDK.
    #[track_caller]
    pub fn left_join<B: Element>(&self, other: &PCollection<(K, B)>) -> PCollection<(K, (A, Option<B>))>
    where
        K: Key,
    {
        join::<K, A, B, Matching, OrNothing>("left_join", self, other, Location::caller())
    }

    /// As [`join`](PCollection::join), with a row for each value there that has no match here.
    ///
    /// Implements `Join.rightOuterJoin` of Beam's Java SDK.
    #[track_caller]
    pub fn right_join<B: Element>(&self, other: &PCollection<(K, B)>) -> PCollection<(K, (Option<A>, B))>
    where
        K: Key,
    {
        join::<K, A, B, OrNothing, Matching>("right_join", self, other, Location::caller())
    }

    /// As [`join`](PCollection::join), with a row for each value that has no match on the other side.
    ///
    /// Implements `Join.fullOuterJoin` of Beam's Java SDK.
    #[track_caller]
    pub fn full_join<B: Element>(
        &self,
        other: &PCollection<(K, B)>,
    ) -> PCollection<(K, (Option<A>, Option<B>))>
    where
        K: Key,
    {
        join::<K, A, B, OrNothing, OrNothing>("full_join", self, other, Location::caller())
    }

    /// As [`join`](PCollection::join), against a side input: this collection is not moved.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let names = p.create([(1_u64, "Ada")]).as_multimap();
    /// let joined = p.create([(1_u64, 30_u64), (2, 50)]).hash_join(&names);
    /// expect(&joined).contains_in_any_order([(1_u64, (30_u64, "Ada"))]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// # Cost
    /// The side input is held in memory as a whole, once in a process.
    #[track_caller]
    pub fn hash_join<B: Element>(&self, other: &Side<Multimap<K, B>>) -> PCollection<(K, (A, B))>
    where
        K: Key,
    {
        let location = Location::caller();
        self.composite("hash_join", location, |all| {
            all.par_do_with(other, |(key, value), other, out: &mut Out<'_, (K, (A, B))>| {
                for found in other.get(key) {
                    out.emit_by(|(keys, (values, others))| {
                        keys.push_ref(key);
                        values.push_ref(value);
                        others.push_ref(found);
                    });
                }
            })
        })
    }

    /// As [`left_join`](PCollection::left_join), against a side input: this collection is not moved.
    ///
    /// # Cost
    /// The side input is held in memory as a whole, once in a process.
    #[track_caller]
    pub fn hash_left_join<B: Element>(&self, other: &Side<Multimap<K, B>>) -> PCollection<(K, (A, Option<B>))>
    where
        K: Key,
    {
        let location = Location::caller();
        self.composite("hash_left_join", location, |all| {
            all.par_do_with(other, |(key, value), other, out: &mut Out<'_, (K, (A, Option<B>))>| {
                let mut found = other.get(key);
                let mut next = found.next();
                // Once with nothing, or once for each that is found.
                loop {
                    out.emit_by(|(keys, (values, others))| {
                        keys.push_ref(key);
                        values.push_ref(value);
                        others.push_ref(next);
                    });
                    next = found.next();
                    if next.is_none() {
                        break;
                    }
                }
            })
        })
    }

    /// Brings the values of equal keys together, those here and those there.
    ///
    /// Each key of either collection has one result; where it is missing in one, its values are empty. For three to eight
    /// collections use [`cogroup`].
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let (names, plays) = (p.create([(1_u64, "Ada")]), p.create([(1_u64, 30_u64), (1, 40), (2, 50)]));
    /// let all = names.cogroup(&plays);
    /// let told = all.map(|(user, (names, plays))| format!("{user}: {} {}", names.len(), plays.len()));
    /// expect(&told).contains_in_any_order(["1: 1 2", "2: 0 1"]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// Implements `CoGroupByKey` of Beam's Java SDK.
    #[track_caller]
    pub fn cogroup<B: Element>(&self, other: &PCollection<(K, B)>) -> PCollection<(K, (Values<A>, Values<B>))>
    where
        K: Key,
    {
        cogroup((self, other))
    }
}

/// Two to eight collections of pairs with keys of the same type.
pub trait CoGroup {
    /// The keys.
    type Key: Key;
    /// The values of each.
    type Values: Grouped;

    /// The pipeline, and the collections.
    fn parts(&self, location: &'static Location<'static>) -> (Pipeline, Vec<Output>);
}

macro_rules! cogroups {
    ($($first:ident 0, $($name:ident $at:tt),+;)*) => {$(
        impl<K: Key, $first: Element, $($name: Element),+> CoGroup
            for (&PCollection<(K, $first)>, $(&PCollection<(K, $name)>),+)
        {
            type Key = K;
            type Values = ($first, $($name),+);

            fn parts(&self, location: &'static Location<'static>) -> (Pipeline, Vec<Output>) {
                let pipeline = self.0.pipeline().clone();
                let mut inputs = vec![self.0.output()];
                $(inputs.extend(same_pipeline("cogroup", &pipeline, self.$at, location));)+
                (pipeline, inputs)
            }
        }
    )*};
}

cogroups! {
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

/// What stands beside a key: the values of each collection.
type GroupsOf<C> = <<C as CoGroup>::Values as Grouped>::Groups;

/// Brings the values of equal keys of two to eight collections together.
///
/// ```
/// # use flumen::testing::expect;
/// # use flumen::{Pipeline, transforms::cogroup};
/// # use flumen_local::Local;
/// let p = Pipeline::new();
/// let (plays, likes, skips) = (p.create([("a", 1_u64)]), p.create([("a", true)]), p.create([("b", "x")]));
/// let told = cogroup((&plays, &likes, &skips)).map(|(track, (plays, likes, skips))| {
///     format!("{track} {} {} {}", plays.len(), likes.len(), skips.len())
/// });
/// expect(&told).contains_in_any_order(["a 1 1 0", "b 0 0 1"]);
/// Local::new().run(&p)?.wait()?;
/// # flumen::Ok(())
/// ```
///
/// # Panes and lateness
/// Each result stands at the end of the window, in its only pane.
///
/// Implements `CoGroupByKey` of Beam's Java SDK; the tags are the places in the tuple.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "it is a tuple of references")]
pub fn cogroup<C: CoGroup>(collections: C) -> PCollection<(C::Key, GroupsOf<C>)> {
    let location = Location::caller();
    let (pipeline, inputs) = collections.parts(location);
    let spec = Primitive::Group(Arc::new(Group::<C::Key, C::Values>::new("cogroup")));
    pipeline.add_node("cogroup", location, spec, inputs)
}
