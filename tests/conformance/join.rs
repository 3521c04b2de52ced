//! Behaviours 4.1 to 4.3 and 4.5: joins, each against nested loops over the same data.

use flumen::element::Put;
use flumen::transforms::cogroup;
use flumen::{Element, Key, PCollection, Pipeline, Values};
use flumen_local::Local;

use crate::support::{on_all, sorted};

type Row<K, A, B> = (K, (Option<A>, Option<B>));

/// The full outer join: what is on one side only comes last.
fn nested<K: Clone + Ord, A: Clone + Ord, B: Clone + Ord>(
    left: &[(K, A)],
    right: &[(K, B)],
) -> Vec<Row<K, A, B>> {
    let mut all = Vec::new();
    for (key, a) in left {
        for (other, b) in right {
            if key == other {
                all.push((key.clone(), (Some(a.clone()), Some(b.clone()))));
            }
        }
        if right.iter().all(|(other, _)| other != key) {
            all.push((key.clone(), (Some(a.clone()), None)));
        }
    }
    for (key, b) in right {
        if left.iter().all(|(other, _)| other != key) {
            all.push((key.clone(), (None, Some(b.clone()))));
        }
    }
    all.sort();
    all
}

/// Numbers below a limit, by a seed.
fn numbers(seed: u64, count: usize, below: u64) -> Vec<u64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    (0..count).map(|_| next()).collect()
}

/// A join of two collections.
type Make<K, A, B, R> = fn(&PCollection<(K, A)>, &PCollection<(K, B)>) -> PCollection<(K, R)>;

/// Tests each join on rows with such keys and values, made of numbers.
fn joins_are_like_nested_loops<K, A, B>(
    runner: &Local,
    key: fn(u64) -> K,
    value: (fn(u64) -> A, fn(u64) -> B),
    (left, right): (&[u64], &[u64]),
) where
    K: Key + Ord + Put<Elem = K>,
    A: Element + Ord + Put<Elem = A>,
    B: Element + Ord + Put<Elem = B>,
{
    let rows = |keys: &[u64]| -> Vec<(K, u64)> { keys.iter().zip(0..).map(|(k, n)| (key(*k), n)).collect() };
    let left: Vec<(K, A)> = rows(left).into_iter().map(|(k, n)| (k, value.0(n))).collect();
    let right: Vec<(K, B)> = rows(right).into_iter().map(|(k, n)| (k, value.1(n))).collect();
    let full = nested(&left, &right);
    let build = |p: &Pipeline| (p.create(left.clone()), p.create(right.clone()));
    let inner = |rows: &[Row<K, A, B>]| -> Vec<(K, (A, B))> {
        rows.iter().filter_map(|(k, (a, b))| Some((k.clone(), (a.clone()?, b.clone()?)))).collect()
    };
    let of_left = |rows: &[Row<K, A, B>]| -> Vec<(K, (A, Option<B>))> {
        rows.iter().filter_map(|(k, (a, b))| Some((k.clone(), (a.clone()?, b.clone())))).collect()
    };
    let of_right = |rows: &[Row<K, A, B>]| -> Vec<(K, (Option<A>, B))> {
        rows.iter().filter_map(|(k, (a, b))| Some((k.clone(), (a.clone(), b.clone()?)))).collect()
    };
    let join = |make: Make<K, A, B, (A, B)>| {
        sorted(runner, |p| {
            let (a, b) = build(p);
            make(&a, &b)
        })
    };
    assert_eq!(join(|a, b| a.join(b)), sort(inner(&full)), "join");
    assert_eq!(join(|a, b| a.hash_join(&b.as_multimap())), sort(inner(&full)), "hash_join");
    let left_join = |make: Make<K, A, B, (A, Option<B>)>| {
        sorted(runner, |p| {
            let (a, b) = build(p);
            make(&a, &b)
        })
    };
    assert_eq!(left_join(|a, b| a.left_join(b)), sort(of_left(&full)), "left_join");
    assert_eq!(left_join(|a, b| a.hash_left_join(&b.as_multimap())), sort(of_left(&full)), "hash_left_join");
    let right_joined = sorted(runner, |p| {
        let (a, b) = build(p);
        a.right_join(&b)
    });
    assert_eq!(right_joined, sort(of_right(&full)), "right_join");
    let all = sorted(runner, |p| {
        let (a, b) = build(p);
        a.full_join(&b)
    });
    assert_eq!(all, full, "full_join");
}

fn sort<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

/// Keys of both sides: none, on one side only, several times on both.
fn sides() -> Vec<(Vec<u64>, Vec<u64>)> {
    vec![
        (vec![], vec![]),
        (vec![], vec![1, 1]),
        (vec![1, 2, 2], vec![]),
        (vec![1, 2], vec![3, 4]),
        (vec![7; 30], vec![7; 50]),
        (numbers(1, 300, 40), numbers(2, 200, 60)),
        (numbers(3, 500, 100_000), numbers(4, 500, 100_000)),
        (numbers(5, 20, 5), numbers(6, 700, 9)),
        (numbers(7, 700, 9), numbers(8, 20, 5)),
    ]
}

