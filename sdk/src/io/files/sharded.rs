//! Output in numbered files that all appear when a run has succeeded, or not at all.
//!
//! A run writes into a hidden folder beside the output, `.flumen-tmp-NAME@RUN`, which it claims. At its start it
//! removes such folders of runs that have died, and is refused while another run that is alive writes to the
//! same name; of two that start at the same moment, both may be. Folders of other names are never touched.

use std::any::Any;

use serde::{Deserialize, Serialize};

use super::{Claim, FileSystem, NewFile, TEMP_PREFIX};
use crate::error::{Cause, FnError};
use crate::io::{RunId, Shard};

/// What is staged in memory before it goes into a file, for each shard.
const STAGED_BYTES_MAX: usize = 256 << 10;
/// More files than this are refused.
const SHARDS_MAX: usize = 99_999;

/// Where numbered files go: `PREFIX-00000-of-00004SUFFIX` and so on.
#[derive(Clone)]
pub(crate) struct ShardedFiles {
    pub(crate) files: &'static dyn FileSystem,
    pub(crate) prefix: String,
    pub(crate) suffix: String,
    /// How many there must be; none: as many as were written to, and one at least.
    pub(crate) shards: Option<usize>,
    /// What each file begins with.
    pub(crate) header: Vec<u8>,
    /// What each file ends with.
    pub(crate) footer: Vec<u8>,
}

/// A shard that was written, in the temporary folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShardPart {
    worker: usize,
    lane: Option<usize>,
    path: String,
    bytes: u64,
    /// Whether it holds more than a header and a footer.
    filled: bool,
}

impl ShardedFiles {
    /// The folder, with its `/`, and the name in it that all files begin with.
    fn place(&self) -> (&str, &str) {
        self.prefix.split_at(self.prefix.rfind('/').map_or(0, |slash| slash + 1))
    }

    /// What the temporary folders of all runs to this output begin with.
    fn temp_prefix(&self) -> String {
        let (folder, name) = self.place();
        format!("{folder}{TEMP_PREFIX}{name}{}@", self.suffix)
    }

    fn temp(&self, run: &RunId) -> String {
        format!("{}{}", self.temp_prefix(), run.0.replace(['@', '/'], "-"))
    }

    fn path(&self, number: usize, of: usize) -> String {
        format!("{}-{number:05}-of-{of:05}{}", self.prefix, self.suffix)
    }

    fn check(&self) -> Result<(), FnError> {
        let refused = |why: String| Err(FnError::new(Cause::Configuration, why));
        let prefix = &self.prefix;
        if prefix.is_empty() {
            return refused("the prefix of the output is empty; name one, such as `out/part`".into());
        }
        if matches!(self.place().1, "" | "." | "..") {
            let folder = prefix.trim_end_matches('/');
            return refused(format!("`{prefix}` names no file; add a name, such as `{folder}/part`"));
        }
        if self.suffix.contains('/') {
            return refused(format!("the suffix `{}` can't hold a `/`; put it into the prefix", self.suffix));
        }
        match self.shards {
            Some(shards) if shards > SHARDS_MAX => {
                refused(format!("{shards} shards are too many; at most {SHARDS_MAX} files can be numbered"))
            }
            _ => Ok(()),
        }
    }

    /// Makes the temporary folder and claims it; removes those of dead runs.
    pub(crate) fn prepare(&self, run: &RunId) -> Result<Box<dyn Any + Send>, FnError> {
        self.check()?;
        let temp = self.temp(run);
        let Claim::Held(claim) = self.files.claim(&temp)? else {
            let message =
                format!("{} is written twice in this pipeline; give one another prefix", self.prefix);
            return Err(FnError::new(Cause::Configuration, message));
        };
        self.sweep(&temp).inspect_err(|_| self.abort(run))?;
        Ok(claim)
    }

    /// Removes what runs that have died left behind.
    fn sweep(&self, own: &str) -> Result<(), FnError> {
        let prefix = self.temp_prefix();
        for listed in self.files.list(&prefix)? {
            // Another `@` means the folder of a longer name.
            let is_of_this =
                |folder: &&str| folder.strip_prefix(&prefix).is_some_and(|run| !run.contains('@'));
            let Some(folder) = listed.strip_suffix('/').filter(is_of_this).filter(|folder| *folder != own)
            else {
                continue;
            };
            match self.files.claim(folder)? {
                Claim::Held(_claim) => self.files.remove(folder)?,
                Claim::Taken => {
                    let message = format!(
                        "another run writes to {} at the moment, in {folder}; wait for its end, or write elsewhere",
                        self.prefix
                    );
                    return Err(FnError::new(Cause::CannotWrite, message));
                }
            }
        }
        Ok(())
    }

