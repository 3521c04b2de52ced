//! The rules of docs/ARCHITECTURE.md that can be checked in the text of the files: each is broken once, then looked for.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "tidy/house.rs"]
mod house;
#[path = "tidy/rooms.rs"]
mod rooms;
#[path = "tidy/source.rs"]
mod source;

use std::path::Path;
use std::sync::LazyLock;

use source::{Finding, Source};

type Rule = fn(&[Source]) -> Vec<Finding>;

static WORKSPACE: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    source::workspace(root).unwrap()
});

/// A file that breaks a rule is caught at the line.
#[track_caller]
fn catches(rule: Rule, path: &str, text: &str, line: usize) {
    let found: Vec<_> = rule(&[Source::new(path, text)]).iter().map(|finding| finding.line).collect();
    assert_eq!(found, [line], "the rule lets this pass, in {path}:\n{text}");
}

/// A file that keeps a rule is not caught.
#[track_caller]
fn allows(rule: Rule, path: &str, text: &str) {
    if let Some(finding) = rule(&[Source::new(path, text)]).first() {
        panic!("the rule is wrong: {finding}");
    }
}

/// The workspace keeps the rule.
#[track_caller]
fn holds(rule: Rule) {
    assert!(WORKSPACE.iter().any(|source| source.path == "sdk/src/lib.rs"), "the workspace was not read");
    let findings: Vec<_> = rule(&WORKSPACE).iter().map(|finding| format!("\n  {finding}")).collect();
    assert!(findings.is_empty(), "{}\n", findings.concat());
}

#[test]
fn every_room_has_its_floor() {
    catches(rooms::known, "sdk/src/attic/mod.rs", "", 1);
    catches(rooms::known, "sdk/src/attic.rs", "", 1);
    allows(rooms::known, "sdk/src/exec/read.rs", "");
    holds(rooms::known);
}

#[test]
fn imports_point_down() {
    let rule = rooms::order;
    catches(rule, "sdk/src/exec/x.rs", "//! X.\nuse crate::graph::Node;\n", 2);
    catches(rule, "sdk/src/exec/x.rs", "use crate::{\n    batch::Batch,\n    io::{Sink, Source},\n};\n", 3);
    catches(rule, "sdk/src/element.rs", "fn x(_: crate::batch::Batch) {}", 1);
    catches(rule, "sdk/src/exec/x.rs", "\n\nfn x() { flumen::io::read() }", 3);
    catches(rule, "sdk/src/io/x.rs", "use crate::transforms::Sum;", 1);
    catches(rule, "sdk/src/batch/x.rs", "use crate::PCollection;", 1);
    catches(rule, "sdk/src/batch/x.rs", "use super::super::io::Sink;", 1);
    catches(rule, "sdk/src/batch/mod.rs", "use super::io::Sink;", 1);
    allows(
        rule,
        "sdk/src/exec/x.rs",
        "//! Of [`io`](crate::io).\nuse crate::batch::Batch;\nuse super::Operator;\n",
    );
    allows(rule, "sdk/src/batch/table/x.rs", "use super::super::Batch;\n");
    allows(rule, "sdk/src/exec/x.rs", "#[cfg(test)]\nmod tests {\n    use crate::io::Sink;\n}\n");
    allows(rule, "sdk/src/pipeline/x.rs", "macro_rules! main { () => { $crate::launch() } }");
    holds(rule);
}

#[test]
fn runners_are_found_in_a_table() {
    let rule = rooms::runners;
    catches(rule, "sdk/src/pipeline/x.rs", "use flumen_local as _;", 1);
    catches(rule, "runner-local/src/x.rs", "use flumen::transforms::Sum;", 1);
    catches(rule, "runner-distributed/src/x.rs", "use flumen::{\n    graph::Node,\n    io::Sink,\n};", 3);
    catches(rule, "runner-distributed/src/x.rs", "fn x() { flumen_local::Local::new(); }", 1);
    allows(
        rule,
        "sdk/src/pipeline/x.rs",
        "/// use flumen_local::Local;\nconst ADVICE: &str = \"flumen_local\";",
    );
    allows(rule, "runner-local/src/x.rs", "use flumen::graph::Node;");
    holds(rule);
}

#[test]
fn crates_depend_on_what_lies_below() {
    let rule = rooms::dependencies;
    catches(rule, "sdk/Cargo.toml", "[dependencies]\nflumen-local.workspace = true\n", 2);
    catches(
        rule,
        "sdk/Cargo.toml",
        "[dev-dependencies]\nflumen-local = { path = \"x\", version = \"1\" }\n",
        2,
    );
    catches(rule, "sdk/macros/Cargo.toml", "[dependencies]\n\nflumen = { path = \"..\" }\n", 3);
    catches(rule, "runner-local/Cargo.toml", "[dependencies]\ntokio = \"1\"\n", 2);
    allows(rule, "sdk/Cargo.toml", "[dependencies]\ntokio = { workspace = true, optional = true }\n");
    allows(rule, "sdk/Cargo.toml", "[dev-dependencies]\nflumen-local = { path = \"../runner-local\" }\n");
    holds(rule);
}

#[test]
fn only_columns_and_errors_are_downcast() {
    catches(house::downcasts, "runner-local/src/x.rs", "\nfn x(e: E) { e.downcast_ref::<u8>(); }", 2);
    allows(house::downcasts, "sdk/src/batch/buffers.rs", "fn x(c: C) { column::downcast(c); }");
    allows(house::downcasts, "sdk/src/batch/column.rs", "fn x(c: C) { c.downcast(); }");
    holds(house::downcasts);
}

