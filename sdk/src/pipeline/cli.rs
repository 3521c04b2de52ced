//! From arguments to what is to be done: which pipeline, with which options, on which runner.

use std::ffi::OsString;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::command::{LOCAL, LOCAL_ALIASES, Parts, canonical, sorted};
use super::exit::Exit;
use super::{Drawing, OptionSpec, OptionValues, Pipeline, RunnerEntry};
use crate::error::{Cause, Result};

/// What a program was linked with.
pub(crate) struct Linked {
    pub(crate) program: String,
    pub(crate) pipelines: Vec<Candidate>,
    pub(crate) runners: Vec<&'static RunnerEntry>,
}

/// A pipeline that can be chosen.
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) options: Vec<OptionSpec>,
    pub(crate) build: Box<Build>,
}

/// What builds a pipeline from its options.
pub(crate) type Build = dyn Fn(&Pipeline, &OptionValues) -> Result<()>;

/// What the arguments ask for.
pub(crate) struct Invocation<'a> {
    pub(crate) pipeline: &'a Candidate,
    pub(crate) values: OptionValues,
    /// The runner and its options; none where none is linked and the graph is only drawn.
    pub(crate) runner: Option<(&'a RunnerEntry, OptionValues)>,
    pub(crate) explain: Option<Drawing>,
    pub(crate) quiet: bool,
}

const NO_PIPELINE: &str = "no pipeline is linked into this program.\n  \
     Put `#[flumen::pipeline]` on a function, in this crate or in one that it links, \
     or call `flumen::run(build)`.";

const NO_RUNNER: &str = "no runner is linked into this program.\n  \
     Add the crate `flumen-local` to Cargo.toml, and `use flumen_local as _;` to main.rs.";

/// Reads arguments, without the program's name.
///
/// # Errors
/// The end of the process where nothing is to be run: help, a list, or a mistake.
pub(crate) fn parse(
    linked: &Linked,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Invocation<'_>, Exit> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if linked.pipelines.is_empty() {
        return Err(Exit::failed(Cause::Configuration, NO_PIPELINE));
    }
    // The options to expect depend on the pipeline and the runner, so these two are looked up first.
    let early = Early::read(&arguments);
    if early.list {
        return Err(Exit::data(linked.list()));
    }
    let pipeline = linked.pipeline(early.pipeline);
    let runner = linked.runner(early.runner);
    let command = linked.parts(pipeline, runner).command()?;
    let Some(pipeline) = pipeline else {
        // Only what concerns the choice: the options of a pipeline are not known here.
        let asked = match (early.help, early.pipeline) {
            (true, _) => "--help".to_owned(),
            (false, Some(name)) => format!("--pipeline={name}"),
            (false, None) => return Err(linked.undecided()),
        };
        return Err(command.try_get_matches_from([asked]).map_or_else(Exit::from, |_| linked.undecided()));
    };
    let matches = command.try_get_matches_from(arguments)?;
    linked.refuse_strangers(&matches, pipeline, runner)?;
    let explain = matches.get_one::<String>("explain").map(|format| match format.as_str() {
        "dot" => Drawing::Dot,
        "mermaid" => Drawing::Mermaid,
        _ => Drawing::Text,
    });
    if runner.is_none() && matches!(explain, None | Some(Drawing::Text)) {
        return Err(match linked.runners.is_empty() {
            true => Exit::failed(Cause::Configuration, NO_RUNNER),
            false => {
                let names: Vec<_> = linked.runners.iter().map(|runner| runner.name).collect();
                Exit::failed(Cause::Usage, format_args!("choose a runner, --runner=NAME: {}", sorted(&names)))
            }
        });
    }
    Ok(Invocation {
        pipeline,
        values: values(&pipeline.options, &matches),
        runner: runner.map(|runner| (runner, values(&(runner.options)(), &matches))),
        explain,
        quiet: matches.get_flag("quiet"),
    })
}

impl Linked {
    fn pipeline(&self, name: Option<&str>) -> Option<&Candidate> {
        match self.pipelines.as_slice() {
            // A wrong name is told later, with the right ones.
            [only] => Some(only),
            many => many.iter().find(|pipeline| Some(pipeline.name.as_str()) == name),
        }
    }