    /// Opens a shard's file in the temporary folder.
    pub(crate) fn writer(&self, run: &RunId, shard: Shard) -> Result<ShardWriter, FnError> {
        let lane = shard.lane.map(|lane| format!("-{lane}")).unwrap_or_default();
        self.open(format!("{}/{}{lane}", self.temp(run), shard.worker), shard)
    }

    fn open(&self, path: String, shard: Shard) -> Result<ShardWriter, FnError> {
        let file = self.files.create(&path)?;
        let bytes = self.header.len() as u64;
        Ok(ShardWriter {
            file,
            path,
            shard,
            staged: self.header.clone(),
            on_disk: 0,
            committed: bytes,
            header_bytes: bytes,
            footer: self.footer.clone(),
            ragged: false,
        })
    }

    /// The parts in the order of their numbers, with empty ones where a file must be.
    fn in_order(&self, run: &RunId, mut parts: Vec<ShardPart>) -> Result<Vec<ShardPart>, FnError> {
        parts.sort_by_key(|part| (part.lane, part.worker));
        let empty = |lane: usize| {
            let path = format!("{}/empty-{lane}", self.temp(run));
            self.open(path, Shard { worker: 0, lane: Some(lane) })?.close()
        };
        let Some(shards) = self.shards else {
            parts.retain(|part| part.filled);
            if parts.is_empty() {
                parts.push(empty(0)?);
            }
            return Ok(parts);
        };
        let mut parts = parts.into_iter().peekable();
        let mut ordered = Vec::with_capacity(shards);
        for lane in 0..shards {
            ordered.push(match parts.next_if(|part| part.lane == Some(lane)) {
                Some(part) => part,
                None => empty(lane)?,
            });
        }
        match parts.next() {
            None => Ok(ordered),
            Some(part) => {
                let message = format!("{}: two writers for shard {:?} of {shards}", self.prefix, part.lane);
                Err(FnError::new(Cause::CannotWrite, message))
            }
        }
    }

    /// Replaces what an earlier run published.
    pub(crate) fn commit(&self, run: &RunId, parts: Vec<ShardPart>) -> Result<String, FnError> {
        let parts = self.in_order(run, parts)?;
        let (temp, of) = (self.temp(run), parts.len());
        // Renamed and removed later: removing takes longer, and a crash in between would leave half an output.
        let old =
            self.files.list(&format!("{}-", self.prefix))?.into_iter().filter(|path| self.is_own_name(path));
        let away = old.enumerate().map(|(number, path)| (path, format!("{temp}/old-{number}")));
        let here = parts.iter().enumerate().map(|(number, part)| (part.path.clone(), self.path(number, of)));
        self.files.publish(&away.chain(here).collect::<Vec<_>>())?;
        // It is published: what can't be removed now is left for the next run, and fails nothing.
        let _ = self.files.remove(&temp);
        let bytes = size(parts.iter().map(|part| part.bytes).sum());
        Ok(match of {
            1 => format!("{} (1 file, {bytes})", self.path(0, 1)),
            _ => format!("{}-?????-of-{of:05}{} ({of} files, {bytes})", self.prefix, self.suffix),
        })
    }

    /// Throws away what a run has written; what can't be removed is left for the next run.
    pub(crate) fn abort(&self, run: &RunId) {
        let _ = self.files.remove(&self.temp(run));
    }

    /// Whether a path is one that a run to this output publishes.
    fn is_own_name(&self, path: &str) -> bool {
        let numbers = path.strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix('-'));
        let numbers =
            numbers.and_then(|rest| rest.strip_suffix(&self.suffix)).and_then(|rest| rest.split_once("-of-"));
        let is_number = |text: &str| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
        numbers.is_some_and(|(number, of)| is_number(number) && is_number(of))
    }
}

/// A number of bytes, for people.
fn size(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{bytes} B"),
    }
}

