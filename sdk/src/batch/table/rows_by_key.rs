//! Which rows have a key: a table of chains of row numbers.

use crate::element::{Key, KeyTable, Ref};
use crate::error::BoxError;

/// The end of a chain.
const NONE: u32 = u32::MAX;

/// Row numbers by key; the rows of a key form a chain, the last one added first.
pub struct RowsByKey<K: Key> {
    /// The first row of each chain.
    first: K::Table<u32>,
    /// By row: the next one of its chain.
    next: Vec<u32>,
}

impl<K: Key> RowsByKey<K> {
    /// Nothing.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self { first: K::Table::with_seed(seed), next: Vec::new() }
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.next.len()
    }

    /// How many keys it has.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.first.len()
    }

    /// Adds rows, numbered on from those that are there.
    ///
    /// # Errors
    /// A key can't be encoded, with its row; more rows than 32 bits can count.
    pub fn add(&mut self, keys: &K::Col) -> Result<(), (usize, BoxError)> {
        let rows = crate::element::Column::len(keys);
        let start = self.next.len();
        if start + rows >= NONE as usize {
            return Err((0, "more than 4 billion rows in one partition".into()));
        }
        if start == 0 {
            self.first.reserve(rows);
        }
        self.next.reserve(rows);
        let next = &mut self.next;
        self.first.update(
            keys,
            || NONE,
            |row, first| {
                next.push(std::mem::replace(first, (start + row) as u32));
                Ok(())
            },
        )
    }

    /// Appends the first row of each key's chain.
    ///
    /// # Errors
    /// A key can't be encoded, with its row.
    pub fn find(&self, keys: &K::Col, firsts: &mut Vec<Option<u32>>) -> Result<(), (usize, BoxError)> {
        self.first.find(keys, |_, first| {
            firsts.push(first.copied());
            Ok(())
        })
    }

    /// The first row of a key's chain.
    #[must_use]
    pub fn first(&self, key: Ref<'_, K>) -> Option<u32> {
        self.first.get(key).copied()
    }

    /// The next row of the chain that a row is in.
    #[must_use]
    #[inline]
    pub fn after(&self, row: u32) -> Option<u32> {
        self.next.get(row as usize).copied().filter(|next| *next != NONE)
    }

    /// The rows of a key.
    pub fn get(&self, key: Ref<'_, K>) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.first(key), |row| self.after(*row)).map(|row| row as usize)
    }
}
