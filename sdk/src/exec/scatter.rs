//! Rows by partition of their key: what gathers for groups and joins.

use std::collections::VecDeque;

use super::map::mistyped;
use super::{Operator, Outputs};
use crate::batch::table::part;
use crate::batch::{AnyColumn, Batch, Buffers, Meta, RowMeta};
use crate::element::{Column, Element, Key, KeyTable, Pairs};
use crate::error::{FnError, RunError};
use crate::function::guard;

/// Into how many partitions rows are cut, so that the table of one fits a core's cache.
const PARTITIONS: usize = 64;

/// Into how many partitions rows are cut on so many threads.
pub(super) fn partitions(threads: usize) -> usize {
    PARTITIONS.max(threads.saturating_mul(4))
}

/// Deals pairs out to columns, one for each partition of the keys.
pub(super) struct Scatter<K: Key, V: Element> {
    /// The bundle's batches: they are dealt out once the whole bundle has succeeded.
    staged: VecDeque<Batch>,
    partitions: Vec<Pairs<K, V>>,
    hashes: Vec<u64>,
}

impl<K: Key, V: Element> Scatter<K, V> {
    pub(super) fn new(partitions: usize) -> Self {
        let partitions = (0..partitions).map(|_| Pairs::<K, V>::default()).collect();
        Self { staged: VecDeque::new(), partitions, hashes: Vec::new() }
    }

    fn deal(&mut self, pairs: &Pairs<K, V>) -> Result<(), FnError> {
        self.hashes.clear();
        let routed = guard(|| K::Table::<u32>::route(&pairs.0, &mut self.hashes).map_err(|(_, e)| e));
        routed.map_err(|e| e.with_element(|| AnyColumn::debug(pairs, self.hashes.len())))?;
        let parts = self.partitions.len();
        let dealt = guard(|| {
            for (pair, hash) in Column::iter(pairs).zip(&self.hashes) {
                if let Some(partition) = self.partitions.get_mut(part(*hash, parts)) {
                    partition.push_ref(pair);
                }
            }
            Ok(())
        });
        // Only a clone of a user's value fails here; some of the batch has been dealt out then.
        dealt.map_err(FnError::lasting)
    }
}

impl<K: Key, V: Element> Operator for Scatter<K, V> {
    fn start(&mut self) -> Result<(), FnError> {
        self.staged.clear();
        Ok(())
    }

    fn push(&mut self, _: usize, batch: Batch, _: &mut Outputs<'_>) -> Result<(), RunError> {
        self.staged.push_back(batch);
        Ok(())
    }

    fn commit(&mut self, buffers: &mut Buffers) -> Result<(), FnError> {
        while let Some(batch) = self.staged.pop_front() {
            let (pairs, meta) = batch.into_parts::<(K, V)>().map_err(mistyped)?;
            if let Err(error) = self.deal(&pairs) {
                self.staged.push_front(Batch::new(pairs, meta));
                return Err(error);
            }
            buffers.give(pairs);
        }
        Ok(())
    }

    fn surrender(&mut self) -> Result<Vec<Vec<Batch>>, FnError> {
        let meta = Meta::constant(RowMeta::GROUPED);
        let batch = |pairs: Pairs<K, V>| match Column::len(&pairs) {
            0 => Vec::new(),
            _ => vec![Batch::new(Box::new(pairs), meta.clone())],
        };
        Ok(self.partitions.drain(..).map(batch).collect())
    }
}
