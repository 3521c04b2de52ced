//! The local runner as users see it: settings, a run, its handle.

use std::any::Any;
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use flumen::batch::Batch;
use flumen::element::Column;
use flumen::error::{Cause, FnError, RunError, Step};
use flumen::exec::{RunId, SinkSpec};
use flumen::graph::Node;
use flumen::pipeline::{RunReport, Runner, RunnerEntry, Running, StepReport};
use flumen::{Options, Pipeline};

use crate::exchange::Exchange;
use crate::plan::{Make, Op, Plan, RootKind};
use crate::schedule::Schedule;
use crate::worker::{Counts, Run, work};

/// More threads than this are refused.
const THREADS_MAX: usize = 1024;
/// A source is cut into so many pieces for each thread, so that all threads finish at about the same time.
const PIECES_PER_THREAD: usize = 4;
/// A bundle is tried so often.
const ATTEMPTS: usize = 4;
/// How long to wait before a sink's commit that failed is called again.
const COMMIT_PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(500)];
/// The stack of a worker thread: a chain calls itself once for each step.
const STACK_BYTES: usize = 16 << 20;

/// Runs pipelines in this process.
///
/// ```
/// use flumen::Pipeline;
/// use flumen_local::Local;
///
/// let p = Pipeline::new();
/// p.range(0..10).count_globally();
/// Local::new().parallelism(2).run(&p)?.wait()?;
/// # flumen::Ok(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Local {
    parallelism: Option<usize>,
    seed: Option<u64>,
    attempts: Option<usize>,
    max_failures: Option<u64>,
}

impl Local {
    /// A runner with a thread for each core.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs on so many threads; 0: one for each core.
    #[must_use]
    pub fn parallelism(mut self, threads: usize) -> Self {
        self.parallelism = (threads > 0).then_some(threads);
        self
    }

    /// Makes a run on one thread write the same bytes every time.
    ///
    /// Without a seed, the order in which grouped results come out differs from run to run.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Tries a bundle so often, when it fails in a way that may pass: an error or panic of user code, a service that can't be
    /// reached. Without, four times.
    #[must_use]
    pub fn attempts(mut self, attempts: usize) -> Self {
        self.attempts = Some(attempts.max(1));
        self
    }

    /// Fails the run when more than so many elements have become dead letters.
    #[must_use]
    pub fn max_failures(mut self, failures: u64) -> Self {
        self.max_failures = Some(failures);
        self
    }

    fn threads(&self) -> Result<usize, RunError> {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        match self.parallelism.unwrap_or_else(cores) {
            threads @ 1..=THREADS_MAX => Ok(threads),
            other => {
                let message = format!("--parallelism={other}: at most {THREADS_MAX} threads are possible");
                Err(RunError::new(Cause::Usage, message))
            }
        }
    }

    /// Starts a pipeline on threads of this process and returns at once.
    ///
    /// It installs no signal handler and no logger, and never exits the process.
    ///
    /// # Errors
    /// The pipeline is refused by its check; a source is missing; a sink's place can't be written to.
    pub fn run(&self, pipeline: &Pipeline) -> Result<LocalRun, RunError> {
        let started = Instant::now();
        pipeline.check()?;
        let threads = self.threads()?;
        let nodes = pipeline.nodes();
        let plan = Arc::new(Plan::of(&nodes)?);
        let mut pieces = Vec::new();
        for root in &plan.roots {
            pieces.push(match (&root.kind, plan.ops.get(root.op)) {
                (RootKind::Source(source), Some(op)) => {
                    source.split(threads * PIECES_PER_THREAD).map_err(|e| e.at(&op.step))?
                }
                _ => Vec::new(),
            });
        }
        let entropy = || RandomState::new().hash_one(std::process::id());
        let id = RunId(format!("{:x}-{:08x}", std::process::id(), entropy() as u32));
        let sinks = Sinks::open(&plan, &id)?;
        let exchange = |end: &crate::plan::End| match plan.ops.get(end.op).map(|op| &op.make) {
            Some(Make::Send(lanes)) => Some(Arc::new(Exchange::new(lanes.count(threads), threads))),
            _ => None,
        };
        let run = Arc::new(Run {
            exchanges: plan.ends.iter().map(exchange).collect(),
            schedule: Schedule::new(Arc::clone(&plan), threads, pieces),
            plan,
            threads,
            seed: self.seed.unwrap_or_else(entropy),
            id,
            attempts: self.attempts.unwrap_or(ATTEMPTS),
            max_failures: self.max_failures,
        });
        let shared = Arc::clone(&run);
        let conduct = move || conduct(&shared, sinks, &nodes, started);
        let conductor = spawn("flumen-run".into(), conduct)?;
        Ok(LocalRun { run, conductor })
    }
}

