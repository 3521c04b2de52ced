//! Behaviours 5.6, 5.20, 5.22, 5.23: functions that combine, made of others, and combined in other ways.

use flumen::transforms::{Count, Max, Mean, Min, SumFn, Top};
use flumen::{CombineFn, Element, PCollection, Pipeline, Result};
use serde::{Deserialize, Serialize};

use crate::support::{failure, on_all, sorted};

#[derive(Clone, Debug, Serialize, Deserialize, Element)]
struct Play {
    user: u64,
    ms: u64,
    track: String,
}

fn plays(p: &Pipeline) -> PCollection<(u64, Play)> {
    let play = |n: u64| Play { user: n % 3, ms: n, track: format!("t{}", n % 7) };
    p.range(0..9_000).map(play).key_by(|play| play.user)
}

/// 5.20 CombineFns.compose
#[test]
fn a_tuple_of_functions_is_one_that_makes_a_tuple() {
    on_all(|runner| {
        let described = |plays: PCollection<(u64, Play)>| {
            plays.combine_per_key((
                Count::new(),
                SumFn::new().of(|play: &Play| play.ms),
                Min::new().of(|play: &Play| play.ms),
                Max::new().of(|play: &Play| play.track.clone()),
            ))
        };
        let want = (0..3).map(|user| {
            let all = (0..9_000).filter(|n| n % 3 == user);
            (user, (3_000, all.sum::<u64>(), user, "t6".to_owned()))
        });
        assert_eq!(sorted(runner, |p| described(plays(p))), want.collect::<Vec<_>>());
        assert_eq!(sorted(runner, |p| described(plays(p).filter(|_| false))), []);
    });
}

/// 5.20 CombineFns.compose
#[test]
fn eight_functions_are_one() {
    on_all(|runner| {
        let eight = || {
            let count = || Count::new();
            (count(), count(), count(), count(), count(), count(), SumFn::new(), Top::largest(2))
        };
        let found = sorted(runner, |p| p.range(0..10).combine_globally(eight()));
        assert_eq!(found, [(10, 10, 10, 10, 10, 10, 45, vec![9, 8])]);
        let nested =
            sorted(runner, |p| p.range(0..10).combine_globally((eight(), (Count::new(), Count::new()))));
        assert_eq!(nested, [((10, 10, 10, 10, 10, 10, 45, vec![9, 8]), (10, 10))]);
        let of_nothing = sorted(runner, |p| {
            p.range(0..0).combine_globally((Count::new(), Max::new().or_none(), Top::largest(1)))
        });
        assert_eq!(of_nothing, [(0, None, vec![])]);
    });
}

/// 5.22 CombineFns.compose with null values
#[test]
fn values_that_are_missing_compose() {
    on_all(|runner| {
        let values = |p: &Pipeline| p.range(0..100).map(|n| (n % 2, (n % 10 > 1).then_some(n)));
        let found = sorted(runner, |p| {
            values(p).combine_per_key((
                Max::new(),
                Min::new(),
                SumFn::new().of(|n: Option<u64>| n.unwrap_or(0)),
                SumFn::new().of(|n: Option<u64>| u64::from(n.is_none())),
            ))
        });
        let sum = |odd| (0..100).filter(|n| n % 2 == odd && n % 10 > 1).sum::<u64>();
        assert_eq!(found, [(0, (Some(98), None, sum(0), 10)), (1, (Some(99), None, sum(1), 10))]);
    });
}

/// 5.20 CombineFns.compose
#[test]
fn an_error_of_one_of_several_functions_names_the_element() {
    on_all(|runner| {
        let error = failure(runner, |p| {
            _ = p.create([250_u8, 5, 9]).combine_globally((Count::new(), SumFn::new()));
        });
        assert!(error.to_string().contains("the sum does not fit u8"), "{error}");
    });
}

/// Makes something else of its accumulator than it reads, from a start that is not the default.
struct Spread;

impl CombineFn for Spread {
    type In = u64;
    type Accum = (u64, u64);
    type Out = String;

