//! Which row a loop has come to, told even when the loop is left by a panic.

use std::cell::Cell;

/// Counts the rows of a loop in a register and writes the count down when the loop is left, however that is.
///
/// So an error can name its element, and the loop stays as fast as without (a store per row would keep the
/// compiler from vectorising it).
#[derive(Debug)]
pub struct At<'a> {
    started: usize,
    written: &'a Cell<usize>,
}

impl<'a> At<'a> {
    /// Counts from nothing into `written`.
    #[inline]
    pub fn new(written: &'a Cell<usize>) -> Self {
        Self { started: 0, written }
    }

    /// Another row is started.
    #[inline]
    pub fn next(&mut self) {
        self.started += 1;
    }

    /// The row started last, from what was written down.
    #[must_use]
    pub fn row(written: &Cell<usize>) -> usize {
        written.get().saturating_sub(1)
    }
}

impl Drop for At<'_> {
    #[inline]
    fn drop(&mut self) {
        self.written.set(self.started);
    }
}
