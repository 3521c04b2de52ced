//! A bundle that is started again counts once, in every operator that keeps something: what retries will stand on.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

use std::panic::Location;
use std::sync::{Arc, Mutex};

use flumen::batch::{Batch, Buffers, RowMeta};
use flumen::error::{RunError, Step};
use flumen::exec::{
    Chain, ChainBuilder, GlobalCombine, KeyedCombine, Operator, OperatorSpec, Origin, Outputs, ParDo,
    ShuffleSpec,
};
use flumen::function::Views;
use flumen::transforms::{Count, SumFn};
use flumen::{DoFn, Out, Result};

/// Keeps what comes out of the operator before it.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Operator for Seen {
    fn push(&mut self, _: usize, batch: Batch, _: &mut Outputs<'_>) -> Result<(), RunError> {
        self.0.lock().unwrap().extend((0..batch.len()).map(|row| batch.any().debug(row)));
        Ok(())
    }
}

/// A chain of an operator and what sees its output.
fn chain(operator: Box<dyn Operator>) -> (Chain, Seen) {
    let step = Arc::new(Step { name: "step".into(), location: Location::caller() });
    let (mut builder, seen) = (ChainBuilder::default(), Seen::default());
    let from = builder.add(Arc::clone(&step), operator);
    let to = builder.add(step, Box::new(seen.clone()));
    builder.connect(from, 0, to, 0);
    (builder.build(Arc::default()), seen)
}

/// Starts a bundle and leaves it, then works on one to its end.
fn twice(chain: &mut Chain, batch: &Batch) {
    chain.open(1).unwrap();
    for _ in 0..2 {
        chain.start(&[0, 1]).unwrap();
        chain.push(0, 0, batch.clone(), Origin::default()).unwrap();
    }
    chain.finish(&[0, 1]).unwrap();
    chain.commit(&[0, 1]).unwrap();
}

/// What an operator gives up, row by row.
fn kept(chain: &mut Chain) -> Vec<String> {
    let batches = chain.surrender(0).unwrap();
    batches.iter().flatten().flat_map(|batch| (0..batch.len()).map(|row| batch.any().debug(row))).collect()
}

/// Emits its elements when the bundle is done, as well as at once.
#[derive(Clone)]
struct Echo;

impl DoFn for Echo {
    type In = u64;
    type Out = u64;
    fn process(&mut self, n: u64, out: &mut Out<'_, u64>) -> Result<()> {
        out.emit(n);
        Ok(())
    }
}

#[test]
fn a_function_emits_what_the_last_start_saw() {
    let (mut chain, seen) = chain(ParDo::new(Echo).operator());
    twice(&mut chain, &Batch::of::<u64>([7, 8], RowMeta::SOURCE));
    assert_eq!(*seen.0.lock().unwrap(), ["7", "8"]);
}

#[test]
fn tables_hold_what_the_last_start_saw() {
    let combine = KeyedCombine::<u64, _>::new(Count::<()>::new());
    let (mut partial, _) = chain(combine.gather(0, 1, 1));
    twice(&mut partial, &Batch::of([(5_u64, ()), (5, ())], RowMeta::SOURCE));
    assert_eq!(kept(&mut partial), ["(5, 2)"]);

    results_read_again(&combine, Batch::of([(5_u64, 2_u64)], RowMeta::GROUPED), &["(5, 2)"]);
}

#[test]
fn global_accumulators_hold_what_the_last_start_saw() {
    let combine = GlobalCombine::new(SumFn::<u64>::new());
    let (mut partial, _) = chain(combine.gather(0, 1, 1));
    twice(&mut partial, &Batch::of([1_u64, 2], RowMeta::SOURCE));
    assert_eq!(kept(&mut partial), ["3"]);

    results_read_again(&combine, Batch::of([3_u64], RowMeta::GROUPED), &["3"]);
}

/// What two threads gave comes out merged, and the same when it is read again from the mark.
fn results_read_again(spec: &dyn ShuffleSpec, given: Batch, want: &[&str]) {
    let (views, mut buffers) = (Views::default(), Buffers::new());
    let mut reader = spec.results(vec![vec![given]], &views, 1).unwrap();
    for _ in 0..2 {
        reader.mark();
        let batch = reader.next(&mut buffers).unwrap().unwrap();
        let rows: Vec<String> = (0..batch.len()).map(|row| batch.any().debug(row)).collect();
        assert_eq!(rows, want);
        assert!(reader.next(&mut buffers).unwrap().is_none());
        reader.rewind().unwrap();
    }
}

/// Sums, but refuses one value as long as it is told to.
struct Picky(Arc<Mutex<Option<u64>>>);

impl flumen::CombineFn for Picky {
    type In = u64;
    type Accum = u64;
    type Out = u64;

    fn add(&self, sum: &mut u64, value: u64) -> Result<()> {
        if *self.0.lock().unwrap() == Some(value) {
            return Err("not this one".into());
        }
        *sum += value;
        Ok(())
    }
    fn merge(&self, sum: &mut u64, other: u64) -> Result<()> {
        *sum += other;
        Ok(())
    }
    fn extract(&self, sum: u64) -> Result<u64> {
        Ok(sum)
    }
}

/// A value that can't be added now, in the middle of a bundle, is added later: it and the others once.
#[test]
fn a_commit_that_failed_goes_on_where_it_stopped() {
    let refused = Arc::new(Mutex::new(Some(70)));
    let combine = KeyedCombine::<u64, _>::new(Picky(Arc::clone(&refused)));
    let (mut chain, _) = chain(combine.gather(0, 1, 7));
    chain.open(1).unwrap();
    chain.start(&[0, 1]).unwrap();
    for batch in 0..4 {
        let pairs = (batch * 30..(batch + 1) * 30).map(|n: u64| (n % 3, n));
        let batch = Batch::of::<(u64, u64)>(pairs, RowMeta::SOURCE);
        chain.push(0, 0, batch, Origin::default()).unwrap();
    }
    chain.finish(&[0, 1]).unwrap();
    let error = chain.commit(&[0, 1]).unwrap_err();
    assert_eq!(error.element(), Some("(1, 70)"));
    assert!(chain.commit(&[0, 1]).is_err(), "it is refused still");
    *refused.lock().unwrap() = None;
    chain.commit(&[0, 1]).unwrap();
    chain.commit(&[0, 1]).unwrap();
    let mut sums = kept(&mut chain);
    sums.sort();
    let sum = |key| (0..120_u64).filter(|n| n % 3 == key).sum::<u64>();
    assert_eq!(sums, [0, 1, 2].map(|key| format!("({key}, {})", sum(key))));
}
