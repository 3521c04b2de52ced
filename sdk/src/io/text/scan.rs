//! The lines of a file, found in a window that moves over it.

use std::io::{ErrorKind, Read};

use memchr::{memchr2, memrchr2};

use crate::batch::{BATCH_BYTES_MAX, Builder};
use crate::element::Column;
use crate::error::{Cause, FnError};
use crate::io::files::{FileSystem, cannot_read};

use super::InvalidUtf8;

/// How much of a file is read at a time.
const WINDOW_BYTES: usize = 256 << 10;
const LINE_END_BYTES_MAX: usize = 2;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a reader of lines does with odd ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) invalid_utf8: InvalidUtf8,
    pub(super) line_bytes_max: usize,
}

/// A window on a file, at the start of a line.
pub(super) struct Scan {
    path: String,
    input: Box<dyn Read + Send>,
    /// The window; as long as there is room.
    window: Vec<u8>,
    /// Where in the file the window starts.
    offset: u64,
    /// Where in the window the next line starts.
    at: usize,
    /// How much of the window is filled.
    filled: usize,
    /// Up to where no line end has been found; not before `at`.
    searched: usize,
    /// Whether the window ends where the file does.
    at_end: bool,
    /// How long the file was when it was listed.
    size: u64,
    /// By line: where it starts in the window, and where it ends, without its line end.
    found: Vec<(usize, usize)>,
}

impl Scan {
    /// A window on a file from an offset, which stands for the start of a line, in the memory of an earlier one.
    pub(super) fn open(
        files: &dyn FileSystem,
        path: &str,
        offset: u64,
        size: u64,
        mut window: Vec<u8>,
    ) -> Result<Self, FnError> {
        window.resize(WINDOW_BYTES, 0);
        Ok(Self {
            path: path.into(),
            input: files.read(path, offset)?,
            window,
            offset,
            at: 0,
            filled: 0,
            searched: 0,
            at_end: false,
            size,
            found: Vec::new(),
        })
    }

    /// The memory of the window, for the next file.
    pub(super) fn into_window(self) -> Vec<u8> {
        self.window
    }

    /// Where in the file the next line starts.
    pub(super) fn position(&self) -> u64 {
        self.offset + self.at as u64
    }

    /// Passes over a byte order mark at the start of the file; says whether there was one.
    pub(super) fn skip_mark(&mut self) -> Result<bool, FnError> {
        while self.filled < BYTE_ORDER_MARK.len() && !self.at_end {
            self.read_on(usize::MAX)?;
        }
        let is_marked = self.window.starts_with(BYTE_ORDER_MARK) && self.filled >= BYTE_ORDER_MARK.len();
        if is_marked {
            self.at = BYTE_ORDER_MARK.len();
            self.searched = self.at;
        }
        Ok(is_marked)
    }

    /// Passes over a line, or over what is left of one; stops early once it has come to `end`.
    pub(super) fn skip_line(&mut self, end: u64) -> Result<(), FnError> {
        while self.position() < end {
            match self.next_line() {
                Some((_, next)) => {
                    self.at = next;
                    self.searched = next;
                    return Ok(());
                }
                None if self.at_end => {
                    self.at = self.filled;
                    self.searched = self.filled;
                    return Ok(());
                }
                None => {
                    // What has been searched need not be kept.
                    self.at = self.searched;
                    self.read_on(usize::MAX)?;
                }
            }
        }
        Ok(())
    }

    /// Adds lines that start before `end`, until the batch is full or there are none; `false` then.
    pub(super) fn fill(
        &mut self,
        end: u64,
        rules: &Rules,
        batch: &mut Builder<String>,
    ) -> Result<bool, FnError> {
        while !batch.is_full() {
            self.find(end, batch.room(), BATCH_BYTES_MAX.saturating_sub(batch.column().bytes()));
            if self.found.is_empty() {
                if self.position() >= end || self.at_end && self.at == self.filled {
                    return Ok(false);
                }
                if self.at_end {
                    // The last line has no end.
                    self.found.push((self.at, self.filled));
                    self.at = self.filled;
                } else {
                    self.check_length(self.filled - self.at, self.position(), rules)?;
                    self.read_on(rules.line_bytes_max)?;
                }
            }
            self.put(rules, batch)?;
        }
        Ok(true)
    }

