//! Behaviours 5.25 and 13.8: what the library's combining functions make, also of nothing, of 0 and of too few.

use std::collections::{BTreeMap, BTreeSet};

use flumen::time::Timestamp;
use flumen::transforms::{Latest, Max, Mean, Min, Sample, Top};
use flumen::{CombineFn, Element, PCollection, Pipeline};
use flumen_local::Local;
use serde::{Deserialize, Serialize};

use crate::support::{collect, failure, on_all, sorted};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Element)]
struct Play {
    ms: u64,
    track: String,
}

fn plays(p: &Pipeline) -> PCollection<Play> {
    p.range(0..10_000).map(|n| Play { ms: n * 7_919 % 10_007, track: format!("t{}", n % 10) })
}

fn all_plays() -> impl Iterator<Item = Play> {
    (0..10_000_u64).map(|n| Play { ms: n * 7_919 % 10_007, track: format!("t{}", n % 10) })
}

/// `n % 7` and `n`, of numbers in no order.
fn pairs(p: &Pipeline) -> PCollection<(u64, u64)> {
    p.range(0..10_000).map(|n| n * 7_919 % 10_007).key_by(|n| n % 7)
}

fn by_key() -> BTreeMap<u64, BTreeSet<u64>> {
    let mut all: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    (0..10_000).map(|n| n * 7_919 % 10_007).for_each(|n| _ = all.entry(n % 7).or_default().insert(n));
    all
}

fn nothing(p: &Pipeline) -> PCollection<u64> {
    p.range(0..9).filter(|_| false)
}

