//! The Beam model in Rust: typed pipelines over collections of any size.
//!
//! A [`Pipeline`] is built from sources; what they hold are [`PCollection`]s; transforms are their methods. Nothing runs
//! while it is built: a runner executes it, such as `flumen_local::Local` on all cores of this process.
//!
//! ```
//! use flumen::{Pipeline, testing::expect};
//! use flumen_local::Local;
//!
//! let p = Pipeline::new();
//! let counts = p
//!     .create(["to be", "or not to be"])
//!     .par_do(|line, out| line.split(' ').for_each(|word| out.emit(word)))
//!     .count_per_element();
//! expect(&counts).contains_in_any_order([("to", 2_u64), ("be", 2), ("or", 1), ("not", 1)]);
//! Local::new().run(&p)?.wait()?;
//! # flumen::Ok(())
//! ```
//!
//! Where to look:
//!
//! - what can be applied: the methods of [`PCollection`]; what can be read and written: [`io`];
//! - what elements and keys can be: [`Element`], [`Key`], and their derives;
//! - functions with a life of their own: [`DoFn`]; how values combine: [`CombineFn`];
//! - a program with a command line: [`pipeline`](macro@pipeline), [`Options`], [`main!`];
//! - tests: [`testing`]; errors and exit codes: [`error`].
//!
//! The other modules are for those who build runners and connectors.

// What the derives write says `::flumen`; so they work in this crate too.
#[allow(unused_extern_crates)]
extern crate self as flumen;

pub mod batch;
pub mod coder;
pub mod collection;
pub mod element;
pub mod error;
pub mod exec;
pub mod function;
pub mod graph;
pub mod io;
pub mod pipeline;
pub mod prelude;
pub mod testing;
pub mod time;
pub mod transforms;
pub mod window;

pub use batch::{Serde, Values};
pub use collection::{PCollection, PTransform, Pipeline};
pub use element::{Element, Key};
pub use error::{BoxError, Ok, Result};
pub use flumen_macros::{Element, Key, Options, pipeline};
pub use function::{CombineFn, Counter, DeadLetter, Distribution, DoFn, Gauge, MultiDoFn, Out};
pub use pipeline::{Options, launch, run};
