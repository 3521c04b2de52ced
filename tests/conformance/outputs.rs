//! Behaviours 1.7 to 1.11, 1.14, 1.38 and 6.27: several outputs, partitions, dead letters.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flumen::error::{Cause, ELEMENT_TEXT_BYTES_MAX};
use flumen::io::text;
use flumen::testing::expect;
use flumen::{DeadLetter, DoFn, MultiDoFn, Out, PCollection, Pipeline, Result};

use crate::support::{How, collect, failure, on_all, sorted};

#[test]
fn each_output_gets_what_is_emitted_to_it_in_its_own_type() {
    on_all(|runner| {
        for rows in [0, 1, 100_000] {
            let p = Pipeline::new();
            let (evens, odds, thirds, texts) = p.range(0..rows).par_do4(|n, evens, odds, thirds, texts| {
                if n % 2 == 0 {
                    evens.emit(n);
                } else {
                    odds.emit(n as i64);
                }
                if n % 3 == 0 {
                    thirds.emit((n, n / 3));
                    thirds.emit((n, n / 3));
                }
                if n % 1_000 == 7 {
                    texts.emit(n.to_string());
                }
            });
            expect(&evens.count_globally()).contains_in_any_order([rows.div_ceil(2)]);
            expect(&odds.filter(|n| n % 2 == 1).count_globally()).contains_in_any_order([rows / 2]);
            expect(&thirds.distinct().count_globally()).contains_in_any_order([rows.div_ceil(3)]);
            expect(&thirds.count_globally()).contains_in_any_order([rows.div_ceil(3) * 2]);
            let sevens: Vec<String> = (7..rows).step_by(1_000).map(|n| n.to_string()).collect();
            expect(&texts).contains_in_any_order(sevens);
            let report = runner.run(&p).unwrap().wait().unwrap();
            let counted = &report.step("par_do4").unwrap().outputs;
            assert_eq!(counted[..3], [rows.div_ceil(2), rows / 2, rows.div_ceil(3) * 2]);
        }
    });
}

#[test]
fn an_output_that_gets_nothing_is_empty_and_one_that_nothing_reads_is_no_loss() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let (kept, never, _) = p.range(0..50_000).par_do3(|n, kept, never: &mut Out<'_, u64>, unread| {
                if n > 60_000 {
                    never.emit(n);
                }
                unread.emit(n);
                if n < 2 {
                    kept.emit(n);
                }
            });
            kept.flatten([&never, &never.count_globally()])
        });
        assert_eq!(found, [0, 0, 1]);
        // The first one is not read either.
        let found = sorted(runner, |p| {
            let (_, words) = p.range(0..3).par_do2(|n, numbers, words| {
                numbers.emit(n);
                words.emit(n.to_string());
            });
            words
        });
        assert_eq!(found, ["0", "1", "2"]);
    });
}

#[test]
fn functions_with_several_outputs_follow_each_other() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let mut all = p.range(0..64);
            let mut odd: Vec<PCollection<u64>> = Vec::new();
            for _ in 0..6 {
                let (even, other) =
                    all.par_do2(|n, even, odd| if n % 2 == 0 { even.emit(n / 2) } else { odd.emit(n) });
                odd.push(other);
                all = even;
            }
            let counts: Vec<_> = odd.iter().map(PCollection::count_globally).collect();
            all.flatten(counts.iter())
        });
        assert_eq!(found, [0, 1, 2, 4, 8, 16, 32]);
    });
}

/// Emits to both outputs in every call, and fails in one of them.
#[derive(Clone)]
struct Both {
    lives: Arc<AtomicU64>,
    fails: Option<(&'static str, How)>,
    started: bool,
    seen: u64,
}

impl Both {
    fn new(lives: &Arc<AtomicU64>, fails: Option<(&'static str, How)>) -> Self {
        Self { lives: Arc::clone(lives), fails, started: false, seen: 0 }
    }

    fn called(&self, call: &str) -> Result<()> {
        match self.fails {
            Some((at, how)) if at == call => how.fail("no good"),
            _ => Ok(()),
        }
    }
}

impl MultiDoFn for Both {
    type In = u64;
    type Outs = (u64, String);

