//! Command lines and what comes of them, as tables.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::error::{FnError, Step};
use crate::pipeline::{OptionSpec, OptionValues, RunReport, Running, StepReport};

#[derive(Debug, crate::Options)]
struct WordCount {
    /// Where to read from,
    /// as a glob.
    input: String,
    /// How many files to write.
    #[option(default = 1)]
    shard_count: u16,
    /// Say more.
    verbose: bool,
    /// A word to leave out.
    stop: Vec<String>,
    /// Opens the door.
    #[option(secret, default = "sesame")]
    token: String,
    /// Rows with less are dropped.
    least: Option<i32>,
}

/// What the pipeline's function was called with is told by its failure.
#[allow(clippy::needless_pass_by_value)]
fn wordcount(p: &Pipeline, o: WordCount) -> Result<()> {
    let _count = p.range(0..1).count_globally();
    match o.input.as_str() {
        "told" => Err(FnError::new(Cause::Quality, format!("{o:?}")).into()),
        "missing" => Err(std::io::Error::from(std::io::ErrorKind::NotFound).into()),
        "wrong" => Err(BuildError::new("a wrong graph").into()),
        "broken" => Err(RunError::new(Cause::Unavailable, "no service").into()),
        "other" => Err("something".into()),
        _ => Ok(()),
    }
}

fn candidate<O: Options>(
    name: &str,
    about: &str,
    build: impl Fn(&Pipeline, O) -> Result<()> + 'static,
) -> Candidate {
    Candidate {
        name: name.into(),
        about: about.into(),
        options: O::specs(),
        build: Box::new(move |p, values| build(p, O::from_values(values)?)),
    }
}

struct Fake {
    name: &'static str,
    parallelism: usize,
}

impl Runner for Fake {
    fn start(&self, _: &Pipeline) -> Result<Box<dyn Running>, RunError> {
        Ok(Box::new(Fake { ..*self }))
    }
    fn explain(&self, _: &Pipeline) -> Result<String, RunError> {
        Ok(format!("{} on {} threads", self.name, self.parallelism))
    }
}

impl Running for Fake {
    fn wait(self: Box<Self>) -> Result<RunReport, RunError> {
        let step = Step { name: "count".into(), location: std::panic::Location::caller() };
        if self.parallelism == 13 {
            return Err(FnError::new(Cause::BadData, "bad luck").at(&Arc::new(step)));
        }
        Ok(RunReport {
            wall: Duration::from_millis(1_500),
            parallelism: self.parallelism,
            steps: vec![StepReport::new(step, 1_000, vec![3])],
            published: vec!["counts".into()],
            ..RunReport::default()
        })
    }
    fn cancel(&self) {}
}

fn parallelism() -> OptionSpec {
    OptionSpec::new("parallelism", "Worker threads.").default("2")
}

fn make(name: &'static str, values: &OptionValues) -> Result<Box<dyn Runner>, RunError> {
    Ok(Box::new(Fake { name, parallelism: values.optional("parallelism")?.unwrap_or(2) }))
}

static LOCAL: RunnerEntry = RunnerEntry {
    name: "local",
    about: "In this process.",
    options: || vec![parallelism()],
    make: |values| make("local", values),
};

static REMOTE: RunnerEntry = RunnerEntry {
    name: "remote",
    about: "On other machines.",
    options: || vec![parallelism(), OptionSpec::new("job_endpoint", "Where the job service is.")],
    make: |values| {
        values.required::<String>("job_endpoint").map_err(RunError::from).and(make("remote", values))
    },
};

static CLASHING: RunnerEntry = RunnerEntry {
    name: "clashing",
    about: "",
    options: || vec![OptionSpec::new("input", "")],
    make: |values| make("clashing", values),
};

fn one() -> Vec<Candidate> {
    vec![candidate("wordcount", "Counts words.\n\nAll of them.", wordcount)]
}

fn wordless(p: &Pipeline) -> Result<()> {
    let _count = p.range(0..0).count_globally();
    Ok(())
}

fn two() -> Vec<Candidate> {
    let idle = candidate("idle", "Does nothing.", |p, (): ()| wordless(p));
    one().into_iter().chain([idle]).collect()
}

