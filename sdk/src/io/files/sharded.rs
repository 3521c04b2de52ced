//! Output in numbered files that all appear when a run has succeeded, or not at all.
//!
//! A run writes into a hidden folder beside the output, `.flumen-tmp-NAME@RUN`, which it claims. At its start it
//! removes such folders of runs that have died, and is refused while another run that is alive writes to the
//! same name; of two that start at the same moment, both may be. Folders of other names are never touched.

use std::any::Any;
use std::collections::HashSet;

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
    pub(crate) fn open(&self, run: &RunId) -> Result<Box<dyn Any + Send>, FnError> {
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
        self.create(format!("{}/{}{lane}", self.temp(run), shard.worker), shard)
    }

    fn create(&self, path: String, shard: Shard) -> Result<ShardWriter, FnError> {
        let file = self.files.create(&path)?;
        Ok(ShardWriter {
            file,
            path,
            shard,
            staged: self.header.clone(),
            on_disk: 0,
            header_bytes: self.header.len() as u64,
            footer: self.footer.clone(),
            ragged: false,
        })
    }

    /// The parts in the order of their numbers, with empty ones where a file must be.
    fn in_order(&self, run: &RunId, mut parts: Vec<ShardPart>) -> Result<Vec<ShardPart>, FnError> {
        parts.sort_by_key(|part| (part.lane, part.worker));
        let empty = |lane: usize| {
            let path = format!("{}/empty-{lane}", self.temp(run));
            self.create(path, Shard { worker: 0, lane: Some(lane) })?.close()
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

    /// Puts the parts in the order of their numbers, and makes sure that their names can be given.
    pub(crate) fn prepare(&self, run: &RunId, parts: Vec<ShardPart>) -> Result<Vec<ShardPart>, FnError> {
        let parts = self.in_order(run, parts)?;
        let there = self.files.list(&format!("{}-", self.prefix))?;
        let folders: HashSet<&str> = there.iter().filter_map(|path| path.strip_suffix('/')).collect();
        let taken = |number| Some(self.path(number, parts.len())).filter(|path| folders.contains(&**path));
        match (0..parts.len()).find_map(taken) {
            None => Ok(parts),
            Some(path) => {
                let message =
                    format!("{path} can't be written: a folder stands there; remove it, or write elsewhere");
                Err(FnError::new(Cause::CannotWrite, message))
            }
        }
    }

    /// Replaces what an earlier run published; does what is left of that when it is called again.
    pub(crate) fn commit(&self, run: &RunId, parts: &[ShardPart]) -> Result<String, FnError> {
        let (temp, of) = (self.temp(run), parts.len());
        let mut old = self.files.list(&format!("{}-", self.prefix))?;
        old.retain(|path| self.is_own_name(path));
        let staged: HashSet<String> = self.files.list(&format!("{temp}/"))?.into_iter().collect();
        let here = parts.iter().enumerate().map(|(number, part)| (part.path.clone(), self.path(number, of)));
        let (here, done): (Vec<_>, Vec<_>) = here.partition(|(path, _)| staged.contains(path));
        if let Some((path, name)) = done.iter().find(|(_, name)| old.binary_search(name).is_err()) {
            let message = format!("{path} is gone before it was given its name, {name}; run it again");
            return Err(FnError::new(Cause::CannotWrite, message));
        }
        if done.is_empty() {
            // Renamed and removed later: removing takes longer, and a crash in between would leave half an output.
            let folder = self.place().0.len();
            let away = |path: String| {
                let kept = format!("{temp}/old-{}", path.get(folder..).unwrap_or_default());
                (path, kept)
            };
            self.files.publish(&old.into_iter().map(away).chain(here).collect::<Vec<_>>())?;
        } else {
            // The old ones are moved away before the first new one is named.
            self.files.publish(&here)?;
        }
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

/// Writes one shard; bytes go into the file when enough are staged.
pub(crate) struct ShardWriter {
    file: Box<dyn NewFile>,
    path: String,
    shard: Shard,
    /// What follows on the bytes in the file.
    staged: Vec<u8>,
    on_disk: u64,
    header_bytes: u64,
    footer: Vec<u8>,
    /// Whether the file may hold more than `on_disk` bytes, since it could not be written, and must be cut first.
    ragged: bool,
}

impl ShardWriter {
    /// Stages what `write` appends, or fails and has not called it.
    #[inline]
    pub(crate) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), FnError> {
        if self.staged.len() >= STAGED_BYTES_MAX {
            self.spill()?;
        }
        write(&mut self.staged);
        Ok(())
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

    /// Ends the file.
    pub(crate) fn close(mut self) -> Result<ShardPart, FnError> {
        let filled = self.on_disk + self.staged.len() as u64 > self.header_bytes;
        self.staged.append(&mut self.footer);
        self.spill()?;
        self.file.finish()?;
        let Shard { worker, lane } = self.shard;
        Ok(ShardPart { worker, lane, path: self.path, bytes: self.on_disk, filled })
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
        let _claim = files.open(&id(name)).unwrap();
        let write = |(number, text): (usize, &&str)| {
            let shard = Shard { worker: number, lane: files.shards.map(|_| number) };
            let mut writer = files.writer(&id(name), shard).unwrap();
            writer.append(|bytes| bytes.extend(text.bytes())).unwrap();
            writer.close().unwrap()
        };
        let parts = texts.iter().enumerate().map(write).rev().collect();
        let prepared = files.prepare(&id(name), parts).unwrap();
        files.commit(&id(name), &prepared).unwrap()
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
    fn what_is_spilled_and_what_is_not_comes_between_header_and_footer() {
        let big = "b".repeat(STAGED_BYTES_MAX + 1);
        let table: [&[&str]; 4] = [&[], &["a"], &[&big, "b"], &["a", &big, &big, &big, "b"]];
        for texts in table {
            let folder = tempfile::tempdir().unwrap();
            let (header, footer) = (b"<".to_vec(), b">".to_vec());
            let files = ShardedFiles { header, footer, ..output(&folder, Some(1)) };
            run(&files, "1", &[&texts.concat()]);
            let want = format!("<{}>", texts.concat());
            assert!(listing(&folder) == [("words-00000-of-00001.txt".into(), want)]);
        }
    }

    #[test]
    fn a_commit_goes_on_where_an_earlier_one_stopped() {
        let texts = ["a", "b", "c"];
        // How many files the first commit had named when it stopped; more than all: it was done.
        for named in 0..=texts.len() + 1 {
            let folder = tempfile::tempdir().unwrap();
            let files = output(&folder, None);
            run(&files, "1", &["x", "y", "z"]);
            let _claim = files.open(&id("2")).unwrap();
            let write = |(worker, text): (usize, &&str)| {
                let mut writer = files.writer(&id("2"), Shard { worker, lane: None }).unwrap();
                writer.append(|bytes| bytes.extend(text.bytes())).unwrap();
                writer.close().unwrap()
            };
            let parts = files.prepare(&id("2"), texts.iter().enumerate().map(write).collect()).unwrap();
            if named > texts.len() {
                files.commit(&id("2"), &parts).unwrap();
            } else if named > 0 {
                for (number, part) in parts.iter().enumerate() {
                    fs::rename(files.path(number, 3), format!("{}/old-{number}", files.temp(&id("2"))))
                        .unwrap();
                    if number < named {
                        fs::rename(&part.path, files.path(number, 3)).unwrap();
                    }
                }
            }
            files.commit(&id("2"), &parts).unwrap();
            let want =
                texts.iter().enumerate().map(|(n, t)| (format!("words-{n:05}-of-00003.txt"), (*t).into()));
            assert_eq!(listing(&folder), want.collect::<Vec<_>>(), "{named} named");
            fs::remove_file(files.path(1, 3)).unwrap();
            let error = files.commit(&id("2"), &parts).unwrap_err();
            assert!(error.to_string().contains("1 is gone before it was given its name"), "{error}");
        }
    }

    #[test]
    fn folders_of_dead_runs_are_swept_and_those_of_live_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = output(&folder, None);
        drop(files.open(&id("dead")).unwrap());
        let longer = ShardedFiles { suffix: ".txt@x".into(), ..files.clone() };
        let of_another_name = longer.open(&id("live")).unwrap();
        let live = files.open(&id("live")).unwrap();
        let temp = |name: &str| (format!(".flumen-tmp-words.txt@{name}"), "(folder)".to_owned());
        assert_eq!(listing(&folder), [temp("live"), temp("x@live")]);
        let same_run = files.open(&id("live")).unwrap_err();
        assert!(same_run.to_string().contains("written twice in this pipeline"), "{same_run}");
        let other_run = files.open(&id("other")).unwrap_err();
        assert!(other_run.to_string().contains("another run writes to"), "{other_run}");
        assert_eq!(listing(&folder), [temp("live"), temp("x@live")]);
        drop((live, of_another_name));
        drop(files.open(&id("other")).unwrap());
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
            let error = files.open(&id("1")).err().unwrap();
            assert!(error.to_string().contains(text), "{error}");
        }
        let many = output(&folder, Some(100_000)).open(&id("1")).err().unwrap();
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
