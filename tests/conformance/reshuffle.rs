//! Behaviours 13.1 and 13.2: a reshuffle moves elements and changes none.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use flumen::time::Timestamp;
use flumen::{Pipeline, testing::expect};

use crate::support::{Meeting, locked, on_all, on_threads, sorted};

#[test]
fn a_reshuffle_keeps_every_element_and_its_time() {
    on_all(|runner| {
        for rows in [0, 1, 1_000, 200_000] {
            let found = sorted(runner, |p| {
                let timed = p.range(0..rows).with_timestamps(|n| Timestamp::from_millis(n as i64 - 500));
                timed.reshuffle().reify_timestamps().map(|(time, n)| (n, time.millis()))
            });
            assert!(found == (0..rows).map(|n| (n, n as i64 - 500)).collect::<Vec<_>>(), "{rows} rows");
        }
    });
}

#[test]
fn a_reshuffle_keeps_what_is_there_several_times_and_works_before_and_behind_groups() {
    on_all(|runner| {
        let p = Pipeline::new();
        let pairs = p.create(["a", "b", "a", "a"]).reshuffle().key_by(std::borrow::ToOwned::to_owned);
        let groups =
            pairs.group_by_key().reshuffle().map(|(word, group)| (word.to_owned(), group.len() as u64));
        expect(&groups).contains_in_any_order([("a", 3_u64), ("b", 1)]);
        runner.run(&p).unwrap().wait().unwrap();
    });
}

#[test]
fn one_piece_is_worked_on_by_all_threads_behind_a_reshuffle() {
    on_threads(|runner, threads| {
        let (meeting, seen) = (Meeting::of(threads), Arc::new(Mutex::new(BTreeSet::new())));
        let p = Pipeline::new();
        let log = Arc::clone(&seen);
        // Each thread waits until all have come, so that none of them can take all of it.
        let met = p.create([100_000_u64]).flat_map(|n| 0..n).reshuffle().inspect(move |_| {
            let name = std::thread::current().name().map(str::to_owned);
            if locked(&log).insert(name) {
                meeting.wait();
            }
        });
        expect(&met.count_globally()).contains_in_any_order([100_000_u64]);
        runner.run(&p).unwrap().wait().unwrap();
        assert_eq!(locked(&seen).len(), threads);
    });
}
