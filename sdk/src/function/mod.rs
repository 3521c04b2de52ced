//! What users write: functions of elements, and how they combine.

mod at;
mod closure;
mod combine;
mod dofn;
mod guard;
mod out;

pub use at::At;
pub use closure::{FlatMapFn, Outcome, ParDoFn, Returns};
pub use combine::CombineFn;
pub use dofn::DoFn;
pub use guard::guard;
pub use out::{Downstream, Out};
