//! The files of this machine.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::pattern::{Pattern, Places};
use super::{Claim, FileInfo, FileSystem, NewFile, TEMP_PREFIX, cannot_read, cannot_write};
use crate::error::{Cause, FnError};

/// The file in a claimed folder that is locked.
const LOCK: &str = "lock";
/// How often a claim is tried again when the folder is removed under it.
const CLAIMS_MAX: usize = 8;

/// The files of this machine.
///
/// For connectors; a pipeline names files by pattern. Relative paths start at the working directory.
///
/// ```
/// use flumen::error::Cause;
/// use flumen::io::files::{FileSystem, LocalFiles};
/// let missing = LocalFiles.find("no-such-folder/*.txt").unwrap_err();
/// assert_eq!(missing.cause(), Cause::InputMissing);
/// ```
///
/// Implements `LocalFileSystem` of Beam's Java SDK.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalFiles;

impl FileSystem for LocalFiles {
    fn find(&self, pattern: &str) -> Result<Vec<FileInfo>, FnError> {
        if pattern.is_empty() {
            let message = "the pattern of the input is empty; name a file, or a pattern such as `logs/*.txt`";
            return Err(FnError::new(Cause::InputMissing, message));
        }
        let parsed = Pattern::parse(pattern);
        match (fs::metadata(pattern), &parsed) {
            (Ok(meta), _) if meta.is_file() => {
                return Ok(vec![FileInfo { path: pattern.into(), size: meta.len() }]);
            }
            (Ok(meta), None) => return Err(not_a_file(pattern, &meta)),
            (Err(error), None) if error.kind() != ErrorKind::NotFound => {
                return Err(cannot_read(pattern, &error));
            }
            _ => {}
        }
        let mut found = Vec::new();
        if let Some(parsed) = &parsed {
            walk(parsed, &parsed.base, &parsed.start(), &mut found)?;
        }
        if found.is_empty() {
            return Err(FnError::new(
                Cause::InputMissing,
                format!("`{pattern}` matches no file; {}", why(pattern)),
            ));
        }
        found.sort();
        Ok(found)
    }

    fn read(&self, path: &str, offset: u64) -> Result<Box<dyn Read + Send>, FnError> {
        let open = || {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(offset))?;
            Ok(file)
        };
        let file = open().map_err(|e: io::Error| cannot_read(path, &e))?;
        Ok(Box::new(file))
    }

    fn create(&self, path: &str) -> Result<Box<dyn NewFile>, FnError> {
        let create = || {
            fs::create_dir_all(parent(path))?;
            File::create(path)
        };
        let file = create().map_err(|e| cannot_write(path, &e))?;
        Ok(Box::new(LocalFile { path: path.into(), file }))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, FnError> {
        let (folder, start) = prefix.split_at(prefix.rfind('/').map_or(0, |slash| slash + 1));
        let mut found = Vec::new();
        for entry in entries(folder)? {
            // A name that is not text can't begin as asked and matter.
            if let Some(name) = entry.file_name().to_str().filter(|name| name.starts_with(start)) {
                let end = if entry.file_type().is_ok_and(|kind| kind.is_dir()) { "/" } else { "" };
                found.push(format!("{folder}{name}{end}"));
            }
        }
        found.sort();
        Ok(found)
    }

    fn publish(&self, renames: &[(String, String)]) -> Result<(), FnError> {
        let mut done = 0;
        let mut publish = || {
            for (from, to) in renames {
                fs::rename(from, to).map_err(|e| cannot_write(to, &e))?;
                done += 1;
            }
            let mut folders: Vec<&Path> = renames.iter().map(|(_, to)| parent(to)).collect();
            folders.dedup();
            folders.into_iter().try_for_each(|folder| {
                sync_folder(folder).map_err(|e| cannot_write(&folder.display().to_string(), &e))
            })
        };
        let published = publish();
        if published.is_err() {
            // What can't be taken back stays, and what was renamed before it; the error to tell is the first one.
            let _ = renames.iter().take(done).rev().try_for_each(|(from, to)| fs::rename(to, from));
        }
        published
    }

    fn remove(&self, path: &str) -> Result<(), FnError> {
        let remove = || {
            if fs::symlink_metadata(path)?.is_dir() {
                fs::remove_dir_all(path)
            } else {
                fs::remove_file(path)
            }
        };
        match remove() {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(cannot_write(path, &error)),
            _ => Ok(()),
        }
    }

    fn claim(&self, folder: &str) -> Result<Claim, FnError> {
        let path = Path::new(folder).join(LOCK);
        // The folder itself is a hidden one, which the user has never heard of.
        let refused = |error: &io::Error| cannot_write(&parent(folder).display().to_string(), error);
        let mut gone = None;
        for _ in 0..CLAIMS_MAX {
            let open = || {
                fs::create_dir_all(folder)?;
                OpenOptions::new().create(true).truncate(false).write(true).open(&path)
            };
            let file = match open() {
                // Removed by another between the two calls.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    gone = Some(error);
                    continue;
                }
                other => other.map_err(|e| refused(&e))?,
            };
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => return Ok(Claim::Held(Box::new(file))),
                // Removed by another before it was locked: the lock is of no use.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Claim::Taken),
                Err(TryLockError::Error(error)) => {
                    return Err(cannot_write(&path.display().to_string(), &error));
                }
            }
        }
        gone.map_or(Ok(Claim::Taken), |error| Err(refused(&error)))
    }
}

