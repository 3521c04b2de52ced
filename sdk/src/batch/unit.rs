//! The column of `()`: a count of rows.

use crate::batch::table::UnitTable;
use crate::coder::{Coder, DecodeError, Input};
use crate::element::{Accumulator, Column, Element, Key, Put};
use crate::error::BoxError;

/// A column of rows that hold nothing.
#[derive(Clone, Debug, Default)]
pub struct Units {
    rows: usize,
}

impl Units {
    /// A column of so many rows.
    #[must_use]
    pub fn of(rows: usize) -> Self {
        Self { rows }
    }
}

impl Column for Units {
    type Elem = ();
    type Iter<'a> = std::iter::RepeatN<()>;

    #[inline]
    fn len(&self) -> usize {
        self.rows
    }
    #[inline]
    fn get(&self, row: usize) -> Option<()> {
        (row < self.rows).then_some(())
    }
    #[inline]
    fn iter(&self) -> Self::Iter<'_> {
        std::iter::repeat_n((), self.rows)
    }
    #[inline]
    fn push(&mut self, (): ()) {
        self.rows += 1;
    }
    #[inline]
    fn push_ref(&mut self, (): ()) {
        self.rows += 1;
    }
    fn compact(&mut self, keep: &[bool]) {
        self.rows = keep.iter().filter(|keep| **keep).count();
    }
    fn clear(&mut self) {
        self.rows = 0;
    }
    #[inline]
    fn bytes(&self) -> usize {
        0
    }
}

impl Element for () {
    type Ref<'a> = ();
    type Col = Units;

    fn coder() -> Coder {
        Coder::leaf("flumen:coder:void:v1")
    }
    fn borrow(&self) {}
    fn own((): ()) {}
    fn narrow<'long: 'short, 'short>((): ()) {}
    fn encode((): (), _: &mut Vec<u8>) -> Result<(), BoxError> {
        Ok(())
    }
    fn decode(_: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(())
    }
}

impl Put for () {
    type Elem = ();
    #[inline]
    fn put(self, column: &mut Units) {
        column.push(());
    }
}

impl Key for () {
    type Table<A: Accumulator> = UnitTable<A>;
}
