//! The help of each example: it is printed, and lists what the example takes.
#![allow(clippy::unwrap_used)]

use std::process::Command;

/// All runners there are.
const RUNNERS: &[&str] = &["dataflow", "flink", "local", "portable", "prism", "spark"];

/// Each example, its options, and the runners that it links.
const EXAMPLES: [(&str, &str, &[&str], &[&str]); 8] = [
    ("minimal", env!("CARGO_BIN_EXE_minimal"), &[], &["local"]),
    ("wordcount", env!("CARGO_BIN_EXE_wordcount"), &["--input <INPUT>", "--output <OUTPUT>"], RUNNERS),
    ("dead_letters", env!("CARGO_BIN_EXE_dead_letters"), &["--plays <PLAYS>", "--output <OUTPUT>"], RUNNERS),
    ("distinct", env!("CARGO_BIN_EXE_distinct"), &["--plays <PLAYS>"], RUNNERS),
    ("join", env!("CARGO_BIN_EXE_join"), &["--plays <PLAYS>", "--tracks <TRACKS>"], RUNNERS),
    ("multiple_outputs", env!("CARGO_BIN_EXE_multiple_outputs"), &["--plays <PLAYS>"], RUNNERS),
    ("side_inputs", env!("CARGO_BIN_EXE_side_inputs"), &["--plays <PLAYS>", "--tracks <TRACKS>"], RUNNERS),
    ("top_per_key", env!("CARGO_BIN_EXE_top_per_key"), &["--plays <PLAYS>", "--top <TOP>"], RUNNERS),
];

/// What the command prints, which must be no mistake.
fn help(program: &str, arguments: &[&str]) -> String {
    let ran = Command::new(program).args(arguments).output().unwrap();
    let told = String::from_utf8(ran.stderr).unwrap();
    assert_eq!((ran.status.code(), told.as_str()), (Some(0), ""), "{program} {arguments:?}");
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn help_lists_the_options_of_the_example_the_launcher_and_the_runner() {
    let launcher = ["--runner <NAME>", "--explain[=<FORMAT>]", "--quiet", "--list", "--help"];
    let local = ["Options of the runner local", "--parallelism <PARALLELISM>", "--seed <SEED>"];
    for (name, program, options, _) in EXAMPLES {
        let shown = help(program, &["--help"]);
        for part in options.iter().chain(&launcher).chain(&local) {
            assert!(shown.contains(part), "{name}: no {part:?} in\n{shown}");
        }
        assert!(shown.contains(&format!("Usage: {name} ")), "{shown}");
        assert_eq!(shown, help(program, &["-h"]), "{name}");
    }
}

#[test]
fn help_shows_one_runner_and_names_the_others() {
    for (name, program, _, runners) in EXAMPLES {
        for chosen in runners {
            let shown = help(program, &["--help", "--runner", chosen]);
            for runner in runners {
                assert!(shown.contains(runner), "{name}: no {runner} in\n{shown}");
                let heading = format!("Options of the runner {runner} ");
                assert_eq!(shown.contains(&heading), runner == chosen, "{name}, {runner}:\n{shown}");
            }
        }
    }
}

#[test]
fn every_example_is_in_the_table() {
    let manifest = include_str!("../Cargo.toml");
    assert_eq!(manifest.matches("[[bin]]").count(), EXAMPLES.len(), "an example has no row here");
}
