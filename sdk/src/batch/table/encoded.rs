//! The table of all other keys: by their encoded bytes.

use std::marker::PhantomData;

use bytes::Bytes;

use super::BytesTable;
use crate::batch::ByteRows;
use crate::coder::Input;
use crate::element::{Accumulator, Column, Key, KeyTable, Pairs, Ref};
use crate::error::BoxError;

/// Accumulators by any key, as its coder writes it.
pub struct EncodedTable<K, A> {
    table: BytesTable<Bytes, A>,
    /// The keys of the batch at hand.
    encoded: ByteRows,
    key: PhantomData<fn() -> K>,
}

fn encode<K: Key>(keys: &K::Col, encoded: &mut ByteRows) -> Result<(), (usize, BoxError)> {
    for (row, key) in keys.iter().enumerate() {
        encoded.add_with(|out| K::encode(key, out)).map_err(|e| (row, e))?;
    }
    Ok(())
}

fn encoded<K: Key>(keys: &K::Col) -> Result<ByteRows, (usize, BoxError)> {
    let mut encoded = ByteRows::default();
    encode::<K>(keys, &mut encoded)?;
    Ok(encoded)
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
        encode::<K>(keys, &mut self.encoded)?;
        self.table.update(&self.encoded, create, each)
    }

    fn find(
        &self,
        keys: &K::Col,
        each: impl FnMut(usize, Option<&A>) -> Result<(), BoxError>,
    ) -> Result<(), (usize, BoxError)> {
        self.table.find(&encoded::<K>(keys)?, each)
    }

    fn get(&self, key: Ref<'_, K>) -> Option<&A> {
        let mut bytes = Vec::new();
        // What can't be encoded was never added.
        K::encode(key, &mut bytes).ok()?;
        self.table.get(&bytes)
    }

    fn route(keys: &K::Col, hashes: &mut Vec<u64>) -> Result<(), (usize, BoxError)> {
        BytesTable::<Bytes, A>::route(&encoded::<K>(keys)?, hashes)
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
