//! The table of the key `()`: one accumulator.

use crate::batch::Units;
use crate::element::{Accumulator, Column, KeyTable, Pairs};
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

    fn reserve(&mut self, _: usize) {}

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

    fn find(
        &self,
        keys: &Units,
        mut each: impl FnMut(usize, Option<&A>) -> Result<(), BoxError>,
    ) -> Result<(), (usize, BoxError)> {
        let accumulator = self.accumulator.as_ref();
        (0..keys.len()).try_for_each(|row| each(row, accumulator).map_err(|e| (row, e)))
    }

    fn get(&self, (): ()) -> Option<&A> {
        self.accumulator.as_ref()
    }

    fn route(keys: &Units, hashes: &mut Vec<u64>) -> Result<(), (usize, BoxError)> {
        hashes.extend(std::iter::repeat_n(0, keys.len()));
        Ok(())
    }

    fn len(&self) -> usize {
        usize::from(self.accumulator.is_some())
    }

    fn partition(self, parts: usize) -> Result<Vec<Pairs<(), A>>, BoxError> {
        let mut all: Vec<Pairs<(), A>> = (0..parts).map(|_| Pairs::<(), A>::default()).collect();
        if let (Some(accumulator), Some(first)) = (self.accumulator, all.first_mut()) {
            first.0.push(());
            first.1.push(accumulator);
        }
        Ok(all)
    }
}
