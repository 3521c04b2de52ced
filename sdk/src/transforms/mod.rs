//! What can be applied to collections: one file for each family, the methods beside what they add to the graph.

mod aggregate;
mod combine;
mod dead_letter;
mod flatten;
mod group;
mod items;
mod join;
mod map;
mod observe;
mod pairs;
mod par_do;
mod reshuffle;
mod sets;
pub mod side;
mod split;
mod timestamps;

pub use aggregate::{
    AnyOne, Count, CountDistinct, Latest, Max, Mean, Min, Quantiles, Reduce, Sample, SampleAny, SumFn, Top,
};
pub use aggregate::{ByKey, ByOrd, ByTotalCmp, Compare, Natural, Number, Order, Sum};
pub use dead_letter::DeadLetters;
pub use items::Items;
pub use join::{CoGroup, cogroup};
pub use side::{Side, SideKind};
pub use split::Collections;
