//! w1: how often each word of a text is there.

use std::time::Instant;

use flumen::io::text;
use flumen::{CombineFn, Pipeline, Result};

use crate::report::{Outcome, data, fnv, pair_check, run as report};

/// The number of words, that of distinct ones, and the sum of their checks.
struct Check;

impl CombineFn for Check {
    type In = (String, u64);
    type Accum = (u64, u64, u64);
    type Out = (u64, u64, u64);

    fn add(&self, (words, distinct, check): &mut (u64, u64, u64), (word, count): (&str, u64)) -> Result<()> {
        *words += count;
        *distinct += 1;
        *check = check.wrapping_add(pair_check(fnv(word.as_bytes()), count));
        Ok(())
    }
    fn merge(&self, (words, distinct, check): &mut (u64, u64, u64), other: (u64, u64, u64)) -> Result<()> {
        *words += other.0;
        *distinct += other.1;
        *check = check.wrapping_add(other.2);
        Ok(())
    }
    fn extract(&self, all: (u64, u64, u64)) -> Result<(u64, u64, u64)> {
        Ok(all)
    }
}

pub(crate) fn run() -> Result<()> {
    let started = Instant::now();
    let p = Pipeline::new();
    let lines = p.read(text::lines(data("text.txt").to_string_lossy()));
    let words = lines.par_do(|line, out| line.split_ascii_whitespace().for_each(|word| out.emit(word)));
    let checked = words.count_per_element().combine_globally(Check).materialize();
    let outcome = |(rows_in, rows_out, check)| Outcome { rows_in, rows_out, check };
    report("w1", &p, &checked, outcome, started)
}
