//! A whole pipeline on other inputs, with its outputs checked instead of written.

mod stage;

use std::error::Error;
use std::fmt;
use std::panic::Location;

use self::stage::{Check, Input, Verdict, set};
use super::difference::{difference, surplus};
use super::near::near;
use crate::collection::{Part, Pipeline, decoded};
use crate::element::{Element, Put};
use crate::error::Result;
use crate::function::guard;
use crate::graph::ElementType;
use crate::io::create;
use crate::pipeline::{Candidate, Options, PipelineEntry, RunReport, Running, rehearse};

/// Runs a whole pipeline, as its function builds it, on given values in place of what it reads, and checks what it
/// would write.
///
/// For the test of a pipeline with its options and names; for a single transform use
/// [`run_with_data`](crate::testing::run_with_data). Sources and sinks are called by the full names of their steps; none of
/// them is opened. Every source must be replaced and every sink checked, but for those that are in memory, such as
/// [`create`](Pipeline::create). The runner must be linked: `use flumen_local as _;`.
///
/// ```standalone_crate
/// use flumen::io::text;
/// use flumen::testing::JobTest;
/// use flumen::{Options, Pipeline, Result};
/// use flumen_local as _;
///
/// #[derive(Options)]
/// struct Shout {
///     /// The files to read.
///     input: String,
///     /// Where to write.
///     output: String,
///     /// What is added to each line.
///     #[option(default = "!")]
///     mark: String,
/// }
///
/// #[flumen::pipeline]
/// fn shout(p: &Pipeline, o: Shout) -> Result<()> {
///     let lines = p.read(text::lines(&o.input)).named("read");
///     let loud = lines.map(move |line| format!("{}{}", line.to_uppercase(), o.mark));
///     loud.write(text::sink(&o.output)).named("write");
///     Ok(())
/// }
///
/// // In a function with #[test]:
/// JobTest::of("shout")
///     .args(["--input=in.txt", "--output=out", "--mark=!!"])
///     .input("read", ["to be", "or not"])
///     .output("write").contains_in_any_order(["OR NOT!!", "TO BE!!"])
///     .run()?;
/// # flumen::Ok(())
/// ```
///
/// It runs on one thread, unless an argument says otherwise (`--parallelism=4`).
///
/// # Errors
/// [`JobTest::run`] returns all that is wrong at once. Dropping a test that was not run panics, so that none passes by
/// mistake.
///
/// Follows `JobTest` of Scio.
#[must_use = "it tests nothing until `.run()`"]
pub struct JobTest {
    location: &'static Location<'static>,
    /// None once it was run.
    plan: Option<Plan>,
}

/// What the test does.
struct Plan {
    name: String,
    /// Or why there is none.
    candidate: Result<Candidate, String>,
    arguments: Vec<String>,
    inputs: Vec<Input>,
    checks: Vec<Check>,
}

impl JobTest {
    /// A test of the pipeline that has `#[flumen::pipeline]` and this name.
    #[track_caller]
    pub fn of(name: &str) -> Self {
        Self::new(name, linked(name))
    }

    /// A test of the pipeline that a function builds, which needs no `#[flumen::pipeline]`; one without options takes
    /// `()`.
    ///
    /// ```
    /// use flumen::testing::JobTest;
    /// use flumen::{Pipeline, Result};
    /// use flumen_local as _;
    ///
    /// fn numbers(p: &Pipeline, (): ()) -> Result<()> {
    ///     let _sum = p.range(0..10).sum_globally().materialize().named("sum");
    ///     Ok(())
    /// }
    /// JobTest::of_function(numbers).output("sum").contains_in_any_order([45_u64]).run()?;
    /// # flumen::Ok(())
    /// ```
    #[track_caller]
    pub fn of_function<O: Options, F: Fn(&Pipeline, O) -> Result<()> + 'static>(build: F) -> Self {
        let path = std::any::type_name::<F>();
        let name = path.rsplit("::").find(|part| !part.starts_with('{')).unwrap_or(path);
        Self::new(name, Ok(Candidate::of(name, build)))
    }

    #[track_caller]
    fn new(name: &str, candidate: Result<Candidate, String>) -> Self {
        let (arguments, inputs, checks) = (Vec::new(), Vec::new(), Vec::new());
        let plan = Plan { name: name.to_owned(), candidate, arguments, inputs, checks };
        Self { location: Location::caller(), plan: Some(plan) }
    }

    /// Adds an argument of the command line: an option of the pipeline, of the launcher or of the runner.
    pub fn arg(self, argument: impl Into<String>) -> Self {
        self.args([argument])
    }

    /// Adds arguments of the command line.
    pub fn args<A: Into<String>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.with(|plan| plan.arguments.extend(arguments.into_iter().map(Into::into)))
    }

    /// Puts values in place of what the source with this full name would read.
    #[track_caller]
    pub fn input<P: Put>(self, step: &str, values: impl IntoIterator<Item = P>) -> Self {
        let (primitive, detail) = create::values(values);
        let element = ElementType::of::<P::Elem>();
        let location = Location::caller();
        self.with(|plan| {
            plan.inputs.push(Input { step: step.to_owned(), location, element, primitive, detail });
        })
    }

    /// Chooses the sink with this full name, to say what it must be given; it may be chosen more than once.
    pub fn output(self, step: &str) -> JobOutput {
        JobOutput { test: self, step: step.to_owned() }
    }

    /// Runs the pipeline, and checks what its sinks were given.
    ///
    /// # Errors
    /// An option that the pipeline does not have, or one that is missing; a name that no source or sink has; values of
    /// another type than the step's; a source that is not replaced, a sink that is not checked; the run's own failure;
    /// each expectation that is not met. All that can be known at once is told at once.
    pub fn run(mut self) -> Result<RunReport, JobFailure> {
        match self.plan.take() {
            Some(plan) => {
                let title = format!("the job test of `{}` ({})", plan.name, place(self.location));
                plan.run().map_err(|problems| JobFailure { title, problems })
            }
            // Only a test that was run has no plan, and running takes it.
            None => {
                Err(JobFailure { title: "a job test".into(), problems: vec!["it was run before".into()] })
            }
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        if let Some(plan) = &mut self.plan {
            change(plan);
        }
        self
    }
}