fn call(pipelines: Vec<Candidate>, runners: &[&'static RunnerEntry], arguments: &str) -> Exit {
    let linked = Linked { program: "program".into(), pipelines, runners: runners.to_vec() };
    let arguments = arguments.split_whitespace().map(OsStr::new).map(OsStr::to_owned);
    parse(&linked, arguments).and_then(|asked| execute(&asked)).unwrap_or_else(|exit| exit)
}

/// Each row: arguments, the exit code, and parts of what is printed.
fn check(pipelines: fn() -> Vec<Candidate>, runners: &[&'static RunnerEntry], rows: &[(&str, u8, &[&str])]) {
    for (arguments, code, parts) in rows {
        let exit = call(pipelines(), runners, arguments);
        let said = format!("{}{}", exit.stdout, exit.stderr);
        assert_eq!(exit.code, *code, "{arguments}\n{said}");
        for part in *parts {
            assert!(said.contains(part), "{arguments}: no {part:?} in\n{said}");
        }
    }
}

#[test]
fn a_run_ends_with_a_summary() {
    let exit = call(one(), &[&LOCAL], "--input x");
    let want = "wordcount: done in 1.50 s on 2 threads\n  count  1,000 in  3 out\n  published counts\n";
    assert_eq!((exit.code, exit.stdout.as_str(), exit.stderr.as_str()), (0, "", want));
    assert_eq!(call(one(), &[&LOCAL], "--input x --quiet"), Exit::default());
}

#[test]
fn options_reach_the_function() {
    let told = "error: WordCount { input: \"told\", shard_count: ";
    check(
        one,
        &[&LOCAL],
        &[
            ("--input told", 80, &[told, "1, verbose: false, stop: [], token: \"sesame\", least: None }"]),
            ("--input=told --shard_count=7 --verbose", 80, &["shard_count: 7, verbose: true"]),
            ("--input=told --shard-count 7 --verbose=false", 80, &["shard_count: 7, verbose: false"]),
            ("--input told --stop a --stop=b --least -5", 80, &["[\"a\", \"b\"]", "Some(-5)"]),
            ("--input=told --token=", 80, &["token: \"\""]),
        ],
    );
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    check(
        one,
        &[&LOCAL, &REMOTE],
        &[
            ("", 2, &["required", "--input <INPUT>", "Usage: program", "--help"]),
            ("--input x --shard-coumt 3", 2, &["unexpected argument '--shard-coumt'", "'--shard-count"]),
            (
                "--input x --shard_count many",
                2,
                &["--shard_count=many: write a whole number from 0 to 65535"],
            ),
            ("--input x --verbose=perhaps", 2, &["--verbose=perhaps: write true or false"]),
            ("--input x --input y", 2, &["cannot be used multiple times"]),
            ("--input x y", 2, &["unexpected argument 'y'", "write a pattern in quotes"]),
            ("--input x --explain=png", 2, &["[possible values: text, dot, mermaid]"]),
            (
                "--input x --runner=remot",
                2,
                &["'remot'", "[possible values: local, remote]", "similar", "'remote'"],
            ),
            ("--input x --parallelism=x", 2, &["error: --parallelism=x: write a whole number, 0 or more"]),
            (
                "--input x --job_endpoint=h",
                2,
                &["of the runner `remote`, and the runner is `local`: choose --runner=remote"],
            ),
            ("--job-endpoint", 2, &["--job-endpoint is an option of the runner `remote`"]),
            ("--input x --runner=remot --job_endpoint=h", 2, &["'remot'", "'remote'"]),
            ("--input x --runner=remot --help", 2, &["'remot'", "'remote'"]),
            ("--input x --job_endpont=h", 2, &["unexpected argument '--job_endpont'"]),
            ("--input x --runner=", 2, &["a value is required for '--runner"]),
            ("--input x --runner remote", 2, &["required", "--job_endpoint <JOB_ENDPOINT>"]),
            ("--input x --pipeline=other", 2, &["'other'", "wordcount"]),
        ],
    );
}

#[test]
fn failures_have_their_exit_codes() {
    check(
        one,
        &[&LOCAL],
        &[
            ("--input missing", 66, &["error: entity not found"]),
            ("--input wrong", 78, &["error: a wrong graph\n"]),
            ("--input broken", 69, &["error: no service\n"]),
            ("--input other", 70, &["error: something\n"]),
            ("--input x --parallelism 13", 65, &["error: step count (", "): bad luck\n"]),
        ],
    );
    let panics = || vec![candidate("bad", "", |_, (): ()| panic!("in the test of panics"))];
    check(panics, &[&LOCAL], &[("", 70, &["error: the function of the pipeline `bad` panicked\n"])]);
    check(Vec::new, &[&LOCAL], &[("--help", 78, &["#[flumen::pipeline]"])]);
}

#[test]
fn runners_are_chosen_by_name() {
    check(
        one,
        &[&LOCAL, &REMOTE],
        &[
            ("--input x --explain", 0, &["local on 2 threads"]),
            ("--input x --explain --runner=direct", 0, &["local on 2 threads"]),
            ("--input x --explain --runner DirectRunner --parallelism=3", 0, &["local on 3 threads"]),
            (
                "--input x --explain --runner=remote --job-endpoint h --parallelism=4",
                0,
                &["remote on 4 threads"],
            ),
            ("--input x", 0, &["on 2 threads"]),
        ],
    );
    check(one, &[&REMOTE], &[("--input x --explain --job_endpoint=h", 0, &["remote on 2 threads"])]);
    check(
        two,
        &[&REMOTE, &CLASHING],
        &[
            ("--pipeline=idle", 2, &["choose a runner, --runner=NAME: clashing, remote"]),
            ("--pipeline=idle --job_endpoint=h", 2, &["of the runner `remote`, and no runner is chosen"]),
        ],
    );
    check(
        one,
        &[],
        &[
            ("--input x", 78, &["`flumen-local`", "use flumen_local as _;"]),
            ("--input x --runner=local", 78, &["use flumen_local as _;"]),
            ("--input x --explain", 78, &["use flumen_local as _;"]),
            ("--input x --explain=dot", 0, &[]),
            ("--help", 0, &["no runner is linked"]),
        ],
    );
}

#[test]
fn drawings_go_to_stdout_and_nothing_runs() {
    for format in ["dot", "mermaid", "text"] {
        let exit = call(one(), &[&LOCAL], &format!("--input x --explain={format}"));
        assert_eq!((exit.code, exit.stderr.as_str()), (0, ""), "{format}");
        assert!(exit.stdout.ends_with('\n') && !exit.stdout.contains("done in"), "{format}");
        assert_eq!(exit.stdout.contains("on 2 threads"), format == "text", "{format}");
    }
}

#[test]
fn pipelines_are_chosen_by_name() {
    let table = "  wordcount  Counts words.\n  idle       Does nothing.\n";
    check(
        two,
        &[&LOCAL],
        &[
            ("", 2, &["choose a pipeline, --pipeline=NAME:\n", table]),
            ("--input x", 2, &["choose a pipeline", table]),
            ("--pipeline=idle", 0, &["idle: done in"]),
            ("--pipeline idle --parallelism=1", 0, &["on 1 thread\n"]),
            ("--pipeline=wordcount --input x", 0, &["wordcount: done in"]),
            ("--pipeline=idel", 2, &["'idel'", "similar", "'idle'"]),
            ("--pipeline=idle --input=x", 2, &["unexpected argument '--input'"]),
            ("--help", 0, &[table, "--pipeline <NAME>", "--runner", "--parallelism"]),
            ("--pipeline idle --help", 0, &["Does nothing.", "Options of the launcher"]),
            ("--list", 0, &["pipelines:\n", table, "runners:\n  local  In this process.\n"]),
        ],
    );
}

#[test]
fn clashing_options_are_refused_by_name() {
    #[derive(crate::Options)]
    #[allow(dead_code)]
    struct Clashing {
        #[option(name = "quiet")]
        silent: bool,
    }
    let clashing = || vec![candidate("loud", "", |_, _: Clashing| Ok(()))];
    check(
        clashing,
        &[&LOCAL],
        &[("", 78, &["--quiet is an option of the pipeline `loud` and of the launcher: rename"])],
    );
    check(
        one,
        &[&LOCAL, &CLASHING],
        &[
            ("--input=told", 80, &["input: \"told\""]),
            (
                "--input x --runner=clashing",
                78,
                &["--input is an option of the pipeline `wordcount` and of the runner `clashing`: rename"],
            ),
        ],
    );
}

#[test]
fn an_option_of_many_other_runners_names_them_all() {
    static OTHER: RunnerEntry = RunnerEntry { name: "other", ..REMOTE };
    check(
        two,
        &[&LOCAL, &REMOTE, &OTHER],
        &[
            (
                "--pipeline=idle --job_endpoint=h",
                2,
                &["--job_endpoint is an option of the runners other, remote, and the runner is `local`: \
                   choose one by --runner=NAME, or leave the option out\n"],
            ),
            ("--pipeline=idle --runner=other --job_endpoint=h", 0, &["done in"]),
        ],
    );
}

#[test]
fn help_lists_the_pipeline_the_launcher_and_the_chosen_runner() {
    let exit = call(one(), &[&LOCAL, &REMOTE], "-h");
    assert_eq!((exit.code, exit.stderr.as_str()), (0, ""));
    assert_eq!(exit.stdout, call(one(), &[&LOCAL, &REMOTE], "--input x --help").stdout);
    let want = "\
Counts words.

All of them.

Usage: program [OPTIONS] --input <INPUT>

Options of the pipeline wordcount:
      --input <INPUT>              Where to read from,
                                   as a glob. [required]
      --shard_count <SHARD_COUNT>  How many files to write. [default: 1]
      --verbose[=<true|false>]     Say more.
      --stop <STOP>                A word to leave out. [may be repeated]
      --token <TOKEN>              Opens the door. [default: ***]
      --least <LEAST>              Rows with less are dropped.

Options of the launcher:
      --runner <NAME>       What runs the pipeline [default: local]:
                              local   In this process.
                              remote  On other machines.
                            The options of another one: --help --runner=NAME
      --explain[=<FORMAT>]  Print the graph, and run nothing: text, dot, mermaid [default: text]
      --quiet               Print no summary at the end
      --list                Print the pipelines and the runners of this program
  -h, --help                Print this help

Options of the runner local (In this process):
      --parallelism <PARALLELISM>  Worker threads. [default: 2]
";
    assert_eq!(exit.stdout, want);
    let remote = call(one(), &[&LOCAL, &REMOTE], "--help --runner=remote");
    let want = "
Options of the runner remote (On other machines):
      --parallelism <PARALLELISM>    Worker threads. [default: 2]
      --job_endpoint <JOB_ENDPOINT>  Where the job service is. [required]
";
    assert!(remote.stdout.ends_with(want), "{}", remote.stdout);
    let alone = call(one(), &[&LOCAL], "--help");
    assert!(alone.stdout.contains("  What runs the pipeline: local [default: local]\n"), "{}", alone.stdout);
}
