//! A source as engines see it: pieces, and readers that make batches of them.

use crate::batch::{Batch, Buffers};
use crate::error::FnError;

/// A part of a source that can be read alone, as its source encodes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece(pub Vec<u8>);

/// A bounded source of some element type.
pub trait SourceSpec: Send + Sync {
    /// Cuts the source into pieces, about `wanted` of them or as many as it has.
    ///
    /// # Errors
    /// The source is missing or can't be read.
    fn split(&self, wanted: usize) -> Result<Vec<Piece>, FnError>;

    /// Opens a piece; its start is the first mark.
    ///
    /// # Errors
    /// The piece can't be read.
    fn open(&self, piece: &Piece) -> Result<Box<dyn PieceReader>, FnError>;

    /// About how many bytes there are to read, where the source knows.
    ///
    /// # Errors
    /// The source is missing or can't be read.
    fn size(&self) -> Result<Option<u64>, FnError>;
}

/// Reads a piece, a batch at a time, and can read again what it has read since the last mark.
///
/// An engine marks where a bundle begins. If the bundle fails, it rewinds and reads the same rows again; where they
/// are in the source it asks only when there is something to tell.
pub trait PieceReader: Send {
    /// The next batch, empty if there is nothing just now; none at the end.
    ///
    /// # Errors
    /// The piece can't be read, or its data is bad.
    fn next(&mut self, buffers: &mut Buffers) -> Result<Option<Batch>, FnError>;

    /// A bundle begins here.
    fn mark(&mut self);

    /// Goes back to the last mark; also after a failure of [`PieceReader::next`].
    ///
    /// # Errors
    /// The piece can't be opened again.
    fn rewind(&mut self) -> Result<(), FnError>;

    /// What was read since the last mark, for people, such as `a.txt, byte 0 to 4096`; none if the source can't say.
    fn stretch(&self) -> Option<String> {
        None
    }

    /// Where the row stands that was read as the so-many-th since the last mark, counted from 0, for people; none if the
    /// source can't say. It reads the rows before it again.
    fn locate(&self, _row: u64) -> Option<String> {
        None
    }
}
