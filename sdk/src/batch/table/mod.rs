//! Accumulators by key: one table for each way in which keys stand in a column.

mod bytes;
mod encoded;
mod group_ids;
mod pages;
mod rows_by_key;
mod slots;
mod unit;
mod word;

pub use bytes::BytesTable;
pub use encoded::EncodedTable;
pub use group_ids::{GroupIds, in_groups};
pub use rows_by_key::RowsByKey;
pub use unit::UnitTable;
pub use word::WordTable;

/// The seed of [`KeyTable::route`](crate::element::KeyTable::route), which never changes: it says where a key's rows and state
/// lie, on every machine. Another one would be another version of flumen's data.
const ROUTE_SEED: u64 = 0x0f1d_5eed_0000_0001;

/// Which of `parts` partitions a hash belongs to: by its high bits, since tables use the low ones.
#[inline]
pub(crate) fn part(hash: u64, parts: usize) -> usize {
    ((u128::from(hash) * parts as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::hash::Hash;

    use crate::element::{Column, Element, Key, KeyTable};

    /// Counts keys by the type's table, in several batches, and compares with a plain map.
    fn counts_like_a_map<K: Key + Eq + Hash>(keys: &[K]) {
        for parts in [1, 2, 7] {
            let mut table = K::Table::<u64>::with_seed(0xfeed);
            for batch in keys.chunks(1000) {
                let mut column = K::Col::default();
                column.extend(batch.iter().cloned());
                let mut rows = vec![];
                let add = |row, n: &mut u64| {
                    rows.push(row);
                    *n += 1;
                    Ok(())
                };
                table.update(&column, || 100, add).map_err(|(row, _)| row).unwrap();
                assert_eq!(rows, (0..batch.len()).collect::<Vec<_>>());
            }
            let mut want = HashMap::new();
            keys.iter().for_each(|k| *want.entry(k.clone()).or_insert(100) += 1);
            assert_eq!(table.len(), want.len());
            looks_up_like_a_map::<K>(&table, keys, &want);
            let mut got = HashMap::new();
            for (keys, accumulators) in table.partition(parts).unwrap() {
                for (key, n) in keys.iter().zip(accumulators.iter()) {
                    assert_eq!(got.insert(K::own(key), n), None, "a key in two places");
                }
            }
            assert_eq!(got, want);
        }
    }

    /// Every other key is there.
    fn looks_up_like_a_map<K: Key + Eq + Hash>(table: &K::Table<u64>, keys: &[K], want: &HashMap<K, u64>) {
        let mut column = K::Col::default();
        column.extend(keys.iter().cloned());
        let mut found = vec![];
        let look = |_, n: Option<&u64>| {
            found.push(n.copied());
            Ok(())
        };
        table.find(&column, look).map_err(|(row, _)| row).unwrap();
        assert_eq!(found, keys.iter().map(|key| want.get(key).copied()).collect::<Vec<_>>());
        let mut half = K::Table::<u64>::with_seed(9);
        let mut some = K::Col::default();
        some.extend(keys.iter().step_by(2).cloned());
        half.update(&some, || 7, |_, _| Ok(())).map_err(|(row, _)| row).unwrap();
        for key in keys.iter().take(300) {
            let there = keys.iter().step_by(2).any(|other| other == key);
            assert_eq!(half.get(key.borrow()).is_some(), there);
        }
    }

    /// Where keys go must not change: their state lies there.
    #[test]
    fn routes_are_fixed() {
        fn routes<K: Key>(keys: impl IntoIterator<Item = K>) -> Vec<u64> {
            let mut column = K::Col::default();
            column.extend(keys.into_iter());
            let mut hashes = vec![];
            K::Table::<u64>::route(&column, &mut hashes).map_err(|(row, _)| row).unwrap();
            hashes
        }
        assert_eq!(
            routes([0_u64, 1, u64::MAX]),
            [1_173_865_276_967_283_259, 8_336_992_373_683_164_717, 15_873_893_186_899_862_064]
        );
        assert_eq!(
            routes(["", "a", "a key of more than fifteen bytes"].map(String::from)),
            [17_956_685_805_867_535_684, 2_693_941_669_586_663_959, 10_415_436_653_468_330_535]
        );
        assert_eq!(routes([(1_u64, String::from("a"))]), [3_954_057_614_741_416_637]);
        assert_eq!(routes([()]), [0]);
    }

    fn draw(i: u64) -> u64 {
        (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }

    #[test]
    fn every_table_counts_like_a_map() {
        counts_like_a_map::<u64>(&[]);
        counts_like_a_map(&(0..20_000).map(|i| draw(i) % 5_000).collect::<Vec<u64>>());
        counts_like_a_map(&[0, u64::MAX, super::super::table::slots::SlotKey::EMPTY, 0, u64::MAX, 1]);
        counts_like_a_map(&(0..5_000).map(|i| draw(i) as i8).collect::<Vec<_>>());
        counts_like_a_map(&[(), (), ()]);
        let words = |longest: u64| -> Vec<String> {
            (0..20_000)
                .map(|i| {
                    let d = draw(i) % 3_000;
                    let n = (d % longest) as usize;
                    format!("{d}é\0").repeat(40)[..].chars().take(n).collect()
                })
                .collect()
        };
        counts_like_a_map(&words(16));
        counts_like_a_map(&words(120));
        counts_like_a_map(
            &words(40).into_iter().enumerate().map(|(i, w)| (w, i as u32 % 3)).collect::<Vec<_>>(),
        );
        counts_like_a_map(
            &words(9).into_iter().map(|w| (!w.is_empty()).then_some(vec![w])).collect::<Vec<_>>(),
        );
    }

    #[test]
    fn strings_that_differ_in_zero_bytes_or_length_are_different() {
        let near: Vec<String> =
            ["", "\0", "\0\0", "a", "a\0", "\0a", "aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaa\0"]
                .map(String::from)
                .to_vec();
        counts_like_a_map(&near);
    }

    #[test]
    fn the_row_of_an_error_is_told() {
        let mut column = <u64 as Element>::Col::default();
        column.extend(0..100);
        let mut table = <u64 as Key>::Table::<u64>::with_seed(1);
        let failed = table.update(&column, || 0, |row, _| if row == 77 { Err("no".into()) } else { Ok(()) });
        assert_eq!(failed.unwrap_err().0, 77);
    }
}
