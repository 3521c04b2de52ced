//! Behaviours 2.9, 2.12 and 2.13: times are given, told and taken back. (2.10, an allowed skew, is deprecated in Beam and not
//! here; 2.11, a null function, can't be written.)

use flumen::time::Timestamp;
use flumen::{PCollection, Pipeline};

use crate::support::{failure, on_all, sorted};

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(millis).unwrap())
}

fn timed(p: &Pipeline) -> PCollection<u64> {
    p.range(0..5_000).with_timestamps(at)
}

/// 2.9 WithTimestamps
#[test]
fn elements_have_the_time_that_a_function_gives_them() {
    on_all(|runner| {
        let want: Vec<_> = (0..5_000).map(|n| (at(n), n)).collect();
        assert_eq!(sorted(runner, |p| timed(p).reify_timestamps()), want);
        // It stays through what follows, and a later time may follow it.
        let later = sorted(runner, |p| {
            timed(p).map(|n| n * 2).filter(|n| n < 10).with_timestamps(|n| at(n + 1)).reify_timestamps()
        });
        assert_eq!(later, (0..5).map(|n| (at(2 * n + 1), 2 * n)).collect::<Vec<_>>());
        assert_eq!(sorted(runner, |p| timed(p).filter(|_| false).with_timestamps(at).reify_timestamps()), []);
    });
}

/// 2.12 Backwards without skew
#[test]
fn an_earlier_time_than_the_elements_own_is_an_error_that_names_both() {
    on_all(|runner| {
        let error = failure(runner, |p| _ = timed(p).with_timestamps(|n| at(if n == 77 { 76 } else { n })));
        let error = error.to_string();
        for part in ["with_timestamps", "76 ms", "77 ms", "only later times", "timestamps.rs"] {
            assert!(error.contains(part), "{part} in {error}");
        }
    });
}

/// 2.12 A time that can't be told
#[test]
fn a_time_that_can_not_be_read_is_an_error_that_names_the_element() {
    on_all(|runner| {
        let error = failure(runner, |p| {
            _ = p
                .create(["1", "x"])
                .with_timestamps(|word| flumen::Ok(Timestamp::from_millis(word.parse()?)));
        });
        assert!(error.to_string().contains("\"x\""), "{error}");
    });
}

/// 2.13 Reify and extract
#[test]
fn times_become_values_and_values_times_again() {
    on_all(|runner| {
        let there_and_back = sorted(runner, |p| {
            // A grouping between them gives all elements the end of the window as their time.
            let reified = timed(p).reify_timestamps().distinct();
            reified.extract_timestamps().reify_timestamps()
        });
        assert_eq!(there_and_back, (0..5_000).map(|n| (at(n), n)).collect::<Vec<_>>());
    });
}

/// 2.13 Extract where the value's own timestamp is later
#[test]
fn a_time_is_taken_back_also_where_the_pair_has_a_later_one() {
    on_all(|runner| {
        let pairs = |p: &Pipeline| {
            p.range(0..10).map(|n| (at(n), n)).with_timestamps(|(time, _)| at(50) + span(time))
        };
        let back = sorted(runner, |p| pairs(p).extract_timestamps().reify_timestamps());
        assert_eq!(back, (0..10).map(|n| (at(n), n)).collect::<Vec<_>>());
    });
}

fn span(time: Timestamp) -> std::time::Duration {
    std::time::Duration::from_millis(u64::try_from(time.millis()).unwrap())
}
