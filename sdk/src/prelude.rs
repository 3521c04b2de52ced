//! The names that most pipelines use: `use flumen::prelude::*;`.

pub use crate::io::text;
pub use crate::{
    CombineFn, Counter, DeadLetter, DoFn, Element, Key, MultiDoFn, Options, Out, PCollection, PTransform,
    Pipeline, Result, Serde, Values,
};
