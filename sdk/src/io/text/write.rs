//! Lines written into numbered files.

use std::any::Any;
use std::fmt;

use crate::error::Result;
use crate::io::files::{LocalFiles, ShardPart, ShardWriter, ShardedFiles};
use crate::io::{RunId, Shard, Sink, Writer};

/// Writes each element as a line into `PREFIX-00000-of-00004.txt` and so on.
///
/// The files appear when the whole run has succeeded, and replace those of an earlier run under the same prefix
/// and suffix; see the [module](crate::io::text). An element that holds a line end itself is written as it is,
/// and will be read as several lines.
///
/// ```
/// use flumen::{io::text, Pipeline};
/// let p = Pipeline::new();
/// p.range(0..10).map(|n| n.to_string()).write(text::sink("out/numbers").shards(2).suffix(".csv").header("n"));
/// ```
///
/// # Errors
/// The folder can't be written to; another run that is alive writes to the same prefix; two sinks of a pipeline
/// have the same prefix and suffix.
///
/// # Cost
/// A copy of each line into a buffer of 256 KiB for each file. A fixed number of shards sends the elements
/// between threads; without one, each thread writes its own file.
///
/// Implements `TextIO.Write` of Beam's Java SDK.
pub fn sink(prefix: impl Into<String>) -> TextSink {
    TextSink {
        out: ShardedFiles {
            files: &LocalFiles,
            prefix: prefix.into(),
            suffix: ".txt".into(),
            shards: None,
            header: Vec::new(),
            footer: Vec::new(),
        },
    }
}

/// A sink of lines; made by [`sink`].
///
/// ```
/// use flumen::io::text;
/// let sink = text::sink("out/words").shards(4).suffix(".log");
/// assert_eq!(format!("{sink:?}"), "TextSink(out/words-?????-of-00004.log)");
/// ```
#[derive(Clone)]
#[must_use = "give it to `write`"]
pub struct TextSink {
    out: ShardedFiles,
}

impl TextSink {
    /// Writes so many files; 0: as many as threads have something to write, and one at least.
    ///
    /// A shard that gets nothing is an empty file. At most 99,999.
    pub fn shards(mut self, shards: usize) -> Self {
        self.out.shards = (shards > 0).then_some(shards);
        self
    }

    /// Ends the files' names so; `.txt` unless said otherwise.
    pub fn suffix(mut self, suffix: impl Into<String>) -> Self {
        self.out.suffix = suffix.into();
        self
    }

    /// Begins each file with a line.
    pub fn header(mut self, line: &str) -> Self {
        self.out.header = format!("{line}\n").into_bytes();
        self
    }

    /// Ends each file with a line.
    pub fn footer(mut self, line: &str) -> Self {
        self.out.footer = format!("{line}\n").into_bytes();
        self
    }
}

impl fmt::Debug for TextSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextSink({})", self.describe())
    }
}

impl Sink for TextSink {
    type Elem = String;
    type Writer = TextWriter;

    fn shards(&self) -> Option<usize> {
        self.out.shards
    }

    fn open(&self, run: &RunId) -> Result<Box<dyn Any + Send>> {
        Ok(self.out.open(run)?)
    }

    fn writer(&self, run: &RunId, shard: Shard) -> Result<TextWriter> {
        Ok(TextWriter { out: self.out.writer(run, shard)? })
    }

    fn prepare(&self, run: &RunId, parts: Vec<ShardPart>) -> Result<Vec<ShardPart>> {
        Ok(self.out.prepare(run, parts)?)
    }

    fn commit(&self, run: &RunId, prepared: &[ShardPart]) -> Result<String> {
        Ok(self.out.commit(run, prepared)?)
    }

    fn abort(&self, run: &RunId) {
        self.out.abort(run);
    }

    fn describe(&self) -> String {
        let of = self.out.shards.map_or_else(|| "?????".into(), |shards| format!("{shards:05}"));
        format!("{}-?????-of-{of}{}", self.out.prefix, self.out.suffix)
    }
}

/// Writes the lines of one shard; made by [`TextSink`].
pub struct TextWriter {
    out: ShardWriter,
}

impl Writer for TextWriter {
    type Elem = String;
    type Part = ShardPart;

    #[inline]
    fn write(&mut self, line: &str) -> Result<()> {
        let put = |bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        };
        Ok(self.out.append(put)?)
    }

    fn close(self) -> Result<ShardPart> {
        Ok(self.out.close()?)
    }
}
