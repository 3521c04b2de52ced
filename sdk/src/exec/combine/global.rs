//! Combining all values: an accumulator on each thread, merged in the end.

use std::cell::Cell;
use std::sync::Arc;

use super::{change, lasting_unless_restored};
use crate::batch::{AnyColumn, Batch, Buffers, RowMeta};
use crate::element::{Column, Element};
use crate::error::{FnError, RunError};
use crate::exec::map::mistyped;
use crate::exec::shuffle::{Partition, ShuffleSpec};
use crate::exec::{Operator, Outputs, PieceReader};
use crate::function::{At, CombineFn, Views, guard};

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

impl<C: CombineFn> ShuffleSpec for GlobalCombine<C> {
    fn kind(&self) -> &'static str {
        "combine_globally"
    }

    fn partitions(&self, _: usize) -> usize {
        1
    }

    fn speaks_of_nothing(&self) -> bool {
        true
    }

    fn gather(&self, _: usize, _: usize, _: u64) -> Box<dyn Operator> {
        Box::new(GlobalPartial { staged: None, kept: None, combine: Arc::clone(&self.combine) })
    }

    fn results(&self, partition: Partition, _: &Views, _: u64) -> Result<Box<dyn PieceReader>, FnError> {
        let partition = partition.into_iter().flatten().collect();
        Ok(Box::new(Results { combine: Arc::clone(&self.combine), partition, next: 0, marked: 0 }))
    }
}

struct GlobalPartial<C: CombineFn> {
    combine: Arc<C>,
    /// What the bundle at hand has gathered.
    staged: Option<C::Accum>,
    /// What all finished bundles have gathered; none before the first.
    kept: Option<C::Accum>,
}

impl<C: CombineFn> Operator for GlobalPartial<C> {
    fn start(&mut self) -> Result<(), FnError> {
        self.staged = None;
        Ok(())
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (values, _) = batch.into_parts::<C::In>().map_err(|e| out.told(mistyped(e)))?;
        let Self { combine, staged, .. } = self;
        let reached = Cell::new(0);
        guard(|| {
            let staged = staged.get_or_insert_with(|| combine.create());
            let mut at = At::new(&reached);
            values.iter().try_for_each(|value| {
                at.next();
                combine.add(staged, value)
            })
        })
        .map_err(|e| match reached.get() {
            0 => out.told(e),
            _ => out.told(e.with_element(|| values.debug(At::row(&reached)))),
        })?;
        out.buffers().give(values);
        Ok(())
    }

    fn commit(&mut self, _: &mut Buffers) -> Result<(), FnError> {
        let Self { combine, staged, kept } = self;
        let Some(kept) = kept else {
            *kept = staged.take();
            return Ok(());
        };
        let Some(staged) = staged.take() else { return Ok(()) };
        // What can be put back is merged as a copy, so that it can be tried again.
        let again = super::restorable::<C::Accum>().then(|| staged.clone());
        let merged = guard(|| change(kept, |kept| combine.merge(kept, staged)));
        if merged.is_err() {
            self.staged = again;
        }
        merged.map_err(lasting_unless_restored::<C::Accum>)
    }

    fn surrender(&mut self) -> Result<Vec<Vec<Batch>>, FnError> {
        let batch = |kept| Batch::of::<C::Accum>([kept], RowMeta::GROUPED);
        Ok(vec![self.kept.take().map(batch).into_iter().collect()])
    }
}

/// Reads the one result.
struct Results<C: CombineFn> {
    combine: Arc<C>,
    partition: Vec<Batch>,
    /// How many results have been read: one at most.
    next: usize,
    marked: usize,
}

impl<C: CombineFn> PieceReader for Results<C> {
    fn next(&mut self, _: &mut Buffers) -> Result<Option<Batch>, FnError> {
        if self.next > 0 {
            return Ok(None);
        }
        self.next = 1;
        let result = guard(|| {
            let mut all = self.combine.create();
            for batch in &self.partition {
                let others = batch.column::<C::Accum>().map_err(mistyped)?;
                others.iter().try_for_each(|other| self.combine.merge(&mut all, C::Accum::own(other)))?;
            }
            self.combine.extract(all)
        })?;
        Ok(Some(Batch::of::<C::Out>([result], RowMeta::GROUPED)))
    }

    fn mark(&mut self) {
        self.marked = self.next;
    }

    fn rewind(&mut self) -> Result<(), FnError> {
        self.next = self.marked;
        Ok(())
    }
}
