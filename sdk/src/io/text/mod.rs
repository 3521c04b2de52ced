//! Text files, an element a line.
//!
//! # Reading
//! As Beam's `TextIO` for Java reads: `\n`, `\r` and `\r\n` each end a line, the last line needs no end, empty
//! lines are elements, and a UTF-8 byte order mark at the start of a file is passed over. Where Beam loses it,
//! an empty last line that ends in `\r` is read here. A line belongs to the piece of the file in which it
//! starts, however the file is cut.
//!
//! # Writing
//! A sink writes `PREFIX-00000-of-00004.txt` and so on. Everything is written into a hidden folder beside the
//! output, `.flumen-tmp-NAME@RUN`, and published when the whole run has succeeded: files that an earlier run
//! published under the same prefix and suffix are moved away, then the new ones are given their names, and the
//! names are made to last. A rerun therefore replaces its output, with any number of files. A crash between
//! these renames leaves some files of one of the two runs, fewer than the `-of-00004` in their names says, and
//! never a mixture; run it again. Who reads the output of a run that may have crashed must count the files.
//!
//! A run that dies leaves its hidden folder, which the next run to the same output removes. A run is refused
//! while another that is alive writes to the same prefix and suffix; of two that start at the same moment, both
//! may be.
//!
//! ```
//! use flumen::{io::text, Pipeline};
//! use flumen_local::Local;
//!
//! let folder = tempfile::tempdir()?;
//! let path = |name: &str| format!("{}/{name}", folder.path().display());
//! std::fs::write(path("in.txt"), "to be\r\nor not\nto be")?;
//!
//! let p = Pipeline::new();
//! let words = p.read(text::lines(path("in.txt"))).par_do(|line, out| line.split(' ').for_each(|w| out.emit(w)));
//! words.write(text::sink(path("out/words")));
//! let report = Local::new().parallelism(1).run(&p)?.wait()?;
//! assert!(report.published[0].ends_with("out/words-00000-of-00001.txt (1 file, 19 B)"));
//! assert_eq!(std::fs::read_to_string(path("out/words-00000-of-00001.txt"))?, "to\nbe\nor\nnot\nto\nbe\n");
//! # Ok::<(), flumen::BoxError>(())
//! ```

mod format;
mod read;
mod scan;
mod write;

pub use format::{FormatWriter, TextSinkOf};
pub use read::{InvalidUtf8, LineRange, LineReader, Lines, lines};
pub use write::{TextSink, TextWriter, sink};
