//! A whole pipeline on other inputs: what passes, and what each failure says.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use flumen::batch::Builder;
use flumen::element::Ref;
use flumen::io::{Reader, RunId, Shard, Sink, Source, Writer, text};
use flumen::testing::{JobFailure, JobTest};
use flumen::{Options, PCollection, Pipeline, Result};

/// A place that must not be touched by a test.
struct Outside;

impl Source for Outside {
    type Elem = u64;
    type Piece = ();
    type Reader = Outside;

    fn split(&self, _: usize) -> Result<Vec<()>> {
        panic!("split")
    }
    fn open(&self, (): ()) -> Result<Outside> {
        panic!("open")
    }
}

impl Reader for Outside {
    type Elem = u64;
    type Piece = ();

    fn fill(&mut self, _: &mut Builder<u64>) -> Result<bool> {
        panic!("fill")
    }
    fn rest(&self) {
        panic!("rest")
    }
}

impl Sink for Outside {
    type Elem = u64;
    type Writer = Outside;

    fn shards(&self) -> Option<usize> {
        Some(3)
    }
    fn open(&self, _: &RunId) -> Result<Box<dyn Any + Send>> {
        panic!("open")
    }
    fn writer(&self, _: &RunId, _: Shard) -> Result<Outside> {
        panic!("writer")
    }
    fn commit(&self, _: &RunId, _: &[()]) -> Result<String> {
        panic!("commit")
    }
    fn abort(&self, _: &RunId) {
        panic!("abort")
    }
}

impl Writer for Outside {
    type Elem = u64;
    type Part = ();

    fn write(&mut self, _: Ref<'_, u64>) -> Result<()> {
        panic!("write")
    }
    fn close(self) -> Result<()> {
        panic!("close")
    }
}

#[derive(Options)]
struct SumsOptions {
    /// Smaller numbers are left out.
    #[option(default = 0)]
    least: u64,
    /// The words to read.
    words: String,
}

/// Two inputs, one of them in a composite, one input of its own, two outputs.
#[flumen::pipeline]
fn sums(p: &Pipeline, o: SumsOptions) -> Result<()> {
    let least = o.least;
    let numbers = p.read(Outside).named("numbers").apply("select", move |all: &PCollection<u64>| {
        let more = all.pipeline().read(Outside).named("more");
        all.flatten([&more]).filter(move |n| n >= least).named("large")
    });
    numbers.write(Outside).named("sums");
    let words = p.read(text::lines(&o.words)).named("words");
    words.map(|word| word.len() as u64).write(Outside).named("lengths");
    let _kept = p.range(0..3).materialize();
    Ok(())
}

/// All that is needed to pass.
fn test() -> JobTest {
    JobTest::of("sums")
        .arg("--words=none/*.txt")
        .input("numbers", [1_u64, 2, 3])
        .input("select/more", [10_u64])
        .input("words", ["to", "be", "or"])
}

fn failed(test: JobTest) -> JobFailure {
    test.run().unwrap_err()
}

/// The failure has these problems, each told by its parts.
fn check(test: JobTest, wanted: &[&[&str]]) {
    let failure = failed(test);
    assert_eq!(failure.problems().len(), wanted.len(), "{failure}");
    for (problem, parts) in failure.problems().iter().zip(wanted) {
        for part in *parts {
            assert!(problem.contains(part), "no {part:?} in\n{failure}");
        }
    }
    let told = failure.to_string();
    assert!(told.starts_with("the job test of `") && told.contains("job_test.rs:"), "{told}");
    assert_eq!(format!("{failure:?}"), told);
}

#[test]
fn a_pipeline_runs_on_given_values_and_nothing_outside_is_touched() {
    for threads in ["1", "4"] {
        let report = test()
            .args(["--parallelism", threads, "--least=2"])
            .output("sums")
            .contains_in_any_order([10_u64, 3, 2])
            .output("lengths")
            .satisfies(|all: &[u64]| {
                assert_eq!(all, [2, 2, 2]);
                Ok(())
            })
            .output("lengths")
            .contains_in_any_order([2_u64; 3])
            .run()
            .unwrap();
        assert_eq!(report.parallelism.to_string(), threads);
        assert_eq!(report.step("select/large").unwrap().rows_in, 4);
    }
}

#[test]
fn it_runs_on_one_thread_unless_told_otherwise() {
    let report = test().output("sums").contains_in_any_order([1_u64, 2, 3, 10]);
    let report = report.output("lengths").contains_in_any_order([2_u64; 3]).run().unwrap();
    assert_eq!(report.parallelism, 1);
}

#[test]
fn all_that_does_not_fit_is_told_at_once() {
    let test = JobTest::of("sums")
        .arg("--words=none")
        .input("nubmers", [1_u64])
        .input("words", [1_u64])
        .input("more", [1_u64])
        .input("select/large", [1_u64])
        .output("sums")
        .contains_in_any_order(["a"]);
    let wanted: [&[&str]; 8] = [
        &["no input is called `nubmers`: did you mean `numbers`? (", "job_test.rs:"],
        &["the input `words (", ")` has elements of String, but the values are of u64 ("],
        &["no input is called `more`: did you mean `select/more`?"],
        &[
            "the step `select/large (",
            "is no input, but a par_do: there are `numbers`, `select/more`, `words`",
        ],
        &["the output `sums (", "has elements of u64, but what is expected is of String ("],
        &["the input `numbers (", "is not replaced: add `.input(\"numbers\", [..])` with values of u64"],
        &["the input `select/more (", "is not replaced"],
        &["the output `lengths (", "is not checked: add `.output(\"lengths\")`", "of u64"],
    ];
    check(test, &wanted);
}

