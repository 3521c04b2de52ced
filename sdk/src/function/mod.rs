//! What users write: functions of elements, and how they combine.

mod at;
mod closure;
mod closure_outputs;
mod closure_sides;
mod combine;
mod compose;
mod dead_letter;
mod dofn;
mod guard;
mod metrics;
mod multi_dofn;
mod out;
mod outlets;
mod side;

pub use at::At;
pub use closure::{FlatMapFn, Outcome, ParDoFn, Returns, TryMapFn};
pub use closure_outputs::{ParDo2Fn, ParDo3Fn, ParDo4Fn};
pub use closure_sides::{FilterSidesFn, FlatMapSidesFn, MapSidesFn, ParDoSidesFn};
pub use combine::CombineFn;
pub use compose::{Of, OrNone};
pub use dead_letter::DeadLetter;
pub use dofn::DoFn;
pub use guard::guard;
pub use metrics::{Counter, Counting, Distribution, Gauge, Measured, Metric, Numbers};
pub use multi_dofn::{MultiDoFn, Single};
pub use out::{Downstream, Out};
pub use outlets::Outlets;
pub use side::{SideId, SideInput, View, Views};
