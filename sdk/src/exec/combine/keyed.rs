//! Combining by key: a table on each thread, cut into partitions.

use std::cell::Cell;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{change, created, lasting_unless_restored, told_of};
use crate::batch::{AnyColumn, Batch, Buffers, Builder, Meta, RowMeta};
use crate::element::{Column, Element, Key, KeyTable, Pairs};
use crate::error::{FnError, RunError};
use crate::exec::map::mistyped;
use crate::exec::shuffle::{Partition, ShuffleSpec};
use crate::exec::{Operator, Outputs, PieceReader};
use crate::function::{At, CombineFn, Counting, Measured, Views, guard};

/// Combining by key.
pub struct KeyedCombine<K, C> {
    combine: Arc<C>,
    key: PhantomData<fn(K)>,
}

impl<K: Key, C: CombineFn> KeyedCombine<K, C> {
    /// Shares the function.
    pub fn new(combine: C) -> Self {
        Self { combine: Arc::new(combine), key: PhantomData }
    }
}

impl<K: Key, C: CombineFn> ShuffleSpec for KeyedCombine<K, C> {
    fn kind(&self) -> &'static str {
        "combine_per_key"
    }

    fn partitions(&self, threads: usize) -> usize {
        threads
    }

    fn gather(&self, _: usize, partitions: usize, seed: u64) -> Box<dyn Operator> {
        Box::new(KeyedPartial::<K, C> {
            combine: Arc::clone(&self.combine),
            staged: VecDeque::new(),
            bundle: None,
            table: K::Table::<C::Accum>::with_seed(seed),
            partitions,
            seed,
        })
    }

    fn results(&self, partition: Partition, _: &Views, seed: u64) -> Result<Box<dyn PieceReader>, FnError> {
        Ok(Box::new(Results::<K, C> {
            combine: Arc::clone(&self.combine),
            seed,
            partition: partition.into_iter().flatten().collect(),
            merged: None,
            counted: Vec::new(),
            next: 0,
            marked: 0,
            builder: Builder::default(),
        }))
    }
}

/// A bundle that has staged so many batches gathers them into a table of its own.
const STAGED_BATCHES_MAX: usize = 256;

struct KeyedPartial<K: Key, C: CombineFn> {
    combine: Arc<C>,
    /// The bundle's batches: the table takes them in once the whole bundle has succeeded.
    staged: VecDeque<Batch>,
    /// What a bundle that makes far more than it reads has gathered, so that its batches need not be kept.
    bundle: Option<K::Table<C::Accum>>,
    table: K::Table<C::Accum>,
    partitions: usize,
    seed: u64,
}

impl<K: Key, C: CombineFn> KeyedPartial<K, C> {
    /// Adds every pair to a table, or tells the first row that was not added, and why.
    fn add(
        combine: &C,
        table: &mut K::Table<C::Accum>,
        pairs: &Pairs<K, C::In>,
    ) -> Result<(), (usize, FnError)> {
        let (keys, values) = pairs;
        let (reached, creating) = (Cell::new(0), Cell::new(false));
        let added = guard(|| {
            let mut at = At::new(&reached);
            let mut values = values.iter();
            let add = move |_, accumulator: &mut C::Accum| {
                at.next();
                values.next().map_or(Ok(()), |value| change(accumulator, |acc| combine.add(acc, value)))
            };
            // The row may be one that `add` has not come to: its key can't be encoded.
            table.update(keys, || created(combine, &creating), add).map_err(|(row, e)| {
                reached.set(row + 1);
                e
            })
        });
        added.map_err(|e| told_of(e, pairs, &reached, &creating)).map_err(|e| (At::row(&reached), e))
    }