#[test]
fn an_input_is_replaced_once_and_an_output_has_its_name() {
    let test = test().input("numbers", [4_u64]).output("lenghts").is_empty().output("sums").is_empty();
    let wanted: [&[&str]; 3] = [
        &["the input `numbers` is replaced twice, at ", " and at "],
        &["no output is called `lenghts`: did you mean `lengths`?"],
        &["the output `lengths (", "is not checked"],
    ];
    check(test, &wanted);
}

#[test]
fn expectations_that_are_not_met_are_all_told() {
    let test = test()
        .output("sums")
        .contains_in_any_order([1_u64, 1, 2, 3])
        .output("sums")
        .is_empty()
        .output("lengths")
        .satisfies(|all: &[u64]| Err(format!("{} words", all.len()).into()))
        .output("lengths")
        .satisfies(|all: &[u64]| {
            assert!(all.is_empty(), "words");
            Ok(())
        });
    let wanted: [&[&str]; 4] = [
        &["the output `sums` (", "job_test.rs:", "): missing: 1; unexpected: 10"],
        &["the output `sums` (", "): missing: nothing; unexpected: ", " and 3 more"],
        &["the output `lengths` (", "): 3 words"],
        &["the output `lengths` (", "): panicked: words"],
    ];
    check(test, &wanted);
}

#[test]
fn what_the_launcher_refuses_is_told() {
    let rows: [(&[&str], &[&str]); 6] = [
        (&["--words=a", "--laest=3"], &["unexpected argument '--laest'", "'--least'"]),
        (&[], &["--words", "required"]),
        (&["--words=a", "--least=x"], &["--least=x: write a whole number"]),
        (&["--words=a", "--parallelism=x"], &["--parallelism=x: write a whole number"]),
        (&["--help"], &["run nothing: leave out `--help`"]),
        (&["--words=a", "--explain"], &["run nothing: leave out"]),
    ];
    for (arguments, parts) in rows {
        let failure = failed(JobTest::of("sums").args(arguments.iter().copied()));
        for part in parts {
            assert!(failure.to_string().contains(part), "no {part:?} in\n{failure}");
        }
        assert!(!failure.to_string().contains("Usage"), "{failure}");
    }
}

#[test]
fn a_pipeline_that_is_not_linked_is_told_with_those_that_are() {
    check(JobTest::of("sum"), &[&["no pipeline that is linked is called `sum`: did you mean `sums`?"]]);
    check(JobTest::of("counts"), &[&["is called `counts`: there are `sums`"]]);
}

#[test]
fn a_run_that_fails_is_told() {
    fn fails(p: &Pipeline, (): ()) -> Result<()> {
        p.read(text::lines("none"))
            .map(|line| flumen::Ok(line.parse::<u64>()?))
            .named("parse")
            .write(Outside);
        Ok(())
    }
    let test = JobTest::of_function(fails).input("read", ["x"]).output("write").is_empty();
    check(test, &[&["the run failed: step parse (", "invalid digit", "element: \"x\""]]);
}

#[test]
fn a_pipeline_that_can_not_be_built_is_told() {
    fn refuses(_: &Pipeline, (): ()) -> Result<()> {
        Err("not today".into())
    }
    fn idle(_: &Pipeline, (): ()) -> Result<()> {
        Ok(())
    }
    check(JobTest::of_function(refuses), &[&["not today"]]);
    check(JobTest::of_function(idle).output("x").is_empty(), &[&["the pipeline has no steps"]]);
}

#[test]
fn nothing_may_be_given_and_nothing_expected() {
    let test = JobTest::of("sums").arg("--words=none").input("words", Vec::<String>::new());
    let test = test.input("numbers", Vec::<u64>::new()).input("select/more", Vec::<u64>::new());
    let test = test.output("sums").is_empty().output("lengths").contains_in_any_order([0_u64; 0]);
    test.run().unwrap();
}

#[test]
fn a_test_that_is_not_run_fails() {
    let forgotten = |test: JobTest| {
        let panic = catch_unwind(AssertUnwindSafe(|| drop(test))).unwrap_err();
        panic.downcast_ref::<String>().cloned().unwrap()
    };
    let told = forgotten(test());
    assert!(told.starts_with("the job test of `sums` (") && told.ends_with("end it with `.run()`"), "{told}");
    let told = forgotten(JobTest::of("nobody"));
    assert!(told.contains("was not run"), "{told}");
    // A test that fails for another reason is not told twice, which would end the process.
    let panic = catch_unwind(|| {
        let _test = test();
        panic!("another reason");
    });
    assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"another reason"));
}
