//! A file of pairs, by a source written as a user would.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use flumen::Result;
use flumen::batch::Builder;
use flumen::io::{Reader, Source};

const PAIR_BYTES: u64 = 16;

/// A file of little-endian pairs.
pub(crate) struct PairFile {
    file: Arc<File>,
    pub(crate) pairs: u64,
}

impl PairFile {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let pairs = file.metadata()?.len() / PAIR_BYTES;
        Ok(Self { file: Arc::new(file), pairs })
    }
}

impl Source for PairFile {
    type Elem = (u64, u64);
    type Piece = (u64, u64);
    type Reader = Pairs;

    fn split(&self, wanted: usize) -> Result<Vec<(u64, u64)>> {
        let wanted = wanted.max(1) as u64;
        Ok((0..wanted).map(|i| (self.pairs * i / wanted, self.pairs * (i + 1) / wanted)).collect())
    }

    fn open(&self, (next, end): (u64, u64)) -> Result<Pairs> {
        Ok(Pairs { file: Arc::clone(&self.file), next, end, bytes: Vec::new() })
    }

    fn size(&self) -> Result<Option<u64>> {
        Ok(Some(self.pairs * PAIR_BYTES))
    }
}

pub(crate) struct Pairs {
    file: Arc<File>,
    next: u64,
    end: u64,
    bytes: Vec<u8>,
}

impl Reader for Pairs {
    type Elem = (u64, u64);
    type Piece = (u64, u64);

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

    fn rest(&self) -> (u64, u64) {
        (self.next, self.end)
    }

    fn position(&self) -> String {
        format!("pair {}", self.next)
    }
}

#[cfg(test)]
mod tests {
    use flumen::testing::laws;

    use super::*;

    #[test]
    fn the_file_of_pairs_keeps_the_laws_of_a_source() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for pairs in [0, 1, 2, 3000, 10_000] {
            let path = folder.path().join(format!("{pairs}"));
            let bytes: Vec<u8> = (0..2 * pairs).flat_map(u64::to_le_bytes).collect();
            std::fs::write(&path, bytes)?;
            laws::source(&PairFile::open(&path)?)?;
        }
        Ok(())
    }
}
