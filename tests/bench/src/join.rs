//! w4: two files of pairs joined by key.

use std::time::Instant;

use flumen::{CombineFn, Pipeline, Result};

use crate::pair_file::PairFile;
use crate::report::{Outcome, data, run as report};

/// The number of joined pairs, and the sum of their checks.
struct Check;

impl CombineFn for Check {
    type In = (u64, (u64, u64));
    type Accum = (u64, u64);
    type Out = (u64, u64);

    fn add(&self, (rows, check): &mut (u64, u64), (_, (left, right)): (u64, (u64, u64))) -> Result<()> {
        *rows += 1;
        *check = check.wrapping_add(left.wrapping_mul(3).wrapping_add(right));
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

pub(crate) fn run() -> Result<()> {
    let started = Instant::now();
    let (left, right) = (PairFile::open(&data("join_left.bin"))?, PairFile::open(&data("join_right.bin"))?);
    let rows_in = left.pairs + right.pairs;
    let p = Pipeline::new();
    let joined = p.read(left).join(&p.read(right));
    let checked = joined.combine_globally(Check).materialize();
    report("w4", &p, &checked, |(rows_out, check)| Outcome { rows_in, rows_out, check }, started)
}
