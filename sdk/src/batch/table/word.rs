//! The table of keys that are told apart by 64 bits.

use std::marker::PhantomData;

use super::slots::{SlotKey, Slots};
use super::{ROUTE_SEED, part};
use crate::batch::Fixed;
use crate::batch::fixed::Word;
use crate::element::{Accumulator, Column, Element, Key, KeyTable, Pairs};
use crate::error::BoxError;

/// Accumulators by number.
pub struct WordTable<K, A> {
    slots: Slots<u64, A>,
    /// The accumulator of the one number that marks empty slots.
    empty: Option<A>,
    key: PhantomData<fn() -> K>,
}

impl<K, A> KeyTable<K, A> for WordTable<K, A>
where
    K: for<'a> Element<Ref<'a> = K, Col = Fixed<K>> + Key + Word,
    A: Accumulator,
{
    fn with_seed(seed: u64) -> Self {
        Self { slots: Slots::with_seed(seed), empty: None, key: PhantomData }
    }

    fn reserve(&mut self, keys: usize) {
        self.slots.reserve(keys);
    }

    fn update(
        &mut self,
        keys: &Fixed<K>,
        create: impl Fn() -> A,
        each: impl FnMut(usize, &mut A) -> Result<(), BoxError>,
    ) -> Result<(), (usize, BoxError)> {
        let words = keys.as_slice();
        let empty = &mut self.empty;
        // Both ways of a row end in the same function, which only one of them can borrow at a time.
        let each = std::cell::RefCell::new(each);
        self.slots.update(
            words.len(),
            |row| words[row].word(),
            &create,
            |row, a| (each.borrow_mut())(row, a),
            |row| (each.borrow_mut())(row, empty.get_or_insert_with(&create)),
        )
    }

    fn find(
        &self,
        keys: &Fixed<K>,
        each: impl FnMut(usize, Option<&A>) -> Result<(), BoxError>,
    ) -> Result<(), (usize, BoxError)> {
        let words = keys.as_slice();
        let each = std::cell::RefCell::new(each);
        self.slots.find(
            words.len(),
            |row| words[row].word(),
            |row, a| (each.borrow_mut())(row, a),
            |row| (each.borrow_mut())(row, self.empty.as_ref()),
        )
    }

    fn get(&self, key: K) -> Option<&A> {
        if key.word() == u64::EMPTY { self.empty.as_ref() } else { self.slots.get(key.word()) }
    }

    fn route(keys: &Fixed<K>, hashes: &mut Vec<u64>) -> Result<(), (usize, BoxError)> {
        hashes.extend(keys.as_slice().iter().map(|key| key.word().hash(ROUTE_SEED)));
        Ok(())
    }

    fn len(&self) -> usize {
        self.slots.len() + usize::from(self.empty.is_some())
    }

    fn partition(self, parts: usize) -> Result<Vec<Pairs<K, A>>, BoxError> {
        let mut all: Vec<Pairs<K, A>> = (0..parts).map(|_| Pairs::<K, A>::default()).collect();
        for (word, accumulator, hash) in self.slots.drain() {
            let to = &mut all[part(hash, parts)];
            to.0.push(K::from_word(word));
            to.1.push(accumulator);
        }
        if let (Some(accumulator), Some(first)) = (self.empty, all.first_mut()) {
            first.0.push(K::from_word(u64::EMPTY));
            first.1.push(accumulator);
        }
        Ok(all)
    }
}
