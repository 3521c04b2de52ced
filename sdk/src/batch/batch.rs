//! A column and what is known of its rows: what travels between steps.

use std::fmt;

use super::column::{self, AnyColumn};
use super::{Meta, RowMeta};
use crate::element::Element;

/// Many elements of one type with their timestamps, windows and panes.
///
/// The element type is known by the steps at both ends, not by what carries the batch between them.
///
/// ```
/// use flumen::batch::{Batch, RowMeta};
/// use flumen::element::Column;
/// let batch = Batch::of::<u64>([1, 2, 3], RowMeta::SOURCE);
/// assert_eq!(batch.column::<u64>().unwrap().get(2), Some(3));
/// assert!(batch.column::<String>().unwrap_err().to_string().contains("u64"));
/// ```
pub struct Batch {
    column: Box<dyn AnyColumn>,
    meta: Meta,
}

/// A batch that holds another element type than the step reads: a fault of the engine, not of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeMismatch {
    wanted: &'static str,
    found: &'static str,
}

impl fmt::Display for TypeMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a batch of {} came where {} was expected", self.found, self.wanted)
    }
}

impl std::error::Error for TypeMismatch {}

impl Batch {
    /// A batch of a column's rows.
    #[must_use]
    #[inline]
    pub fn new(column: Box<dyn AnyColumn>, meta: Meta) -> Self {
        Self { column, meta }
    }

    /// A batch of given values.
    #[must_use]
    pub fn of<T: Element>(values: impl IntoIterator<Item = T>, meta: RowMeta) -> Self {
        let mut column = T::Col::default();
        crate::element::Column::extend(&mut column, values.into_iter());
        Self { column: Box::new(column), meta: Meta::constant(meta) }
    }

    /// How many rows it has.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.column.as_ref().len()
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many bytes its rows take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.column.as_ref().bytes()
    }

    /// What is known of its rows.
    #[must_use]
    #[inline]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The column, its element type unknown.
    #[must_use]
    pub fn any(&self) -> &dyn AnyColumn {
        self.column.as_ref()
    }

    /// The column of `T`.
    ///
    /// # Errors
    /// The batch holds another element type.
    #[inline]
    pub fn column<T: Element>(&self) -> Result<&T::Col, TypeMismatch> {
        let found = self.column.as_ref();
        column::downcast_ref(found).ok_or_else(|| mismatch::<T>(found.element_name()))
    }

    /// The column of `T`, to change in place.
    ///
    /// # Errors
    /// The batch holds another element type.
    #[inline]
    pub fn column_mut<T: Element>(&mut self) -> Result<&mut T::Col, TypeMismatch> {
        let found = self.column.as_ref().element_name();
        column::downcast_mut(self.column.as_mut()).ok_or_else(|| mismatch::<T>(found))
    }

    /// The column of `T` and what is known of its rows, apart.
    ///
    /// # Errors
    /// The batch holds another element type.
    #[inline]
    pub fn into_parts<T: Element>(self) -> Result<(Box<T::Col>, Meta), TypeMismatch> {
        let column = column::downcast(self.column).map_err(mismatch::<T>)?;
        Ok((column, self.meta))
    }

    /// The column of an unknown type and what is known of its rows, apart.
    #[must_use]
    pub fn into_any(self) -> (Box<dyn AnyColumn>, Meta) {
        (self.column, self.meta)
    }
}

#[cold]
fn mismatch<T: Element>(found: &'static str) -> TypeMismatch {
    TypeMismatch { wanted: std::any::type_name::<T>(), found }
}

impl Clone for Batch {
    fn clone(&self) -> Self {
        Self { column: self.column.as_ref().duplicate(), meta: self.meta.clone() }
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({} rows of {})", self.len(), self.column.as_ref().element_name())
    }
}
