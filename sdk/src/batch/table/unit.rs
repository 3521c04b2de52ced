//! The table of the key `()`: one accumulator.

use crate::batch::Units;
use crate::element::{Accumulator, Column, KeyTable, Partition};
use crate::error::BoxError;

/// One accumulator, once there is a row.
#[derive(Debug)]
pub struct UnitTable<A> {
    accumulator: Option<A>,
}

impl<A: Accumulator> KeyTable<(), A> for UnitTable<A> {
    fn with_seed(_: u64) -> Self {
        Self { accumulator: None }
    }

    fn update(
        &mut self,
        keys: &Units,
        create: impl Fn() -> A,
        mut each: impl FnMut(usize, &mut A) -> Result<(), BoxError>,
    ) -> Result<(), (usize, BoxError)> {
        if keys.is_empty() {
            return Ok(());
        }
        let accumulator = self.accumulator.get_or_insert_with(create);
        (0..keys.len()).try_for_each(|row| each(row, accumulator).map_err(|e| (row, e)))
    }

    fn len(&self) -> usize {
        usize::from(self.accumulator.is_some())
    }

    fn partition(self, parts: usize) -> Result<Vec<Partition<(), A>>, BoxError> {
        let mut all: Vec<Partition<(), A>> = (0..parts).map(|_| Partition::default()).collect();
        if let (Some(accumulator), Some(first)) = (self.accumulator, all.first_mut()) {
            first.keys.push(());
            first.accumulators.push(accumulator);
        }
        Ok(all)
    }
}
