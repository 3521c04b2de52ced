//! Behaviours 1.37 and 6.14 to 6.18: keys and values of pairs, and items of collections inside elements.

use std::collections::{BTreeSet, HashSet};

use flumen::error::RunError;
use flumen::{PCollection, Pipeline};

use crate::support::{failure, on_all, sorted};

fn pairs(p: &Pipeline) -> PCollection<(String, u64)> {
    p.create([("a", 1_u64), ("b", 2), ("a", 3)])
}

fn of(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect()
}

fn no_pairs(p: &Pipeline) -> PCollection<(String, u64)> {
    pairs(p).filter(|_| false)
}

/// 1.37 MapValues, MapKeys
#[test]
fn one_half_of_a_pair_is_mapped_and_the_other_stays() {
    on_all(|runner| {
        let values = sorted(runner, |p| pairs(p).map_values(|value| value * 10));
        assert_eq!(values, of(&[("a", 10), ("a", 30), ("b", 20)]));
        let keys = sorted(runner, |p| pairs(p).map_keys(str::to_uppercase));
        assert_eq!(keys, of(&[("A", 1), ("A", 3), ("B", 2)]));
        assert_eq!(sorted(runner, |p| no_pairs(p).map_values(|value| value * 10)), []);
        assert_eq!(sorted(runner, |p| no_pairs(p).map_keys(str::to_uppercase)), []);
        // Over many batches, with what came before and comes after.
        let many = sorted(runner, |p| {
            let pairs =
                p.range(0..30_000).key_by(|n| n % 3).map_values(|n| n.to_string()).filter_keys(|k| k > 0);
            pairs.map_keys(|key| key * 2).map_values(str::len).count_per_key()
        });
        assert_eq!(many, [(2, 10_000), (4, 10_000)]);
    });
}

/// 1.37 MapValues, MapKeys
#[test]
fn an_error_in_one_half_of_a_pair_names_the_pair() {
    on_all(|runner| {
        let told = |error: RunError| {
            let error = error.to_string();
            assert!(error.contains("pairs.rs") && error.contains("\"b\"") && error.contains('2'), "{error}");
        };
        told(failure(runner, |p| _ = pairs(p).map_values(|n| if n == 2 { Err("two") } else { Ok(n) })));
        told(failure(runner, |p| _ = pairs(p).map_keys(|key| if key == "b" { Err("b") } else { Ok(1_u64) })));
    });
}

/// 1.37 KvSwap, Keys, Values
#[test]
fn the_halves_of_pairs_change_places() {
    on_all(|runner| {
        let swapped = sorted(runner, |p| pairs(p).swap());
        assert_eq!(swapped, [(1, "a".to_owned()), (2, "b".to_owned()), (3, "a".to_owned())]);
        assert_eq!(sorted(runner, |p| pairs(p).swap().swap()), of(&[("a", 1), ("a", 3), ("b", 2)]));
        assert_eq!(sorted(runner, |p| pairs(p).swap().keys()), [1, 2, 3]);
        assert_eq!(sorted(runner, |p| no_pairs(p).swap()), []);
    });
}

/// 1.37 Filter, of keys and of values
#[test]
fn pairs_are_chosen_by_their_key_or_their_value() {
    on_all(|runner| {
        assert_eq!(sorted(runner, |p| pairs(p).filter_keys(|key| key == "a")), of(&[("a", 1), ("a", 3)]));
        assert_eq!(sorted(runner, |p| pairs(p).filter_values(|value| value < 3)), of(&[("a", 1), ("b", 2)]));
        assert_eq!(sorted(runner, |p| no_pairs(p).filter_keys(|_| true)), []);
        assert_eq!(sorted(runner, |p| no_pairs(p).filter_values(|_| true)), []);
    });
}

/// 6.14 FlattenIterables of iterables, 6.15 of lists, 6.16 of sets, 6.17 of collections
#[test]
fn the_items_of_lists_sets_and_options_become_elements() {
    on_all(|runner| {
        let lists = || vec![vec!["a".to_owned(), "b".to_owned()], vec![], vec!["a".to_owned()]];
        assert_eq!(sorted(runner, |p| p.create(lists()).flatten_items()), ["a", "a", "b"]);
        let sets: fn() -> Vec<BTreeSet<u64>> = || vec![BTreeSet::from([2, 1]), BTreeSet::from([1])];
        assert_eq!(sorted(runner, |p| p.create(sets()).flatten_items()), [1, 1, 2]);
        let hashed: fn() -> Vec<HashSet<u64>> = || vec![HashSet::from([2, 1]), HashSet::from([1])];
        assert_eq!(sorted(runner, |p| p.create(hashed()).flatten_items()), [1, 1, 2]);
        assert_eq!(sorted(runner, |p| p.create([Some(1_u64), None, Some(3)]).flatten_items()), [1, 3]);
        let nested = vec![vec![vec![1_u64], vec![2, 3]], vec![]];
        assert_eq!(sorted(runner, |p| p.create(nested.clone()).flatten_items().flatten_items()), [1, 2, 3]);
    });
}

/// 6.18 FlattenIterables of none
#[test]
fn no_lists_and_empty_lists_have_no_items() {
    on_all(|runner| {
        assert_eq!(sorted(runner, |p| p.create(Vec::<Vec<u64>>::new()).flatten_items()), []);
        assert_eq!(sorted(runner, |p| p.create(vec![Vec::<u64>::new(); 3]).flatten_items()), []);
    });
}
