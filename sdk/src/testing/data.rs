//! A pipeline's steps on values at hand.

use std::sync::{Arc, Mutex, PoisonError};

use crate::collection::{PCollection, Pipeline};
use crate::element::{Element, Put, Ref};
use crate::error::{Result, RunError};
use crate::io::{RunId, Shard, Sink, Writer};
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
    let collected = Collected::default();
    build(&p).write(Collect { into: collected.clone() });
    runner.start(&p)?.wait()?;
    Ok(collected.take())
}

/// Where a run leaves its elements.
struct Collected<U>(Arc<Mutex<Shards<U>>>);

type Shards<U> = Vec<(Shard, Vec<U>)>;

impl<U> Clone for Collected<U> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<U> Default for Collected<U> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<U> Collected<U> {
    fn add(&self, shard: Shard, values: Vec<U>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((shard, values));
    }

    fn take(&self) -> Vec<U> {
        let mut shards = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        shards.sort_by_key(|(shard, _)| *shard);
        shards.into_iter().flat_map(|(_, values)| values).collect()
    }
}

struct Collect<U> {
    into: Collected<U>,
}

impl<U: Element> Sink for Collect<U> {
    type Elem = U;
    type Writer = Collecting<U>;
    type Guard = ();

    fn prepare(&self, _: &RunId) -> Result<()> {
        Ok(())
    }

    fn writer(&self, _: &RunId, shard: Shard) -> Result<Collecting<U>> {
        Ok(Collecting { into: self.into.clone(), shard, done: 0, values: Vec::new() })
    }

    fn commit(&self, _: &RunId, _: Vec<()>) -> Result<String> {
        Ok("collected".into())
    }

    fn abort(&self, _: &RunId) {}
}

struct Collecting<U> {
    into: Collected<U>,
    shard: Shard,
    /// How many of the values belong to bundles that are done.
    done: usize,
    values: Vec<U>,
}

impl<U: Element> Writer for Collecting<U> {
    type Elem = U;
    type Part = ();

    fn write(&mut self, element: Ref<'_, U>) -> Result<()> {
        self.values.push(U::own(element));
        Ok(())
    }

    fn commit_bundle(&mut self) -> Result<()> {
        self.done = self.values.len();
        Ok(())
    }

    fn discard_bundle(&mut self) {
        self.values.truncate(self.done);
    }

    fn close(&mut self) -> Result<()> {
        self.into.add(self.shard, std::mem::take(&mut self.values));
        Ok(())
    }
}