fn spawn<R: Send + 'static>(
    name: String,
    body: impl FnOnce() -> R + Send + 'static,
) -> Result<JoinHandle<R>, RunError> {
    let spawned = std::thread::Builder::new().name(name).stack_size(STACK_BYTES).spawn(body);
    spawned.map_err(|e| RunError::new(Cause::Temporary, format!("a thread can't be started: {e}")))
}

/// A run on threads of this process.
#[must_use = "wait for the run's end"]
pub struct LocalRun {
    run: Arc<Run>,
    conductor: JoinHandle<Result<RunReport, RunError>>,
}

impl LocalRun {
    /// Waits for the end of the run.
    ///
    /// # Errors
    /// The first failure; then no output has been published, unless it is that of a sink's own commit, after all sinks
    /// have said that they can: what the sinks before it published stays, and the error names it.
    pub fn wait(self) -> Result<RunReport, RunError> {
        self.conductor.join().unwrap_or_else(|panic| Err(FnError::from_panic(panic.as_ref()).into()))
    }

    /// Asks the run to stop at its next batch; [`LocalRun::wait`] then returns [`Cause::Cancelled`], unless the
    /// run was done already.
    pub fn cancel(&self) {
        self.run.schedule.cancel();
    }
}

impl Running for LocalRun {
    fn wait(self: Box<Self>) -> Result<RunReport, RunError> {
        LocalRun::wait(*self)
    }

    fn cancel(&self) {
        LocalRun::cancel(self);
    }
}

impl Runner for Local {
    fn start(&self, pipeline: &Pipeline) -> Result<Box<dyn Running>, RunError> {
        Ok(Box::new(self.run(pipeline)?))
    }

    fn explain(&self, pipeline: &Pipeline) -> Result<String, RunError> {
        pipeline.check()?;
        Ok(Plan::of(&pipeline.nodes())?.explain(self.threads()?))
    }
}

/// The sinks of a run, made ready; those that have not committed abort when this is dropped.
struct Sinks {
    id: RunId,
    /// In the order of the pipeline.
    open: VecDeque<Open>,
}

struct Open {
    sink: Arc<dyn SinkSpec>,
    step: Arc<Step>,
    /// The operator that writes.
    op: usize,
    /// What the sink wants kept until the end of the run.
    _guard: Box<dyn Any + Send>,
}

impl Sinks {
    fn open(plan: &Plan, id: &RunId) -> Result<Self, RunError> {
        let mut sinks = Self { id: id.clone(), open: VecDeque::new() };
        for (at, op) in plan.ops.iter().enumerate() {
            if let Make::Write(sink) = &op.make {
                let guard = sink.open(id).map_err(|e| e.at(&op.step))?;
                let (sink, step) = (Arc::clone(sink), Arc::clone(&op.step));
                sinks.open.push_back(Open { sink, step, op: at, _guard: guard });
            }
        }
        Ok(sinks)
    }

    /// Publishes what was written: prepares every sink, and when all are prepared commits one after another; returns a
    /// line for each.
    fn publish(mut self, plan: &Plan, kept: Vec<Vec<Batch>>) -> Result<Vec<String>, RunError> {
        let mut written: Vec<(usize, Vec<Batch>)> = plan.ends.iter().map(|end| end.op).zip(kept).collect();
        let mut prepared = Vec::new();
        for Open { sink, step, op, .. } in &self.open {
            let own = written.iter_mut().find(|(at, _)| at == op);
            let batches = own.map(|(_, batches)| std::mem::take(batches)).unwrap_or_default();
            let parts = parts(&batches).map_err(|e| e.at(step))?;
            prepared.push(sink.prepare(&self.id, parts).map_err(|e| e.at(step))?);
        }
        let mut published = Vec::new();
        for prepared in prepared {
            let Some(Open { sink, step, .. }) = self.open.front() else { break };
            let line = commit(sink.as_ref(), &self.id, &prepared)
                .map_err(|e| but_published(e, &published).at(step))?;
            published.push(format!("{}: {line}", step.name));
            self.open.pop_front();
        }
        Ok(published)
    }
}

/// What the writers of a sink returned.
fn parts(batches: &[Batch]) -> Result<Vec<Bytes>, FnError> {
    let mut parts = Vec::new();
    for batch in batches {
        let column = batch.column::<Bytes>().map_err(|e| FnError::from_error(e.into()))?;
        parts.extend(column.iter().map(Bytes::copy_from_slice));
    }
    Ok(parts)
}

