//! Combining: values into a thread's accumulators, then the accumulators of all threads into results.

use std::cell::Cell;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;

use super::map::mistyped;
use super::{Operator, Outputs};
use crate::batch::{AnyColumn, Batch, Buffers, Builder, Meta, RowMeta};
use crate::element::{Column, Key, KeyTable, Pairs};
use crate::error::{FnError, RunError};
use crate::function::{At, CombineFn, guard};

/// A combining step: what runs before the exchange, and what runs after it.
pub trait CombineSpec: Send + Sync {
    /// Gathers values into accumulators; surrenders batches of keys and accumulators, one a partition.
    fn partial(&self, seed: u64) -> Box<dyn Operator>;
    /// Takes the accumulators of one partition from all threads in a bundle, and sends the results when it finishes.
    fn merge(&self, seed: u64) -> Box<dyn Operator>;
    /// Whether there are keys, and so partitions; without, everything is in one.
    fn keyed(&self) -> bool;
}

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

impl<K: Key, C: CombineFn> CombineSpec for KeyedCombine<K, C> {
    fn partial(&self, seed: u64) -> Box<dyn Operator> {
        let table = K::Table::<C::Accum>::with_seed(seed);
        Box::new(KeyedPartial::<K, C> {
            combine: Arc::clone(&self.combine),
            staged: VecDeque::new(),
            bundle: None,
            table,
            seed,
        })
    }

    fn merge(&self, seed: u64) -> Box<dyn Operator> {
        Box::new(KeyedMerge::<K, C> { combine: Arc::clone(&self.combine), only: None, table: None, seed })
    }

    fn keyed(&self) -> bool {
        true
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
                values.next().map_or(Ok(()), |value| combine.add(accumulator, value))
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
        let Self { combine, staged, bundle, table, seed } = self;
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
        self.absorb(in_bundle, buffers)?;
        let Some(bundle) = self.bundle.take() else { return Ok(()) };
        let all = bundle.partition(1).map_err(FnError::from_error)?;
        all.into_iter().try_for_each(|pairs| merge::<K, C>(&self.combine, &mut self.table, pairs))
    }

    fn surrender(&mut self, parts: usize) -> Result<Vec<Batch>, FnError> {
        let table = std::mem::replace(&mut self.table, K::Table::with_seed(self.seed));
        let partitions = table.partition(parts).map_err(FnError::from_error)?;
        let meta = Meta::constant(RowMeta::GROUPED);
        Ok(partitions.into_iter().map(|pairs| Batch::new(Box::new(pairs), meta.clone())).collect())
    }
}

/// A fresh accumulator; `creating` stays set if that panics.
#[inline]
fn created<C: CombineFn>(combine: &C, creating: &Cell<bool>) -> C::Accum {
    creating.set(true);
    let fresh = combine.create();
    creating.set(false);
    fresh
}

/// Adds the row that was reached, or the one after it if its accumulator was being made; none where a panic came
/// before any.
fn told_of(error: FnError, column: &impl AnyColumn, reached: &Cell<usize>, creating: &Cell<bool>) -> FnError {
    reached.set(reached.get() + usize::from(creating.get()));
    if reached.get() == 0 { error } else { error.with_element(|| column.debug(At::row(reached))) }
}

/// Merges accumulators into a table.
fn merge<K: Key, C: CombineFn>(
    combine: &C,
    table: &mut K::Table<C::Accum>,
    (keys, accumulators): Pairs<K, C::Accum>,
) -> Result<(), FnError> {
    let (reached, creating) = (Cell::new(0), Cell::new(false));
    guard(|| {
        if table.is_empty() {
            table.reserve(Column::len(&keys));
        }
        let mut at = At::new(&reached);
        let mut others = accumulators.into_rows();
        let merge = |_, accumulator: &mut C::Accum| {
            at.next();
            others.next().map_or(Ok(()), |other| combine.merge(accumulator, other))
        };
        table.update(&keys, || created(combine, &creating), merge).map_err(|(_, e)| e)
    })
    .map_err(|e| told_of(e, &keys, &reached, &creating))
}

struct KeyedMerge<K: Key, C: CombineFn> {
    combine: Arc<C>,
    /// The accumulators of the first thread: no table is needed until a second one comes.
    only: Option<Box<Pairs<K, C::Accum>>>,
    table: Option<K::Table<C::Accum>>,
    seed: u64,
}

impl<K: Key, C: CombineFn> KeyedMerge<K, C> {
    fn absorb(&mut self, pairs: Pairs<K, C::Accum>) -> Result<(), FnError> {
        let table = self.table.get_or_insert_with(|| K::Table::with_seed(self.seed));
        merge::<K, C>(&self.combine, table, pairs)
    }