    fn runner(&self, name: Option<&str>) -> Option<&'static RunnerEntry> {
        let find = |name: &str| self.runners.iter().copied().find(|runner| runner.name == name);
        match name {
            Some(alias) if LOCAL_ALIASES.contains(&alias) => find(LOCAL),
            Some(name) => find(name),
            None => self.default_runner(),
        }
    }

    fn default_runner(&self) -> Option<&'static RunnerEntry> {
        match self.runners.as_slice() {
            [only] => Some(only),
            many => many.iter().copied().find(|runner| runner.name == LOCAL),
        }
    }

    fn parts<'a>(
        &'a self,
        pipeline: Option<&'a Candidate>,
        runner: Option<&'static RunnerEntry>,
    ) -> Parts<'a> {
        let mut runners: Vec<&RunnerEntry> = self.runners.clone();
        runners.sort_by_key(|entry| Some(entry.name) != runner.map(|runner| runner.name));
        Parts {
            program: &self.program,
            about: match pipeline {
                Some(pipeline) => pipeline.about.clone(),
                None => format!(
                    "Runs one of these pipelines; --pipeline=NAME --help shows its options.\n\n{}",
                    self.table()
                ),
            },
            pipeline: pipeline.map(|pipeline| (pipeline.name.as_str(), pipeline.options.as_slice())),
            pipelines: self.pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect(),
            runners,
            default_runner: self.default_runner().map(|runner| runner.name),
        }
    }

    /// The pipelines, a line each.
    fn table(&self) -> String {
        table(self.pipelines.iter().map(|pipeline| (pipeline.name.as_str(), pipeline.about.as_str())))
    }

    fn list(&self) -> String {
        let runners = table(self.runners.iter().map(|runner| (runner.name, runner.about)));
        format!("pipelines:\n{}runners:\n{runners}", self.table())
    }

    fn undecided(&self) -> Exit {
        let table = self.table();
        Exit::failed(
            Cause::Usage,
            format_args!("choose a pipeline, --pipeline=NAME:\n{table}\nFor more information, try '--help'."),
        )
    }

    /// An option of a runner that is not the chosen one would do nothing.
    fn refuse_strangers(
        &self,
        matches: &ArgMatches,
        pipeline: &Candidate,
        chosen: Option<&RunnerEntry>,
    ) -> Result<(), Exit> {
        let mine: Vec<OptionSpec> = chosen.map(|runner| (runner.options)()).unwrap_or_default();
        for runner in &self.runners {
            for spec in (runner.options)() {
                let known = mine
                    .iter()
                    .chain(&pipeline.options)
                    .any(|own| canonical(own.name) == canonical(spec.name));
                if !known && given(matches, spec.name) {
                    let (name, on) = (runner.name, chosen.map_or("none", |chosen| chosen.name));
                    return Err(Exit::failed(
                        Cause::Usage,
                        format_args!(
                            "--{} is an option of the runner `{name}`, and the runner is `{on}`: \
                             add --runner={name}, or leave the option out",
                            spec.name
                        ),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Names with the first line of what is said of them, aligned.
fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> String {
    let width = rows.clone().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    rows.map(|(name, about)| {
        let line = format!("  {name:width$}  {}", about.lines().next().unwrap_or_default());
        format!("{}\n", line.trim_end())
    })
    .collect()
}

/// What is read from the arguments before their options are known.
#[derive(Default)]
struct Early<'a> {
    pipeline: Option<&'a str>,
    runner: Option<&'a str>,
    help: bool,
    list: bool,
}

impl<'a> Early<'a> {
    fn read(arguments: &'a [OsString]) -> Self {
        let mut early = Self::default();
        let mut rest = arguments.iter().filter_map(|argument| argument.to_str());
        while let Some(argument) = rest.next() {
            match argument {
                "--" => break,
                "--pipeline" => early.pipeline = rest.next(),
                "--runner" => early.runner = rest.next(),
                "--help" | "-h" => early.help = true,
                "--list" => early.list = true,
                other => match other.split_once('=') {
                    Some(("--pipeline", name)) => early.pipeline = Some(name),
                    Some(("--runner", name)) => early.runner = Some(name),
                    _ => {}
                },
            }
        }
        early
    }
}

fn given(matches: &ArgMatches, name: &str) -> bool {
    matches.try_contains_id(name).unwrap_or(false)
        && matches.value_source(name) == Some(ValueSource::CommandLine)
}

fn values(specs: &[OptionSpec], matches: &ArgMatches) -> OptionValues {
    let mut values = OptionValues::new();
    for spec in specs.iter().filter(|spec| given(matches, spec.name)) {
        let texts = matches.get_many::<String>(&canonical(spec.name)).into_iter().flatten();
        if spec.secret {
            values.set_secret(spec.name, texts);
        } else {
            values.set(spec.name, texts);
        }
    }
    values
}
