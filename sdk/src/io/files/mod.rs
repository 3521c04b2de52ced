//! Files of this machine, behind a trait that object stores can stand behind too.
//!
//! # Patterns
//! A pattern names files as Beam's do:
//!
//! - `*` stands for any characters within a folder's or file's name, `?` for one, and `[a-c]` for one of a class
//!   (`[!a-c]` for one that is not in it);
//! - `**` stands for any characters, across folders: `logs/**.txt` is every such file under `logs`, and
//!   `logs/**/day.txt` is one at least one folder further down;
//! - a backslash takes its meaning from the character after it;
//! - names that begin with a dot are matched like others, but for those that begin with `.flumen-tmp-`, where runs
//!   that are alive or have died keep what is not published; a comma is a part of a name; `~` is not expanded.
//!
//! A pattern without these characters is one file, and so is a pattern that is, character for character, the
//! name of a file. Folders, and what is no regular file, are passed over. A link to a folder is followed, but
//! not where it leads back to a folder that it stands in.

mod local;
mod pattern;
mod sharded;

use std::any::Any;
use std::io::{self, ErrorKind, Read};

use crate::error::{Cause, FnError};

pub use local::LocalFiles;
pub(crate) use sharded::{ShardPart, ShardWriter, ShardedFiles};

/// What the folders begin with in which runs keep what is not published.
const TEMP_PREFIX: &str = ".flumen-tmp-";

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileInfo {
    /// Its path, as the pattern that found it would write it.
    pub path: String,
    /// How many bytes it held when it was found.
    pub size: u64,
}

/// Whether a folder could be claimed.
#[must_use]
pub enum Claim {
    /// It is claimed for as long as this lives; it ends with the process at the latest.
    Held(Box<dyn Any + Send>),
    /// Someone else who is alive holds it.
    Taken,
}

/// Where files are: found by pattern, read from any offset, written anew, and renamed.
///
/// For connectors to files; a pipeline names files by pattern and needs none of it. Paths are text, with `/`
/// between folders. Every error names the path.
///
/// ```
/// use std::io::Read;
/// use flumen::io::files::{FileSystem, LocalFiles};
///
/// let folder = tempfile::tempdir()?;
/// let path = format!("{}/a.txt", folder.path().display());
/// let mut file = LocalFiles.create(&path)?;
/// file.append(b"to be")?;
/// file.finish()?;
///
/// let found = LocalFiles.find(&format!("{}/*.txt", folder.path().display()))?;
/// assert_eq!((found.len(), found[0].size), (1, 5));
/// let mut text = String::new();
/// LocalFiles.read(&path, 3)?.read_to_string(&mut text)?;
/// assert_eq!(text, "be");
/// # Ok::<(), flumen::BoxError>(())
/// ```
///
/// Implements `FileSystem` of Beam's Java SDK.
pub trait FileSystem: Send + Sync + 'static {
    /// The files that a pattern matches, sorted by path, each once.
    ///
    /// # Errors
    /// It matches none ([`Cause::InputMissing`]); a folder can't be listed.
    fn find(&self, pattern: &str) -> Result<Vec<FileInfo>, FnError>;

    /// Opens a file for reading from an offset.
    ///
    /// # Errors
    /// It is missing or can't be read.
    fn read(&self, path: &str, offset: u64) -> Result<Box<dyn Read + Send>, FnError>;

    /// Makes a file, and the folder it stands in; a file of that name is replaced.
    ///
    /// # Errors
    /// It can't be written.
    fn create(&self, path: &str) -> Result<Box<dyn NewFile>, FnError>;

    /// The files whose path begins with `prefix` and goes on without a `/`, and the folders, which end in one;
    /// sorted.
    ///
    /// # Errors
    /// The folder can't be listed; a missing folder holds nothing.
    fn list(&self, prefix: &str) -> Result<Vec<String>, FnError>;

    /// Gives finished files their final names, in order, and makes the names last.
    ///
    /// Each rename is atomic, all of them together are not.
    ///
    /// # Errors
    /// One can't be renamed, or the names can't be made to last; then those that were given are taken back, the last
    /// one first, as far as that goes.
    fn publish(&self, renames: &[(String, String)]) -> Result<(), FnError>;

    /// Removes a file, or a folder with all that is in it; what is missing already is no error.
    ///
    /// # Errors
    /// It can't be removed.
    fn remove(&self, path: &str) -> Result<(), FnError>;

    /// Makes a folder, if it is missing, and claims it.
    ///
    /// # Errors
    /// The folder can't be made or written to.
    fn claim(&self, folder: &str) -> Result<Claim, FnError>;
}

/// A file that is being written; made by [`FileSystem::create`].
pub trait NewFile: Send {
    /// Adds bytes at the end.
    ///
    /// # Errors
    /// They can't be written.
    fn append(&mut self, bytes: &[u8]) -> Result<(), FnError>;

    /// Throws away all but the first `length` bytes.
    ///
    /// # Errors
    /// The file can't be cut.
    fn truncate(&mut self, length: u64) -> Result<(), FnError>;

    /// Makes all that was written last, even if the machine stops.
    ///
    /// # Errors
    /// It can't be written.
    fn finish(&mut self) -> Result<(), FnError>;
}

/// The failure of reading a path.
pub(crate) fn cannot_read(path: &str, error: &io::Error) -> FnError {
    let cause = match error.kind() {
        ErrorKind::NotFound => Cause::InputMissing,
        ErrorKind::PermissionDenied => Cause::Permission,
        _ => Cause::Io,
    };
    FnError::new(cause, format!("{path} can't be read: {error}"))
}

/// The failure of writing a path.
pub(crate) fn cannot_write(path: &str, error: &io::Error) -> FnError {
    let cause = match error.kind() {
        ErrorKind::PermissionDenied => Cause::Permission,
        _ => Cause::CannotWrite,
    };
    let hint = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; make room there, or write elsewhere",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "; a file stands where a folder is needed",
        ErrorKind::NotFound => "; the folder can't be made",
        ErrorKind::PermissionDenied => "; write elsewhere, or get the right to write there",
        _ => "",
    };
    FnError::new(cause, format!("{path} can't be written: {error}{hint}"))
}
