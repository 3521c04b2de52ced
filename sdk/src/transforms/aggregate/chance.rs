//! Chance that comes out the same again.

use std::sync::atomic::{AtomicU64, Ordering};

/// Hands each accumulator random numbers of its own.
///
/// An accumulator's numbers depend on the seed and on how many were made before it, so that a run on one thread has the
/// same again.
#[derive(Debug)]
pub(super) struct Chance {
    seed: u64,
    made: AtomicU64,
}

/// A random number, and the state moved on: SplitMix64 (Steele, Lea and Flood 2014).
#[inline]
pub(super) fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, made: AtomicU64::new(0) }
    }

    /// The first state of another accumulator.
    pub(super) fn state(&self) -> u64 {
        let mut state = self.seed ^ self.made.fetch_add(1, Ordering::Relaxed).rotate_left(32);
        next(&mut state)
    }
}
