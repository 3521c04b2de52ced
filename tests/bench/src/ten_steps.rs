//! w3: five times a map and a filter over the numbers below 100 million, then the count and sum of what is left.

use std::time::Instant;

use flumen::{CombineFn, PCollection, Pipeline, Result};

use crate::report::{Outcome, run as report};

const NUMBERS: u64 = 100_000_000;
const FACTORS: [u64; 5] = [
    0x9e37_79b9_7f4a_7c15,
    0xbf58_476d_1ce4_e5b9,
    0x94d0_49bb_1331_11eb,
    0xd6e8_feb8_6659_fd93,
    0xc2b2_ae3d_27d4_eb4f,
];
const ABOVE: u64 = 1 << 60;

/// The count and the wrapping sum.
struct CountAndSum;

impl CombineFn for CountAndSum {
    type In = u64;
    type Accum = (u64, u64);
    type Out = (u64, u64);

    fn add(&self, (count, sum): &mut (u64, u64), x: u64) -> Result<()> {
        *count += 1;
        *sum = sum.wrapping_add(x);
        Ok(())
    }
    fn merge(&self, (count, sum): &mut (u64, u64), other: (u64, u64)) -> Result<()> {
        *count += other.0;
        *sum = sum.wrapping_add(other.1);
        Ok(())
    }
    fn extract(&self, all: (u64, u64)) -> Result<(u64, u64)> {
        Ok(all)
    }
}

pub(crate) fn run() -> Result<()> {
    let started = Instant::now();
    let p = Pipeline::new();
    let mut left: PCollection<u64> = p.range(0..NUMBERS);
    for (j, factor) in (1..).zip(FACTORS) {
        left = left.map(move |x| x.wrapping_mul(factor).wrapping_add(j)).filter(|x| x > ABOVE);
    }
    let checked = left.combine_globally(CountAndSum).materialize();
    let outcome = |(rows_out, check)| Outcome { rows_in: NUMBERS, rows_out, check };
    report("w3", &p, &checked, outcome, started)
}