impl Drop for JobTest {
    fn drop(&mut self) {
        let Some(plan) = &self.plan else { return };
        assert!(
            std::thread::panicking(),
            "the job test of `{}` ({}) was not run: end it with `.run()`",
            plan.name,
            place(self.location)
        );
    }
}

impl Plan {
    fn run(self) -> Result<RunReport, Vec<String>> {
        let one = |problem: String| vec![problem];
        let ready = rehearse(self.candidate.map_err(one)?, self.arguments).map_err(one)?;
        let kept = set(&ready.pipeline, self.inputs, &self.checks)?;
        let ran = ready.runner.start(&ready.pipeline).and_then(Running::wait);
        let report = ran.map_err(|error| one(format!("the run failed: {error}")))?;
        let judge = |check: Check| {
            let parts = kept.get(&check.step).and_then(|kept| kept.of_run(&report.run));
            let judged =
                guard(|| (check.verdict)(&parts.ok_or("the runner did not bring back what it was given")?));
            judged.err().map(|e| format!("the output `{}` ({}): {e}", check.step, place(check.location)))
        };
        let problems: Vec<String> = self.checks.into_iter().filter_map(judge).collect();
        if problems.is_empty() { Ok(report) } else { Err(problems) }
    }
}

fn place(location: &Location<'_>) -> String {
    format!("{}:{}", location.file(), location.line())
}

/// The pipeline of this name, or what to do if there is none.
fn linked(name: &str) -> Result<Candidate, String> {
    let linked = PipelineEntry::linked().map_err(|e| e.to_string())?;
    if let Some(entry) = linked.iter().find(|entry| entry.name == name) {
        return Ok(Candidate::linked(entry));
    }
    let names: Vec<&str> = linked.iter().map(|entry| entry.name).collect();
    let advice = match (near(name, names.iter().copied()), names.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => {
            "none is; put `#[flumen::pipeline]` on its function, or use `JobTest::of_function`".into()
        }
        (None, names) => format!("there are `{}`", names.join("`, `")),
    };
    Err(format!("no pipeline that is linked is called `{name}`: {advice}"))
}

/// A sink of a pipeline that is tested; made by [`JobTest::output`].
#[must_use = "say what it must be given, by a method"]
pub struct JobOutput {
    test: JobTest,
    step: String,
}

impl JobOutput {
    /// It is given exactly these elements, each as often as here, in any order.
    ///
    /// Elements are compared by their encodings.
    #[track_caller]
    pub fn contains_in_any_order<P: Put>(self, elements: impl IntoIterator<Item = P>) -> JobTest {
        let mut wanted = <P::Elem as Element>::Col::default();
        elements.into_iter().for_each(|element| element.put(&mut wanted));
        self.typed::<P::Elem>(move |found| difference::<P::Elem>(&wanted, found))
    }

    /// It is given nothing.
    #[track_caller]
    pub fn is_empty(self) -> JobTest {
        self.check(
            None,
            Box::new(|parts| {
                let first = parts.iter().find(|part| part.rows > 0).map(|part| part.first.as_str());
                surplus(first, parts.iter().map(|part| part.rows).sum())
            }),
        )
    }

    /// It satisfies a check of all its elements, which returns what is wrong, or panics.
    ///
    /// ```
    /// # use flumen::{Pipeline, Result, testing::JobTest};
    /// # use flumen_local as _;
    /// # fn numbers(p: &Pipeline, (): ()) -> Result<()> {
    /// #     let _ = p.range(0..10).materialize().named("kept");
    /// #     Ok(())
    /// # }
    /// let test = JobTest::of_function(numbers).output("kept").satisfies(|all: &[u64]| {
    ///     assert!(all.iter().all(|n| *n < 10));
    ///     Ok(())
    /// });
    /// test.run()?;
    /// # flumen::Ok(())
    /// ```
    #[track_caller]
    pub fn satisfies<T: Element>(self, check: impl FnOnce(&[T]) -> Result<()> + 'static) -> JobTest {
        self.typed::<T>(check)
    }

    #[track_caller]
    fn typed<T: Element>(self, check: impl FnOnce(&[T]) -> Result<()> + 'static) -> JobTest {
        let verdict = move |parts: &[Part]| check(&decoded::<T>(parts)?);
        self.check(Some(ElementType::of::<T>()), Box::new(verdict))
    }

    #[track_caller]
    fn check(self, element: Option<ElementType>, verdict: Verdict) -> JobTest {
        let (step, location) = (self.step, Location::caller());
        self.test.with(|plan| plan.checks.push(Check { step, location, element, verdict }))
    }
}

/// All that is wrong with a pipeline that was tested.
///
/// Its `Debug` text is that of `Display`, since that is what a test prints.
pub struct JobFailure {
    title: String,
    problems: Vec<String>,
}

impl JobFailure {
    /// What is wrong, each in a text of its own.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for JobFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed:", self.title)?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  - {}", problem.replace('\n', "\n    ")))
    }
}

impl fmt::Debug for JobFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for JobFailure {}