    fn create(&self) -> (u64, u64) {
        (u64::MAX, 0)
    }
    fn add(&self, all: &mut (u64, u64), x: u64) -> Result<()> {
        self.merge(all, (x, x))
    }
    fn merge(&self, all: &mut (u64, u64), other: (u64, u64)) -> Result<()> {
        *all = (all.0.min(other.0), all.1.max(other.1));
        Ok(())
    }
    fn extract(&self, all: (u64, u64)) -> Result<String> {
        Ok(format!("{} to {}", all.0, all.1))
    }
}

/// 5.6 Hot-key fanout
#[test]
fn a_fanout_changes_no_result() {
    on_all(|runner| {
        let hot = |p: &Pipeline| p.range(0..50_000).key_by(|n| if n % 10 < 9 { 7 } else { n });
        let want = sorted(runner, |p| hot(p).combine_per_key(Spread));
        let cold = |p: &Pipeline| p.range(0..50_000).combine_globally(Spread);
        assert_eq!(sorted(runner, cold), ["0 to 49999"]);
        for fanout in [0, 1, 2, 13] {
            assert!(
                sorted(runner, |p| hot(p).combine_per_key_with_fanout(fanout, Spread)) == want,
                "{fanout}"
            );
            let all = sorted(runner, |p| p.range(0..50_000).combine_globally_with_fanout(fanout, Spread));
            assert_eq!(all, ["0 to 49999"]);
        }
    });
}

/// 5.6 Hot-key fanout
#[test]
fn a_fanout_of_nothing_is_what_a_combine_of_nothing_is() {
    on_all(|runner| {
        let nothing = |p: &Pipeline| p.range(0..9).filter(|_| false);
        let globally = sorted(runner, |p| nothing(p).combine_globally_with_fanout(4, Spread));
        assert_eq!(globally, sorted(runner, |p| nothing(p).combine_globally(Spread)));
        let by_key = |p: &Pipeline| nothing(p).key_by(|n| n).combine_per_key_with_fanout(4, Spread);
        assert_eq!(sorted(runner, by_key), []);
    });
}

/// 5.23 Combiner lifting
#[test]
fn what_is_combined_before_the_exchange_changes_no_result() {
    on_all(|runner| {
        // One value a key and bundle can't be combined early, all values of a key can: the sums are the same.
        let sums = |p: &Pipeline, keys: u64| {
            let all = p.range(0..60_000).key_by(move |n| n % keys).sum_per_key();
            all.key_by(|(key, _)| key % 5).map_values(|(_, sum)| sum).sum_per_key()
        };
        let want: Vec<(u64, u64)> =
            (0..5).map(|k| (k, (0..60_000).filter(|n| n % 5 == k).sum::<u64>())).collect();
        for keys in [5, 500, 60_000] {
            assert_eq!(sorted(runner, |p| sums(p, keys)), want);
        }
        let means = sorted(runner, |p| {
            p.range(0..60_000).key_by(|n| n % 5).combine_per_key(Mean::new()).map_values(|mean| mean as u64)
        });
        assert_eq!(means, (0..5).map(|k| (k, 29_997 + k)).collect::<Vec<_>>());
    });
}

/// 5.1, 5.19 Combining by a closure and by a function's name
#[test]
fn a_function_is_given_by_its_name_or_as_a_closure() {
    on_all(|runner| {
        let pairs = |p: &Pipeline| p.range(0..1_000).key_by(|n| n % 2);
        let want = [(0, 998), (1, 999)];
        assert_eq!(sorted(runner, |p| pairs(p).reduce_per_key(u64::max)), want);
        assert_eq!(sorted(runner, |p| pairs(p).reduce_per_key(Ord::max)), want);
        assert_eq!(sorted(runner, |p| p.range(0..1_000).reduce_globally(u64::max)), [Some(999)]);
        assert_eq!(sorted(runner, |p| p.range(0..1_000).reduce_globally(Ord::min)), [Some(0)]);
    });
}
