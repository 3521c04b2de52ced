//! w2: the sum of the values of each key, from a file of pairs read by a source written here.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Instant;

use flumen::batch::Builder;
use flumen::io::{Reader, Source};
use flumen::{CombineFn, Pipeline, Result};

use crate::report::{OUTCOME, Outcome, data, pair_check, run as report};

const PAIR_BYTES: u64 = 16;

/// A file of little-endian pairs.
struct PairFile {
    file: Arc<File>,
    pairs: u64,
}

impl PairFile {
    fn open(name: &str) -> Result<Self> {
        let path = data(name);
        let file = File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let pairs = file.metadata()?.len() / PAIR_BYTES;
        Ok(Self { file: Arc::new(file), pairs })
    }
}

impl Source for PairFile {
    type Elem = (u64, u64);
    type Piece = (u64, u64);
    type Reader = Pairs;

    fn split(&self, wanted: usize) -> Result<Vec<(u64, u64)>> {
        let wanted = wanted as u64;
        Ok((0..wanted).map(|i| (self.pairs * i / wanted, self.pairs * (i + 1) / wanted)).collect())
    }

    fn open(&self, (next, end): (u64, u64)) -> Result<Pairs> {
        Ok(Pairs { file: Arc::clone(&self.file), next, end, bytes: Vec::new() })
    }
}

struct Pairs {
    file: Arc<File>,
    next: u64,
    end: u64,
    bytes: Vec<u8>,
}

impl Reader for Pairs {
    type Elem = (u64, u64);

    fn fill(&mut self, batch: &mut Builder<(u64, u64)>) -> Result<bool> {
        let pairs = (self.end - self.next).min(batch.room() as u64);
        self.bytes.resize((pairs * PAIR_BYTES) as usize, 0);
        self.file.read_exact_at(&mut self.bytes, self.next * PAIR_BYTES)?;
        let (words, _) = self.bytes.as_chunks::<8>();
        let (pairs, _) = words.as_chunks::<2>();
        for [key, value] in pairs {
            batch.push((u64::from_le_bytes(*key), u64::from_le_bytes(*value)));
        }
        self.next += pairs.len() as u64;
        Ok(self.next < self.end)
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
    let rows_in = source.pairs;
    let p = Pipeline::new();
    let _told = p.read(source).sum_per_key().combine_globally(Check).map(move |(rows_out, check)| {
        *OUTCOME.lock().map_err(|e| e.to_string())? = Outcome { rows_in, rows_out, check };
        Ok::<u64, String>(rows_out)
    });
    report(workload, &p, started)
}
