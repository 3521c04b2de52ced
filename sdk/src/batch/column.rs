//! A column whose element type is not known here; the only place that finds it again.

use std::any::{Any, TypeId};
use std::cell::Cell;

use crate::element::{Column, Element};
use crate::error::BoxError;

/// A [`Column`] of an element type known elsewhere.
///
/// Implemented for every column; engines move these, steps turn them back by
/// [`Batch::column`](crate::batch::Batch::column).
pub trait AnyColumn: Any + Send + Sync {
    /// How many rows it has.
    fn len(&self) -> usize;
    /// Whether it has no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// About how many bytes the rows take.
    fn bytes(&self) -> usize;
    /// Removes all rows; keeps the room.
    fn clear(&mut self);
    /// A copy.
    fn duplicate(&self) -> Box<dyn AnyColumn>;
    /// The `Debug` text of a row.
    fn debug(&self, row: usize) -> String;
    /// Appends the encoding of a row.
    ///
    /// # Errors
    /// The row's type refuses to be encoded.
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<(), BoxError>;
    /// Appends the encodings of all rows, and says in `started` how many it has come to, also when it is left early.
    ///
    /// # Errors
    /// A row's type refuses to be encoded.
    fn encode_all(&self, started: &Cell<usize>, out: &mut Vec<u8>) -> Result<(), BoxError>;
    /// The name of the element type.
    fn element_name(&self) -> &'static str;
    /// Tells columns apart, for the pool of buffers.
    fn kind(&self) -> TypeId;
}

impl<C: Column> AnyColumn for C {
    fn len(&self) -> usize {
        Column::len(self)
    }
    fn bytes(&self) -> usize {
        Column::bytes(self)
    }
    fn clear(&mut self) {
        Column::clear(self);
    }
    fn duplicate(&self) -> Box<dyn AnyColumn> {
        Box::new(self.clone())
    }
    fn debug(&self, row: usize) -> String {
        self.get(row).map_or_else(|| format!("row {row}"), |value| format!("{value:?}"))
    }
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<(), BoxError> {
        self.get(row).map_or(Ok(()), |value| C::Elem::encode(value, out))
    }
    fn encode_all(&self, started: &Cell<usize>, out: &mut Vec<u8>) -> Result<(), BoxError> {
        self.iter().try_for_each(|value| {
            started.set(started.get() + 1);
            C::Elem::encode(value, out)
        })
    }
    fn element_name(&self) -> &'static str {
        std::any::type_name::<C::Elem>()
    }
    fn kind(&self) -> TypeId {
        TypeId::of::<C>()
    }
}

/// The column as what it is, if it is a `C`.
pub(super) fn downcast_ref<C: Column>(column: &dyn AnyColumn) -> Option<&C> {
    (column as &dyn Any).downcast_ref()
}

/// The column as what it is, if it is a `C`.
pub(super) fn downcast_mut<C: Column>(column: &mut dyn AnyColumn) -> Option<&mut C> {
    (column as &mut dyn Any).downcast_mut()
}

/// The column as what it is, or the name of its element type if it is no `C`.
pub(super) fn downcast<C: Column>(column: Box<dyn AnyColumn>) -> Result<Box<C>, &'static str> {
    let found = column.as_ref().element_name();
    (column as Box<dyn Any>).downcast().map_err(|_| found)
}
