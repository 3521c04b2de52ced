//! Joins: the values of two collections, pair by pair, where the keys are equal.

use std::marker::PhantomData;

use super::map::mistyped;
use super::scatter::{self, Scatter};
use super::shuffle::{Partition, ShuffleSpec};
use super::{Operator, PieceReader};
use crate::batch::table::RowsByKey;
use crate::batch::{AnyColumn, Batch, Buffers, Builder, RowMeta};
use crate::element::{Column, Element, Key, Pairs, Ref};
use crate::error::FnError;
use crate::function::{Views, guard};

/// How a collection takes part in a join: only with matching rows, or else as nothing.
pub trait Part<T: Element>: Send + Sync + 'static {
    /// What stands in a result.
    type Elem: Element;
    /// Whether the other collection's rows stay when this one has no match for them.
    const MAY_LACK: bool;

    /// Adds a value to the results, or that there is none.
    fn put(value: Option<Ref<'_, T>>, column: &mut <Self::Elem as Element>::Col);
}

/// Takes part with matching rows only.
pub struct Matching;

impl<T: Element> Part<T> for Matching {
    type Elem = T;
    const MAY_LACK: bool = false;

    #[inline]
    fn put(value: Option<Ref<'_, T>>, column: &mut T::Col) {
        if let Some(value) = value {
            column.push_ref(value);
        }
    }
}

/// Stands as nothing beside a row without a match.
pub struct OrNothing;

impl<T: Element> Part<T> for OrNothing {
    type Elem = Option<T>;
    const MAY_LACK: bool = true;

    #[inline]
    fn put(value: Option<Ref<'_, T>>, column: &mut <Option<T> as Element>::Col) {
        column.push_ref(value);
    }
}

/// A join of two collections by key.
pub struct Join<K, A, B, L, R> {
    kind: &'static str,
    types: PhantomData<fn(K, A, B) -> (L, R)>,
}

impl<K: Key, A: Element, B: Element, L: Part<A>, R: Part<B>> Join<K, A, B, L, R> {
    /// A join that is called so.
    #[must_use]
    pub fn new(kind: &'static str) -> Self {
        Self { kind, types: PhantomData }
    }
}

impl<K: Key, A: Element, B: Element, L: Part<A>, R: Part<B>> ShuffleSpec for Join<K, A, B, L, R> {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn partitions(&self, threads: usize) -> usize {
        scatter::partitions(threads)
    }

    fn gather(&self, input: usize, partitions: usize, _: u64) -> Box<dyn Operator> {
        match input {
            0 => Box::new(Scatter::<K, A>::new(partitions)),
            _ => Box::new(Scatter::<K, B>::new(partitions)),
        }
    }

    fn results(&self, partition: Partition, _: &Views, seed: u64) -> Result<Box<dyn PieceReader>, FnError> {
        let mut inputs = partition.into_iter();
        let (left, right) = (inputs.next().unwrap_or_default(), inputs.next().unwrap_or_default());
        let nothing = match (L::MAY_LACK, R::MAY_LACK) {
            (false, false) => left.is_empty() || right.is_empty(),
            (false, true) => left.is_empty(),
            (true, false) => right.is_empty(),
            (true, true) => false,
        };
        Ok(Box::new(Results::<K, A, B, L, R> {
            left: if nothing { Vec::new() } else { left },
            right: if nothing { Vec::new() } else { right },
            seed,
            built: None,
            probe: None,
            place: Place::START,
            marked: Place::START,
            builder: Builder::default(),
            types: PhantomData,
        }))
    }
}

/// How far the results have been read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Which batch on the left; after the last one, the rows on the right that have no match.
    batch: usize,
    row: usize,
    /// How many matches of the row have been read.
    matches: usize,
}

impl Place {
    const START: Self = Self { batch: 0, row: 0, matches: 0 };
}

/// The right-hand side, by key.
struct Built<K: Key, B: Element> {
    pairs: Box<Pairs<K, B>>,
    rows: RowsByKey<K>,
    /// By row: whether something on the left matches; empty where that does not matter.
    matched: Vec<bool>,
}

/// The first match of each row of the batch at hand.
struct Probe {
    batch: usize,
    firsts: Vec<Option<u32>>,
    /// Where the row at hand goes on.
    next: Option<u32>,
}

/// Reads the results of a partition.
struct Results<K: Key, A: Element, B: Element, L: Part<A>, R: Part<B>> {
    left: Vec<Batch>,
    right: Vec<Batch>,
    seed: u64,
    built: Option<Built<K, B>>,
    probe: Option<Probe>,
    place: Place,
    marked: Place,
    builder: Builder<(K, (L::Elem, R::Elem))>,
    types: PhantomData<fn(A)>,
}