#[test]
fn joins_by_numbers_are_like_nested_loops() {
    on_all(|runner| {
        for (left, right) in sides() {
            joins_are_like_nested_loops(runner, |k| k, (|n| n, |n| n * 10), (&left, &right));
        }
    });
}

#[test]
fn joins_by_strings_are_like_nested_loops() {
    on_all(|runner| {
        for (left, right) in sides() {
            let key = |k: u64| "key".repeat(k as usize % 9) + &k.to_string();
            joins_are_like_nested_loops(runner, key, (|n| n.to_string(), |n| n % 3 == 0), (&left, &right));
        }
    });
}

#[test]
fn a_missing_key_is_a_key_and_missing_values_are_values() {
    on_all(|runner| {
        for (left, right) in sides() {
            let key = |k: u64| (k % 4 != 1).then_some(k);
            let value: fn(u64) -> Option<u64> = |n| (n % 3 != 0).then_some(n);
            joins_are_like_nested_loops(runner, key, (value, value), (&left, &right));
        }
    });
}

#[test]
fn large_sides_meet_whole() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let plays = p.range(0..400_000).map(|n| (n % 5_000, n));
            let tracks = p.range(0..10_000).map(|n| (n, n.to_string()));
            let joined = plays.join(&tracks).map(|(track, (_, name))| (name == track.to_string(), track));
            joined.map(|(same, _)| same).count_per_element().values().flatten([
                &plays.left_join(&tracks).count_globally(),
                &tracks.left_join(&plays).count_globally(),
                &plays.hash_join(&tracks.as_multimap()).count_globally(),
            ])
        });
        assert_eq!(found, [400_000, 400_000, 400_000, 405_000]);
    });
}

#[test]
fn a_collection_is_joined_with_itself_and_the_result_joined_again() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let a = p.range(0..6).map(|n| (n % 2, n));
            let twice = a.join(&a).map(|(k, (x, y))| (k, x + y));
            twice.join(&a.count_per_key()).map(|(_, (sum, n))| sum * n)
        });
        let pairs = |k: u64| (0..3).flat_map(move |x| (0..3).map(move |y| 3 * (2 * (x + y) + 2 * k)));
        assert_eq!(found, sort(pairs(0).chain(pairs(1)).collect()));
    });
}

fn texts(values: &Values<String>) -> String {
    let mut all: Vec<String> = values.iter().collect();
    all.sort();
    all.join("+")
}

#[test]
fn a_cogroup_has_the_values_of_every_side_and_none_where_there_are_none() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let names = p.create([(1_u64, "Ann"), (2, "Ben"), (2, "Bo")]);
            let (ages, towns) =
                (p.create([(1_u64, 30_u64), (3, 33)]), p.create([(3_u64, "Brno"), (1, "Oslo")]));
            cogroup((&names, &ages, &towns)).map(|(user, (names, ages, towns))| {
                format!("{user}: {}, {}, {}", texts(names), ages.fold(0, |sum, n| sum + n), texts(towns))
            })
        });
        assert_eq!(found, ["1: Ann, 30, Oslo", "2: Ben+Bo, 0, ", "3: , 33, Brno"]);
    });
}

#[test]
fn eight_collections_are_cogrouped() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            // The nth has the multiples of n.
            let of = |n: u64| p.range(0..840).filter(move |x| x % n == 0).map(move |x| (x, n));
            let (a, b, c, d) = (of(1), of(2), of(3), of(4));
            let (e, f, g, h) = (of(5), of(6), of(7), of(8));
            cogroup((&a, &b, &c, &d, &e, &f, &g, &h)).map(|(x, (a, b, c, d, e, f, g, h))| {
                let there = [a, b, c, d, e, f, g, h].map(|values| values.fold(0, |sum, n| sum + n));
                (x, there.to_vec())
            })
        });
        let want = |x: u64| (1..=8).map(|n| if x.is_multiple_of(n) { n } else { 0 }).collect();
        assert_eq!(found, (0..840).map(|x| (x, want(x))).collect::<Vec<(u64, Vec<u64>)>>());
    });
}

#[test]
fn a_cogroup_is_read_by_the_steps_behind_it() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let (plays, skips) = (p.range(0..50_000).map(|n| (n % 100, n)), p.range(0..50).map(|n| (n, n)));
            let both = plays.cogroup(&skips);
            let unskipped = both.filter(|(_, (_, skips))| skips.is_empty()).keys();
            let played = both.par_do(|(_, (plays, _)), out| plays.for_each(|n| out.emit(n))).count_globally();
            unskipped.count_globally().flatten([&played])
        });
        assert_eq!(found, [50, 50_000]);
    });
}

#[test]
fn a_join_with_a_collection_of_another_pipeline_is_refused() {
    let (p, other) = (Pipeline::new(), Pipeline::new());
    let line = line!() + 1;
    drop(p.create([(1_u64, 1_u64)]).join(&other.create([(1_u64, 2_u64)])));
    let told = p.check().unwrap_err().to_string();
    assert_eq!(
        told,
        format!("join at {}:{line}: one of its collections belongs to another pipeline", file!())
    );
}
