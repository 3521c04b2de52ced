//! A file of the workspace, with its code apart from its comments, strings and tests.

use std::fmt;
use std::path::Path;

/// A text file.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the workspace's folder, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Of a Rust file: the text, as long as it was, with blanks for comments, literals and what only tests see.
    pub(crate) code: String,
}

/// A place where a rule is broken, and what to do.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.advice)
    }
}

impl Source {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let code = match path.ends_with(".rs") {
            false => String::new(),
            true if is_test(&path) => blank(&text),
            true => without_tests(&blank(&text)),
        };
        Self { path, text, code }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it is the code of a crate, and neither a test nor an example.
    pub(crate) fn is_library(&self) -> bool {
        self.is_rust()
            && !is_test(&self.path)
            && ["sdk/", "runner-local/", "runner-distributed/"]
                .iter()
                .any(|crates| self.path.starts_with(crates))
    }

    /// The names of the folders and of the file, without its ending.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').map(|name| name.split_once('.').map_or(name, |(stem, _)| stem))
    }

    pub(crate) fn finding(&self, offset: usize, advice: impl Into<String>) -> Finding {
        let before = self.text.bytes().take(offset);
        let line = 1 + before.filter(|byte| *byte == b'\n').count();
        Finding { path: self.path.clone(), line, advice: advice.into() }
    }

    /// The words of the code, with where they start.
    pub(crate) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        words(&self.code)
    }

    /// The first names of the paths under `root::` in the code, also of `root::{one, other}`.
    pub(crate) fn under(&self, root: &str) -> Vec<(usize, &str)> {
        let mut found = Vec::new();
        for (at, _) in self.words().filter(|(_, word)| *word == root) {
            let Some(rest) = self.code.get(at + root.len()..).and_then(|rest| rest.strip_prefix("::")) else {
                continue;
            };
            let start = self.code.len() - rest.len();
            match rest.strip_prefix('{') {
                Some(group) => found.extend(heads(group).map(|(inside, name)| (start + 1 + inside, name))),
                None => found
                    .extend(words(rest).next().filter(|(skipped, _)| *skipped == 0).map(|(_, w)| (start, w))),
            }
        }
        found
    }

    /// What stands before an offset of the code, without blanks between.
    pub(crate) fn before(&self, offset: usize) -> &str {
        self.code.get(..offset).unwrap_or_default().trim_end()
    }
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|name| matches!(name, "tests" | "tests.rs" | "benches"))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The words of a text, with where they start.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = text.as_ptr() as usize;
    text.split(|c| !is_word(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - start, word))
}

/// The first word of each part between the commas of a group, up to its closing brace.
fn heads(group: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut depth = 1;
    let mut starts = vec![0];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => starts.push(at + 1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    starts.into_iter().filter_map(move |start| {
        let part = group.get(start..)?.trim_start();
        let (_, word) = words(part).next().filter(|(skipped, _)| *skipped == 0)?;
        Some((group.len() - part.len(), word))
    })
}

/// Puts blanks for comments and literals; lines and offsets stay.
fn blank(text: &str) -> String {
    let mut code = text.as_bytes().to_vec();
    let mut at = 0;
    let mut in_word = false;
    while let Some(rest) = text.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
        let skip = skipped(rest, in_word).min(rest.len());
        clear(&mut code, at..at + skip);
        in_word = skip == 0 && rest.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        at += skip.max(1);
    }
    String::from_utf8_lossy(&code).into_owned()
}

