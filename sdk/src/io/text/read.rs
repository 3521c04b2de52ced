//! Lines read from files, in pieces.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::scan::{Rules, Scan};
use crate::batch::Builder;
use crate::error::{FnError, Result};
use crate::io::files::{FileInfo, FileSystem, LocalFiles};
use crate::io::{Reader, Source};

/// A piece is no smaller than this, unless there is no more.
const PIECE_BYTES_MIN: u64 = 1 << 20;
/// A piece is no larger than this.
const PIECE_BYTES_MAX: u64 = 64 << 20;
/// What opening a file costs, as bytes that could be read instead.
const OPENING_BYTES: u64 = 16 << 10;
/// A line may be so long, unless said otherwise.
const LINE_BYTES_MAX: usize = 1 << 30;

/// Reads the lines of the files that a pattern matches.
///
/// The pattern is one file's path, or has wildcards: see [`files`](crate::io::files). What ends a line is told
/// in the [module](crate::io::text).
///
/// ```
/// use flumen::{io::text, Pipeline};
/// let p = Pipeline::new();
/// let lines = p.read(text::lines("logs/2024-*/*.csv").skip_header_lines(1));
/// ```
///
/// # Errors
/// The pattern matches no file (exit code 66). A line is not UTF-8 or too long; a file has become shorter since
/// the run began (65). A file can't be read (74, 77).
///
/// # Determinism
/// Files are listed, with their sizes, when the run begins; what is added to one later is read only as far as
/// it belongs to a line that began before. Lines come in the order of the files' names on one thread, and in no
/// order on several.
///
/// # Cost
/// Large files are cut into pieces of 1 to 64 MiB that are read at the same time, and small ones are read
/// several to a piece. A line costs one copy; the longest line at hand is held in memory twice.
///
/// Implements `TextIO.Read` of Beam's Java SDK.
pub fn lines(pattern: impl Into<String>) -> Lines {
    let rules = Rules { invalid_utf8: InvalidUtf8::Fail, line_bytes_max: LINE_BYTES_MAX };
    Lines { files: &LocalFiles, pattern: pattern.into(), header_lines: 0, rules }
}

/// What becomes of a line that is not UTF-8.
///
/// ```
/// use flumen::io::text::{self, InvalidUtf8};
/// let lines = text::lines("old/*.txt").invalid_utf8(InvalidUtf8::Replace);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidUtf8 {
    /// It fails the run, and the message names the file and the byte.
    Fail,
    /// Each sequence of bytes that is no character becomes U+FFFD, as in Beam's Java SDK.
    Replace,
}

/// A source of lines; made by [`lines`].
///
/// ```
/// use flumen::io::{text, Source};
/// assert_eq!(text::lines("logs/*.txt").describe(), "logs/*.txt");
/// ```
#[derive(Clone)]
#[must_use = "give it to `read`"]
pub struct Lines {
    files: &'static dyn FileSystem,
    pattern: String,
    header_lines: usize,
    rules: Rules,
}

impl Lines {
    /// Passes over so many lines at the start of each file.
    ///
    /// # Cost
    /// Each piece of a large file reads those lines again.
    pub fn skip_header_lines(mut self, lines: usize) -> Self {
        self.header_lines = lines;
        self
    }

    /// Says what becomes of a line that is not UTF-8; it fails the run unless said otherwise.
    pub fn invalid_utf8(mut self, policy: InvalidUtf8) -> Self {
        self.rules.invalid_utf8 = policy;
        self
    }

    /// Refuses longer lines; 1 GiB unless said otherwise.
    ///
    /// For input that may be no text at all: without a line end, a file is one line, held in memory.
    pub fn line_bytes_max(mut self, bytes: usize) -> Self {
        self.rules.line_bytes_max = bytes;
        self
    }

    /// A window on the first line of a range, and the end that its lines must start before.
    fn first(&self, range: &LineRange, mut window: Vec<u8>) -> Result<(Scan, u64), FnError> {
        let LineRange { path, start, end, size } = range;
        let open = |offset, window| Scan::open(self.files, path, offset, *size, window);
        if *start == 0 || self.header_lines > 0 {
            let mut scan = open(0, window)?;
            let is_marked = scan.skip_mark()?;
            // The first line belongs to the first piece, even if that ends within the mark.
            let end =
                if is_marked && *start == 0 { (*end).max(scan.position() + 1).min(*size) } else { *end };
            for _ in 0..self.header_lines {
                scan.skip_line(u64::MAX)?;
            }
            if *start == 0 || scan.position() >= *start {
                return Ok((scan, end));
            }
            window = scan.into_window();
        }
        // If the byte before is a line end, a line starts here; else one is being cut.
        let mut scan = open(start - 1, window)?;
        scan.skip_line(*end)?;
        Ok((scan, *end))
    }
}