fn one<T: Element>(runner: &Local, build: impl FnOnce(&Pipeline) -> PCollection<T>) -> T {
    let mut all = collect(runner, build).unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// 5.25 Count, Sum
#[test]
fn count_and_sum_of_nothing_are_zero_globally_and_not_there_by_key() {
    on_all(|runner| {
        assert_eq!(one(runner, |p| nothing(p).count_globally()), 0);
        assert_eq!(one(runner, |p| nothing(p).sum_globally()), 0);
        assert_eq!(sorted(runner, |p| nothing(p).key_by(|n| n).count_per_key()), []);
        assert_eq!(sorted(runner, |p| nothing(p).key_by(|n| n).sum_per_key()), []);
    });
}

/// 5.25 Min, Max
#[test]
fn the_least_and_the_greatest_of_anything_with_an_order() {
    on_all(|runner| {
        assert_eq!(one(runner, |p| plays(p).min_globally()), all_plays().min());
        assert_eq!(one(runner, |p| plays(p).max_globally()), all_plays().max());
        let tracks = |p: &Pipeline| plays(p).map(|play| play.track.clone());
        assert_eq!(one(runner, |p| tracks(p).max_globally()), Some("t9".to_owned()));
        let want = |best: fn(&BTreeSet<u64>) -> Option<&u64>| {
            by_key().iter().map(|(k, all)| (*k, *best(all).unwrap())).collect::<Vec<_>>()
        };
        assert_eq!(sorted(runner, |p| pairs(p).min_per_key()), want(BTreeSet::first));
        assert_eq!(sorted(runner, |p| pairs(p).max_per_key()), want(BTreeSet::last));
    });
}

/// 5.25 Min, Max
#[test]
fn numbers_with_a_fraction_have_the_total_order() {
    on_all(|runner| {
        let numbers = |p: &Pipeline| p.create([0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
        assert_eq!(one(runner, |p| numbers(p).min_globally()), Some(f64::NEG_INFINITY));
        assert!(one(runner, |p| numbers(p).max_globally()).unwrap().is_nan());
        let two = one(runner, |p| p.create([0.0_f32, -0.0]).bottom(2));
        assert_eq!(two.iter().map(|x| x.is_sign_negative()).collect::<Vec<_>>(), [true, false]);
    });
}

/// 5.25 Min, Max, Mean, and reducing by a closure
#[test]
fn of_nothing_there_is_no_extreme_no_mean_and_nothing_reduced() {
    on_all(|runner| {
        assert_eq!(one(runner, |p| nothing(p).min_globally()), None);
        assert_eq!(one(runner, |p| nothing(p).max_globally()), None);
        assert_eq!(one(runner, |p| nothing(p).mean_globally()), None);
        assert_eq!(one(runner, |p| nothing(p).reduce_globally(|a, _| a)), None);
        assert_eq!(sorted(runner, |p| nothing(p).key_by(|n| n).max_per_key()), []);
        assert_eq!(sorted(runner, |p| nothing(p).key_by(|n| n).min_per_key()), []);
        assert_eq!(sorted(runner, |p| nothing(p).key_by(|n| n).mean_per_key().keys()), []);
    });
}

/// 5.25 Min, Max, Mean, Latest
#[test]
fn a_function_that_needs_a_value_teaches_what_to_do_without() {
    on_all(|runner| {
        let told = [
            failure(runner, |p| _ = nothing(p).combine_globally(Min::new())),
            failure(runner, |p| _ = nothing(p).combine_globally(Max::new())),
            failure(runner, |p| _ = nothing(p).combine_globally(Mean::new())),
            failure(runner, |p| _ = nothing(p).reify_timestamps().combine_globally(Latest::new())),
        ];
        for error in told {
            assert!(error.to_string().contains(".or_none()"), "{error}");
        }
    });
}

/// 5.25 Mean
#[test]
fn the_mean_is_that_of_all() {
    on_all(|runner| {
        assert_eq!(one(runner, |p| p.range(0..10_001).mean_globally()), Some(5_000.0));
        assert_eq!(one(runner, |p| p.create([-1_i8, 2]).mean_globally()), Some(0.5));
        assert_eq!(one(runner, |p| p.create([0.5, 1.0]).mean_globally()), Some(0.75));
        let means = collect(runner, |p| p.range(0..100).key_by(|n| n % 2).mean_per_key());
        let mut means = means.unwrap();
        means.sort_by_key(|(key, _)| *key);
        assert_eq!(means, [(0, 49.0), (1, 50.0)]);
    });
}

/// 5.25 Reduce
#[test]
fn a_closure_reduces_all() {
    on_all(|runner| {
        assert_eq!(one(runner, |p| p.range(0..10_000).reduce_globally(u64::max)), Some(9_999));
        assert_eq!(one(runner, |p| p.create(["a"]).reduce_globally(|a, b| a + &b)), Some("a".to_owned()));
    });
}

/// 5.25 Top
#[test]
fn top_and_bottom_are_the_ends_of_the_sorted_elements() {
    let mut want: Vec<Play> = all_plays().collect();
    want.sort();
    on_all(|runner| {
        for n in [0, 1, 2, 100, 9_999, 10_000, 10_001] {
            let bottom = one(runner, |p| plays(p).bottom(n));
            assert!(bottom == want[..n.min(want.len())], "{n}");
            let mut top = one(runner, |p| plays(p).top(n));
            top.reverse();
            assert!(top == want[want.len().saturating_sub(n)..], "{n}");
        }
    });
}

/// 5.25 Top
#[test]
fn top_by_goes_by_what_the_closure_makes() {
    on_all(|runner| {
        let top = one(runner, |p| plays(p).top_by(2, |play| play.ms as f64));
        assert_eq!(top.iter().map(|play| play.ms).collect::<Vec<_>>(), [10_006, 10_005]);
        let bottom = one(runner, |p| plays(p).bottom_by(2, |play| (play.track.clone(), play.ms)));
        let mut want: Vec<Play> = all_plays().filter(|play| play.track == "t0").collect();
        want.sort();
        assert_eq!(bottom, want[..2]);
    });
}

/// 5.25 Top
#[test]
fn each_key_has_a_top_of_its_own() {
    on_all(|runner| {
        for n in [0, 3, 5_000] {
            let bottom: Vec<_> = by_key()
                .into_iter()
                .map(|(k, all)| (k, all.into_iter().take(n).collect::<Vec<_>>()))
                .collect();
            let top: Vec<_> = by_key()
                .into_iter()
                .map(|(k, all)| (k, all.into_iter().rev().take(n).collect::<Vec<_>>()))
                .collect();
            assert_eq!(sorted(runner, |p| pairs(p).bottom_per_key(n)), bottom);
            assert_eq!(sorted(runner, |p| pairs(p).top_per_key(n)), top);
            assert_eq!(sorted(runner, |p| pairs(p).top_per_key_by(n, |value| value as f64)), top);
            assert_eq!(sorted(runner, |p| pairs(p).bottom_per_key_by(n, |value| value)), bottom);
        }
    });
}

/// 5.25 Top
#[test]
fn top_of_nothing_is_an_empty_list_and_by_key_nothing() {
    on_all(|runner| {
        assert_eq!(one(runner, |p| nothing(p).top(3)), []);
        assert_eq!(one(runner, |p| nothing(p).bottom(0)), []);
        assert_eq!(sorted(runner, |p| nothing(p).key_by(|n| n).top_per_key(3)), []);
    });
}

/// 5.25 Top
#[test]
fn an_accumulator_of_top_is_never_longer_than_asked_for() {
    let top = Top::<u64, _>::largest(3);
    let part = |numbers: &[u64]| {
        let mut all = top.create();
        for number in numbers {
            top.add(&mut all, *number).unwrap();
            assert!(all.len() <= 3);
        }
        all
    };
    let mut all = part(&[1, 9, 3, 9, 2]);
    top.merge(&mut all, part(&[8, 9, 0, 10])).unwrap();
    assert_eq!(all, [10, 9, 9]);
}

/// 5.25 Latest
#[test]
fn latest_goes_by_time_and_not_by_the_order_of_arrival() {
    on_all(|runner| {
        let timed = |p: &Pipeline| {
            let at = |(_, value): (u64, u64)| Timestamp::from_millis(20_000 - i64::try_from(value).unwrap());
            pairs(p).with_timestamps(at)
        };
        assert_eq!(one(runner, |p| timed(p).values().latest_globally()), Some(0));
        let want: Vec<_> = by_key().iter().map(|(k, all)| (*k, *all.first().unwrap())).collect();
        assert_eq!(sorted(runner, |p| timed(p).latest_per_key()), want);
        assert_eq!(one(runner, |p| nothing(p).latest_globally()), None);
        assert_eq!(sorted(runner, |p| nothing(p).key_by(|n| n).latest_per_key()), []);
    });
}

/// 5.25 Sample, fixed size
#[test]
fn a_sample_has_the_size_asked_for_and_no_element_twice() {
    on_all(|runner| {
        for (n, want) in [(0, 0), (1, 1), (500, 500), (10_000, 10_000), (20_000, 10_000)] {
            let drawn = one(runner, |p| p.range(0..10_000).sample(n));
            assert_eq!(drawn.len(), want);
            assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), want);
        }
        for (key, drawn) in sorted(runner, |p| pairs(p).sample_per_key(50)) {
            assert_eq!(drawn.len(), 50);
            assert!(drawn.iter().all(|n| by_key()[&key].contains(n)));
        }
        assert_eq!(one(runner, |p| nothing(p).sample(3)), []);
        assert_eq!(sorted(runner, |p| nothing(p).key_by(|n| n).sample_per_key(3)), []);
    });
}

/// 5.25 Sample, fixed size
#[test]
fn each_element_is_as_likely_drawn_as_any_other() {
    on_all(|runner| {
        // 4,000 keys draw 5 of 20 each: 1,000 times each number, give or take five standard deviations.
        let counts = sorted(runner, |p| {
            let keyed = p.range(0..80_000).key_by(|n| n % 4_000).map_values(|n| n / 4_000);
            keyed.sample_per_key(5).values().flatten_items().count_per_element()
        });
        assert_eq!(counts.len(), 20);
        for (n, count) in counts {
            assert!((863..=1_137).contains(&count), "{n} was drawn {count} times");
        }
    });
}

/// 5.25 Sample, fixed size
#[test]
fn one_seed_draws_one_sample() {
    let draw = |seed: u64| {
        let runner = Local::new().parallelism(1);
        one(&runner, |p| p.range(0..10_000).combine_globally(Sample::new(20).seed(seed)))
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

/// 5.25 Sample, any
#[test]
fn any_so_many_are_elements_and_each_comes_once() {
    on_all(|runner| {
        for (n, want) in [(0, 0), (7, 7), (100, 100), (101, 100)] {
            let any = sorted(runner, |p| p.range(0..100).sample_any(n));
            assert_eq!(any.len(), want);
            assert!(any.windows(2).all(|two| two[0] < two[1]));
        }
        assert_eq!(sorted(runner, |p| nothing(p).sample_any(3)), []);
    });
}

/// 13.8 Distinct, 5.25 Distinct
#[test]
fn distinct_keeps_each_element_once() {
    on_all(|runner| {
        let words = sorted(runner, |p| p.range(0..10_000).map(|n| format!("w{:03}", n % 300)).distinct());
        assert_eq!(words, (0..300).map(|n| format!("w{n:03}")).collect::<Vec<_>>());
        assert_eq!(sorted(runner, |p| nothing(p).distinct()), []);
    });
}

/// 13.8 Distinct with a representative value
#[test]
fn distinct_by_keeps_one_of_each_kind() {
    on_all(|runner| {
        let kinds = sorted(runner, |p| plays(p).distinct_by(|play| play.track.clone()));
        let tracks: BTreeSet<_> = kinds.iter().map(|play| play.track.clone()).collect();
        assert_eq!((kinds.len(), tracks.len()), (10, 10));
        let there: BTreeSet<Play> = all_plays().collect();
        assert!(kinds.iter().all(|play| there.contains(play)));
        assert_eq!(sorted(runner, |p| nothing(p).distinct_by(|n| n % 2)), []);
    });
}
