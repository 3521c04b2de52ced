//! Side inputs by key.

use std::hash::{BuildHasher, RandomState};
use std::marker::PhantomData;

use super::{Side, SideKind};
use crate::batch::AnyColumn;
use crate::batch::table::RowsByKey;
use crate::collection::PCollection;
use crate::element::{Column, Element, Key, Pairs, Ref};
use crate::error::{Cause, FnError};

/// Shows the one value of each key.
pub struct Map<K, V> {
    types: PhantomData<fn(K, V)>,
}

/// Shows the values of each key.
pub struct Multimap<K, V> {
    types: PhantomData<fn(K, V)>,
}

/// Pairs, and which of them have a key.
struct ByKey<K: Key, V: Element> {
    pairs: Pairs<K, V>,
    rows: RowsByKey<K>,
}

impl<K: Key, V: Element> ByKey<K, V> {
    fn of(pairs: Pairs<K, V>) -> Result<Self, FnError> {
        let mut rows = RowsByKey::with_seed(RandomState::new().hash_one(0));
        let added = rows.add(&pairs.0);
        added.map_err(|(row, e)| FnError::from_error(e).with_element(|| AnyColumn::debug(&pairs, row)))?;
        Ok(Self { pairs, rows })
    }

    /// A key that is there twice.
    fn twice(&self) -> Option<String> {
        if self.rows.keys() == self.rows.rows() {
            return None;
        }
        let mut rows = 0..self.rows.rows();
        let row = rows.find(|row| u32::try_from(*row).is_ok_and(|row| self.rows.after(row).is_some()))?;
        self.pairs.0.get(row).map(|key| format!("{key:?}"))
    }
}

/// The value of each key.
pub struct MapView<K: Key, V: Element> {
    by_key: ByKey<K, V>,
    twice: Option<String>,
}

impl<K: Key, V: Element> MapView<K, V> {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: Ref<'_, K>) -> Option<Ref<'_, V>> {
        let ByKey { pairs, rows } = &self.by_key;
        pairs.1.get(rows.first(key)? as usize)
    }

    /// Whether there is such a key.
    #[must_use]
    pub fn contains_key(&self, key: Ref<'_, K>) -> bool {
        self.by_key.rows.first(key).is_some()
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.rows.keys()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All keys with their values, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Ref<'_, K>, Ref<'_, V>)> {
        self.by_key.pairs.0.iter().zip(self.by_key.pairs.1.iter())
    }
}

/// The values of each key.
pub struct MultimapView<K: Key, V: Element> {
    by_key: ByKey<K, V>,
}

impl<K: Key, V: Element> MultimapView<K, V> {
    /// The values of a key, in no order; none if there is no such key.
    pub fn get(&self, key: Ref<'_, K>) -> impl Iterator<Item = Ref<'_, V>> {
        let ByKey { pairs, rows } = &self.by_key;
        rows.get(key).filter_map(|row| pairs.1.get(row))
    }

    /// Whether there is such a key.
    #[must_use]
    pub fn contains_key(&self, key: Ref<'_, K>) -> bool {
        self.by_key.rows.first(key).is_some()
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.rows.keys()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All pairs of a key and one of its values, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Ref<'_, K>, Ref<'_, V>)> {
        self.by_key.pairs.0.iter().zip(self.by_key.pairs.1.iter())
    }
}

impl<K: Key, V: Element> SideKind for Map<K, V> {
    type Elem = (K, V);
    type Built = MapView<K, V>;
    type View<'a> = &'a MapView<K, V>;
    const NAME: &'static str = "map";

    fn build(&self, all: Pairs<K, V>) -> Result<MapView<K, V>, FnError> {
        let by_key = ByKey::of(all)?;
        Ok(MapView { twice: by_key.twice(), by_key })
    }

    #[inline]
    fn view(built: &MapView<K, V>) -> Result<&MapView<K, V>, FnError> {
        match &built.twice {
            None => Ok(built),
            Some(key) => Err(FnError::new(
                Cause::UserCode,
                format!(
                    "a side input by as_map has the key {key} twice: combine its values, or use as_multimap"
                ),
            )
            .lasting()),
        }
    }
}

impl<K: Key, V: Element> SideKind for Multimap<K, V> {
    type Elem = (K, V);
    type Built = MultimapView<K, V>;
    type View<'a> = &'a MultimapView<K, V>;
    const NAME: &'static str = "multimap";

    fn build(&self, all: Pairs<K, V>) -> Result<MultimapView<K, V>, FnError> {
        ByKey::of(all).map(|by_key| MultimapView { by_key })
    }

    #[inline]
    fn view(built: &MultimapView<K, V>) -> Result<&MultimapView<K, V>, FnError> {
        Ok(built)
    }
}

impl<K: Element, V: Element> PCollection<(K, V)> {
    /// The value of each key, as a side input.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let names = p.create([(7_u64, "Ada")]).as_map();
    /// let greeted = p.create([7_u64, 8]).map_with(&names, |user, names| {
    ///     format!("hello {}", names.get(user).unwrap_or("you"))
    /// });
    /// expect(&greeted).contains_in_any_order(["hello Ada", "hello you"]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// # Errors
    /// A step that reads it fails if a key is there twice.
    ///
    /// Implements `View.asMap` of Beam's Java SDK.
    #[must_use = "give it to `map_with` and its like"]
    pub fn as_map(&self) -> Side<Map<K, V>>
    where
        K: Key,
    {
        Side::new(self, Map { types: PhantomData })
    }

    /// The values of each key, as a side input.
    ///
    /// ```
    /// # use flumen::testing::expect;
    /// # use flumen::Pipeline;
    /// # use flumen_local::Local;
    /// let p = Pipeline::new();
    /// let tags = p.create([("a", 1_u64), ("a", 2)]).as_multimap();
    /// let sums = p.create(["a", "b"]).map_with(&tags, |name, tags| tags.get(name).sum::<u64>());
    /// expect(&sums).contains_in_any_order([3_u64, 0]);
    /// Local::new().run(&p)?.wait()?;
    /// # flumen::Ok(())
    /// ```
    ///
    /// Implements `View.asMultimap` of Beam's Java SDK.
    #[must_use = "give it to `map_with` and its like"]
    pub fn as_multimap(&self) -> Side<Multimap<K, V>>
    where
        K: Key,
    {
        Side::new(self, Multimap { types: PhantomData })
    }
}