impl<K: Key, A: Element, B: Element, L: Part<A>, R: Part<B>> Results<K, A, B, L, R> {
    fn build(&mut self) -> Result<Built<K, B>, FnError> {
        let mut batches = self.right.drain(..);
        let mut pairs = match batches.next() {
            Some(first) => first.into_parts::<(K, B)>().map_err(mistyped)?.0,
            None => Box::default(),
        };
        for batch in batches {
            let more = batch.into_parts::<(K, B)>().map_err(mistyped)?.0;
            guard(|| {
                pairs.append(&more);
                Ok(())
            })
            .map_err(FnError::lasting)?;
        }
        let mut rows = RowsByKey::with_seed(self.seed);
        rows.add(&pairs.0).map_err(|(row, e)| {
            FnError::from_error(e).lasting().with_element(|| AnyColumn::debug(&*pairs, row))
        })?;
        let matched = if L::MAY_LACK { vec![false; rows.rows()] } else { Vec::new() };
        Ok(Built { pairs, rows, matched })
    }

    /// Finds the first match of each row of a batch, and goes on where the place says.
    fn probe(rows: &RowsByKey<K>, pairs: &Pairs<K, A>, place: Place) -> Result<Probe, FnError> {
        let mut firsts = Vec::with_capacity(Column::len(pairs));
        let found = rows.find(&pairs.0, &mut firsts);
        found.map_err(|(row, e)| FnError::from_error(e).with_element(|| AnyColumn::debug(pairs, row)))?;
        let mut next = firsts.get(place.row).copied().flatten();
        for _ in 0..place.matches {
            next = next.and_then(|row| rows.after(row));
        }
        Ok(Probe { batch: place.batch, firsts, next })
    }

    /// Adds the matches of a batch on the left until the results are full; says whether it has come to the batch's end.
    fn fill(&mut self, left: usize) -> Result<bool, FnError> {
        let (Some(built), Some(batch)) = (&mut self.built, self.left.get(left)) else { return Ok(true) };
        let pairs = batch.column::<(K, A)>().map_err(mistyped)?;
        let probe = match self.probe.take().filter(|probe| probe.batch == left) {
            Some(probe) => self.probe.insert(probe),
            None => self.probe.insert(Self::probe(&built.rows, pairs, self.place)?),
        };
        let (builder, place) = (&mut self.builder, &mut self.place);
        let (_, values) = &*built.pairs;
        while let (Some(key), Some(value)) = (pairs.0.get(place.row), pairs.1.get(place.row)) {
            if builder.is_full() {
                return Ok(false);
            }
            let out = builder.column();
            if let Some(row) = probe.next {
                out.0.push_ref(key);
                L::put(Some(value), &mut out.1.0);
                R::put(values.get(row as usize), &mut out.1.1);
                if let Some(matched) = built.matched.get_mut(row as usize) {
                    *matched = true;
                }
                place.matches += 1;
                probe.next = built.rows.after(row);
                if probe.next.is_some() {
                    continue;
                }
            } else if R::MAY_LACK {
                out.0.push_ref(key);
                L::put(Some(value), &mut out.1.0);
                R::put(None, &mut out.1.1);
            }
            *place = Place { batch: left, row: place.row + 1, matches: 0 };
            probe.next = probe.firsts.get(place.row).copied().flatten();
        }
        Ok(true)
    }

    /// Adds the rows on the right that nothing on the left matches, until the results are full.
    fn fill_unmatched(&mut self) {
        let Some(built) = &self.built else { return };
        let (keys, values) = &*built.pairs;
        while let Some(matched) = built.matched.get(self.place.row)
            && !self.builder.is_full()
        {
            if !matched && let Some(key) = keys.get(self.place.row) {
                let out = self.builder.column();
                out.0.push_ref(key);
                L::put(None, &mut out.1.0);
                R::put(values.get(self.place.row), &mut out.1.1);
            }
            self.place.row += 1;
        }
    }
}

impl<K: Key, A: Element, B: Element, L: Part<A>, R: Part<B>> PieceReader for Results<K, A, B, L, R> {
    fn next(&mut self, buffers: &mut Buffers) -> Result<Option<Batch>, FnError> {
        if self.built.is_none() {
            self.built = Some(self.build()?);
        }
        self.builder.set_meta(RowMeta::GROUPED);
        while self.place.batch < self.left.len() {
            if !self.fill(self.place.batch)? {
                break;
            }
            self.place = Place { batch: self.place.batch + 1, row: 0, matches: 0 };
        }
        if self.place.batch == self.left.len() {
            self.fill_unmatched();
        }
        Ok(self.builder.close(buffers))
    }

    fn mark(&mut self) {
        self.marked = self.place;
    }

    fn rewind(&mut self) -> Result<(), FnError> {
        self.place = self.marked;
        self.probe = None;
        self.builder.discard();
        Ok(())
    }
}
