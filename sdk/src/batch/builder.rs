//! A batch in the making.

use super::{Batch, Buffers, Meta, RowMeta};
use crate::element::{Column, Element, Put};

/// A batch is closed when it has so many rows.
pub const BATCH_ROWS_MAX: usize = 2048;
/// A batch is closed when its rows take so many bytes.
pub const BATCH_BYTES_MAX: usize = 256 << 10;

/// Gathers rows until they make a batch.
///
/// ```
/// use flumen::batch::{Buffers, Builder, RowMeta};
/// let mut buffers = Buffers::new();
/// let mut builder = Builder::<String>::default();
/// builder.put("a", RowMeta::SOURCE);
/// assert_eq!(builder.close(&mut buffers).unwrap().len(), 1);
/// assert!(builder.close(&mut buffers).is_none());
/// ```
pub struct Builder<T: Element> {
    column: Box<T::Col>,
    /// It is full when it has so many rows.
    rows_max: usize,
    meta: Meta,
    /// What is known of the last row, so that a change is noticed.
    last: RowMeta,
}

impl<T: Element> Default for Builder<T> {
    fn default() -> Self {
        Self::with_limit(BATCH_ROWS_MAX)
    }
}

impl<T: Element> Builder<T> {
    /// A builder that is full when it has so many rows, or [`BATCH_ROWS_MAX`] if that is less.
    ///
    /// What fills it then stops after exactly so many rows.
    ///
    /// ```
    /// use flumen::batch::Builder;
    /// let mut builder = Builder::<u64>::with_limit(2);
    /// builder.push(1_u64);
    /// assert_eq!((builder.room(), builder.is_full()), (1, false));
    /// builder.push(2_u64);
    /// assert_eq!((builder.room(), builder.is_full()), (0, true));
    /// ```
    #[must_use]
    pub fn with_limit(rows: usize) -> Self {
        let rows_max = rows.min(BATCH_ROWS_MAX);
        let meta = Meta::constant(RowMeta::SOURCE);
        Self { column: Box::default(), rows_max, meta, last: RowMeta::SOURCE }
    }

    /// The rows so far, to add more; they have the time, windows and pane given last to [`Builder::set_meta`].
    #[inline]
    pub fn column(&mut self) -> &mut T::Col {
        &mut self.column
    }

    /// Says what is known of the rows that follow.
    #[inline]
    pub fn set_meta(&mut self, meta: RowMeta) {
        if meta != self.last {
            self.change_meta(meta);
        }
    }

    #[cold]
    fn change_meta(&mut self, meta: RowMeta) {
        self.meta.set_from(self.column.len(), meta);
        self.last = meta;
    }

    /// Adds a row.
    #[inline]
    pub fn put(&mut self, value: impl Put<Elem = T>, meta: RowMeta) {
        self.set_meta(meta);
        value.put(&mut self.column);
    }

    /// Adds a row at the time, windows and pane given last.
    #[inline]
    pub fn push(&mut self, value: impl Put<Elem = T>) {
        value.put(&mut self.column);
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.column.len()
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.column.is_empty()
    }

    /// Keeps the first rows only.
    pub fn truncate(&mut self, rows: usize) {
        if rows < self.column.len() {
            let keep: Vec<bool> = (0..self.column.len()).map(|row| row < rows).collect();
            self.column.compact(&keep);
            self.meta.compact(&keep);
            if let Some(last) = rows.checked_sub(1) {
                self.last = self.meta.get(last);
            } else {
                self.meta = Meta::constant(self.last);
            }
        }
    }

    /// How many more rows it takes before it is full of them.
    #[must_use]
    pub fn room(&self) -> usize {
        self.rows_max.saturating_sub(self.column.len())
    }

    /// Whether the batch should be closed.
    #[must_use]
    #[inline]
    pub fn is_full(&self) -> bool {
        self.column.len() >= self.rows_max || self.column.bytes() >= BATCH_BYTES_MAX
    }

    /// The rows as a batch, if there are any; the next ones go into a buffer of the pool.
    pub fn close(&mut self, buffers: &mut Buffers) -> Option<Batch> {
        if self.column.is_empty() {
            return None;
        }
        let column = std::mem::replace(&mut self.column, buffers.take::<T>());
        let meta = std::mem::replace(&mut self.meta, Meta::constant(self.last));
        Some(Batch::new(column, meta))
    }

    /// Throws the rows away.
    pub fn discard(&mut self) {
        self.column.clear();
        self.meta = Meta::constant(self.last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn the_next_batch_goes_on_with_what_was_said_last() {
        let (mut buffers, mut builder) = (Buffers::new(), Builder::<u64>::default());
        let at = |millis| RowMeta { timestamp: Timestamp::from_millis(millis), ..RowMeta::SOURCE };
        builder.put(1_u64, at(3));
        builder.put(2_u64, at(5));
        let first = builder.close(&mut buffers).unwrap();
        assert_eq!((first.meta().get(0), first.meta().get(1)), (at(3), at(5)));
        builder.push(3_u64);
        assert_eq!(builder.close(&mut buffers).unwrap().meta().as_constant(), Some(at(5)));
        builder.push(4_u64);
        builder.discard();
        builder.push(5_u64);
        assert_eq!(builder.close(&mut buffers).unwrap().meta().as_constant(), Some(at(5)));
    }
}
