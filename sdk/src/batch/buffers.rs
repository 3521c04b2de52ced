//! Columns that have been read and wait to be filled again, so that batches cost no allocation.

use std::any::TypeId;

use super::Batch;
use super::column::{self, AnyColumn};
use crate::element::Element;

/// How many empty columns of one kind are kept; bundles hold no more batches than that.
const KEPT_OF_A_KIND_MAX: usize = 96;
/// A column that has grown beyond this is given back to the allocator.
const KEPT_BYTES_MAX: usize = 4 << 20;

/// A thread's pool of empty columns; the last one given back is the next one taken, still warm in the cache.
#[derive(Default)]
pub struct Buffers {
    shelves: Vec<(TypeId, Vec<Box<dyn AnyColumn>>)>,
}

impl Buffers {
    /// An empty pool.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty column of `T`.
    #[must_use]
    pub fn take<T: Element>(&mut self) -> Box<T::Col> {
        let kind = TypeId::of::<T::Col>();
        let shelf = self.shelves.iter_mut().find(|(k, _)| *k == kind);
        shelf
            .and_then(|(_, columns)| columns.pop())
            .and_then(|column| column::downcast(column).ok())
            .unwrap_or_default()
    }

    /// Takes back a column that has been read.
    pub fn give(&mut self, mut column: Box<dyn AnyColumn>) {
        let kind = column.as_ref().kind();
        if column.as_ref().bytes() > KEPT_BYTES_MAX {
            return;
        }
        column.as_mut().clear();
        match self.shelves.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, columns)) if columns.len() < KEPT_OF_A_KIND_MAX => columns.push(column),
            Some(_) => {}
            None => self.shelves.push((kind, vec![column])),
        }
    }

    /// Takes back a batch that has been read.
    pub fn recycle(&mut self, batch: Batch) {
        self.give(batch.into_any().0);
    }
}
