//! Side inputs as engines see them: a collection that must be whole before a step that reads it begins.

use crate::batch::Batch;
use crate::error::FnError;
use crate::function::{SideId, View};

/// How a side input shows its collection.
pub trait SideSpec: Send + Sync {
    /// Which side input it is: what several steps read, they share.
    fn id(&self) -> SideId;

    /// What it is, for drawings and fingerprints: `map`, `list`.
    fn kind(&self) -> &'static str;

    /// Makes the view of all batches of the collection; called once a run.
    ///
    /// # Errors
    /// A key can't be encoded, or user code failed.
    fn view(&self, batches: Vec<Batch>) -> Result<View, FnError>;
}
