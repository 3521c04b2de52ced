//! The handles that pipelines are built with: a pipeline, and collections that will be there when it runs.

mod apply;
mod materialized;
mod pcollection;
mod pipeline;

pub use apply::PTransform;
pub use materialized::Materialized;
pub(crate) use materialized::{Kept, Part, decoded};
pub use pcollection::PCollection;
pub use pipeline::Pipeline;
