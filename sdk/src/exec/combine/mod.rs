//! Combining: values into a thread's accumulators, then the accumulators of all threads into results.

mod deferred;
mod global;
mod keyed;

pub use deferred::CombineWithSides;
pub use global::GlobalCombine;
pub use keyed::KeyedCombine;

use std::cell::Cell;

use crate::batch::AnyColumn;
use crate::element::Accumulator;
use crate::error::{FnError, Result};
use crate::function::{At, CombineFn, Counting};

/// Whether an accumulator can be put back as it was after a call that failed: it owns nothing elsewhere.
const fn restorable<A>() -> bool {
    !std::mem::needs_drop::<A>()
}

/// Changes an accumulator; one that can be put back is as it was if that fails.
#[inline]
fn change<A: Accumulator>(accumulator: &mut A, change: impl FnOnce(&mut A) -> Result<()>) -> Result<()> {
    if const { !restorable::<A>() } {
        return change(accumulator);
    }
    let mut undo = Undo { before: Some(accumulator.clone()), accumulator };
    change(undo.accumulator)?;
    undo.before = None;
    Ok(())
}

struct Undo<'a, A> {
    accumulator: &'a mut A,
    before: Option<A>,
}

impl<A> Drop for Undo<'_, A> {
    #[inline]
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            *self.accumulator = before;
        }
    }
}

/// An error after which not all can be put back is final: the accumulator, and what the failed call has counted.
fn lasting_unless_restored<A>(error: FnError) -> FnError {
    if restorable::<A>() && Counting::counted().is_empty() { error } else { error.lasting() }
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
