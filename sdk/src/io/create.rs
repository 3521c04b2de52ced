//! Elements that are at hand when the pipeline is built.

use std::ops::Range;
use std::panic::Location;
use std::sync::Arc;

use super::source::erased;
use super::{Reader, Source};
use crate::batch::Builder;
use crate::collection::{PCollection, Pipeline};
use crate::element::{Column, Element, Put};
use crate::error::Result;
use crate::graph::Primitive;

/// Values in memory, as a column.
pub(crate) struct Create<T: Element> {
    values: Arc<T::Col>,
}

impl<T: Element> Create<T> {
    pub(crate) fn new<P: Put<Elem = T>>(values: impl IntoIterator<Item = P>) -> Self {
        let mut column = T::Col::default();
        values.into_iter().for_each(|value| value.put(&mut column));
        Self { values: Arc::new(column) }
    }
}

/// Values at hand as the source that a node has, and what to show of it.
pub(crate) fn values<P: Put>(values: impl IntoIterator<Item = P>) -> (Primitive, String) {
    let source = Create::new(values);
    let detail = source.describe();
    (Primitive::Read(erased(source)), detail)
}

/// Cuts rows into pieces of about the same size.
fn pieces(rows: Range<u64>, wanted: usize) -> Vec<Range<u64>> {
    let wanted = (wanted as u64).max(1);
    let step = (rows.end - rows.start).div_ceil(wanted).max(1);
    let starts =
        (0..wanted).map_while(|i| rows.start.checked_add(i.checked_mul(step)?).filter(|s| *s < rows.end));
    starts.map(|start| start..start.saturating_add(step).min(rows.end)).collect()
}

impl<T: Element> Source for Create<T> {
    type Elem = T;
    type Piece = Range<u64>;
    type Reader = CreateReader<T>;

    fn split(&self, wanted: usize) -> Result<Vec<Range<u64>>> {
        Ok(pieces(0..self.values.len() as u64, wanted))
    }

    fn open(&self, piece: Range<u64>) -> Result<CreateReader<T>> {
        Ok(CreateReader { values: Arc::clone(&self.values), rows: piece })
    }

    fn size(&self) -> Result<Option<u64>> {
        Ok(Some(self.values.bytes() as u64))
    }

    fn describe(&self) -> String {
        format!("{} elements", self.values.len())
    }
}

pub(crate) struct CreateReader<T: Element> {
    values: Arc<T::Col>,
    rows: Range<u64>,
}

impl<T: Element> Reader for CreateReader<T> {
    type Elem = T;
    type Piece = Range<u64>;

    fn fill(&mut self, batch: &mut Builder<T>) -> Result<bool> {
        while !batch.is_full() {
            let Some(row) = self.rows.next() else { return Ok(false) };
            if let Some(value) = self.values.get(row as usize) {
                batch.column().push_ref(value);
            }
        }
        Ok(true)
    }

    fn rest(&self) -> Range<u64> {
        self.rows.clone()
    }

    fn position(&self) -> String {
        format!("element {}", self.rows.start)
    }
}

/// The numbers of a range.
pub(crate) struct Numbers {
    pub(crate) range: Range<u64>,
}

impl Source for Numbers {
    type Elem = u64;
    type Piece = Range<u64>;
    type Reader = NumbersReader;

    fn split(&self, wanted: usize) -> Result<Vec<Range<u64>>> {
        Ok(if self.range.is_empty() { Vec::new() } else { pieces(self.range.clone(), wanted) })
    }

    fn open(&self, piece: Range<u64>) -> Result<NumbersReader> {
        Ok(NumbersReader { range: piece })
    }

    fn size(&self) -> Result<Option<u64>> {
        let numbers = self.range.end.saturating_sub(self.range.start);
        Ok(Some(numbers.saturating_mul(size_of::<u64>() as u64)))
    }

    fn describe(&self) -> String {
        format!("{}..{}", self.range.start, self.range.end)
    }
}

pub(crate) struct NumbersReader {
    range: Range<u64>,
}

impl Reader for NumbersReader {
    type Elem = u64;
    type Piece = Range<u64>;

    fn fill(&mut self, batch: &mut Builder<u64>) -> Result<bool> {
        let room = batch.room() as u64;
        let end = self.range.start.saturating_add(room).min(self.range.end);
        batch.column().extend(self.range.start..end);
        self.range.start = end;
        Ok(!self.range.is_empty())
    }

    fn rest(&self) -> Range<u64> {
        self.range.clone()
    }

    fn position(&self) -> String {
        format!("number {}", self.range.start)
    }
}

impl Pipeline {
    /// A collection of values that are at hand: for small inputs and tests.
    ///
    /// A value may be anything that can be emitted: `&str` makes a collection of `String`.
    ///
    /// ```
    /// use flumen::{PCollection, Pipeline};
    /// let p = Pipeline::new();
    /// let words: PCollection<String> = p.create(["to", "be"]);
    /// ```
    ///
    /// Implements `Create` of Beam's Java SDK.
    #[track_caller]
    pub fn create<P: Put>(&self, values: impl IntoIterator<Item = P>) -> PCollection<P::Elem> {
        self.read_inside("create", Location::caller(), Create::new(values))
    }

    /// The numbers of a range, made as they are read, on all threads.
    ///
    /// ```
    /// use flumen::Pipeline;
    /// let p = Pipeline::new();
    /// let numbers = p.range(0..1_000_000);
    /// ```
    ///
    /// Implements `GenerateSequence` of Beam's Java SDK, bounded.
    #[track_caller]
    pub fn range(&self, range: Range<u64>) -> PCollection<u64> {
        self.read_inside("range", Location::caller(), Numbers { range })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_the_rows_once() {
        for (rows, wanted) in
            [(0..0, 3), (0..1, 4), (5..17, 4), (0..u64::MAX, 7), (u64::MAX - 2..u64::MAX, 9), (3..9, 0)]
        {
            let all = pieces(rows.clone(), wanted);
            let mut at = rows.start;
            for piece in &all {
                assert_eq!(piece.start, at);
                assert!(piece.end > piece.start);
                at = piece.end;
            }
            assert_eq!(at, rows.end, "{rows:?} in {wanted}");
            assert!(all.len() <= wanted.max(1));
        }
    }
}
