//! Runs flumen pipelines in this process, on all cores.
//!
//! Every thread has its own instance of the whole pipeline, and takes pieces of the sources until none is left.
//! Combining tables are partitioned by key once all their input is there; sinks publish when everything is done.
//!
//! ```
//! use flumen::Pipeline;
//! use flumen_local::Local;
//!
//! let p = Pipeline::new();
//! p.range(0..100).map(|x| x * x).named("squares");
//! let report = Local::new().parallelism(2).run(&p)?.wait()?;
//! assert_eq!(report.step("squares").unwrap().rows_out, 100);
//! # flumen::Ok(())
//! ```

mod exchange;
mod plan;
mod runner;
mod schedule;
mod worker;

pub use runner::{Local, LocalRun};