    fn send(&self, pairs: Pairs<K, C::Accum>, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (keys, accumulators) = pairs;
        let mut builder = Builder::<(K, C::Out)>::default();
        builder.set_meta(RowMeta::GROUPED);
        for (key, accumulator) in keys.iter().zip(accumulators.into_rows()) {
            let result = guard(|| self.combine.extract(accumulator))
                .map_err(|e| out.told(e.with_element(|| format!("{key:?}"))))?;
            builder.column().0.push_ref(key);
            builder.column().1.push(result);
            if builder.is_full()
                && let Some(batch) = builder.close(out.buffers())
            {
                out.send(0, batch)?;
            }
        }
        builder.close(out.buffers()).map_or(Ok(()), |batch| out.send(0, batch))
    }
}

impl<K: Key, C: CombineFn> Operator for KeyedMerge<K, C> {
    fn start(&mut self) -> Result<(), FnError> {
        self.only = None;
        self.table = None;
        Ok(())
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (pairs, _) = batch.into_parts::<(K, C::Accum)>().map_err(|e| out.told(mistyped(e)))?;
        if self.only.is_none() && self.table.is_none() {
            self.only = Some(pairs);
            return Ok(());
        }
        if let Some(first) = self.only.take() {
            self.absorb(*first).map_err(|e| out.told(e))?;
        }
        self.absorb(*pairs).map_err(|e| out.told(e))
    }

    fn finish(&mut self, out: &mut Outputs<'_>) -> Result<(), RunError> {
        if let Some(only) = self.only.take() {
            self.send(*only, out)?;
        }
        if let Some(table) = self.table.take() {
            let all = table.partition(1).map_err(|e| out.told(FnError::from_error(e)))?;
            all.into_iter().try_for_each(|pairs| self.send(pairs, out))?;
        }
        Ok(())
    }
}

/// Combining all values.
pub struct GlobalCombine<C> {
    combine: Arc<C>,
}

impl<C: CombineFn> GlobalCombine<C> {
    /// Shares the function.
    pub fn new(combine: C) -> Self {
        Self { combine: Arc::new(combine) }
    }
}

impl<C: CombineFn> CombineSpec for GlobalCombine<C> {
    fn partial(&self, _: u64) -> Box<dyn Operator> {
        let combine = Arc::clone(&self.combine);
        Box::new(GlobalPartial { staged: None, kept: combine.create(), combine })
    }

    fn merge(&self, _: u64) -> Box<dyn Operator> {
        let combine = Arc::clone(&self.combine);
        Box::new(GlobalMerge { kept: None, combine })
    }

    fn keyed(&self) -> bool {
        false
    }
}

struct GlobalPartial<C: CombineFn> {
    combine: Arc<C>,
    /// What the bundle at hand has gathered; none once that counts.
    staged: Option<C::Accum>,
    kept: C::Accum,
}

impl<C: CombineFn> Operator for GlobalPartial<C> {
    fn start(&mut self) -> Result<(), FnError> {
        self.staged = Some(self.combine.create());
        Ok(())
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (values, _) = batch.into_parts::<C::In>().map_err(|e| out.told(mistyped(e)))?;
        let Self { combine, staged, .. } = self;
        let staged = staged.get_or_insert_with(|| combine.create());
        let reached = Cell::new(0);
        guard(|| {
            let mut at = At::new(&reached);
            values.iter().try_for_each(|value| {
                at.next();
                combine.add(staged, value)
            })
        })
        .map_err(|e| out.told(e.with_element(|| values.debug(At::row(&reached)))))?;
        out.buffers().give(values);
        Ok(())
    }

    fn commit(&mut self, _: &mut Buffers) -> Result<(), FnError> {
        let Some(staged) = self.staged.take() else { return Ok(()) };
        guard(|| self.combine.merge(&mut self.kept, staged))
    }

    fn surrender(&mut self, _: usize) -> Result<Vec<Batch>, FnError> {
        let kept = std::mem::replace(&mut self.kept, self.combine.create());
        Ok(vec![Batch::of::<C::Accum>([kept], RowMeta::GROUPED)])
    }
}

struct GlobalMerge<C: CombineFn> {
    combine: Arc<C>,
    /// Every thread gives an accumulator, so there is one even of an empty collection.
    kept: Option<C::Accum>,
}

impl<C: CombineFn> Operator for GlobalMerge<C> {
    fn start(&mut self) -> Result<(), FnError> {
        self.kept = None;
        Ok(())
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (accumulators, _) = batch.into_parts::<C::Accum>().map_err(|e| out.told(mistyped(e)))?;
        let kept = self.kept.get_or_insert_with(|| self.combine.create());
        guard(|| accumulators.into_rows().try_for_each(|other| self.combine.merge(kept, other)))
            .map_err(|e| out.told(e))
    }

    fn finish(&mut self, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let Some(kept) = self.kept.take() else { return Ok(()) };
        let result = guard(|| self.combine.extract(kept)).map_err(|e| out.told(e))?;
        out.send(0, Batch::of::<C::Out>([result], RowMeta::GROUPED))
    }
}
