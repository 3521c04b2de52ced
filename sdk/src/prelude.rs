//! The names that most pipelines use: `use flumen::prelude::*;`.

pub use crate::io::text;
pub use crate::{
    CombineFn, DoFn, Element, Key, Options, Out, PCollection, PTransform, Pipeline, Result, Serde,
};
