//! Keys of every kind are told apart as a map of the standard library tells them.

use std::collections::BTreeMap;

use flumen::element::Put;
use flumen::{Element, Key};
use serde::{Deserialize, Serialize};

use crate::support::{on_all, sorted};

/// Counts and sums by key, several times each key, and compares with a map.
fn agree<K: Key + Ord + Put<Elem = K>>(keys: impl IntoIterator<Item = K>) {
    let keys: Vec<K> = keys.into_iter().collect();
    let pairs: Vec<(K, u64)> =
        (0..3).flat_map(|_| keys.iter().cloned()).enumerate().map(|(n, key)| (key, n as u64)).collect();
    let mut want: BTreeMap<K, (u64, u64)> = BTreeMap::new();
    for (key, n) in &pairs {
        let (count, sum) = want.entry(key.clone()).or_default();
        *count += 1;
        *sum += n;
    }
    let counts: Vec<(K, u64)> = want.iter().map(|(key, (count, _))| (key.clone(), *count)).collect();
    let sums: Vec<(K, u64)> = want.into_iter().map(|(key, (_, sum))| (key, sum)).collect();
    on_all(|runner| {
        assert!(
            sorted(runner, |p| p.create(pairs.clone()).sum_per_key()) == sums,
            "{}",
            std::any::type_name::<K>()
        );
        let counted = sorted(runner, |p| p.create(pairs.clone()).keys().count_per_element());
        assert!(counted == counts, "{}", std::any::type_name::<K>());
    });
}

/// Numbers all over the range, in no order.
fn draws(n: u64) -> impl Iterator<Item = u64> + Clone {
    (0..n).map(|i| {
        (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    })
}

/// The extremes of a number type, what lies beside them, and numbers all over.
macro_rules! numbers {
    ($($type:ty)*) => {$(
        let near = [<$type>::MIN, <$type>::MIN + 1, <$type>::MAX, <$type>::MAX - 1, 0, 1, <$type>::MAX / 2, <$type>::MIN / 2];
        agree(near.into_iter().chain(draws(3_000).map(|d| d as $type)));
        agree([<$type>::MIN]);
        agree(draws(5_000).map(|d| (d % 7) as $type));
    )*};
}

#[test]
fn numbers() {
    numbers!(u8 i8 u16 i16 u32 i32 u64 i64 usize isize);
    agree((0..5_000).map(|n| (1_u64 << (n % 64)).wrapping_neg()));
}

#[test]
fn truths_characters_and_units() {
    agree([true, false, true]);
    agree([true]);
    agree(['\0', 'a', 'é', '\u{d7ff}', '\u{e000}', char::MAX]);
    agree(draws(5_000).filter_map(|d| char::from_u32(d as u32 % 0x11_0000)));
    agree(vec![(); 5_000]);
}

#[test]
fn strings_of_all_lengths() {
    let of = |len: usize, c: char| c.to_string().repeat(len);
    agree((0..=40).flat_map(|len| ['a', 'b', '\0', 'é'].map(|c| of(len, c))));
    // They differ in the last byte only, and in a zero byte or none.
    agree((1..=40).flat_map(|len| ["x", "y", "\0", "\0\0", ""].map(|end| of(len, 'a') + end)));
    agree(draws(5_000).map(|d| format!("{d:x}")[..(d % 15) as usize % 15].to_owned()));
    agree(["", "a"].into_iter().map(|end| of(100_000, 'k') + end));
    agree((0..9).map(|n| n.to_string() + &of(100_000, 'k')));
}

#[test]
fn byte_strings() {
    use bytes::Bytes;
    agree((0..=40).flat_map(|len| [0, 1, 255].map(|b| Bytes::from(vec![b; len]))));
    agree([Bytes::from(vec![7; 100_000]), Bytes::from(vec![7; 100_001])]);
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Element, Key)]
struct Listener {
    country: String,
    user: u64,
    plan: Option<Plan>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Element, Key)]
enum Plan {
    Free,
    Paid(u32),
    Shared { with: Vec<String> },
}

#[test]
fn compound_keys() {
    // Pairs whose parts, end to end, are the same.
    let parts = ["", "a", "aa", "b", "ab", "\0"];
    let pairs =
        || parts.into_iter().flat_map(move |x| parts.into_iter().map(move |y| (x.to_owned(), y.to_owned())));
    agree(pairs());
    agree(pairs().map(|(x, y)| vec![x, y]));
    agree(pairs().map(|(x, y)| (x, (y, 1_u8))));
    agree(draws(4_000).map(|d| (d % 3, (d >> 8) as i8, d % 2 == 0)));
    agree([None, Some(0), Some(u64::MAX), Some(1)]);
    agree([None, Some(None), Some(Some(String::new())), Some(Some("x".to_owned()))]);
    agree([vec![], vec![0_u64], vec![0, 0], vec![u64::MAX]]);
    agree([vec![None, Some(1_i32)], vec![Some(1), None], vec![]]);
    let plans = || {
        let shared = |names: &[&str]| Plan::Shared { with: names.iter().map(ToString::to_string).collect() };
        [Plan::Free, Plan::Paid(0), Plan::Paid(u32::MAX), shared(&[]), shared(&["a", "b"]), shared(&["ab"])]
    };
    agree(plans());
    agree(plans().into_iter().flat_map(|plan| {
        (0..40).map(move |n| Listener {
            country: format!("c{}", n % 3),
            user: n % 5,
            plan: (n % 2 == 0).then(|| plan.clone()),
        })
    }));
    agree((0..100_u64).map(|n| BTreeMap::from([(n % 3, n % 2 == 0), (n % 5, true)])));
}
