//! w2: the sum of the values of each key, from a file of pairs.

use std::time::Instant;

use flumen::{CombineFn, Pipeline, Result};

use crate::pair_file::PairFile;
use crate::report::{Outcome, data, pair_check, run as report};

/// The number of pairs, and the sum of their checks.
struct Check;

impl CombineFn for Check {
    type In = (u64, u64);
    type Accum = (u64, u64);
    type Out = (u64, u64);

    fn add(&self, (rows, check): &mut (u64, u64), (key, sum): (u64, u64)) -> Result<()> {
        *rows += 1;
        *check = check.wrapping_add(pair_check(key, sum));
        Ok(())
    }
    fn merge(&self, (rows, check): &mut (u64, u64), other: (u64, u64)) -> Result<()> {
        *rows += other.0;
        *check = check.wrapping_add(other.1);
        Ok(())
    }
    fn extract(&self, all: (u64, u64)) -> Result<(u64, u64)> {
        Ok(all)
    }
}

pub(crate) fn run(workload: &str, file: &str) -> Result<()> {
    let started = Instant::now();
    let source = PairFile::open(&data(file))?;
    let rows_in = source.pairs;
    let p = Pipeline::new();
    let checked = p.read(source).sum_per_key().combine_globally(Check).materialize();
    let outcome = |(rows_out, check)| Outcome { rows_in, rows_out, check };
    report(workload, &p, &checked, outcome, started)
}