/// A part of a file: the lines that start in it; made by [`Lines`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineRange {
    path: String,
    start: u64,
    end: u64,
    /// How long the file was when it was listed.
    size: u64,
}

/// Cuts files into pieces of about so many bytes each; a piece may hold several small files.
fn cut(files: Vec<FileInfo>, piece_bytes: u64) -> Vec<Vec<LineRange>> {
    let piece_bytes = piece_bytes.max(1);
    let mut pieces = Vec::new();
    let mut small = Vec::new();
    let mut gathered = 0_u64;
    for FileInfo { path, size } in files {
        if size > piece_bytes {
            let parts = size.div_ceil(piece_bytes);
            let border = |part: u64| (u128::from(size) * u128::from(part) / u128::from(parts)) as u64;
            let range =
                |part| LineRange { path: path.clone(), start: border(part), end: border(part + 1), size };
            pieces.push(std::mem::take(&mut small));
            pieces.extend((0..parts).map(|part| vec![range(part)]));
            gathered = 0;
        } else if size > 0 {
            small.push(LineRange { path, start: 0, end: size, size });
            gathered += size + OPENING_BYTES;
            if gathered >= piece_bytes {
                pieces.push(std::mem::take(&mut small));
                gathered = 0;
            }
        }
    }
    pieces.push(small);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

impl Source for Lines {
    type Elem = String;
    type Piece = Vec<LineRange>;
    type Reader = LineReader;

    fn split(&self, wanted: usize) -> Result<Vec<Vec<LineRange>>> {
        let files = self.files.find(&self.pattern)?;
        let work: u64 =
            files.iter().map(|file| file.size.saturating_add(OPENING_BYTES)).fold(0, u64::saturating_add);
        let piece_bytes = work.div_ceil((wanted as u64).max(1));
        Ok(cut(files, piece_bytes.clamp(PIECE_BYTES_MIN, PIECE_BYTES_MAX)))
    }

    fn open(&self, piece: Vec<LineRange>) -> Result<LineReader> {
        Ok(LineReader { lines: self.clone(), ranges: piece.into(), open: None, window: Vec::new() })
    }

    fn size(&self) -> Result<Option<u64>> {
        let files = self.files.find(&self.pattern)?;
        Ok(Some(files.iter().map(|file| file.size).fold(0, u64::saturating_add)))
    }

    fn describe(&self) -> String {
        self.pattern.clone()
    }
}

/// Reads the lines of a piece; made by [`Lines`].
pub struct LineReader {
    lines: Lines,
    ranges: VecDeque<LineRange>,
    open: Option<OpenRange>,
    /// The memory for the next file's window.
    window: Vec<u8>,
}

/// A range that is being read.
struct OpenRange {
    range: LineRange,
    scan: Scan,
    /// What its lines must start before.
    end: u64,
    /// Where its first line starts.
    first: u64,
}

impl OpenRange {
    /// What is left of it; none if there is nothing left.
    fn rest(&self) -> Option<LineRange> {
        let at = self.scan.position();
        // The first line need not stand behind a line end, and would be taken for one that is being cut.
        let start = if at == self.first { self.range.start } else { at };
        (at < self.end).then(|| LineRange { start, ..self.range.clone() })
    }
}

impl LineReader {
    fn enter(&self, range: LineRange, window: Vec<u8>) -> Result<OpenRange, FnError> {
        let (scan, end) = self.lines.first(&range, window)?;
        Ok(OpenRange { range, first: scan.position(), scan, end })
    }

    /// The ranges that are left.
    fn left(&self) -> impl Iterator<Item = LineRange> {
        let rest = self.open.as_ref().and_then(OpenRange::rest);
        rest.into_iter().chain(self.ranges.iter().cloned())
    }
}

impl Reader for LineReader {
    type Elem = String;
    type Piece = Vec<LineRange>;

    fn fill(&mut self, batch: &mut Builder<String>) -> Result<bool> {
        loop {
            if let Some(OpenRange { scan, end, .. }) = &mut self.open
                && scan.fill(*end, &self.lines.rules, batch)?
            {
                return Ok(true);
            }
            if let Some(OpenRange { scan, .. }) = self.open.take() {
                self.window = scan.into_window();
            }
            let Some(range) = self.ranges.pop_front() else { return Ok(false) };
            let window = std::mem::take(&mut self.window);
            self.open = Some(self.enter(range, window)?);
        }
    }

    fn rest(&self) -> Vec<LineRange> {
        self.left().collect()
    }

    /// The file and the byte where the next line starts.
    fn position(&self) -> String {
        if let Some(OpenRange { range, scan, end, .. }) = &self.open
            && scan.position() < *end
        {
            return format!("{}, byte {}", range.path, scan.position());
        }
        // A range that has not been opened yet may begin with a header, or within a line.
        for range in &self.ranges {
            match self.enter(range.clone(), Vec::new()) {
                Ok(OpenRange { first, end, .. }) if first >= end => {}
                Ok(OpenRange { first, .. }) => return format!("{}, byte {first}", range.path),
                Err(_) => return format!("{}, byte {}", range.path, range.start),
            }
        }
        "the end".into()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::batch::{BATCH_BYTES_MAX, BATCH_ROWS_MAX, Buffers};
    use crate::element::Column;
    use crate::error::Cause;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn file(&self, name: &str, bytes: &[u8]) -> String {
            let path = self.0.path().join(name);
            fs::write(&path, bytes).unwrap();
            path.to_str().unwrap().into()
        }
    }

    /// Reads ranges to the end; holds the limits of each batch.
    fn read(source: &Lines, piece: Vec<LineRange>) -> Result<Vec<String>> {
        let mut reader = source.open(piece)?;
        let (mut builder, mut buffers, mut all) = (Builder::default(), Buffers::new(), Vec::new());
        let mut more = true;
        while more {
            more = reader.fill(&mut builder)?;
            assert!(!more || builder.is_full());
            let Some(batch) = builder.close(&mut buffers) else { continue };
            let column = batch.column::<String>().unwrap();
            let last = column.get(column.len() - 1).unwrap().len();
            assert!(column.len() <= BATCH_ROWS_MAX && column.bytes() - last < BATCH_BYTES_MAX);
            all.extend(column.iter().map(str::to_owned));
        }
        Ok(all)
    }

    fn read_in_pieces(source: &Lines, piece_bytes: u64) -> Result<Vec<String>> {
        let pieces = cut(source.files.find(&source.pattern)?, piece_bytes);
        let read: Result<Vec<Vec<String>>> = pieces.into_iter().map(|piece| read(source, piece)).collect();
        Ok(read?.concat())
    }

    fn read_all(source: &Lines) -> Result<Vec<String>> {
        read_in_pieces(source, u64::MAX)
    }

    #[test]
    fn line_ends() {
        let table: [(&str, &[&str]); 16] = [
            ("", &[]),
            ("a", &["a"]),
            ("a\n", &["a"]),
            ("a\nb", &["a", "b"]),
            ("a\rb\r", &["a", "b"]),
            ("a\r\nb\r\n", &["a", "b"]),
            ("\n", &[""]),
            ("\r", &[""]),
            ("\r\n", &[""]),
            ("\n\r", &["", ""]),
            ("\r\r\n\n", &["", "", ""]),
            ("a\n\nb\r\r\r\nc", &["a", "", "b", "", "", "c"]),
            ("\u{feff}a\nb", &["a", "b"]),
            ("\u{feff}", &[]),
            ("\u{feff}\n", &[""]),
            ("a\n\u{feff}b", &["a", "\u{feff}b"]),
        ];
        let folder = Folder::new();
        for (text, want) in table {
            assert_eq!(read_all(&lines(folder.file("a", text.as_bytes()))).unwrap(), want, "{text:?}");
        }
    }

    #[test]
    fn every_line_is_read_once_whatever_the_pieces() {
        let folder = Folder::new();
        // All texts of up to five such characters, and some longer ones.
        let mut texts = vec![String::new()];
        let mut last = texts.clone();
        for _ in 0..5 {
            last = last.iter().flat_map(|text| ["a", "\r", "\n"].map(|c| format!("{text}{c}"))).collect();
            texts.extend(last.iter().cloned());
        }
        texts.extend(
            ["a\r\nbc\r\n\r\n\ré\nd\r", "long first line\r\nb\nc", "\n\n\n\n\n\n\n"].map(String::from),
        );
        let marked: Vec<String> =
            texts.iter().filter(|t| t.len() != 4).map(|t| format!("\u{feff}{t}")).collect();
        texts.extend(marked);
        for text in texts {
            let path = folder.file("a", text.as_bytes());
            let whole = read_all(&lines(&path)).unwrap();
            let plain = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
            let mut want: Vec<&str> = plain.split('\n').collect();
            if want.last() == Some(&"") {
                want.pop();
            }
            assert_eq!(whole, want, "{text:?}");
            for header in 0..3 {
                let source = lines(&path).skip_header_lines(header);
                let want = whole.get(header..).unwrap_or_default();
                for piece_bytes in 1..=text.len() as u64 {
                    let found = read_in_pieces(&source, piece_bytes).unwrap();
                    assert_eq!(found, want, "{text:?} in pieces of {piece_bytes}, {header} header lines");
                }
            }
        }
    }

    #[test]
    fn windows_and_batches_end_anywhere() {
        let folder = Folder::new();
        // A line end, and a character of two bytes, on each side of the border of the first window.
        for shift in 0..4 {
            for end in ["\n", "\r", "\r\n"] {
                let first = "x".repeat((256 << 10) - 3 + shift);
                let text = format!("{first}{end}é{end}{end}last");
                let source = lines(folder.file("a", text.as_bytes()));
                assert!(read_all(&source).unwrap() == [&first, "é", "", "last"], "{shift} {end:?}");
                assert!(read_in_pieces(&source, 100_000).unwrap() == [&first, "é", "", "last"]);
            }
        }
        let many: String = (0..100_000).map(|n| format!("{n}\n")).collect();
        let found = read_in_pieces(&lines(folder.file("a", many.as_bytes())), 50_000).unwrap();
        assert!(found.iter().enumerate().all(|(n, line)| *line == n.to_string()) && found.len() == 100_000);
    }

    #[test]
    fn long_lines() {
        let folder = Folder::new();
        let long = vec![b'x'; 100_000_000];
        let path = folder.file("a", &[b"a\n", long.as_slice(), b"\nb\n"].concat());
        let found = read_all(&lines(&path)).unwrap();
        assert_eq!(found.iter().map(String::len).collect::<Vec<_>>(), [1, long.len(), 1]);
        for limit in [1, 1000, 1_000_000] {
            let error = read_all(&lines(&path).line_bytes_max(limit)).unwrap_err();
            assert!(
                error.to_string().contains(&format!("a, byte 2: a line of more than {limit} bytes")),
                "{error}"
            );
        }
        assert!(read_all(&lines(folder.file("b", b"abc\nabcd")).line_bytes_max(3)).is_err());
        assert!(read_all(&lines(folder.file("b", b"abc\r\nabc")).line_bytes_max(3)).is_ok());
    }

    #[test]
    fn what_is_not_utf8_is_told_or_replaced() {
        let folder = Folder::new();
        let long = "y".repeat(300 << 10);
        let table: [(&[u8], &str, &[&str]); 4] = [
            (
                b"ok\nb\xffd\nok",
                "byte 4: not UTF-8, in the line that starts at byte 3",
                &["ok", "b\u{fffd}d", "ok"],
            ),
            (b"\xc3\n\xa9", "byte 0:", &["\u{fffd}", "\u{fffd}"]),
            (b"a\r\n\xe2\x82", "byte 3:", &["a", "\u{fffd}"]),
            (&[long.as_bytes(), b"\xc3"].concat(), "byte 307200:", &[&format!("{long}\u{fffd}")]),
        ];
        for (bytes, text, replaced) in table {
            let source = lines(folder.file("a", bytes));
            let error = FnError::from_error(read_all(&source).unwrap_err());
            assert!(error.to_string().contains(text), "{error}");
            assert_eq!(error.cause(), Cause::BadData);
            assert!(read_all(&source.invalid_utf8(InvalidUtf8::Replace)).unwrap() == replaced);
        }
    }

    #[test]
    fn a_file_that_gets_shorter_is_told() {
        let folder = Folder::new();
        let path = folder.file("a", b"one\ntwo\nthree\n");
        let source = lines(&path);
        for piece_bytes in [100, 5] {
            fs::write(&path, "one\ntwo\nthree\n").unwrap();
            let pieces = cut(source.files.find(&path).unwrap(), piece_bytes);
            fs::write(&path, "one\n").unwrap();
            let error = pieces.into_iter().map(|piece| read(&source, piece)).find_map(Result::err).unwrap();
            assert!(error.to_string().contains("a ends at byte 4, but held 14 bytes"), "{error}");
        }
    }

    #[test]
    fn pieces_are_neither_too_many_nor_too_large() {
        let file = |size| FileInfo { path: format!("{size}"), size };
        let sizes = |files: Vec<FileInfo>, bytes| -> Vec<Vec<u64>> {
            let of = |piece: Vec<LineRange>| piece.iter().map(|range| range.end - range.start).collect();
            cut(files, bytes).into_iter().map(of).collect()
        };
        assert_eq!(sizes(vec![file(0), file(0)], 10), [[0; 0]; 0]);
        assert_eq!(sizes(vec![file(25)], 10), [[8], [8], [9]]);
        assert_eq!(
            sizes(vec![file(5), file(25), file(0), file(6)], 24),
            [vec![5], vec![12], vec![13], vec![6]]
        );
        let tiny = (0..10_000).map(|_| file(10)).collect();
        let pieces = sizes(tiny, 1 << 20);
        assert!(pieces.len() < 200 && pieces.iter().all(|piece| piece.len() < 100), "{}", pieces.len());
        assert_eq!(cut(vec![file(u64::MAX)], u64::MAX / 2).last().unwrap()[0].end, u64::MAX);
    }
}
