//! Side inputs as functions find them: whole collections at hand beside the element.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::FnError;

/// Which side input something is, unique in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SideId(u64);

impl SideId {
    /// One that nothing else has.
    #[must_use]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Default for SideId {
    fn default() -> Self {
        Self::new()
    }
}

/// A side input, or a tuple of several: what a function reads beside its element.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no side input",
    label = "not a side input, nor a tuple of them",
    note = "make one of a collection: `rates.as_map()`, `.as_multimap()`, `.as_list()`, `.as_singleton()`; several are a tuple: `(&a, &b)`"
)]
pub trait SideInput: Clone + Send + Sync + 'static {
    /// How functions see it.
    type View<'a>;

    /// Finds what it shows among the side inputs of a step.
    ///
    /// # Errors
    /// The step has no such side input, or its collection can't be shown so.
    fn read<'a>(&self, views: &'a Views) -> Result<Self::View<'a>, FnError>;
}

macro_rules! several {
    ($($($name:ident $at:tt),+;)*) => {$(
        impl<$($name: SideInput),+> SideInput for ($($name,)+) {
            type View<'a> = ($($name::View<'a>,)+);

            #[inline]
            fn read<'a>(&self, views: &'a Views) -> Result<Self::View<'a>, FnError> {
                Ok(($(self.$at.read(views)?,)+))
            }
        }
    )*};
}

several! {
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
}

/// A collection as a side input shows it, shared by all threads; what it is, only its handle knows.
#[derive(Clone)]
pub struct View(Arc<dyn Any + Send + Sync>);

impl View {
    /// Shares a view.
    pub fn new<S: Send + Sync + 'static>(view: S) -> Self {
        Self(Arc::new(view))
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("View(..)")
    }
}

/// The side inputs of a step, ready to be read.
#[derive(Clone, Debug, Default)]
pub struct Views(Vec<(SideId, View)>);

impl Views {
    /// The views of a step.
    #[must_use]
    pub fn new(views: Vec<(SideId, View)>) -> Self {
        Self(views)
    }

    /// A view that was made as an `S`; none if the step has no such side input.
    #[must_use]
    pub fn get<S: 'static>(&self, id: SideId) -> Option<&S> {
        let (_, View(view)) = self.0.iter().find(|(own, _)| *own == id)?;
        // The handle that asks is the one that made the view, so it is an `S`.
        view.downcast_ref()
    }
}
