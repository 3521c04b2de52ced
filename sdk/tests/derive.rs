//! Derived elements and keys stand in columns and tables, and their bytes read back.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::hash::Hash;

use flumen::coder::Input;
use flumen::element::{Column, KeyTable, Put};
use flumen::{Element, Key};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Element, Key)]
struct Play {
    user: u64,
    track: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Element, Key)]
struct Tagged<T, const N: u8>
where
    T: PartialEq,
{
    value: T,
    tags: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Element, Key)]
enum Tree {
    Empty,
    Leaf(i32),
    Node { left: Vec<Tree>, right: Option<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Element, Key)]
struct Unit;

/// Not a key: it has a float.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Element)]
struct Measured(f64);

fn round_trips<T: Element + PartialEq>(value: &T) {
    let mut bytes = vec![];
    T::encode(value.borrow(), &mut bytes).unwrap();
    let mut input = Input::new(&bytes);
    assert_eq!(&T::decode(&mut input).unwrap(), value);
    assert!(input.is_empty());
    for cut in 0..bytes.len() {
        assert!(T::decode(&mut Input::new(&bytes[..cut])).is_err());
    }
}

fn counts_like_a_map<K: Key + Eq + Hash>(keys: &[K]) {
    let mut column = K::Col::default();
    column.extend(keys.iter().cloned());
    let mut table = K::Table::<u64>::with_seed(7);
    for _ in 0..2 {
        let add = |_, n: &mut u64| {
            *n += 1;
            Ok(())
        };
        table.update(&column, u64::default, add).unwrap();
    }
    let mut want = HashMap::new();
    keys.iter().for_each(|key| *want.entry(key.clone()).or_insert(0) += 2);
    let mut got = HashMap::new();
    for (keys, accumulators) in table.partition(3).unwrap() {
        for (key, n) in keys.iter().zip(accumulators.iter()) {
            assert_eq!(got.insert(K::own(key), n), None);
        }
    }
    assert_eq!(got, want);
}

fn tagged(value: u32) -> Tagged<u32, 3> {
    Tagged { value, tags: vec!["a".into(), String::new()] }
}

fn tree(n: i32) -> Tree {
    match n % 3 {
        0 => Tree::Empty,
        1 => Tree::Leaf(n % 7),
        _ => Tree::Node { left: vec![Tree::Leaf(n % 5), Tree::Empty], right: None },
    }
}

fn play(n: u64) -> Play {
    Play { user: n % 10, track: "x".repeat((n % 4) as usize) }
}

#[test]
fn bytes_read_back() {
    round_trips(&play(3));
    round_trips(&tagged(5));
    (0..3).for_each(|n| round_trips(&tree(n)));
    round_trips(&Measured(0.5));
    let mut bytes = vec![];
    Unit::encode(&Unit, &mut bytes).unwrap();
    Unit::decode(&mut Input::new(&bytes)).unwrap();
}

#[test]
fn tables_count_derived_keys() {
    counts_like_a_map(&(0..200).map(play).collect::<Vec<_>>());
    counts_like_a_map(&(0..200).map(|n| tagged(n % 9)).collect::<Vec<_>>());
    counts_like_a_map(&(0..200).map(tree).collect::<Vec<_>>());
    counts_like_a_map(&[Unit; 9]);
    counts_like_a_map(&(0..200).map(|n| (play(n), Some(tree(n as i32)))).collect::<Vec<_>>());
}

#[test]
fn owned_and_borrowed_values_can_be_emitted() {
    fn emit<P: Put>(value: P, column: &mut <P::Elem as Element>::Col) {
        value.put(column);
    }
    let mut column = <Play as Element>::Col::default();
    emit(&play(1), &mut column);
    emit(play(2), &mut column);
    assert_eq!(column.iter().cloned().collect::<Vec<_>>(), [play(1), play(2)]);
    let mut column = <(Tagged<u32, 3>, String) as Element>::Col::default();
    emit((&tagged(1), "x"), &mut column);
    assert_eq!(column.get(0), Some((&tagged(1), "x")));
}
