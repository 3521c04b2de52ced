//! hot: 10 million pairs of which nine tenths have one key, against pairs whose keys are spread evenly.

use std::time::Instant;

use flumen::{CombineFn, PCollection, Pipeline, Result};

use crate::report::{Outcome, mix, pair_check, run as report};

const PAIRS: u64 = 10_000_000;
const KEYS: u64 = 1_000_000;

/// The number of keys, and the sum of their checks.
struct Check;

impl CombineFn for Check {
    type In = (u64, u64);
    type Accum = (u64, u64);
    type Out = (u64, u64);

    fn add(&self, (keys, check): &mut (u64, u64), (key, sum): (u64, u64)) -> Result<()> {
        *keys += 1;
        *check = check.wrapping_add(pair_check(key, sum));
        Ok(())
    }
    fn merge(&self, (keys, check): &mut (u64, u64), other: (u64, u64)) -> Result<()> {
        *keys += other.0;
        *check = check.wrapping_add(other.1);
        Ok(())
    }
    fn extract(&self, all: (u64, u64)) -> Result<(u64, u64)> {
        Ok(all)
    }
}

/// How the sums of each key are made.
type Sums = fn(&PCollection<(u64, u64)>) -> PCollection<(u64, u64)>;

pub(crate) fn run(workload: &str) -> Result<()> {
    let started = Instant::now();
    let (hot, sums): (bool, Sums) = match workload {
        "hot_sum" => (true, |pairs| pairs.sum_per_key()),
        "even_sum" => (false, |pairs| pairs.sum_per_key()),
        "hot_group" => {
            (true, |pairs| pairs.group_by_key().map(|(key, group)| (key, group.fold(0, |a, n| a + n))))
        }
        _ => (false, |pairs| pairs.group_by_key().map(|(key, group)| (key, group.fold(0, |a, n| a + n)))),
    };
    let p = Pipeline::new();
    let key = move |n: u64| if hot && !n.is_multiple_of(10) { 1 } else { mix(n) % KEYS };
    let pairs = p.range(0..PAIRS).map(move |n| (key(n), n));
    let checked = sums(&pairs).combine_globally(Check).materialize();
    let outcome = |(rows_out, check)| Outcome { rows_in: PAIRS, rows_out, check };
    report(workload, &p, &checked, outcome, started)
}
