//! What can be read.

use std::panic::Location;
use std::sync::Arc;

use crate::batch::{Batch, Buffers, Builder, Meta, RowMeta};
use crate::coder::{self, Input};
use crate::collection::{PCollection, Pipeline};
use crate::element::{Column, Element, SerdeData};
use crate::error::{Cause, FnError, Result};
use crate::exec::{Piece, PieceReader, SourceSpec};
use crate::function::guard;

/// A bounded source of elements.
///
/// Implement it for what has its own way of being cut into pieces; for what is in memory use
/// [`create`](Pipeline::create). [`laws::source`](crate::testing::laws::source) tests what is
/// promised here.
///
/// ```
/// use std::ops::Range;
///
/// use flumen::batch::Builder;
/// use flumen::io::{Reader, Source};
/// use flumen::Result;
///
/// /// The squares of the numbers below one.
/// struct Squares { below: u64 }
/// struct Roots(Range<u64>);
///
/// impl Source for Squares {
///     type Elem = u64;
///     type Piece = Range<u64>;
///     type Reader = Roots;
///
///     fn split(&self, _wanted: usize) -> Result<Vec<Range<u64>>> {
///         Ok(vec![0..self.below])
///     }
///     fn open(&self, piece: Range<u64>) -> Result<Roots> {
///         Ok(Roots(piece))
///     }
/// }
///
/// impl Reader for Roots {
///     type Elem = u64;
///     type Piece = Range<u64>;
///
///     fn fill(&mut self, batch: &mut Builder<u64>) -> Result<bool> {
///         while !batch.is_full() {
///             let Some(root) = self.0.next() else { return Ok(false) };
///             batch.push(root * root);
///         }
///         Ok(true)
///     }
///     fn rest(&self) -> Range<u64> {
///         self.0.clone()
///     }
///     fn position(&self) -> String {
///         format!("root {}", self.0.start)
///     }
/// }
///
/// flumen::testing::laws::source(&Squares { below: 4 })?;
///
/// use flumen_local::Local;
/// let p = flumen::Pipeline::new();
/// flumen::testing::expect(&p.read(Squares { below: 4 })).contains_in_any_order([0_u64, 1, 4, 9]);
/// Local::new().run(&p)?.wait()?;
/// # flumen::Ok(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read",
    label = "not a `Source`",
    note = "use one of `flumen::io` (`text::lines(pattern)`), `p.create(values)`, or implement `flumen::io::Source`"
)]
pub trait Source: Send + Sync + 'static {
    /// What it holds.
    type Elem: Element;
    /// A part that can be read alone, as often as need be; it may travel to another machine.
    type Piece: SerdeData;
    /// What reads a piece.
    type Reader: Reader<Elem = Self::Elem, Piece = Self::Piece>;

    /// Cuts the source into pieces: about `wanted` of them, or as many as make sense.
    ///
    /// Together they hold every element once, whatever is wanted.
    ///
    /// # Errors
    /// The source is missing or can't be read; use [`FnError::new`] to say the cause.
    fn split(&self, wanted: usize) -> Result<Vec<Self::Piece>>;

    /// Opens a piece.
    ///
    /// # Errors
    /// The piece can't be read.
    fn open(&self, piece: Self::Piece) -> Result<Self::Reader>;

    /// About how many bytes there are to read; none if that is not known without reading.
    ///
    /// # Errors
    /// The source is missing or can't be read.
    fn size(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// What to show of it beside the step's name, such as a file pattern.
    fn describe(&self) -> String {
        String::new()
    }
}

/// Reads one piece of a [`Source`], always in the same order.
pub trait Reader: Send + 'static {
    /// What it reads.
    type Elem: Element;
    /// What it is opened with.
    type Piece: SerdeData;

    /// Adds elements until the [batch is full](Builder::is_full) or the piece ends; `false` at the end.
    ///
    /// It adds none to a batch that is full already. `true` without an element says that there is nothing just now.
    ///
    /// # Errors
    /// The piece can't be read, or its data is bad: say the file and the offset.
    fn fill(&mut self, batch: &mut Builder<Self::Elem>) -> Result<bool>;

    /// What is left to read, as a piece of its own.
    ///
    /// A bundle that fails is read again from where it began: the engine asks for this at the start of each bundle,
    /// about every 16,000 elements, and opens it if need be. It is not asked for after a failure of `fill`.
    fn rest(&self) -> Self::Piece;

    /// Where the next element stands, for people, such as `logs/a.txt, byte 4096`; nothing if that can't be said.
    ///
    /// Errors and what is told of refused elements show it.
    fn position(&self) -> String {
        String::new()
    }
}

/// A source as engines see it.
struct Erased<S>(Arc<S>);