/// Whether an open file still stands at a path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |meta: io::Result<Metadata>| meta.ok().map(|meta| (meta.dev(), meta.ino()));
    id(file.metadata()).is_some_and(|own| id(fs::metadata(path)) == Some(own))
}

/// Whether an open file still stands at a path.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Makes the names in a folder last.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The folder that a path stands in.
fn parent(path: &str) -> &Path {
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// What is in a folder; nothing if it is missing.
fn entries(folder: &str) -> Result<Vec<fs::DirEntry>, FnError> {
    let path = if folder.is_empty() { "." } else { folder };
    let told = |e| cannot_read(path, &e);
    match fs::read_dir(path) {
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(Vec::new()),
        entries => entries.map_err(told)?.map(|entry| entry.map_err(told)).collect(),
    }
}

/// Adds the files under a folder that a pattern matches.
fn walk(pattern: &Pattern, folder: &str, places: &Places, found: &mut Vec<FileInfo>) -> Result<(), FnError> {
    for entry in entries(folder)? {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(TEMP_PREFIX) {
            continue;
        }
        let Some(after) = pattern.follow(places, &name.to_string_lossy()) else { continue };
        let path = format!("{folder}{}", name.to_string_lossy());
        let meta = match fs::metadata(entry.path()) {
            // A link that leads nowhere, or a file that has just been removed.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            meta => meta.map_err(|e| cannot_read(&path, &e))?,
        };
        let inside = pattern.follow(&after, "/").filter(|_| meta.is_dir() && !leads_back(&entry));
        let is_wanted = meta.is_file() && pattern.is_end(&after);
        if name.to_str().is_none() && (is_wanted || inside.is_some()) {
            let message = format!("{path}: a name must be UTF-8; rename it, or choose another pattern");
            return Err(FnError::new(Cause::BadData, message));
        }
        if is_wanted {
            found.push(FileInfo { path, size: meta.len() });
        } else if let Some(inside) = inside {
            walk(pattern, &format!("{path}/"), &inside, found)?;
        }
    }
    Ok(())
}

/// Whether an entry is a link to a folder that it stands in.
fn leads_back(entry: &fs::DirEntry) -> bool {
    let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
    let stands_in = || entry.path().parent().and_then(|folder| fs::canonicalize(folder).ok());
    let target = || fs::canonicalize(entry.path()).ok();
    is_link && stands_in().zip(target()).is_none_or(|(folder, target)| folder.starts_with(target))
}

fn not_a_file(path: &str, meta: &Metadata) -> FnError {
    let message = if meta.is_dir() {
        format!("{path} is a folder; to read the files in it, write `{}/*`", path.trim_end_matches('/'))
    } else {
        format!("{path} is no regular file, so it can't be cut into pieces and read again; copy it into one")
    };
    FnError::new(Cause::InputMissing, message)
}

/// What may be wrong with a pattern that matches nothing.
fn why(pattern: &str) -> String {
    let base = Pattern::parse(pattern).map(|parsed| parsed.base);
    let folder = base.as_deref().map_or_else(|| parent(pattern), Path::new);
    if pattern.starts_with('~') {
        "`~` is not expanded: write the home folder's path".into()
    } else if !folder.as_os_str().is_empty() && !folder.is_dir() {
        format!("there is no folder `{}`", folder.display())
    } else if pattern.contains(',') {
        "a comma is a part of a name here: read several patterns one by one, and flatten".into()
    } else {
        "check the path, and the folder that it starts from".into()
    }
}

/// A file that is being written.
struct LocalFile {
    path: String,
    file: File,
}

impl NewFile for LocalFile {
    fn append(&mut self, bytes: &[u8]) -> Result<(), FnError> {
        self.file.write_all(bytes).map_err(|e| cannot_write(&self.path, &e))
    }

    fn truncate(&mut self, length: u64) -> Result<(), FnError> {
        let cut = self.file.set_len(length).and_then(|()| self.file.seek(SeekFrom::Start(length)));
        cut.map(drop).map_err(|e| cannot_write(&self.path, &e))
    }

    fn finish(&mut self) -> Result<(), FnError> {
        self.file.sync_all().map_err(|e| cannot_write(&self.path, &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let root = folder.path().to_str().unwrap().to_owned();
        (folder, root)
    }

    #[test]
    fn patterns_find_files() {
        let (_keep, root) = folder(&[
            "b.txt",
            "a.txt",
            ".h.txt",
            "a,b.csv",
            "x/a.txt",
            "x/y/z/a.txt",
            "l[1].log",
            "l1.log",
            "d.txt/in",
        ]);
        let table: [(&str, &[&str]); 12] = [
            ("*.txt", &[".h.txt", "a.txt", "b.txt"]),
            ("?.txt", &["a.txt", "b.txt"]),
            ("[b-z].txt", &["b.txt"]),
            ("*/a.txt", &["x/a.txt"]),
            ("**/a.txt", &["x/a.txt", "x/y/z/a.txt"]),
            ("**a.txt", &["a.txt", "x/a.txt", "x/y/z/a.txt"]),
            ("x/**", &["x/a.txt", "x/y/z/a.txt"]),
            ("x/a.txt", &["x/a.txt"]),
            ("a,b.csv", &["a,b.csv"]),
            ("a,*", &["a,b.csv"]),
            ("l[1].log", &["l[1].log"]),
            ("l[12].log", &["l1.log"]),
        ];
        for (pattern, want) in table {
            let found = LocalFiles.find(&format!("{root}/{pattern}")).unwrap();
            let want: Vec<String> = want.iter().map(|file| format!("{root}/{file}")).collect();
            assert_eq!(found.iter().map(|file| file.path.clone()).collect::<Vec<_>>(), want, "{pattern}");
            assert!(found.iter().all(|file| file.size == (file.path.len() - root.len() - 1) as u64));
        }
    }

    #[test]
    fn what_is_not_found_is_told() {
        let (_keep, root) = folder(&["a.txt"]);
        let table = [
            (String::new(), "the pattern of the input is empty"),
            (format!("{root}/*.csv"), "matches no file; check the path"),
            (format!("{root}/b.txt"), "matches no file"),
            (format!("{root}/no/*.txt"), "there is no folder"),
            (root.clone(), "is a folder; to read the files in it"),
            ("~/no.txt".into(), "`~` is not expanded"),
            (format!("{root}/a.txt,b*"), "a comma is a part of a name"),
        ];
        for (pattern, text) in table {
            let error = LocalFiles.find(&pattern).unwrap_err();
            assert_eq!(error.cause(), Cause::InputMissing);
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn a_full_disk_is_told_with_the_path() {
        let error = cannot_write("out/a.txt", &io::Error::from(ErrorKind::StorageFull));
        assert_eq!(error.cause(), Cause::CannotWrite);
        let text = error.to_string();
        assert!(
            text.starts_with("out/a.txt can't be written") && text.ends_with("write elsewhere"),
            "{text}"
        );
    }

    #[test]
    fn names_are_taken_back_when_one_cannot_be_given() {
        let (_keep, root) = folder(&["new-0", "new-1", "old-0", "out-1/in"]);
        let path = |name: &str| format!("{root}/{name}");
        let renames =
            [("old-0", "away-0"), ("new-0", "old-0"), ("new-1", "out-1")].map(|(a, b)| (path(a), path(b)));
        let error = LocalFiles.publish(&renames).unwrap_err();
        assert!(error.to_string().contains("out-1 can't be written"), "{error}");
        for name in ["new-0", "new-1", "old-0"] {
            assert_eq!(fs::read_to_string(path(name)).unwrap(), name);
        }
        assert!(!Path::new(&path("away-0")).exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles() {
        let (_keep, root) = folder(&["x/y/a.txt"]);
        for (target, link) in
            [("..", "x/up"), ("x/y", "side"), ("nowhere", "broken"), ("x/y/a.txt", "file.txt")]
        {
            std::os::unix::fs::symlink(target, format!("{root}/{link}")).unwrap();
        }
        let found = LocalFiles.find(&format!("{root}/**")).unwrap();
        let names: Vec<&str> = found.iter().map(|file| &file.path[root.len() + 1..]).collect();
        assert_eq!(names, ["file.txt", "side/a.txt", "x/y/a.txt"]);
    }

    #[test]
    fn a_folder_is_claimed_once_at_a_time() {
        let (_keep, root) = folder(&[]);
        let place = format!("{root}/claimed");
        let held = LocalFiles.claim(&place).unwrap();
        assert!(matches!(LocalFiles.claim(&place).unwrap(), Claim::Taken));
        drop(held);
        assert!(matches!(LocalFiles.claim(&place).unwrap(), Claim::Held(_)));
        assert_eq!(LocalFiles.list(&format!("{root}/cl")).unwrap(), [format!("{place}/")]);
        assert_eq!(LocalFiles.list(&format!("{place}/l")).unwrap(), [format!("{place}/lock")]);
        LocalFiles.remove(&place).unwrap();
        LocalFiles.remove(&place).unwrap();
        assert_eq!(LocalFiles.list(&format!("{root}/")).unwrap(), [""; 0]);
    }
}
