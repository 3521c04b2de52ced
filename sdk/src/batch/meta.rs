//! What is known of rows beside their values: timestamp, windows, pane. It costs nothing while it is constant.

use crate::time::Timestamp;
use crate::window::{PaneInfo, WindowId};

/// One value for each row, held as runs of equal ones; a constant needs no room at all.
///
/// ```
/// use flumen::batch::Runs;
/// let mut runs = Runs::constant('a');
/// runs.append(3, &Runs::constant('b'), 2);
/// assert_eq!((runs.get(2), runs.get(3)), ('a', 'b'));
/// assert_eq!(runs.as_constant(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs<T> {
    /// The value of the first rows, up to the first change.
    first: T,
    /// The row at which a new value starts, rising; and the value.
    changes: Vec<(usize, T)>,
}

impl<T: Copy + PartialEq> Runs<T> {
    /// The same value for all rows.
    #[must_use]
    pub const fn constant(value: T) -> Self {
        Self { first: value, changes: Vec::new() }
    }

    /// The value, if all rows have the same.
    #[must_use]
    #[inline]
    pub fn as_constant(&self) -> Option<T> {
        self.changes.is_empty().then_some(self.first)
    }

    /// The value of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> T {
        match self.changes.partition_point(|(start, _)| *start <= row) {
            0 => self.first,
            n => self.changes[n - 1].1,
        }
    }

    /// Says that the rows from `row` on have this value; `row` is not before the last such call's.
    pub fn set_from(&mut self, row: usize, value: T) {
        if row == 0 {
            self.first = value;
            self.changes.clear();
            return;
        }
        if self.changes.last().is_some_and(|(start, _)| *start >= row) {
            self.changes.pop();
        }
        if self.changes.last().map_or(self.first, |(_, last)| *last) != value {
            self.changes.push((row, value));
        }
    }

    /// Puts the first `other_rows` values of another after the first `rows` of this.
    pub fn append(&mut self, rows: usize, other: &Self, other_rows: usize) {
        if other_rows > 0 {
            self.set_from(rows, other.first);
        }
        for (start, value) in other.changes.iter().take_while(|(start, _)| *start < other_rows) {
            self.set_from(rows + start, *value);
        }
    }

    /// Keeps the values of the rows whose flag is set.
    pub fn compact(&mut self, keep: &[bool]) {
        if self.changes.is_empty() {
            return;
        }
        let old = std::mem::replace(self, Self::constant(self.first));
        let mut changes = old.changes.into_iter().peekable();
        let mut value = old.first;
        let rows = keep.iter().enumerate().filter(|(_, keep)| **keep);
        for (kept, (row, _)) in rows.enumerate() {
            while let Some((_, next)) = changes.next_if(|(start, _)| *start <= row) {
                value = next;
            }
            self.set_from(kept, value);
        }
    }
}

/// What is known of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowMeta {
    /// When it happened.
    pub timestamp: Timestamp,
    /// The windows it is in.
    pub windows: WindowId,
    /// The firing it comes from.
    pub pane: PaneInfo,
}

impl RowMeta {
    /// That of a bounded source's elements: no time, the global window, no firing.
    pub const SOURCE: Self =
        Self { timestamp: Timestamp::MIN, windows: WindowId::GLOBAL, pane: PaneInfo::NO_FIRING };
    /// That of what a bounded grouping says: the end of the global window, the only pane.
    pub const GROUPED: Self = Self {
        timestamp: Timestamp::END_OF_GLOBAL_WINDOW,
        windows: WindowId::GLOBAL,
        pane: PaneInfo::ON_TIME_AND_ONLY,
    };
}

/// What is known of the rows of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// When each happened.
    pub timestamps: Runs<Timestamp>,
    /// The windows each is in.
    pub windows: Runs<WindowId>,
    /// The firing each comes from.
    pub panes: Runs<PaneInfo>,
}

impl Meta {
    /// The same for all rows.
    #[must_use]
    pub const fn constant(row: RowMeta) -> Self {
        Self {
            timestamps: Runs::constant(row.timestamp),
            windows: Runs::constant(row.windows),
            panes: Runs::constant(row.pane),
        }
    }

    /// That of all rows, if it is the same.
    #[must_use]
    #[inline]
    pub fn as_constant(&self) -> Option<RowMeta> {
        Some(RowMeta {
            timestamp: self.timestamps.as_constant()?,
            windows: self.windows.as_constant()?,
            pane: self.panes.as_constant()?,
        })
    }

    /// That of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> RowMeta {
        RowMeta {
            timestamp: self.timestamps.get(row),
            windows: self.windows.get(row),
            pane: self.panes.get(row),
        }
    }

    /// Says what the rows from `row` on have.
    pub fn set_from(&mut self, row: usize, meta: RowMeta) {
        self.timestamps.set_from(row, meta.timestamp);
        self.windows.set_from(row, meta.windows);
        self.panes.set_from(row, meta.pane);
    }

    /// Keeps that of the rows whose flag is set.
    pub fn compact(&mut self, keep: &[bool]) {
        self.timestamps.compact(keep);
        self.windows.compact(keep);
        self.panes.compact(keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same as a plain vector would do, for every mask of eight rows.
    #[test]
    fn compact_equals_a_plain_vector() {
        let values = [1, 1, 2, 2, 2, 1, 3, 3];
        let mut runs = Runs::constant(0);
        values.iter().enumerate().for_each(|(row, v)| runs.set_from(row, *v));
        for (row, v) in values.iter().enumerate() {
            assert_eq!(runs.get(row), *v);
        }
        for mask in 0_u32..256 {
            let keep: Vec<bool> = (0..8).map(|i| mask >> i & 1 == 1).collect();
            let want: Vec<i32> = values.iter().zip(&keep).filter(|(_, k)| **k).map(|(v, _)| *v).collect();
            let mut got = runs.clone();
            got.compact(&keep);
            assert_eq!((0..want.len()).map(|row| got.get(row)).collect::<Vec<_>>(), want);
        }
    }

    #[test]
    fn a_change_that_is_taken_back_leaves_no_run() {
        let mut runs = Runs::constant(1);
        runs.set_from(4, 2);
        runs.set_from(4, 1);
        assert_eq!(runs.as_constant(), Some(1));
    }
}