    /// Finds whole lines in the window: those that start before `end`, at most `rows`, and until they have `bytes`.
    fn find(&mut self, end: u64, rows: usize, bytes: usize) {
        self.found.clear();
        let stop = usize::try_from(end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let mut gathered = 0;
        while self.found.len() < rows && gathered < bytes && self.at < stop {
            let Some((line_end, next)) = self.next_line() else { return };
            self.found.push((self.at, line_end));
            gathered += line_end - self.at;
            self.at = next;
            self.searched = next;
        }
    }

    /// Where the line at hand ends and the next one starts; none if the window does not hold that.
    #[inline]
    fn next_line(&mut self) -> Option<(usize, usize)> {
        let window = self.window.get(..self.filled)?;
        let Some(length) = memchr2(b'\n', b'\r', window.get(self.searched..)?) else {
            self.searched = self.filled;
            return None;
        };
        let end = self.searched + length;
        let next = end + 1;
        if window.get(end) == Some(&b'\n') {
            return Some((end, next));
        }
        match window.get(next) {
            Some(b'\n') => Some((end, next + 1)),
            Some(_) => Some((end, next)),
            None if self.at_end => Some((end, next)),
            // Whether a `\n` follows is not known yet.
            None => {
                self.searched = end;
                None
            }
        }
    }

    /// Moves the window on to the line at hand and reads more; the window grows if the line fills it.
    fn read_on(&mut self, line_bytes_max: usize) -> Result<(), FnError> {
        self.window.copy_within(self.at..self.filled, 0);
        self.offset += self.at as u64;
        self.filled -= self.at;
        self.searched -= self.at;
        self.at = 0;
        if self.filled == self.window.len() {
            // Room to see that the line is too long, and no more.
            let enough = line_bytes_max.saturating_add(LINE_END_BYTES_MAX);
            self.window.resize((2 * self.filled).min(enough).max(self.filled + 1), 0);
        } else if self.window.len() > WINDOW_BYTES && self.filled < WINDOW_BYTES {
            self.window.truncate(WINDOW_BYTES);
            self.window.shrink_to_fit();
        }
        let room = self.window.get_mut(self.filled..).unwrap_or_default();
        let read = loop {
            match self.input.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read.map_err(|e| cannot_read(&self.path, &e))?,
            }
        };
        self.filled += read;
        self.at_end = read == 0;
        let length = self.offset + self.filled as u64;
        if self.at_end && length < self.size {
            let message = format!(
                "{} ends at byte {length}, but held {} bytes when the run began; don't change files while they are read",
                self.path, self.size
            );
            return Err(FnError::new(Cause::BadData, message));
        }
        Ok(())
    }

    fn check_length(&self, length: usize, start: u64, rules: &Rules) -> Result<(), FnError> {
        if length <= rules.line_bytes_max {
            return Ok(());
        }
        let message = format!(
            "{}, byte {start}: a line of more than {} bytes starts here; is this a text file? \
             If so, allow for it by `.line_bytes_max(n)`",
            self.path, rules.line_bytes_max
        );
        Err(FnError::new(Cause::BadData, message))
    }

    /// Adds the lines that were found: checked as text once for all of them.
    fn put(&self, rules: &Rules, batch: &mut Builder<String>) -> Result<(), FnError> {
        let (Some((start, _)), Some((_, end))) = (self.found.first(), self.found.last()) else {
            return Ok(());
        };
        for (from, to) in &self.found {
            self.check_length(to - from, self.offset + *from as u64, rules)?;
        }
        let bytes = self.window.get(*start..*end).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let column = batch.column();
                for (from, to) in &self.found {
                    column.push_ref(text.get(from - start..to - start).unwrap_or_default());
                }
                Ok(())
            }
            Err(error) if rules.invalid_utf8 == InvalidUtf8::Fail => {
                let at = start + error.valid_up_to();
                let before = self.window.get(*start..at).unwrap_or_default();
                let line = memrchr2(b'\n', b'\r', before).map_or(*start, |end| start + end + 1);
                let message = format!(
                    "{}, byte {}: not UTF-8, in the line that starts at byte {}; convert the file, or read it with \
                     `.invalid_utf8(InvalidUtf8::Replace)`",
                    self.path,
                    self.offset + at as u64,
                    self.offset + line as u64
                );
                Err(FnError::new(Cause::BadData, message))
            }
            Err(_) => {
                let column = batch.column();
                for (from, to) in &self.found {
                    column
                        .push_ref(&String::from_utf8_lossy(self.window.get(*from..*to).unwrap_or_default()));
                }
                Ok(())
            }
        }
    }
}