    fn setup(&mut self) -> Result<()> {
        self.lives.fetch_add(1, Ordering::SeqCst);
        self.called("setup")
    }
    fn start_bundle(&mut self) -> Result<()> {
        (self.started, self.seen) = (true, 0);
        self.called("start_bundle")
    }
    fn process(&mut self, n: u64, (numbers, texts): &mut (Out<'_, u64>, Out<'_, String>)) -> Result<()> {
        assert!(self.started);
        self.seen += 1;
        numbers.emit(n);
        if n.is_multiple_of(100) {
            texts.emit(n.to_string());
        }
        self.called("process")
    }
    fn finish_bundle(&mut self, (_, texts): &mut (Out<'_, u64>, Out<'_, String>)) -> Result<()> {
        self.started = false;
        texts.emit(format!("seen {}", self.seen));
        self.called("finish_bundle")
    }
    fn teardown(&mut self) -> Result<()> {
        self.lives.fetch_sub(1, Ordering::SeqCst);
        self.called("teardown")
    }
}

#[test]
fn a_function_with_several_outputs_lives_as_one_with_one() {
    on_all(|runner| {
        let lives = Arc::new(AtomicU64::new(0));
        let p = Pipeline::new();
        let (numbers, texts) = p.range(0..100_000).par_do_multi(Both::new(&lives, None));
        expect(&numbers.count_globally()).contains_in_any_order([100_000_u64]);
        let (seen, plain) = texts.par_do2(|text, seen, plain| match text.strip_prefix("seen ") {
            Some(n) => seen.emit(n.parse::<u64>().unwrap_or(0)),
            None => plain.emit(text),
        });
        expect(&seen.sum_globally()).contains_in_any_order([100_000_u64]);
        expect(&plain.count_globally()).contains_in_any_order([1_000_u64]);
        runner.run(&p).unwrap().wait().unwrap();
        assert_eq!(lives.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn a_function_with_several_outputs_is_torn_down_whichever_call_fails() {
    on_all(|runner| {
        for how in How::ALL {
            for call in ["setup", "start_bundle", "process", "finish_bundle", "teardown"] {
                let lives = Arc::new(AtomicU64::new(0));
                let error = failure(runner, |p| {
                    drop(p.range(0..9).par_do_multi(Both::new(&lives, Some((call, how)))));
                });
                assert!(error.to_string().contains("no good"), "{call}: {error}");
                assert!(error.to_string().contains("par_do_multi"), "{call}: {error}");
                assert_eq!((lives.load(Ordering::SeqCst), error.cause()), (0, Cause::UserCode), "{call}");
            }
        }
    });
}

#[test]
fn a_partition_deals_every_element_to_one_collection() {
    on_all(|runner| {
        for rows in [0, 1, 100_000] {
            let p = Pipeline::new();
            let parts: [PCollection<u64>; 5] = p.range(0..rows).partition(|n| (n % 4) as usize);
            for (part, rest) in parts.iter().zip(0..) {
                let wrong = part.filter(move |n| n % 4 != rest).count_globally();
                let want = if rest < 4 { (rows + 3 - rest) / 4 } else { 0 };
                expect(&wrong).contains_in_any_order([0_u64]);
                expect(&part.count_globally()).contains_in_any_order([want]);
            }
            runner.run(&p).unwrap().wait().unwrap();
        }
        // Parts that nothing reads are no loss.
        let found = sorted(runner, |p| {
            let [_, middle, _] = p.create(["a", "bb", "ccc", "dd"]).partition(|word| word.len() - 1);
            middle
        });
        assert_eq!(found, ["bb", "dd"]);
    });
}

#[test]
fn a_partition_that_is_not_there_names_the_element() {
    on_all(|runner| {
        let line = line!() + 2;
        let error = failure(runner, |p| {
            let [_, _] = p.range(0..3).partition(|n| n as usize).map(|part| part.count_globally());
        });
        let told = error.to_string();
        assert!(told.contains(&format!("partition ({}:{line})", file!())), "{told}");
        assert!(told.contains("element: 2") && told.contains("2 of 2"), "{told}");
    });
}

/// Refuses each thousandth element by an error, and those after them by a panic; emits before and after.
#[derive(Clone)]
struct Picky;

impl DoFn for Picky {
    type In = u64;
    type Out = u64;

    fn process(&mut self, n: u64, out: &mut Out<'_, u64>) -> Result<()> {
        out.emit(n);
        match n % 1_000 {
            0 => Err("a round number".into()),
            1 => panic!("worse"),
            _ => Ok(()),
        }
    }
}

#[test]
fn what_is_refused_is_a_letter_and_what_it_emitted_is_taken_back() {
    on_all(|runner| {
        let p = Pipeline::new();
        let letters = |letters: PCollection<DeadLetter>| letters.map(|l| l.error.clone()).count_per_element();
        let refuse = |n: u64| if n.is_multiple_of(1_000) { Err("a round number") } else { Ok(n) };
        let (mapped, refused) = p.range(0..50_000).try_map(refuse);
        expect(&mapped.count_globally()).contains_in_any_order([49_950_u64]);
        expect(&letters(refused.letters())).contains_in_any_order([("a round number", 50_u64)]);
        let (made, refused) = p.range(0..50_000).try_par_do(move |n, out| {
            out.emit(n);
            out.emit(n);
            refuse(n).map(|_| ())
        });
        expect(&made.count_globally()).contains_in_any_order([99_900_u64]);
        expect(&letters(refused.letters())).contains_in_any_order([("a round number", 50_u64)]);
        let (kept, refused) = p.range(0..50_000).try_par_do_fn(Picky);
        expect(&kept.count_globally()).contains_in_any_order([49_900_u64]);
        let told = letters(refused.letters());
        expect(&told.values()).contains_in_any_order([50_u64, 50]);
        let report = runner.run(&p).unwrap().wait().unwrap();
        assert_eq!(report.dead_letters, 200);
    });
}

#[test]
fn a_letter_has_the_bytes_the_text_the_error_the_step_and_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.txt").display().to_string();
    let long = "x".repeat(3 * ELEMENT_TEXT_BYTES_MAX);
    fs::write(&path, format!("1\nzwei\n3\n{long}\n")).unwrap();
    on_all(|runner| {
        let mut letters = collect(runner, |p| {
            let (numbers, refused) = p.read(text::lines(&path)).named("lines").try_map(str::parse::<u64>);
            expect(&numbers).contains_in_any_order([1_u64, 3]);
            refused.letters()
        })
        .unwrap();
        letters.sort_by_key(|letter| letter.bytes.len());
        let places: Vec<_> = letters.iter().map(|letter| letter.source.clone().unwrap()).collect();
        assert_eq!(places, [format!("{path}, byte 2"), format!("{path}, byte 9")]);
        assert_eq!(letters[0].bytes, "zwei");
        assert_eq!(letters[0].element, "\"zwei\"");
        assert_eq!(letters[0].error, "invalid digit found in string");
        assert!(letters[0].step.starts_with("try_map"), "{}", letters[0].step);
        assert_eq!(letters[1].bytes, long);
        assert!(letters[1].element.len() < 2 * ELEMENT_TEXT_BYTES_MAX);
    });
}

#[test]
fn letters_that_are_left_go_to_the_sink_of_the_pipeline() {
    on_all(|runner| {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("refused").display().to_string();
        let p = Pipeline::new();
        let (small, refused) = p.range(0..300).try_map(u8::try_from);
        refused.to_pipeline();
        let (smaller, left) = small.try_map(|n| if n < 250 { Ok(n) } else { Err("too large") });
        left.to_pipeline();
        let (_, apart) = smaller.try_map(|n| if n > 0 { Ok(n) } else { Err("nothing") });
        expect(&apart.letters().count_globally()).contains_in_any_order([1_u64]);
        p.dead_letters(text::sink(&prefix).of(|letter: &DeadLetter| letter.error.clone()));
        let report = runner.run(&p).unwrap().wait().unwrap();
        let mut lines = Vec::new();
        for file in fs::read_dir(folder.path()).unwrap() {
            lines.extend(fs::read_to_string(file.unwrap().path()).unwrap().lines().map(str::to_owned));
        }
        assert_eq!(lines.iter().filter(|line| *line == "too large").count(), 6);
        assert_eq!((lines.len(), report.dead_letters), (50, 51));
    });
}

#[test]
fn letters_that_nothing_looks_after_are_refused_before_the_run() {
    let p = Pipeline::new();
    let line = line!() + 1;
    let (numbers, refused) = p.create(["1"]).try_map(str::parse::<u64>);
    drop((numbers, refused));
    let told = p.check().unwrap_err().to_string();
    assert!(told.contains(&format!("try_map ({}:{line})", file!())), "{told}");
    assert!(told.contains("dead letters"), "{told}");

    let p = Pipeline::new();
    p.create(["1"]).try_map(str::parse::<u64>).1.ignore();
    p.check().unwrap();
}

#[test]
fn too_many_letters_fail_the_run_and_few_enough_do_not() {
    on_all(|runner| {
        for (max, fails) in [(0, true), (49, true), (50, false), (1_000, false)] {
            let p = Pipeline::new();
            let line = line!() + 2;
            let (kept, refused) =
                p.range(0..50_000).try_map(|n| if n % 1_000 == 0 { Err("no") } else { Ok(n) });
            refused.ignore();
            drop(kept);
            match runner.clone().max_failures(max).run(&p).unwrap().wait() {
                Ok(report) => assert!(!fails && report.dead_letters == 50, "{max}"),
                Err(error) => {
                    let told = error.to_string();
                    assert!(fails && error.cause() == Cause::BadData, "{max}: {told}");
                    assert!(told.contains(&format!("--max_failures={max}")), "{told}");
                    assert!(told.contains(&format!("{}:{line}", file!())), "{told}");
                }
            }
        }
    });
}