#[test]
fn unsafe_stands_in_batch_with_its_reason() {
    let rule = house::unsafety;
    catches(rule, "sdk/src/exec/x.rs", "// SAFETY: no.\nunsafe { x() }", 2);
    catches(rule, "tests/x.rs", "fn x() { unsafe { x() } }", 1);
    catches(rule, "sdk/src/batch/x.rs", "fn x() {\n    unsafe { x() }\n}", 2);
    allows(
        rule,
        "sdk/src/batch/x.rs",
        "//! No `unsafe`.\nfn x() {\n    // SAFETY: of course.\n    unsafe { x() }\n}",
    );
    holds(rule);
}

#[test]
fn the_wall_of_lints_stands() {
    let rule = house::wall;
    catches(rule, "sdk/src/io/x.rs", "\n#[allow(dead_code, clippy::unwrap_used)]\nfn x() {}", 2);
    catches(rule, "runner-local/src/x.rs", "#![allow(clippy::indexing_slicing)]", 1);
    catches(rule, "sdk/src/io/x.rs", "#[cfg_attr(x, expect(clippy::panic))]\nfn x() {}", 1);
    catches(rule, "sdk/src/exec/x.rs", "#[allow(unsafe_code)]", 1);
    allows(rule, "sdk/src/exec/x.rs", "#![allow(clippy::indexing_slicing)]");
    allows(rule, "sdk/src/io/x.rs", "#[allow(dead_code)]\nfn panic() { clippy::panic() }");
    holds(rule);
}

#[test]
fn exec_has_no_thread_clock_socket_or_file() {
    let rule = house::exec_is_handed_everything;
    catches(rule, "sdk/src/exec/x.rs", "use std::thread;", 1);
    catches(rule, "sdk/src/exec/x.rs", "use std::{\n    sync::Arc,\n    fs::File,\n};", 3);
    catches(rule, "sdk/src/exec/x.rs", "use std::time::{Duration, Instant};", 1);
    allows(rule, "sdk/src/exec/x.rs", "//! No `std::net`.\nuse std::sync::Arc;");
    allows(rule, "runner-local/src/x.rs", "use std::thread;");
    holds(rule);
}

#[test]
fn files_can_be_read_in_one_go() {
    catches(house::length, "tests/x.rs", &"//\n".repeat(501), 501);
    allows(house::length, "tests/x.rs", &"//\n".repeat(500));
    holds(house::length);
}

#[test]
fn files_are_called_after_what_they_hold() {
    catches(house::names, "sdk/src/io/utils.rs", "", 1);
    catches(house::names, "tests/common/mod.rs", "", 1);
    allows(house::names, "sdk/src/batch/mod.rs", "");
    holds(house::names);
}

#[test]
fn files_say_what_they_are_for() {
    catches(house::openings, "tests/x.rs", "use a::b;\n", 1);
    allows(house::openings, "tests/x.rs", "//! Tests x.\n");
    holds(house::openings);
}

#[test]
fn the_door_defines_nothing() {
    catches(house::door, "sdk/src/lib.rs", "//! A door.\nmod a;\npub fn x() {}\n", 3);
    allows(house::door, "sdk/src/lib.rs", "//! No fn.\npub mod function;\npub use function::DoFn;\n");
    holds(house::door);
}

#[test]
fn the_prelude_can_be_known_by_heart() {
    let long = format!("pub use crate::a::{{{}}};", ["A"; 21].join(", "));
    let full = format!("pub use crate::a::{{\n    {},\n}};", ["A"; 20].join(", "));
    catches(house::prelude, "sdk/src/prelude.rs", &long, 1);
    catches(house::prelude, "sdk/src/prelude.rs", "pub use crate::a::*;", 1);
    allows(house::prelude, "sdk/src/prelude.rs", "pub use crate::{a::{B, C}, d::E};\npub use crate::f::G;");
    allows(house::prelude, "sdk/src/prelude.rs", &full);
    holds(house::prelude);
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    catches(house::machines, "docs/x.md", &["see\n`/ho", "me/me/x`"].concat(), 2);
    catches(house::machines, "a.toml", &["x = \"/wo", "rk/x\""].concat(), 1);
    allows(house::machines, "docs/x.md", &["https://example.org/ho", "me/x, docs/ho", "me/y"].concat());
    holds(house::machines);
}

#[test]
fn nothing_is_left_over() {
    catches(house::leftovers, "docs/x.md", &["Later.\nTO", "DO: all"].concat(), 2);
    allows(house::leftovers, "docs/x.md", &["TO", "DOS"].concat());
    holds(house::leftovers);
}

#[test]
fn every_crate_stands_behind_the_wall() {
    let whole = "[package]\nname = \"x\"\nlicense.workspace = true\npublish.workspace = true\n[lints]\nworkspace = true\n";
    catches(house::manifests, "x/Cargo.toml", &whole.replace("publish", "# publish"), 1);
    catches(house::manifests, "x/Cargo.toml", &whole.replace("[lints]", "[features]"), 1);
    allows(house::manifests, "x/Cargo.toml", whole);
    allows(house::manifests, "Cargo.toml", "[workspace]\n");
    holds(house::manifests);
}
