//! The table of all other keys: by their encoded bytes.

use std::marker::PhantomData;

use bytes::Bytes;

use super::BytesTable;
use crate::batch::ByteRows;
use crate::coder::Input;
use crate::element::{Accumulator, Column, Key, KeyTable, Pairs};
use crate::error::BoxError;

/// Accumulators by any key, as its coder writes it.
pub struct EncodedTable<K, A> {
    table: BytesTable<Bytes, A>,
    /// The keys of the batch at hand.
    encoded: ByteRows,
    key: PhantomData<fn() -> K>,
}

impl<K: Key, A: Accumulator> KeyTable<K, A> for EncodedTable<K, A> {
    fn with_seed(seed: u64) -> Self {
        Self { table: BytesTable::with_seed(seed), encoded: ByteRows::default(), key: PhantomData }
    }

    fn reserve(&mut self, keys: usize) {
        self.table.reserve(keys);
    }

    fn update(
        &mut self,
        keys: &K::Col,
        create: impl Fn() -> A,
        each: impl FnMut(usize, &mut A) -> Result<(), BoxError>,
    ) -> Result<(), (usize, BoxError)> {
        self.encoded.clear();
        for (row, key) in keys.iter().enumerate() {
            self.encoded.add_with(|out| K::encode(key, out)).map_err(|e| (row, e))?;
        }
        self.table.update(&self.encoded, create, each)
    }

    fn len(&self) -> usize {
        self.table.len()
    }

    fn partition(self, parts: usize) -> Result<Vec<Pairs<K, A>>, BoxError> {
        let encoded = self.table.partition(parts)?;
        encoded
            .into_iter()
            .map(|(keys, accumulators)| {
                let mut decoded = K::Col::default();
                for key in Column::iter(&keys) {
                    decoded.push(K::decode(&mut Input::new(key))?);
                }
                Ok((decoded, accumulators))
            })
            .collect()
    }
}
