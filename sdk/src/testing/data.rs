//! A pipeline's steps on values at hand.

use crate::collection::{PCollection, Pipeline};
use crate::element::{Element, Put};
use crate::error::{Result, RunError};
use crate::pipeline::{Runner, test_runner};

/// Runs steps on given values, on one thread, and returns what they make.
///
/// For the unit test of a transform. Elements keep their order up to the first grouping. It uses the runner that is linked: a test says `use flumen_local as _;`.
///
/// ```
/// use flumen::testing::run_with_data;
/// use flumen_local as _;
///
/// let doubled = run_with_data([1_u64, 2, 3], |numbers| numbers.map(|n| n * 2));
/// assert_eq!(doubled.unwrap(), [2, 4, 6]);
/// ```
///
/// # Errors
/// The run's; and that no runner is linked.
///
/// Follows `runWithData` of Scio.
pub fn run_with_data<P: Put, U: Element>(
    data: impl IntoIterator<Item = P>,
    steps: impl FnOnce(PCollection<P::Elem>) -> PCollection<U>,
) -> Result<Vec<U>, RunError> {
    collect(test_runner()?.as_ref(), |p| steps(p.create(data)))
}

/// Runs a pipeline on a runner and returns what one of its collections holds.
///
/// For tests that choose their runner or have more than one source; for the steps alone use [`run_with_data`]. On more
/// than one thread the elements have no order.
///
/// ```
/// use flumen::testing::collect;
/// use flumen_local::Local;
///
/// let runner = Local::new().parallelism(4);
/// let mut evens = collect(&runner, |p| p.range(0..10).filter(|n| n % 2 == 0)).unwrap();
/// evens.sort();
/// assert_eq!(evens, [0, 2, 4, 6, 8]);
/// ```
///
/// # Errors
/// The run's.
pub fn collect<T: Element>(
    runner: &dyn Runner,
    build: impl FnOnce(&Pipeline) -> PCollection<T>,
) -> Result<Vec<T>, RunError> {
    let p = Pipeline::new();
    let collected = build(&p).materialize();
    runner.start(&p)?.wait()?.read(&collected)
}