    /// Adds the staged batches to the table, or to the bundle's own; what could not be added stays staged.
    fn absorb(&mut self, into_bundle: bool, buffers: &mut Buffers) -> Result<(), FnError> {
        let Self { combine, staged, bundle, table, seed, .. } = self;
        let table =
            if into_bundle { bundle.get_or_insert_with(|| K::Table::with_seed(*seed)) } else { table };
        while let Some(batch) = staged.pop_front() {
            let (mut pairs, meta) = batch.into_parts::<(K, C::In)>().map_err(mistyped)?;
            match Self::add(combine, table, &pairs) {
                Ok(()) => buffers.give(pairs),
                Err((failed, error)) => {
                    let left: Vec<bool> = (0..Column::len(&*pairs)).map(|row| row >= failed).collect();
                    pairs.compact(&left);
                    staged.push_front(Batch::new(pairs, meta));
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

impl<K: Key, C: CombineFn> Operator for KeyedPartial<K, C> {
    fn start(&mut self) -> Result<(), FnError> {
        self.staged.clear();
        self.bundle = None;
        Ok(())
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        self.staged.push_back(batch);
        if self.staged.len() < STAGED_BATCHES_MAX {
            return Ok(());
        }
        self.absorb(true, out.buffers()).map_err(|e| out.told(e))
    }

    fn commit(&mut self, buffers: &mut Buffers) -> Result<(), FnError> {
        let in_bundle = self.bundle.is_some();
        self.absorb(in_bundle, buffers).map_err(lasting_unless_restored::<C::Accum>)?;
        let Some(bundle) = self.bundle.take() else { return Ok(()) };
        let all = bundle.partition(1).map_err(|e| FnError::from_error(e).lasting())?;
        let merged = |pairs| merge::<K, C>(&self.combine, &mut self.table, &pairs).map_err(FnError::lasting);
        all.into_iter().try_for_each(merged)
    }

    fn surrender(&mut self) -> Result<Vec<Vec<Batch>>, FnError> {
        let table = std::mem::replace(&mut self.table, K::Table::with_seed(self.seed));
        let partitions = table.partition(self.partitions).map_err(FnError::from_error)?;
        let meta = Meta::constant(RowMeta::GROUPED);
        Ok(partitions.into_iter().map(|pairs| vec![Batch::new(Box::new(pairs), meta.clone())]).collect())
    }
}

/// Merges accumulators into a table.
fn merge<K: Key, C: CombineFn>(
    combine: &C,
    table: &mut K::Table<C::Accum>,
    (keys, accumulators): &Pairs<K, C::Accum>,
) -> Result<(), FnError> {
    let (reached, creating) = (Cell::new(0), Cell::new(false));
    guard(|| {
        if table.is_empty() {
            table.reserve(Column::len(keys));
        }
        let mut at = At::new(&reached);
        let mut others = accumulators.iter();
        let merge = |_, accumulator: &mut C::Accum| {
            at.next();
            others.next().map_or(Ok(()), |other| combine.merge(accumulator, C::Accum::own(other)))
        };
        table.update(keys, || created(combine, &creating), merge).map_err(|(_, e)| e)
    })
    .map_err(|e| told_of(e, keys, &reached, &creating))
}

/// Reads the results of a partition: of the accumulators of all threads.
struct Results<K: Key, C: CombineFn> {
    combine: Arc<C>,
    seed: u64,
    /// The accumulators of each thread, until they are merged.
    partition: Vec<Batch>,
    merged: Option<Pairs<K, C::Accum>>,
    /// What the functions have counted while they were merged, which is not done again.
    counted: Vec<Measured>,
    next: usize,
    marked: usize,
    builder: Builder<(K, C::Out)>,
}

impl<K: Key, C: CombineFn> Results<K, C> {
    fn merged(&self) -> Result<Pairs<K, C::Accum>, FnError> {
        let mut table = K::Table::<C::Accum>::with_seed(self.seed);
        for batch in &self.partition {
            let pairs = batch.column::<(K, C::Accum)>().map_err(mistyped)?;
            merge::<K, C>(&self.combine, &mut table, pairs)?;
        }
        let all = table.partition(1).map_err(FnError::from_error)?;
        Ok(all.into_iter().next().unwrap_or_default())
    }

    /// Adds results to the batch until it is full.
    fn extract(&mut self) -> Result<(), FnError> {
        let Some((keys, accumulators)) = &self.merged else { return Ok(()) };
        let (combine, builder) = (&self.combine, &mut self.builder);
        let reached = Cell::new(self.next);
        let mut extract = || {
            while let (Some(key), Some(accumulator)) =
                (keys.get(reached.get()), accumulators.get(reached.get()))
                && !builder.is_full()
            {
                let result = combine.extract(C::Accum::own(accumulator))?;
                builder.column().0.push_ref(key);
                builder.column().1.push(result);
                reached.set(reached.get() + 1);
            }
            Ok(())
        };
        let done = guard(&mut extract);
        self.next = reached.get();
        done.map_err(|e| e.with_element(|| AnyColumn::debug(keys, reached.get())))
    }
}

impl<K: Key, C: CombineFn> PieceReader for Results<K, C> {
    fn next(&mut self, buffers: &mut Buffers) -> Result<Option<Batch>, FnError> {
        if self.merged.is_none() {
            self.merged = Some(match self.partition.len() {
                // The accumulators of one thread need no merging.
                1 => match self.partition.pop() {
                    Some(only) => *only.into_parts::<(K, C::Accum)>().map_err(mistyped)?.0,
                    None => Pairs::<K, C::Accum>::default(),
                },
                _ => self.merged()?,
            });
            self.partition = Vec::new();
            self.counted = Counting::counted();
        }
        self.builder.set_meta(RowMeta::GROUPED);
        self.extract()?;
        Ok(self.builder.close(buffers))
    }

    fn mark(&mut self) {
        self.marked = self.next;
    }

    fn rewind(&mut self) -> Result<(), FnError> {
        self.next = self.marked;
        self.builder.discard();
        if self.marked == 0 {
            Counting::again(&self.counted);
        }
        Ok(())
    }
}
