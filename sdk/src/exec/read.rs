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

    /// Opens a piece.
    ///
    /// # Errors
    /// The piece can't be read.
    fn open(&self, piece: &Piece) -> Result<Box<dyn PieceReader>, FnError>;
}

/// Reads a piece, a batch at a time.
pub trait PieceReader: Send {
    /// The next batch; none at the end.
    ///
    /// # Errors
    /// The piece can't be read, or its data is bad.
    fn next(&mut self, buffers: &mut Buffers) -> Result<Option<Batch>, FnError>;
}
