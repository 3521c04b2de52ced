//! The `main` of a pipeline's program: reads the command line, builds the pipeline, runs it or draws it.

use std::ffi::OsStr;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Once;

use super::cli::{Candidate, Invocation, Linked, parse};
use super::exit::Exit;
use super::summary::summary;
use super::{Drawing, Options, Pipeline, PipelineEntry, Runner, RunnerEntry};
use crate::error::{BuildError, Cause, Result, RunError};

/// Writes the `main` of a program whose pipelines carry `#[flumen::pipeline]`: it calls [`launch`].
///
/// Use it in a binary of one pipeline or of many. Write `main` yourself to do something before, and return
/// what [`launch`] returns.
///
/// ```no_run
/// # mod program {
/// use flumen::{Pipeline, Result};
///
/// /// Does nothing yet.
/// #[flumen::pipeline]
/// fn idle(p: &Pipeline) -> Result<()> {
///     Ok(())
/// }
///
/// flumen::main!();
/// # }
/// ```
#[macro_export]
macro_rules! main {
    () => {
        fn main() -> ::std::process::ExitCode {
            $crate::launch()
        }
    };
}

/// Runs a linked pipeline as the command line says, and returns the exit code of the process.
///
/// Use it as the end of `main`; [`main!`](crate::main) writes that. It prints, and it sets the process's
/// panic hook, so a library that runs a pipeline calls a runner's own type instead.
///
/// The command line:
///
/// - `--NAME=VALUE`, `--NAME VALUE`: an option of the pipeline or of the runner; `-` and `_` are the same in
///   names;
/// - `--pipeline=NAME`: which pipeline, where many are linked;
/// - `--runner=NAME`: which runner; without it `local`, or the only one that is linked. `direct` and
///   `DirectRunner`, as Beam says, mean `local`;
/// - `--explain`, `--explain=dot`, `--explain=mermaid`: print the graph, and run nothing;
/// - `--quiet`: no summary at the end; `--list`: what is linked; `--help`: the options of the pipeline and of
///   the runner.
///
/// Only the chosen runner's options are part of the command line: the options of the other runners keep no
/// name from the pipeline, and are refused where they are given.
///
/// Data goes to standard output; the summary and errors go to standard error.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     flumen::launch()
/// }
/// ```
///
/// # Errors
/// The exit code is 0 when the run is done, 2 when the command line is wrong, and otherwise that of
/// the failure's [`Cause`].
#[must_use]
pub fn launch() -> ExitCode {
    enter(|_| Ok(PipelineEntry::linked()?.into_iter().map(Candidate::linked).collect()))
}

/// Runs the only pipeline of a program as the command line says, and returns the exit code of the process.
///
/// Use it for a binary whose one pipeline needs no name: it is called as the program. With more than one, put
/// `#[flumen::pipeline]` on each and call [`launch`], whose command line this is. A pipeline without options
/// takes `()`.
///
/// ```no_run
/// use flumen::{Options, Pipeline, Result};
///
/// #[derive(Options)]
/// struct WordCount {
///     /// Where to read from.
///     input: String,
/// }
///
/// fn wordcount(p: &Pipeline, options: WordCount) -> Result<()> {
///     Ok(())
/// }
///
/// fn main() -> std::process::ExitCode {
///     flumen::run(wordcount)
/// }
/// ```
///
/// # Errors
/// As for [`launch`].
#[must_use]
pub fn run<O: Options>(build: impl Fn(&Pipeline, O) -> Result<()> + 'static) -> ExitCode {
    enter(|program| Ok(vec![Candidate::of(program, build)]))
}

fn enter(pipelines: impl FnOnce(&str) -> Result<Vec<Candidate>, BuildError>) -> ExitCode {
    let mut arguments = std::env::args_os();
    let program = program(arguments.next().as_deref());
    quiet_workers();
    let exit = linked(program, pipelines).and_then(|linked| execute(&parse(&linked, arguments)?));
    let exit = exit.unwrap_or_else(|exit| exit);
    exit.print();
    ExitCode::from(exit.code)
}

fn program(path: Option<&OsStr>) -> String {
    let name = path.and_then(|path| Path::new(path).file_stem());
    name.map_or_else(|| "pipeline".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn linked(
    program: String,
    pipelines: impl FnOnce(&str) -> Result<Vec<Candidate>, BuildError>,
) -> Result<Linked, Exit> {
    Ok(Linked { pipelines: pipelines(&program)?, program, runners: RunnerEntry::linked()? })
}

/// Keeps the default hook silent on the threads of runners: a panic there becomes an error, which is told
/// once.
fn quiet_workers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !std::thread::current().name().is_some_and(|name| name.starts_with("flumen-")) {
                before(panic);
            }
        }));
    });
}

/// Does what was asked for.
fn execute(asked: &Invocation<'_>) -> Result<Exit, Exit> {
    // The runner first: its options are checked before a build reads or lists anything.
    let runner = asked.runner.as_ref().map(|(entry, values)| (entry.make)(values)).transpose()?;
    let pipeline = build(asked)?;
    match (asked.explain, runner) {
        (Some(Drawing::Text), Some(runner)) => explain(&pipeline, runner.as_ref()),
        (Some(drawing), _) => Ok(Exit::data(line_end(pipeline.draw(drawing)))),
        (None, Some(runner)) => {
            let report = runner.start(&pipeline)?.wait()?;
            Ok(if asked.quiet { Exit::default() } else { Exit::done(summary(&asked.pipeline.name, &report)) })
        }
        (None, None) => Err(RunError::new(Cause::Configuration, "no runner was chosen").into()),
    }
}

pub(super) fn build(asked: &Invocation<'_>) -> Result<Pipeline, Exit> {
    let pipeline = Pipeline::new();
    let name = &asked.pipeline.name;
    let built = panic::catch_unwind(AssertUnwindSafe(|| (asked.pipeline.build)(&pipeline, &asked.values)));
    match built {
        Ok(result) => result.map_err(Exit::of_user)?,
        // The hook has told of the panic already.
        Err(_) => {
            return Err(Exit::failed(
                Cause::UserCode,
                format_args!("the function of the pipeline `{name}` panicked"),
            ));
        }
    }
    pipeline.check()?;
    Ok(pipeline)
}

fn explain(pipeline: &Pipeline, runner: &dyn Runner) -> Result<Exit, Exit> {
    let graph = line_end(pipeline.draw(Drawing::Text));
    let plan = line_end(runner.explain(pipeline)?);
    Ok(Exit::data(format!("{graph}\n{plan}")))
}

fn line_end(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
