//! From arguments to what is to be done: which pipeline, with which options, on which runner.

use std::ffi::OsString;

use clap::ArgMatches;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;

use super::command::{LAUNCHER, LOCAL, LOCAL_ALIASES, Parts, canonical, sorted};
use super::exit::Exit;
use super::{Drawing, OptionSpec, OptionValues, Options, Pipeline, PipelineEntry, RunnerEntry};
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

impl Candidate {
    /// One that is linked.
    pub(crate) fn linked(entry: &PipelineEntry) -> Self {
        Self {
            name: entry.name.to_owned(),
            about: entry.about.to_owned(),
            options: (entry.options)(),
            build: Box::new(entry.build),
        }
    }

    /// A function that builds one.
    pub(crate) fn of<O: Options>(name: &str, build: impl Fn(&Pipeline, O) -> Result<()> + 'static) -> Self {
        Self {
            name: name.to_owned(),
            about: String::new(),
            options: O::specs(),
            build: Box::new(move |pipeline, values| build(pipeline, O::from_values(values)?)),
        }
    }
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
    if let (Some(name), None, false) = (early.runner, runner, linked.runners.is_empty()) {
        // Only what concerns the choice: the options of a runner that nobody knows are not known here.
        let told = command.try_get_matches_from([format!("--runner={name}")]);
        return Err(told.map_or_else(Exit::from, |_| linked.unchosen()));
    }
    let Some(pipeline) = pipeline else {
        // Only what concerns the choice: the options of a pipeline are not known here.
        let asked = match (early.help, early.pipeline) {
            (true, _) => "--help".to_owned(),
            (false, Some(name)) => format!("--pipeline={name}"),
            (false, None) => return Err(linked.undecided()),
        };
        return Err(command.try_get_matches_from([asked]).map_or_else(Exit::from, |_| linked.undecided()));
    };
    if !early.help {
        linked.refuse_strangers(&arguments, pipeline, runner)?;
    }
    let matches = command.try_get_matches_from(arguments).map_err(explained)?;
    let explain = matches.get_one::<String>("explain").map(|format| match format.as_str() {
        "dot" => Drawing::Dot,
        "mermaid" => Drawing::Mermaid,
        _ => Drawing::Text,
    });
    if runner.is_none() && matches!(explain, None | Some(Drawing::Text)) {
        return Err(match linked.runners.is_empty() {
            true => Exit::failed(Cause::Configuration, NO_RUNNER),
            false => linked.unchosen(),
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
            runner,
            runners: &self.runners,
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

    fn unchosen(&self) -> Exit {
        let names: Vec<_> = self.runners.iter().map(|runner| runner.name).collect();
        Exit::failed(Cause::Usage, format_args!("choose a runner, --runner=NAME: {}", sorted(&names)))
    }

    /// An option of a runner that is not the chosen one would do nothing, and the command does not know it.
    fn refuse_strangers(
        &self,
        arguments: &[OsString],
        pipeline: &Candidate,
        chosen: Option<&RunnerEntry>,
    ) -> Result<(), Exit> {
        let mut known: Vec<String> = LAUNCHER.map(str::to_owned).into();
        known.extend(pipeline.options.iter().map(|spec| canonical(spec.name)));
        known.extend(chosen.iter().flat_map(|runner| names(runner)));
        for argument in arguments.iter().take_while(|argument| *argument != "--") {
            let argument = argument.to_string_lossy();
            let Some(flag) = argument.strip_prefix("--") else { continue };
            let flag = flag.split_once('=').map_or(flag, |(name, _)| name);
            let name = canonical(flag);
            if known.contains(&name) {
                continue;
            }
            let others = self.runners.iter().filter(|runner| names(runner).contains(&name));
            let others: Vec<&str> = others.map(|runner| runner.name).collect();
            let (owners, choose) = match others.as_slice() {
                [] => continue,
                [other] => (format!("the runner `{other}`"), format!("choose --runner={other}")),
                many => (format!("the runners {}", sorted(many)), "choose one by --runner=NAME".into()),
            };
            let now = chosen.map_or_else(
                || "no runner is chosen".into(),
                |chosen| format!("the runner is `{}`", chosen.name),
            );
            return Err(Exit::failed(
                Cause::Usage,
                format_args!(
                    "--{flag} is an option of {owners}, and {now}: {choose}, or leave the option out\n\n\
                     For more information, try '--help'."
                ),
            ));
        }
        Ok(())
    }
}

/// The canonical names of a runner's options.
fn names(runner: &RunnerEntry) -> Vec<String> {
    (runner.options)().iter().map(|spec| canonical(spec.name)).collect()
}

/// A word that is no option is often what the shell made of a pattern without quotes.
fn explained(mut error: clap::Error) -> clap::Error {
    let word = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) if error.kind() == ErrorKind::UnknownArgument => word,
        _ => return error,
    };
    if !word.starts_with('-') {
        let tip = "a value follows its option's name, --NAME=VALUE; write a pattern in quotes, '*.txt', \
                   or the shell puts many words in its place";
        let tips = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tips);
    }
    error
}

/// Names with the first line of what is said of them, aligned.
pub(crate) fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> String {
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
    let id = canonical(name);
    matches.try_contains_id(&id).unwrap_or(false)
        && matches.value_source(&id) == Some(ValueSource::CommandLine)
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
