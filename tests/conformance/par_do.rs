//! Behaviours 1.1 to 1.4, 1.27, 1.35 and 2.1 to 2.5: what goes through a function, and at what time.

use std::time::Duration;

use flumen::error::Cause;
use flumen::testing::expect;
use flumen::time::Timestamp;
use flumen::{DoFn, Out, PCollection, Result};

use crate::support::{collect, failure, on_all, sorted};

#[test]
fn each_element_is_mapped_once() {
    on_all(|runner| {
        let doubled = sorted(runner, |p| p.range(0..100_000).par_do(|n, out| out.emit(2 * n)));
        assert!(doubled.into_iter().eq((0..100_000).map(|n| 2 * n)));
        let many = sorted(runner, |p| {
            p.create(["a b", "", "c"]).par_do(|line, out| line.split(' ').for_each(|w| out.emit(w)))
        });
        assert_eq!(many, ["", "a", "b", "c"]);
    });
}

#[test]
fn nothing_in_and_nothing_out_are_both_fine() {
    on_all(|runner| {
        let none: Vec<u64> = Vec::new();
        assert_eq!(sorted(runner, |p| p.create(none.clone()).par_do(|n, out| out.emit(n))), none);
        assert_eq!(sorted(runner, |p| p.range(7..7).map(|n| n)), none);
        let silent = |n: PCollection<u64>| n.par_do(|_, _: &mut Out<'_, u64>| ());
        assert_eq!(sorted(runner, |p| silent(p.range(0..5_000))), none);
        assert_eq!(sorted(runner, |p| silent(p.range(0..5_000)).map(|n| n + 1).filter(|_| true)), none);
        assert_eq!(sorted(runner, |p| silent(p.range(0..5_000)).count_globally()), [0]);
    });
}

#[test]
fn a_function_in_a_composite_does_the_same() {
    on_all(|runner| {
        let inner = |all: &PCollection<u64>| {
            all.apply("inner", |all: &PCollection<u64>| all.par_do(|n, out| out.emit(n + 1)))
        };
        let made = sorted(runner, |p| p.range(0..3).apply("outer", inner));
        assert_eq!(made, [1, 2, 3]);
    });
}

#[test]
fn many_and_large_elements_go_through() {
    on_all(|runner| {
        let large: Vec<String> = (0..40).map(|n| format!("{n}").repeat(1 << 19)).collect();
        let mut want = large.clone();
        want.sort();
        let through = |text: &str, out: &mut Out<'_, String>| out.emit(text);
        assert!(sorted(runner, |p| p.create(large.clone()).par_do(through).filter(|_| true)) == want);
        let n = 3_000_000;
        let counted =
            sorted(runner, |p| p.range(0..n).flat_map(|n| [n, n]).filter_map(Some).count_globally());
        assert_eq!(counted, [2 * n]);
    });
}

/// Emits the sum of a bundle when the bundle ends, with a time of its own, and the count at no time.
#[derive(Clone, Default)]
struct SumAtTheEnd {
    sum: u64,
}

const END: Timestamp = Timestamp::from_millis(1_234);

impl DoFn for SumAtTheEnd {
    type In = u64;
    type Out = u64;

    fn start_bundle(&mut self) -> Result<()> {
        self.sum = 0;
        Ok(())
    }
    fn process(&mut self, n: u64, _: &mut Out<'_, u64>) -> Result<()> {
        self.sum += n;
        Ok(())
    }
    fn finish_bundle(&mut self, out: &mut Out<'_, u64>) -> Result<()> {
        out.emit_at(END, self.sum);
        out.emit(0_u64);
        Ok(())
    }
}

fn with_time(all: &PCollection<u64>) -> PCollection<(u64, i64)> {
    all.par_do(|n, out| {
        let time = out.timestamp().millis();
        out.emit((n, time));
    })
}

#[test]
fn the_end_of_a_bundle_emits_and_its_times_are_kept() {
    on_all(|runner| {
        let all = sorted(runner, |p| with_time(&p.range(0..200_000).par_do_fn(SumAtTheEnd::default())));
        let (at_end, at_none): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(_, time)| *time == END.millis());
        assert_eq!(at_end.iter().map(|(sum, _)| sum).sum::<u64>(), 200_000 * 199_999 / 2);
        assert!(at_none.iter().all(|row| *row == (0, Timestamp::MIN.millis())), "{at_none:?}");
        assert_eq!(at_end.len(), at_none.len());
    });
}

#[test]
fn times_move_forward_and_stay_with_their_elements() {
    let millis = |n: u64| Timestamp::from_millis(n as i64 / 3);
    let times = move |all: &PCollection<u64>| {
        all.par_do(move |n, out| {
            out.emit_at(millis(n), n);
            // Not the time given before: that of the element at hand.
            out.emit(n + 1_000_000);
            // Its own time is not an earlier one.
            let own = out.timestamp();
            out.emit_at(own, n + 2_000_000);
        })
    };
    on_all(|runner| {
        let all = sorted(runner, |p| {
            let timed = times(&p.range(0..10_000)).filter(|n| n % 7 != 0).map(|n| n).inspect(|_| ());
            with_time(&timed.key_by(|n| n % 3).values())
        });
        let none = Timestamp::MIN.millis();
        let mut want: Vec<(u64, i64)> = (0..10_000)
            .flat_map(|n| [(n, millis(n).millis()), (n + 1_000_000, none), (n + 2_000_000, none)])
            .filter(|(n, _)| n % 7 != 0)
            .collect();
        want.sort();
        assert!(all == want);
        let later = collect(runner, |p| {
            let timed = p.range(0..1).par_do(|n, out| out.emit_at(Timestamp::from_millis(5), n));
            with_time(&timed.par_do(|n, out| {
                let next = out.timestamp() + Duration::from_millis(2);
                out.emit_at(next, n);
            }))
        });
        assert_eq!(later.unwrap(), [(0, 7)]);
    });
}

#[test]
fn an_earlier_time_is_refused_with_step_and_element() {
    on_all(|runner| {
        let error = failure(runner, |p| {
            let timed = p.range(0..5_000).par_do(|n, out| out.emit_at(Timestamp::from_millis(100), n));
            drop(
                timed
                    .par_do(|n, out| {
                        let time = if n == 3_210 { 99 } else { 100 };
                        out.emit_at(Timestamp::from_millis(time), n);
                    })
                    .named("back"),
            );
        });
        assert_eq!(error.step().unwrap().name, "back");
        assert_eq!(error.element(), Some("3210"));
        assert_eq!(error.cause(), Cause::UserCode);
        assert!(error.to_string().contains("emitted at 99 ms, before its element's time 100 ms"), "{error}");
    });
}

#[test]
fn results_of_a_grouping_stand_at_the_end_of_the_window() {
    on_all(|runner| {
        let all = sorted(runner, |p| with_time(&p.range(0..3).count_per_element().keys()));
        let end = Timestamp::END_OF_GLOBAL_WINDOW.millis();
        assert_eq!(all, [(0, end), (1, end), (2, end)]);
    });
}

#[test]
fn an_unmet_expectation_fails_with_its_own_cause_and_place() {
    on_all(|runner| {
        let line = std::cell::Cell::new(0);
        let error = failure(runner, |p| {
            let all = p.range(0..3);
            line.set(line!() + 1);
            expect(&all).contains_in_any_order([0_u64, 1, 1]);
        });
        assert_eq!(error.cause(), Cause::Quality);
        let place = format!("expectation at {}:{}: missing: 1; unexpected: 2", file!(), line.get());
        assert!(error.to_string().contains(&place), "{error}");
    });
}
