//! The table of byte strings: short ones stand in the slots, longer ones in an arena.

use std::marker::PhantomData;

use hashbrown::HashTable;

use super::slots::{SlotKey, Slots};
use super::{ROUTE_SEED, part};
use crate::batch::ByteRows;
use crate::batch::bytes::ByteKey;
use crate::element::{Accumulator, Column, KeyTable, Pairs, Ref};
use crate::error::BoxError;

/// The longest key that stands in a slot; the slot's last byte says how long it is.
const SHORT_BYTES_MAX: usize = 15;

/// A short key as a number that no other short key has, or the empty one for a long key.
#[inline(always)]
fn pack(data: &[u8], start: usize, end: usize) -> u128 {
    let len = end - start;
    if len > SHORT_BYTES_MAX {
        return u128::EMPTY;
    }
    // Reads beyond the key, into the next one, and masks that away; the last few keys of a column are copied.
    let bytes = match data.get(start..start + 16) {
        Some(bytes) => bytes.try_into().map(u128::from_le_bytes).unwrap_or_default(),
        None => {
            let mut bytes = [0; 16];
            bytes[..len].copy_from_slice(&data[start..end]);
            u128::from_le_bytes(bytes)
        }
    };
    (bytes & ((1 << (8 * len)) - 1)) | ((len as u128 + 1) << 120)
}

fn unpack(word: u128) -> ([u8; 16], usize) {
    (word.to_le_bytes(), (word >> 120) as usize - 1)
}

/// Accumulators by string.
pub struct BytesTable<K, A> {
    short: Slots<u128, A>,
    long: LongKeys<A>,
    key: PhantomData<fn() -> K>,
}

impl<K: ByteKey, A: Accumulator> KeyTable<K, A> for BytesTable<K, A> {
    fn with_seed(seed: u64) -> Self {
        Self { short: Slots::with_seed(seed), long: LongKeys::with_seed(seed), key: PhantomData }
    }

    fn reserve(&mut self, keys: usize) {
        self.short.reserve(keys);
    }

    fn update(
        &mut self,
        keys: &K::Col,
        create: impl Fn() -> A,
        each: impl FnMut(usize, &mut A) -> Result<(), BoxError>,
    ) -> Result<(), (usize, BoxError)> {
        let rows = K::rows(keys);
        let (data, offsets) = (rows.data(), rows.offsets());
        let long = &mut self.long;
        let each = std::cell::RefCell::new(each);
        self.short.update(
            keys.len(),
            |row| pack(data, offsets[row], offsets[row + 1]),
            &create,
            |row, a| (each.borrow_mut())(row, a),
            |row| (each.borrow_mut())(row, long.get(&data[offsets[row]..offsets[row + 1]], &create)),
        )
    }

    fn find(
        &self,
        keys: &K::Col,
        each: impl FnMut(usize, Option<&A>) -> Result<(), BoxError>,
    ) -> Result<(), (usize, BoxError)> {
        let rows = K::rows(keys);
        let (data, offsets) = (rows.data(), rows.offsets());
        let each = std::cell::RefCell::new(each);
        self.short.find(
            keys.len(),
            |row| pack(data, offsets[row], offsets[row + 1]),
            |row, a| (each.borrow_mut())(row, a),
            |row| (each.borrow_mut())(row, self.long.find(&data[offsets[row]..offsets[row + 1]])),
        )
    }

    fn get(&self, key: Ref<'_, K>) -> Option<&A> {
        let key = K::bytes(key);
        match pack(key, 0, key.len()) {
            u128::EMPTY => self.long.find(key),
            word => self.short.get(word),
        }
    }

    fn route(keys: &K::Col, hashes: &mut Vec<u64>) -> Result<(), (usize, BoxError)> {
        hashes.extend(Column::iter(K::rows(keys)).map(|key| hash_long(key, ROUTE_SEED)));
        Ok(())
    }

    fn len(&self) -> usize {
        self.short.len() + self.long.accumulators.len()
    }

    fn partition(self, parts: usize) -> Result<Vec<Pairs<K, A>>, BoxError> {
        let mut all: Vec<Pairs<K, A>> = (0..parts).map(|_| Pairs::<K, A>::default()).collect();
        for (word, accumulator, hash) in self.short.drain() {
            let to = &mut all[part(hash, parts)];
            let (bytes, len) = unpack(word);
            K::add(&mut to.0, &bytes[..len])?;
            to.1.push(accumulator);
        }
        let LongKeys { keys, accumulators, seed, .. } = self.long;
        for (key, accumulator) in Column::iter(&keys).zip(accumulators) {
            let to = &mut all[part(hash_long(key, seed), parts)];
            K::add(&mut to.0, key)?;
            to.1.push(accumulator);
        }
        Ok(all)
    }
}

/// Keys of more than [`SHORT_BYTES_MAX`] bytes, in the order in which they came.
#[derive(Debug)]
struct LongKeys<A> {
    index: HashTable<usize>,
    keys: ByteRows,
    accumulators: Vec<A>,
    seed: u64,
}

fn hash_long(key: &[u8], seed: u64) -> u64 {
    twox_hash::XxHash3_64::oneshot_with_seed(seed, key)
}

impl<A> LongKeys<A> {
    fn with_seed(seed: u64) -> Self {
        Self { index: HashTable::new(), keys: ByteRows::default(), accumulators: Vec::new(), seed }
    }

    fn find(&self, key: &[u8]) -> Option<&A> {
        let at = self.index.find(hash_long(key, self.seed), |at| self.keys.get(*at) == Some(key))?;
        self.accumulators.get(*at)
    }

    fn get(&mut self, key: &[u8], create: impl Fn() -> A) -> &mut A {
        let Self { index, keys, accumulators, seed } = self;
        let hash = hash_long(key, *seed);
        let at = match index.find(hash, |at| keys.get(*at) == Some(key)) {
            Some(at) => *at,
            None => {
                let at = accumulators.len();
                keys.push_ref(key);
                accumulators.push(create());
                index.insert_unique(hash, at, |at| hash_long(keys.get(*at).unwrap_or_default(), *seed));
                at
            }
        };
        &mut accumulators[at]
    }
}
