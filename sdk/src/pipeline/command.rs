//! The command line as `clap` knows it: made from the options of the pipeline, the launcher and the runner.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, Command};

use super::cli::table;
use super::{OptionSpec, RunnerEntry};
use crate::error::BuildError;

/// The runner of this process's threads, by its name and as Beam calls it.
pub(crate) const LOCAL: &str = "local";
/// Other names of [`LOCAL`], which Beam's users know.
pub(crate) const LOCAL_ALIASES: [&str; 2] = ["direct", "DirectRunner"];

/// The launcher's own flags.
pub(crate) const LAUNCHER: [&str; 6] = ["explain", "help", "list", "pipeline", "quiet", "runner"];

/// What a command line is made of.
pub(crate) struct Parts<'a> {
    pub(crate) program: &'a str,
    pub(crate) about: String,
    /// The chosen pipeline's name and options.
    pub(crate) pipeline: Option<(&'a str, &'a [OptionSpec])>,
    pub(crate) pipelines: Vec<&'a str>,
    /// The chosen runner, whose options are part of the command.
    pub(crate) runner: Option<&'a RunnerEntry>,
    /// All that are linked; of the others only the names are known.
    pub(crate) runners: &'a [&'static RunnerEntry],
    pub(crate) default_runner: Option<&'a str>,
}

impl Parts<'_> {
    /// The command.
    ///
    /// # Errors
    /// Two options have one name.
    pub(crate) fn command(&self) -> Result<Command, BuildError> {
        let mut names = Names::default();
        let mut command = Command::new(self.program.to_owned())
            .no_binary_name(true)
            .disable_help_flag(true)
            .about(self.about.clone());
        if let Some((name, specs)) = self.pipeline {
            command = command.next_help_heading(format!("Options of the pipeline {name}"));
            for spec in specs {
                names.claim(spec.name, format!("the pipeline `{name}`"))?;
                command = command.arg(argument(spec));
            }
        }
        command = command.next_help_heading("Options of the launcher").args(self.launcher());
        if let Some(runner) = self.runner {
            let about = runner.about.lines().next().unwrap_or_default().trim_end_matches('.');
            command = command.next_help_heading(format!("Options of the runner {} ({about})", runner.name));
            for spec in (runner.options)() {
                names.claim(spec.name, format!("the runner `{}`", runner.name))?;
                command = command.arg(argument(&spec));
            }
        }
        Ok(command)
    }

    /// The runners with a line each, since their options are not shown; alone, its name is enough.
    fn choice(&self) -> String {
        let default = self.default_runner.map(|name| format!(" [default: {name}]")).unwrap_or_default();
        match self.runners {
            [] => "What runs the pipeline; no runner is linked".to_owned(),
            [only] => format!("What runs the pipeline: {}{default}", only.name),
            many => {
                let rows = table(many.iter().map(|runner| (runner.name, runner.about)));
                format!(
                    "What runs the pipeline{default}:\n{rows}\
                     The options of another one: --help --runner=NAME"
                )
            }
        }
    }

    fn launcher(&self) -> Vec<Arg> {
        let mut runner = single("runner", "NAME").help(self.choice());
        if !self.runners.is_empty() {
            runner = runner.value_parser(PossibleValuesParser::new(self.runners.iter().map(|runner| {
                let value = PossibleValue::new(runner.name.to_owned());
                if runner.name == LOCAL { value.aliases(LOCAL_ALIASES) } else { value }
            })));
        }
        let mut pipeline = single("pipeline", "NAME")
            .help(format!("Which pipeline: {}", sorted(&self.pipelines)))
            .hide(self.pipelines.len() < 2);
        if !self.pipelines.is_empty() {
            pipeline = pipeline.value_parser(PossibleValuesParser::new(
                self.pipelines.iter().map(|name| (*name).to_owned()),
            ));
        }
        let explain = single("explain", "FORMAT")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("text")
            .value_parser(["text", "dot", "mermaid"])
            .help("Print the graph, and run nothing: text, dot, mermaid [default: text]");
        vec![
            pipeline,
            runner,
            explain,
            switch("quiet", "Print no summary at the end"),
            switch("list", "Print the pipelines and the runners of this program"),
            switch("help", "Print this help").short('h').action(ArgAction::HelpShort),
        ]
    }
}

fn single(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).action(ArgAction::Set).hide_possible_values(true)
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}

/// The names, for people.
pub(crate) fn sorted(names: &[&str]) -> String {
    let mut names = names.to_vec();
    names.sort_unstable();
    names.join(", ")
}

fn argument(spec: &OptionSpec) -> Arg {
    let mut help = spec.help.to_owned();
    let mut note = |text: &str| {
        help.push_str(if help.is_empty() { "" } else { " " });
        help.push_str(text);
    };
    match &spec.default {
        Some(_) if spec.secret => note("[default: ***]"),
        Some(default) => note(&format!("[default: {default}]")),
        None if spec.required => note("[required]"),
        None if spec.repeated => note("[may be repeated]"),
        None => {}
    }
    let mut argument = Arg::new(canonical(spec.name))
        .long(spec.name)
        .help(help)
        .value_name(spec.name.to_uppercase())
        .allow_negative_numbers(true)
        .required(spec.required)
        .action(if spec.repeated { ArgAction::Append } else { ArgAction::Set });
    let [underscores, dashes] = [canonical(spec.name), spec.name.replace('_', "-")];
    for other in [underscores, dashes] {
        if other != spec.name {
            argument = argument.alias(other);
        }
    }
    if spec.flag {
        argument = argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("true|false");
    }
    argument
}

/// The spelling that stands for all spellings of a flag.
pub(crate) fn canonical(name: &str) -> String {
    name.replace('-', "_")
}

/// The flags that are taken, and by what.
#[derive(Default)]
struct Names {
    taken: Vec<(String, String)>,
}

impl Names {
    fn claim(&mut self, name: &str, owner: String) -> Result<(), BuildError> {
        let canonical = canonical(name);
        if LAUNCHER.contains(&canonical.as_str()) {
            return Err(BuildError::new(format!(
                "--{name} is an option of {owner} and of the launcher: rename the first, \
                 as by #[option(name = \"...\")]"
            )));
        }
        if let Some((_, other)) = self.taken.iter().find(|(taken, _)| *taken == canonical) {
            return Err(BuildError::new(format!(
                "--{name} is an option of {other} and of {owner}: rename the first, \
                 as by #[option(name = \"...\")]"
            )));
        }
        self.taken.push((canonical, owner));
        Ok(())
    }
}
