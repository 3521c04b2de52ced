//! A pipeline made ready as the launcher would, for a test that changes it before it runs.

use std::ffi::OsString;

use super::cli::{Candidate, Linked, parse};
use super::exit::Exit;
use super::launch::build;
use super::registry::for_test;
use super::{Pipeline, Runner, RunnerEntry};

/// What is ready to run.
pub(crate) struct Rehearsal {
    pub(crate) pipeline: Pipeline,
    pub(crate) runner: Box<dyn Runner>,
}

/// Reads the arguments as the launcher would, and builds the pipeline; without a word of it the runner has one thread.
///
/// # Errors
/// What the launcher would say: of the arguments, of the options, of the pipeline's function.
pub(crate) fn rehearse(candidate: Candidate, arguments: Vec<String>) -> Result<Rehearsal, String> {
    prepare(candidate, arguments).map_err(|exit| told(&exit))
}

fn prepare(candidate: Candidate, arguments: Vec<String>) -> Result<Rehearsal, Exit> {
    let runners = RunnerEntry::linked()?;
    let linked = Linked { program: candidate.name.clone(), pipelines: vec![candidate], runners };
    let mut asked = parse(&linked, arguments.into_iter().map(OsString::from))?;
    match (asked.explain, asked.runner.take()) {
        (None, Some((entry, values))) => {
            let runner = for_test(entry, values)?;
            Ok(Rehearsal { pipeline: build(&asked)?, runner })
        }
        _ => Err(Exit::data(String::new())),
    }
}

/// The words of a launcher that ended early, without its hints for a shell.
fn told(exit: &Exit) -> String {
    if exit.code == 0 {
        return "the arguments ask for something to be printed, and run nothing: leave out `--help`, `--list` and \
                `--explain`"
            .into();
    }
    let text = exit.stderr.trim().trim_start_matches("error: ");
    let hints = ["\n\nUsage:", "\n\nFor more information"];
    let end = hints.iter().filter_map(|hint| text.find(hint)).min();
    end.and_then(|end| text.get(..end)).unwrap_or(text).to_owned()
}
