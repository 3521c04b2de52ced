//! Behaviour 5.25, ApproximateQuantiles and ApproximateUnique: estimates stay within the error that they state.

use flumen::transforms::Quantiles;
use flumen::{Element, PCollection, Pipeline};
use flumen_local::Local;

use crate::support::{collect, on_all, sorted};

fn one<T: Element>(runner: &Local, build: impl FnOnce(&Pipeline) -> PCollection<T>) -> T {
    let mut all = collect(runner, build).unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// 0 to `n`, in the order that multiplying by a prime makes, or as they are, or falling.
fn orders(n: u64) -> [fn(u64, u64) -> u64; 3] {
    assert_ne!(n % 1_000_003, 0);
    [|x, n| x * 1_000_003 % n, |x, _| x, |x, n| n - 1 - x]
}

/// 5.25 ApproximateQuantiles
#[test]
fn quantiles_of_few_values_are_exact() {
    on_all(|runner| {
        assert_eq!(one(runner, |p| p.range(0..101).approximate_quantiles(5)), [0, 25, 50, 75, 100]);
        assert_eq!(one(runner, |p| p.range(0..101).approximate_quantiles(2)), [0, 100]);
        assert_eq!(one(runner, |p| p.range(0..101).approximate_quantiles(1)), [50]);
        assert_eq!(one(runner, |p| p.range(0..101).approximate_quantiles(0)), []);
        assert_eq!(one(runner, |p| p.create([7.5]).approximate_quantiles(3)), [7.5, 7.5, 7.5]);
        let words = one(runner, |p| p.create(["b", "c", "a"]).approximate_quantiles(3));
        assert_eq!(words, ["a", "b", "c"]);
    });
}

/// 5.25 ApproximateQuantiles
#[test]
fn quantiles_of_nothing_are_an_empty_list_and_by_key_nothing() {
    on_all(|runner| {
        let nothing = |p: &Pipeline| p.range(0..9).filter(|_| false);
        assert_eq!(one(runner, |p| nothing(p).approximate_quantiles(5)), []);
        assert_eq!(sorted(runner, |p| nothing(p).key_by(|n| n).approximate_quantiles_per_key(5)), []);
    });
}

/// 5.25 ApproximateQuantiles
#[test]
fn quantiles_stay_within_the_error_in_any_order_of_values() {
    const N: u64 = 400_000;
    on_all(|runner| {
        for order in orders(N) {
            for error in [0.01, 0.002] {
                let found = one(runner, |p| {
                    let numbers = p.range(0..N).map(move |x| order(x, N));
                    numbers.combine_globally(Quantiles::new(21).within(error))
                });
                assert_eq!((found[0], found[20]), (0, N - 1));
                for (i, value) in found.iter().enumerate() {
                    let want = i as f64 / 20.0 * (N - 1) as f64;
                    assert!(
                        (*value as f64 - want).abs() <= error * N as f64,
                        "{value} for {want} at {error}"
                    );
                }
            }
        }
    });
}

/// 5.25 ApproximateQuantiles
#[test]
fn each_key_has_quantiles_of_its_own() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            p.range(0..300_000).key_by(|n| n % 3).map_values(|n| n / 3).approximate_quantiles_per_key(3)
        });
        assert_eq!(found.len(), 3);
        for (_, quantiles) in found {
            assert_eq!((quantiles[0], quantiles[2]), (0, 99_999));
            assert!(quantiles[1].abs_diff(50_000) <= 1_000, "{quantiles:?}");
        }
    });
}

/// 5.25 ApproximateQuantiles
#[test]
fn a_sketch_of_many_values_stays_small() {
    use flumen::CombineFn;
    let quantiles = Quantiles::<u64, _>::new(5);
    let mut all = quantiles.create();
    for n in 0..100_000_u64 {
        quantiles.add(&mut all, n * 7_919 % 100_003).unwrap();
    }
    for _ in 0..6 {
        let other = all.clone();
        quantiles.merge(&mut all, other).unwrap();
    }
    let held: usize = all.1.iter().map(Vec::len).sum();
    assert!(held < 1_000, "{held} values");
}

/// 5.25 ApproximateUnique
#[test]
fn a_count_of_different_values_is_exact_of_few_and_within_the_error_of_many() {
    on_all(|runner| {
        for n in [0, 1, 2, 1_000, 5_000, 100_000, 1_000_000_u64] {
            let found = one(runner, |p| p.range(0..2 * n).map(move |x| x % n).approximate_distinct());
            let bound = if n <= 1_024 { 0.0 } else { 0.0243 * n as f64 };
            assert!(found.abs_diff(n) as f64 <= bound, "{found} of {n}");
        }
        let words = one(runner, |p| p.range(0..50_000).map(|n| format!("word {n}")).approximate_distinct());
        assert!(words.abs_diff(50_000) <= 1_215, "{words}");
    });
}

/// 5.25 ApproximateUnique
#[test]
fn each_key_counts_different_values_of_its_own() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let keyed = p.range(0..120_000).key_by(|n| n % 4);
            keyed.map_values(|n| if n % 4 == 3 { n } else { n % 400 }).approximate_distinct_per_key()
        });
        assert_eq!(found[..3], [(0, 100), (1, 100), (2, 100)]);
        assert!(found[3].1.abs_diff(30_000) <= 729, "{found:?}");
        let nothing = |p: &Pipeline| p.range(0..9).filter(|_| false).key_by(|n| n);
        assert_eq!(sorted(runner, |p| nothing(p).approximate_distinct_per_key()), []);
    });
}