fn clear(code: &mut [u8], range: std::ops::Range<usize>) {
    for byte in code.get_mut(range).into_iter().flatten().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

/// How long the comment or literal is that starts here; 0 if none does.
fn skipped(rest: &[u8], in_word: bool) -> usize {
    let up_to = |end: &[u8], from: usize| {
        rest.get(from..)
            .and_then(|tail| tail.windows(end.len()).position(|w| w == end))
            .map_or(rest.len(), |n| from + n)
    };
    match rest {
        [b'/', b'/', ..] => up_to(b"\n", 0),
        [b'/', b'*', ..] => nested(rest),
        [b'"', ..] => quoted(rest, b'"'),
        [b'b' | b'c', b'"', ..] if !in_word => 1 + quoted(rest.get(1..).unwrap_or_default(), b'"'),
        [b'b' | b'c', b'r', raw @ ..] | [b'r', raw @ ..] if !in_word => {
            let hashes = raw.iter().take_while(|byte| **byte == b'#').count();
            if raw.get(hashes) != Some(&b'"') {
                return 0;
            }
            let open = rest.len() - raw.len() + hashes + 1;
            let end: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
            up_to(&end, open) + end.len()
        }
        [b'\'', b'\\', ..] => quoted(rest, b'\''),
        // A character, unless it is a lifetime: `'x'` and not `'x`.
        [b'\'', tail @ ..] => {
            let first = tail.iter().skip(1).take_while(|byte| (0x80..0xc0).contains(*byte)).count() + 1;
            if tail.get(first) == Some(&b'\'') { first + 2 } else { 0 }
        }
        _ => 0,
    }
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut escaped = false;
    let end = rest.iter().skip(1).position(|byte| {
        let end = !escaped && *byte == quote;
        escaped = !escaped && *byte == b'\\';
        end
    });
    end.map_or(rest.len(), |end| end + 2)
}

fn nested(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        at += match tail {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        if depth == 0 {
            break;
        }
    }
    at
}

/// Puts blanks for the items under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut bytes = code.as_bytes().to_vec();
    let mut from = 0;
    while let Some(start) = code.get(from..).and_then(|rest| rest.find(MARK)).map(|found| from + found) {
        let mut depth = 0_usize;
        let item = code.bytes().enumerate().skip(start + MARK.len()).find(|(_, byte)| {
            match byte {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && matches!(byte, b'}' | b';')
        });
        from = item.map_or(code.len(), |(end, _)| end + 1);
        clear(&mut bytes, start..from);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every text file of the workspace, but what is built or hidden.
///
/// # Errors
/// A folder can't be read.
pub(crate) fn workspace(root: &Path) -> std::io::Result<Vec<Source>> {
    const BYTES_MAX: u64 = 1 << 20;
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let (entry, kind) = entry.and_then(|entry| entry.file_type().map(|kind| (entry, kind)))?;
            let name = entry.file_name();
            let hidden = name.to_string_lossy().starts_with('.') && name != ".ci" && name != ".github";
            if kind.is_dir() && !hidden && name != "target" {
                folders.push(entry.path());
            } else if kind.is_file() && !hidden && entry.metadata()?.len() <= BYTES_MAX {
                let (path, bytes) = (entry.path(), std::fs::read(entry.path())?);
                let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                found.extend(String::from_utf8(bytes).map(|text| Source::new(path, text)));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

#[test]
fn code_is_what_is_left_without_comments_literals_and_tests() {
    let text = "//! a::b\nfn x<'a>(y: &'a str) { let _ = ('\\'', 'é', \"q\\\"r\", r#\"s\"t\"#, b\"u\"); }\n\
                /* v /* w */ */ use crate::{one::A, other::{B, C}};\n\
                #[cfg(test)]\n#[allow(dead_code)]\nmod tests { fn z() {} }\nfn last() {}\n";
    let source = Source::new("a/x.rs", text);
    assert_eq!(source.code.len(), text.len());
    let words: Vec<_> = source.words().map(|(_, word)| word).collect();
    let want = "fn x a y a str let _ use crate one A other B C fn last";
    assert_eq!(words.join(" "), want);
    let under: Vec<_> =
        source.under("crate").into_iter().map(|(at, name)| (source.finding(at, "").line, name)).collect();
    assert_eq!(under, [(3, "one"), (3, "other")]);
}
