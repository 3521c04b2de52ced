//! What can be applied to collections: one file for each family, the methods beside what they add to the graph.

mod aggregate;
mod combine;
mod flatten;
mod group;
mod map;
mod observe;
mod par_do;

pub use aggregate::{Count, Reduce, Sum, SumFn};
