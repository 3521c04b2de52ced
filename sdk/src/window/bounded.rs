//! The windows of an element, interned.

/// The set of windows that an element is in, as a small number.
///
/// Batches carry the number, never the windows: a row in many windows stays one row until a step looks
/// at its windows. Number 0 is the global window alone, which is where every bounded collection starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WindowId(u32);

impl WindowId {
    /// The global window alone.
    pub const GLOBAL: Self = Self(0);
}
