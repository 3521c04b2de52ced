//! w2: the sum of the values of each key, from a file of pairs read by a source written here.

use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

use flumen::batch::Builder;
use flumen::io::{Reader, Source};
use flumen::{CombineFn, Pipeline, Result};
use memmap2::Mmap;

use crate::report::{OUTCOME, Outcome, data, pair_check, run as report};

const PAIR_BYTES: usize = 16;

/// A file of little-endian pairs, mapped into memory.
struct PairFile {
    map: Arc<Mmap>,
}

impl PairFile {
    #[allow(unsafe_code)]
    fn open(name: &str) -> Result<Self> {
        let path = data(name);
        let file = File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        // SAFETY: the file is test data that nothing changes while the benchmark runs.
        Ok(Self { map: Arc::new(unsafe { Mmap::map(&file)? }) })
    }
}

impl Source for PairFile {
    type Elem = (u64, u64);
    type Piece = (usize, usize);
    type Reader = Pairs;

    fn split(&self, wanted: usize) -> Result<Vec<(usize, usize)>> {
        let pairs = self.map.len() / PAIR_BYTES;
        Ok((0..wanted).map(|i| (pairs * i / wanted, pairs * (i + 1) / wanted)).collect())
    }

    fn open(&self, (start, end): (usize, usize)) -> Result<Pairs> {
        Ok(Pairs { map: Arc::clone(&self.map), next: start * PAIR_BYTES, end: end * PAIR_BYTES })
    }
}

struct Pairs {
    map: Arc<Mmap>,
    next: usize,
    end: usize,
}

impl Reader for Pairs {
    type Elem = (u64, u64);

    fn fill(&mut self, batch: &mut Builder<(u64, u64)>) -> Result<bool> {
        let end = self.end.min(self.next + batch.room() * PAIR_BYTES);
        let (pairs, _) = self.map[self.next..end].as_chunks::<PAIR_BYTES>();
        for pair in pairs {
            let (key, value) = pair.split_at(8);
            batch.push((u64::from_le_bytes(key.try_into()?), u64::from_le_bytes(value.try_into()?)));
        }
        self.next = end;
        Ok(end < self.end)
    }
}

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
    let source = PairFile::open(file)?;
    let rows_in = (source.map.len() / PAIR_BYTES) as u64;
    let p = Pipeline::new();
    let _told = p.read(source).sum_per_key().combine_globally(Check).map(move |(rows_out, check)| {
        *OUTCOME.lock().map_err(|e| e.to_string())? = Outcome { rows_in, rows_out, check };
        Ok::<u64, String>(rows_out)
    });
    report(workload, &p, started)
}
