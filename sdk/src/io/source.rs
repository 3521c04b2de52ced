//! What can be read.

use std::panic::Location;
use std::sync::Arc;

use crate::batch::{Batch, Buffers, Builder, Meta, RowMeta};
use crate::coder::{self, Input};
use crate::collection::{PCollection, Pipeline};
use crate::element::{Element, SerdeData};
use crate::error::{FnError, Result};
use crate::exec::{Piece, PieceReader, SourceSpec};
use crate::function::guard;

/// A bounded source of elements.
///
/// Implement it for what has its own way of being cut into pieces; for what is in memory use
/// [`create`](Pipeline::create).
///
/// ```
/// use flumen::batch::Builder;
/// use flumen::io::{Reader, Source};
/// use flumen::Result;
///
/// /// The squares below a number.
/// struct Squares { below: u64 }
/// struct Roots { next: u64, below: u64 }
///
/// impl Source for Squares {
///     type Elem = u64;
///     type Piece = ();
///     type Reader = Roots;
///
///     fn split(&self, _wanted: usize) -> Result<Vec<()>> {
///         Ok(vec![()])
///     }
///     fn open(&self, (): ()) -> Result<Roots> {
///         Ok(Roots { next: 0, below: self.below })
///     }
/// }
///
/// impl Reader for Roots {
///     type Elem = u64;
///
///     fn fill(&mut self, batch: &mut Builder<u64>) -> Result<bool> {
///         while self.next * self.next < self.below {
///             batch.push(self.next * self.next);
///             self.next += 1;
///             if batch.is_full() {
///                 return Ok(true);
///             }
///         }
///         Ok(false)
///     }
/// }
///
/// use flumen_local::Local;
/// let p = flumen::Pipeline::new();
/// flumen::testing::expect(&p.read(Squares { below: 10 })).contains_in_any_order([0_u64, 1, 4, 9]);
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
    /// A part that can be read alone; it may travel to another machine.
    type Piece: SerdeData;
    /// What reads a piece.
    type Reader: Reader<Elem = Self::Elem>;

    /// Cuts the source into pieces: about `wanted` of them, or as many as make sense.
    ///
    /// # Errors
    /// The source is missing or can't be read; use [`FnError::new`] to say the cause.
    fn split(&self, wanted: usize) -> Result<Vec<Self::Piece>>;

    /// Opens a piece.
    ///
    /// # Errors
    /// The piece can't be read.
    fn open(&self, piece: Self::Piece) -> Result<Self::Reader>;

    /// What to show of it beside the step's name, such as a file pattern.
    fn describe(&self) -> String {
        String::new()
    }
}

/// Reads one piece of a [`Source`].
pub trait Reader: Send + 'static {
    /// What it reads.
    type Elem: Element;

    /// Adds elements until the batch is full or the piece ends; `false` at the end.
    ///
    /// # Errors
    /// The piece can't be read, or its data is bad: say the file and the offset.
    fn fill(&mut self, batch: &mut Builder<Self::Elem>) -> Result<bool>;
}

/// A source as engines see it.
struct Erased<S>(S);

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
            let reader = self.0.open(coder::serde::decode(&mut Input::new(&piece.0))?)?;
            Ok(Box::new(Open { reader, builder: Builder::default(), more: true }) as Box<dyn PieceReader>)
        })
    }
}

struct Open<R: Reader> {
    reader: R,
    builder: Builder<R::Elem>,
    more: bool,
}

impl<R: Reader> PieceReader for Open<R> {
    fn next(&mut self, buffers: &mut Buffers) -> Result<Option<Batch>, FnError> {
        if !self.more {
            return Ok(None);
        }
        self.more = guard(|| self.reader.fill(&mut self.builder))?;
        // A reader that had nothing just now gives an empty batch, so that the engine can stop it.
        let nothing =
            || Batch::new(Box::<<R::Elem as Element>::Col>::default(), Meta::constant(RowMeta::SOURCE));
        Ok(self.builder.close(buffers).or_else(|| self.more.then(nothing)))
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
        self.add_read("read", Location::caller(), Arc::new(Erased(source)), detail)
    }

    pub(super) fn read_as<S: Source>(
        &self,
        kind: &str,
        location: &'static Location<'static>,
        source: S,
    ) -> PCollection<S::Elem> {
        let detail = source.describe();
        self.add_read(kind, location, Arc::new(Erased(source)), detail)
    }
}