/// Writes one shard: bytes count once their bundle is done.
///
/// Bytes go into the file when enough are staged, those of an unfinished bundle too; if that fails, the file is
/// cut back to what counts.
pub(crate) struct ShardWriter {
    file: Box<dyn NewFile>,
    path: String,
    shard: Shard,
    /// What follows on the bytes in the file.
    staged: Vec<u8>,
    on_disk: u64,
    /// How many bytes count, those in the file and staged ones.
    committed: u64,
    header_bytes: u64,
    footer: Vec<u8>,
    /// Whether the file may hold more than `on_disk` bytes, and must be cut first.
    ragged: bool,
}

impl ShardWriter {
    /// Stages what `write` appends.
    #[inline]
    pub(crate) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), FnError> {
        write(&mut self.staged);
        if self.staged.len() >= STAGED_BYTES_MAX { self.spill() } else { Ok(()) }
    }

    #[cold]
    fn spill(&mut self) -> Result<(), FnError> {
        if self.ragged {
            self.file.truncate(self.on_disk)?;
        }
        self.ragged = true;
        self.file.append(&self.staged)?;
        self.ragged = false;
        self.on_disk += self.staged.len() as u64;
        self.staged.clear();
        self.staged.shrink_to(2 * STAGED_BYTES_MAX);
        Ok(())
    }

    /// Makes what was staged count.
    pub(crate) fn commit_bundle(&mut self) {
        self.committed = self.on_disk + self.staged.len() as u64;
    }

    /// Throws away what does not count.
    pub(crate) fn discard_bundle(&mut self) {
        match self.committed.checked_sub(self.on_disk) {
            Some(kept) => self.staged.truncate(usize::try_from(kept).unwrap_or(usize::MAX)),
            None => {
                self.staged.clear();
                self.on_disk = self.committed;
                self.ragged = true;
            }
        }
    }

    /// Ends the file.
    pub(crate) fn close(&mut self) -> Result<ShardPart, FnError> {
        self.discard_bundle();
        let filled = self.committed > self.header_bytes;
        self.staged.append(&mut self.footer);
        self.spill()?;
        self.file.finish()?;
        let Shard { worker, lane } = self.shard;
        Ok(ShardPart { worker, lane, path: self.path.clone(), bytes: self.on_disk, filled })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::io::files::LocalFiles;

    fn output(folder: &tempfile::TempDir, shards: Option<usize>) -> ShardedFiles {
        let prefix = format!("{}/out/words", folder.path().display());
        let (header, footer) = (Vec::new(), Vec::new());
        ShardedFiles { files: &LocalFiles, prefix, suffix: ".txt".into(), shards, header, footer }
    }

    fn id(name: &str) -> RunId {
        RunId(name.into())
    }

    /// The files in a folder with their contents, hidden ones too.
    fn listing(folder: &tempfile::TempDir) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder.path().join("out")).unwrap().map(Result::unwrap);
        let text = |path| fs::read_to_string(path).unwrap_or_else(|_| "(folder)".into());
        let mut all: Vec<_> =
            entries.map(|e| (e.file_name().into_string().unwrap(), text(e.path()))).collect();
        all.sort();
        all
    }

    fn run(files: &ShardedFiles, name: &str, texts: &[&str]) -> String {
        let _claim = files.prepare(&id(name)).unwrap();
        let write = |(number, text): (usize, &&str)| {
            let shard = Shard { worker: number, lane: files.shards.map(|_| number) };
            let mut writer = files.writer(&id(name), shard).unwrap();
            writer.append(|bytes| bytes.extend(text.bytes())).unwrap();
            writer.commit_bundle();
            writer.close().unwrap()
        };
        let parts = texts.iter().enumerate().map(write).rev().collect();
        files.commit(&id(name), parts).unwrap()
    }

    #[test]
    fn a_rerun_replaces_and_never_mixes() {
        let folder = tempfile::tempdir().unwrap();
        let files = output(&folder, None);
        assert!(run(&files, "1", &["a", "", "c"]).ends_with("out/words-?????-of-00002.txt (2 files, 2 B)"));
        let other = folder.path().join("out/words-00000-of-00003.csv");
        fs::write(&other, "not of this output").unwrap();
        // A folder is none of its files either.
        let own_folder = folder.path().join("out/words-00009-of-00009.txt");
        fs::create_dir(&own_folder).unwrap();
        let names = |all: Vec<(String, String)>| all.into_iter().map(|(name, text)| format!("{name} {text}"));
        let table: [(Option<usize>, &[&str], &[&str]); 4] = [
            (None, &["x"], &["words-00000-of-00001.txt x"]),
            (
                Some(3),
                &["x"],
                &["words-00000-of-00003.txt x", "words-00001-of-00003.txt ", "words-00002-of-00003.txt "],
            ),
            (None, &["y", "z"], &["words-00000-of-00002.txt y", "words-00001-of-00002.txt z"]),
            (None, &[], &["words-00000-of-00001.txt "]),
        ];
        for (shards, texts, want) in table {
            run(&output(&folder, shards), "2", texts);
            let found: Vec<String> = names(listing(&folder))
                .filter(|name| !name.contains("csv") && !name.contains("(folder)"))
                .collect();
            assert_eq!(found, want);
        }
        assert!(other.exists() && own_folder.exists());
    }

    #[test]
    fn discarded_bundles_leave_nothing_whatever_was_spilled() {
        let big = "b".repeat(STAGED_BYTES_MAX + 1);
        // Each bundle: what it writes, and whether it counts.
        let table: [&[(&str, bool)]; 5] = [
            &[("a", true), ("b", false), ("c", true)],
            &[(&big, true), ("b", false), ("c", true)],
            &[("a", true), (&big, false), ("c", true)],
            &[(&big, false), (&big, true), (&big, false), (&big, false), ("d", true)],
            &[("a", true), (&big, false)],
        ];
        for bundles in table {
            let folder = tempfile::tempdir().unwrap();
            let mut files = output(&folder, None);
            (files.header, files.footer) = (b"<".to_vec(), b">".to_vec());
            let _claim = files.prepare(&id("1")).unwrap();
            let mut writer = files.writer(&id("1"), Shard { worker: 0, lane: None }).unwrap();
            let mut want = String::from("<");
            for (text, counts) in bundles {
                for half in [&text[..text.len() / 2], &text[text.len() / 2..]] {
                    writer.append(|bytes| bytes.extend(half.bytes())).unwrap();
                }
                if *counts {
                    writer.commit_bundle();
                    want.push_str(text);
                } else {
                    writer.discard_bundle();
                }
            }
            files.commit(&id("1"), vec![writer.close().unwrap()]).unwrap();
            want.push('>');
            assert!(listing(&folder) == [("words-00000-of-00001.txt".into(), want)]);
        }
    }

    #[test]
    fn folders_of_dead_runs_are_swept_and_those_of_live_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = output(&folder, None);
        drop(files.prepare(&id("dead")).unwrap());
        let longer = ShardedFiles { suffix: ".txt@x".into(), ..files.clone() };
        let of_another_name = longer.prepare(&id("live")).unwrap();
        let live = files.prepare(&id("live")).unwrap();
        let temp = |name: &str| (format!(".flumen-tmp-words.txt@{name}"), "(folder)".to_owned());
        assert_eq!(listing(&folder), [temp("live"), temp("x@live")]);
        let same_run = files.prepare(&id("live")).unwrap_err();
        assert!(same_run.to_string().contains("written twice in this pipeline"), "{same_run}");
        let other_run = files.prepare(&id("other")).unwrap_err();
        assert!(other_run.to_string().contains("another run writes to"), "{other_run}");
        assert_eq!(listing(&folder), [temp("live"), temp("x@live")]);
        drop((live, of_another_name));
        drop(files.prepare(&id("other")).unwrap());
        assert_eq!(listing(&folder), [temp("other"), temp("x@live")]);
    }

    #[test]
    fn places_that_cannot_be_written_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display().to_string();
        fs::write(folder.path().join("file"), "").unwrap();
        let table = [
            ("", ".txt", "the prefix of the output is empty"),
            ("out/", ".txt", "such as `out/part`"),
            ("out/..", ".txt", "names no file"),
            (&format!("{root}/a"), "/b", "put it into the prefix"),
            (&format!("{root}/file/words"), ".txt", "can't be written"),
        ];
        for (prefix, suffix, text) in table {
            let files =
                ShardedFiles { prefix: prefix.into(), suffix: suffix.into(), ..output(&folder, None) };
            let error = files.prepare(&id("1")).err().unwrap();
            assert!(error.to_string().contains(text), "{error}");
        }
        let many = output(&folder, Some(100_000)).prepare(&id("1")).err().unwrap();
        assert_eq!(many.cause(), Cause::Configuration);
    }

    #[test]
    fn sizes_are_told_in_units() {
        for (bytes, text) in
            [(999, "999 B"), (1_000, "1.0 kB"), (1_234_567, "1.2 MB"), (5_000_000_000, "5.0 GB")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
