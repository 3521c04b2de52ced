//! Groups: equal keys get the same small number, and rows are brought in the order of those numbers.

use crate::element::{Column, Key, KeyTable};
use crate::error::BoxError;

/// No number yet.
const NEW: u32 = u32::MAX;

/// Numbers for keys, from 0 in the order in which they first come.
pub struct GroupIds<K: Key> {
    ids: K::Table<u32>,
    /// The key of each number.
    keys: K::Col,
}

impl<K: Key> GroupIds<K> {
    /// No key yet.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self { ids: K::Table::with_seed(seed), keys: K::Col::default() }
    }

    /// The number of each row's key.
    ///
    /// # Errors
    /// A key can't be encoded, with its row; more keys than 32 bits can count.
    pub fn of(&mut self, keys: &K::Col) -> Result<Vec<u32>, (usize, BoxError)> {
        let mut all = Vec::with_capacity(keys.len());
        let mut new_rows = Vec::new();
        let known = self.keys.len();
        if known + keys.len() >= NEW as usize {
            return Err((0, "more than 4 billion keys in one partition".into()));
        }
        self.ids.update(
            keys,
            || NEW,
            |row, id| {
                if *id == NEW {
                    *id = (known + new_rows.len()) as u32;
                    new_rows.push(row);
                }
                all.push(*id);
                Ok(())
            },
        )?;
        for key in new_rows.into_iter().filter_map(|row| keys.get(row)) {
            self.keys.push_ref(key);
        }
        Ok(all)
    }

    /// The key of each number.
    pub fn into_keys(self) -> K::Col {
        self.keys
    }
}

/// The rows of all columns in the order of their groups' numbers, and where each group starts; one more start says where the
/// last one ends.
///
/// `ids` has the numbers of each column's rows, all below `groups`.
#[must_use]
pub fn in_groups<C: Column>(columns: &[&C], ids: &[Vec<u32>], groups: usize) -> (C, Vec<usize>) {
    let mut starts = vec![0; groups + 1];
    for id in ids.iter().flatten() {
        starts[*id as usize + 1] += 1;
    }
    for group in 0..groups {
        starts[group + 1] += starts[group];
    }
    let mut free = starts.clone();
    let mut order = vec![(0_u32, 0_u32); starts[groups]];
    for (column, ids) in ids.iter().enumerate() {
        for (row, id) in ids.iter().enumerate() {
            let place = &mut free[*id as usize];
            order[*place] = (column as u32, row as u32);
            *place += 1;
        }
    }
    let mut page = C::default();
    for (column, row) in order {
        if let Some(value) = columns[column as usize].get(row as usize) {
            page.push_ref(value);
        }
    }
    (page, starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::Element;

    #[test]
    fn rows_come_in_the_order_of_their_groups() {
        let column = |values: &[&str]| {
            let mut column = <String as Element>::Col::default();
            values.iter().for_each(|value| column.push_ref(value));
            column
        };
        let mut ids = GroupIds::<String>::with_seed(3);
        let (first, second) = (column(&["x", "y", "x"]), column(&["z", "y"]));
        let all = vec![ids.of(&first).unwrap(), ids.of(&second).unwrap()];
        assert_eq!(all, [vec![0, 1, 0], vec![2, 1]]);
        let (a, b) = (column(&["x1", "y1", "x2"]), column(&["z1", "y2"]));
        let (page, starts) = in_groups(&[&a, &b], &all, 4);
        assert_eq!(page.iter().collect::<Vec<_>>(), ["x1", "x2", "y1", "y2", "z1"]);
        assert_eq!(starts, [0, 2, 4, 5, 5], "the last group is empty");
        assert_eq!(ids.into_keys().iter().collect::<Vec<_>>(), ["x", "y", "z"]);
    }
}