impl<S: Source> SourceSpec for Erased<S> {
    fn split(&self, wanted: usize) -> Result<Vec<Piece>, FnError> {
        guard(|| {
            let pieces = self.0.split(wanted)?;
            let encode = |piece| {
                let mut out = Vec::new();
                coder::serde::encode(&piece, &mut out).map(|()| Piece(out))
            };
            pieces.into_iter().map(encode).collect()
        })
    }

    fn open(&self, piece: &Piece) -> Result<Box<dyn PieceReader>, FnError> {
        guard(|| {
            let piece: S::Piece = coder::serde::decode(&mut Input::new(&piece.0))?;
            let reader = self.0.open(piece.clone())?;
            let (source, builder) = (Arc::clone(&self.0), Builder::default());
            Ok(Box::new(Open { source, reader, builder, more: true, marked: Ok(piece) }) as _)
        })
    }

    fn size(&self) -> Result<Option<u64>, FnError> {
        guard(|| self.0.size())
    }
}

/// A source as a node has it.
pub(super) fn erased<S: Source>(source: S) -> Arc<dyn SourceSpec> {
    Arc::new(Erased(Arc::new(source)))
}

struct Open<S: Source> {
    source: Arc<S>,
    reader: S::Reader,
    builder: Builder<S::Elem>,
    more: bool,
    /// What was left to read at the last mark; or why the reader could not say.
    marked: Result<S::Piece, String>,
}

impl<S: Source> Open<S> {
    /// A reader at the last mark.
    fn reopen(&self) -> Result<S::Reader, FnError> {
        let marked = self.marked.clone().map_err(|e| {
            let message = format!("what was left to read is not known, so it can't be read again: {e}");
            FnError::new(Cause::UserCode, message)
        })?;
        guard(|| self.source.open(marked))
    }

    fn position(reader: &S::Reader) -> Option<String> {
        guard(|| Ok(reader.position())).ok().filter(|position| !position.is_empty())
    }
}

impl<S: Source> PieceReader for Open<S> {
    fn next(&mut self, buffers: &mut Buffers) -> Result<Option<Batch>, FnError> {
        if !self.more {
            return Ok(None);
        }
        self.more = guard(|| self.reader.fill(&mut self.builder))?;
        // A reader that had nothing just now gives an empty batch, so that the engine can stop it.
        let nothing =
            || Batch::new(Box::<<S::Elem as Element>::Col>::default(), Meta::constant(RowMeta::SOURCE));
        Ok(self.builder.close(buffers).or_else(|| self.more.then(nothing)))
    }

    fn mark(&mut self) {
        self.marked = guard(|| Ok(self.reader.rest())).map_err(|e| e.to_string());
    }

    fn rewind(&mut self) -> Result<(), FnError> {
        self.reader = self.reopen()?;
        self.builder.discard();
        self.more = true;
        Ok(())
    }

    fn stretch(&self) -> Option<String> {
        let from = Self::position(&self.reopen().ok()?)?;
        Some(from_to(&from, &Self::position(&self.reader)?))
    }

    fn locate(&self, row: u64) -> Option<String> {
        let mut reader = self.reopen().ok()?;
        let (mut left, mut more) = (row, true);
        while left > 0 && more {
            let limit = usize::try_from(left).unwrap_or(usize::MAX);
            let mut builder = Builder::<S::Elem>::with_limit(limit);
            more = guard(|| reader.fill(&mut builder)).ok()?;
            let read = builder.column().len() as u64;
            // A reader that takes no notice of the limit can't be asked, nor one that has nothing just now.
            left = left.checked_sub(read).filter(|_| read > 0)?;
        }
        Self::position(&reader).filter(|_| left == 0)
    }
}

/// From one position to another; where only their last words differ, the second is that word.
fn from_to(from: &str, to: &str) -> String {
    match (from.rsplit_once(' '), to.rsplit_once(' ')) {
        (Some((place, _)), Some((same, last))) if place == same => format!("{from} to {last}"),
        _ => format!("{from} to {to}"),
    }
}

impl Pipeline {
    /// Reads a source.
    ///
    /// ```
    /// use flumen::{io::text, Pipeline};
    /// let p = Pipeline::new();
    /// let lines = p.read(text::lines("logs/*.txt"));
    /// ```
    #[track_caller]
    pub fn read<S: Source>(&self, source: S) -> PCollection<S::Elem> {
        let detail = source.describe();
        self.add_read("read", Location::caller(), erased(source), detail)
    }

    /// Reads a source that is part of the pipeline: it reaches nothing outside.
    pub(super) fn read_inside<S: Source>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        source: S,
    ) -> PCollection<S::Elem> {
        let detail = source.describe();
        let read = self.add_read(kind, location, erased(source), detail);
        self.keep_inside(read.output().node);
        read
    }
}