/// Commits a sink, again after a while if that fails.
fn commit(sink: &dyn SinkSpec, id: &RunId, prepared: &[Bytes]) -> Result<String, FnError> {
    for pause in COMMIT_PAUSES {
        match sink.commit(id, prepared) {
            Err(_) => std::thread::sleep(pause),
            done => return done,
        }
    }
    sink.commit(id, prepared)
}

/// Adds to an error what is published although the run has failed.
fn but_published(error: FnError, published: &[String]) -> FnError {
    if published.is_empty() {
        return error;
    }
    let message = format!("{error}; published before it, and not taken back: {}", published.join("; "));
    FnError::new(error.cause(), message)
}

impl Drop for Sinks {
    fn drop(&mut self) {
        for open in &self.open {
            open.sink.abort(&self.id);
        }
    }
}

/// Starts the threads, waits for them, and publishes what they wrote.
fn conduct(
    run: &Arc<Run>,
    sinks: Sinks,
    nodes: &[Arc<Node>],
    started: Instant,
) -> Result<RunReport, RunError> {
    let mut workers = Vec::new();
    for thread in 0..run.threads {
        let shared = Arc::clone(run);
        let body = move || {
            // Nothing here should panic; if it does, the other threads must not wait for this one.
            catch_unwind(AssertUnwindSafe(|| work(&shared, thread))).unwrap_or_else(|panic| {
                shared.schedule.fail(FnError::from_panic(panic.as_ref()).into());
                Counts::default()
            })
        };
        match spawn(format!("flumen-{thread}"), body) {
            Ok(worker) => workers.push(worker),
            Err(error) => run.schedule.fail(error),
        }
    }
    let counts: Vec<Counts> = workers.into_iter().map(|worker| worker.join().unwrap_or_default()).collect();
    let kept = run.schedule.finish()?;
    let mut report = RunReport::default();
    report.published = sinks.publish(&run.plan, kept)?;
    report.run.clone_from(&run.id.0);
    report.parallelism = run.threads;
    report.steps = nodes.iter().map(|node| step_report(&run.plan, node, &counts)).collect();
    report.dead_letters = run.schedule.dead_letters();
    report.retried_bundles = run.schedule.retried();
    report.wall = started.elapsed();
    Ok(report)
}

/// The counts of a node: what went into its first operators and came out of its last one, and what its code counted.
fn step_report(plan: &Plan, node: &Node, counts: &[Counts]) -> StepReport {
    let own: Vec<(usize, &Op)> =
        plan.ops.iter().enumerate().filter(|(_, op)| op.node == Some(node.id)).collect();
    let of_threads = |at: usize| counts.iter().filter_map(move |counts| counts.rows.get(at));
    // A shuffle gathers each of its inputs on its own.
    let gathers = own.iter().filter(|(_, op)| matches!(op.make, Make::Gather { .. }));
    let first: Vec<usize> = match gathers.clone().count() {
        0 => own.first().map(|(at, _)| *at).into_iter().collect(),
        _ => gathers.map(|(at, _)| *at).collect(),
    };
    let rows_in = first.iter().flat_map(|at| of_threads(*at)).map(|rows| rows.rows_in).sum();
    let rows_in = if node.inputs.is_empty() { 0 } else { rows_in };
    let mut rows_out = vec![0; node.outputs.len()];
    for rows in own.last().into_iter().flat_map(|(at, _)| of_threads(*at)) {
        rows_out.iter_mut().zip(&rows.rows_out).for_each(|(all, more)| *all += more);
    }
    let mut report = StepReport::new(node.step.clone(), rows_in, rows_out);
    let places: Vec<usize> = own.iter().map(|(at, _)| *at).collect();
    let measured = counts.iter().flat_map(|counts| &counts.metrics).filter(|m| places.contains(&m.at));
    measured.for_each(|measured| report.measure(&measured.name, measured.metric));
    report
}

/// The runner's own flags.
#[derive(Options)]
struct Flags {
    /// How many threads to use; 0: one for each core.
    #[option(default = 0)]
    parallelism: usize,
    /// Makes runs on one thread write the same bytes every time.
    seed: Option<u64>,
    /// How often a bundle is tried when it fails in a way that may pass.
    #[option(default = ATTEMPTS)]
    max_bundle_attempts: usize,
    /// Fails the run when more than so many elements have become dead letters; without, no number does.
    max_failures: Option<u64>,
}

inventory::submit! {
    RunnerEntry {
        name: "local",
        about: "Runs in this process, on all cores.",
        options: Flags::specs,
        make: |values| {
            let Flags { parallelism, seed, max_bundle_attempts, max_failures } = Flags::from_values(values)?;
            let local = Local::new().parallelism(parallelism).attempts(max_bundle_attempts);
            Ok(Box::new(Local { seed, max_failures, ..local }))
        },
    }
}
