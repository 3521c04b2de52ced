//! The rules of the house: what code and files may hold, and what they may be called.

use crate::rooms::entries;
use crate::source::{Finding, Source, words};

/// Names of files and folders that say nothing.
const EMPTY_NAMES: [&str; 10] =
    ["helper", "helpers", "utils", "util", "common", "manager", "managers", "misc", "base", "shared"];
const LINES_MAX: usize = 500;
const PRELUDE_MAX: usize = 20;

fn libraries(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|source| source.is_library())
}

/// Only columns and errors find a type again that was erased.
pub(crate) fn downcasts(sources: &[Source]) -> Vec<Finding> {
    const ALLOWED: [&str; 3] = ["sdk/src/batch/column.rs", "sdk/src/error.rs", "sdk/src/function/side.rs"];
    let advice = "only batch/column.rs finds a column's type again, error.rs an error's, function/side.rs a view's: \
                  call them";
    let mut findings = Vec::new();
    for source in libraries(sources).filter(|source| !ALLOWED.contains(&source.path.as_str())) {
        let called = |(at, word): &(usize, &str)| {
            word.starts_with("downcast") && !source.before(*at).ends_with("column::")
        };
        findings.extend(source.words().filter(called).map(|(at, _)| source.finding(at, advice)));
    }
    findings
}

/// `unsafe` stands only in `batch`, under a comment that says why it is sound.
pub(crate) fn unsafety(sources: &[Source]) -> Vec<Finding> {
    const LINES_ABOVE: usize = 3;
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        for (at, _) in source.words().filter(|(_, word)| *word == "unsafe") {
            if !source.path.starts_with("sdk/src/batch/") {
                findings.push(source.finding(at, "`unsafe` stands only in sdk/src/batch: find a safe way"));
                continue;
            }
            let above = source.text.get(..at).unwrap_or_default().lines().rev().skip(1).take(LINES_ABOVE);
            if !above.into_iter().any(|line| line.trim_start().starts_with("// SAFETY: ")) {
                findings.push(source.finding(at, "say above it why it is sound: `// SAFETY: ..`"));
            }
        }
    }
    findings
}

/// The lints of the wall are lifted nowhere but where `docs/ARCHITECTURE.md` says.
pub(crate) fn wall(sources: &[Source]) -> Vec<Finding> {
    const NEVER: [&str; 6] = ["unwrap_used", "expect_used", "panic", "todo", "unimplemented", "unreachable"];
    let mut findings = Vec::new();
    for source in libraries(sources) {
        let within =
            |rooms: &[&str]| rooms.iter().any(|room| source.path.starts_with(&format!("sdk/src/{room}/")));
        let mut allowing = false;
        for (at, word) in source.words() {
            let lint = source.before(at).ends_with("clippy::");
            allowing = matches!(word, "allow" | "expect") && source.before(at).ends_with(['[', '!', ','])
                || allowing && !source.before(at).ends_with(']');
            if !allowing {
                continue;
            }
            if lint && NEVER.contains(&word) {
                findings.push(source.finding(at, "this lint holds in all code but tests: return an error"));
            } else if lint && word == "indexing_slicing" && !within(&["batch", "exec"]) {
                findings
                    .push(source.finding(at, "only the tables of `batch` and `exec` may index: use `get`"));
            } else if word == "unsafe_code" && !within(&["batch"]) {
                findings.push(source.finding(at, "`unsafe` stands only in sdk/src/batch: find a safe way"));
            }
        }
    }
    findings
}

/// Steps execute without threads, clocks, sockets and files of their own.
pub(crate) fn exec_is_handed_everything(sources: &[Source]) -> Vec<Finding> {
    const OUTSIDE: [&str; 5] = ["thread", "net", "fs", "env", "process"];
    let mut findings = Vec::new();
    for source in libraries(sources).filter(|source| source.path.starts_with("sdk/src/exec/")) {
        let advice = |what: &str| format!("`exec` has no {what} of its own: have it handed in by the runner");
        let std = source.under("std").into_iter().filter(|(_, name)| OUTSIDE.contains(name));
        findings.extend(std.map(|(at, name)| source.finding(at, advice(&format!("`std::{name}`")))));
        let clocks = source.words().filter(|(_, word)| matches!(*word, "Instant" | "SystemTime"));
        findings.extend(clocks.map(|(at, _)| source.finding(at, advice("clock"))));
    }
    findings
}

/// Files can be read in one go.
pub(crate) fn length(sources: &[Source]) -> Vec<Finding> {
    let long = sources.iter().filter(|source| source.is_rust() && source.text.lines().count() > LINES_MAX);
    let told = long.map(|source| {
        let at = source.text.split_inclusive('\n').take(LINES_MAX).map(str::len).sum();
        source.finding(at, format!("longer than {LINES_MAX} lines: split it by what it says"))
    });
    told.collect()
}

/// Files and folders are called after what they hold.
pub(crate) fn names(sources: &[Source]) -> Vec<Finding> {
    let empty = |source: &Source| source.names().find(|name| EMPTY_NAMES.contains(name)).map(str::to_owned);
    let told = sources.iter().filter_map(|source| {
        Some(source.finding(0, format!("`{}` says nothing: name what is in it", empty(source)?)))
    });
    told.collect()
}

/// Files say first what they are for.
pub(crate) fn openings(sources: &[Source]) -> Vec<Finding> {
    let silent = |source: &&Source| source.is_rust() && !source.text.starts_with("//! ");
    let advice = "begin with a line that says what the file is for: `//! ..`";
    sources.iter().filter(silent).map(|source| source.finding(0, advice)).collect()
}

/// The SDK's door defines nothing.
pub(crate) fn door(sources: &[Source]) -> Vec<Finding> {
    const DEFINING: [&str; 11] = [
        "fn",
        "struct",
        "enum",
        "union",
        "trait",
        "impl",
        "type",
        "const",
        "static",
        "macro_rules",
        "thread_local",
    ];
    let advice = "the door defines nothing: put this into a room and hand it on by `pub use`";
    let mut findings = Vec::new();
    for source in sources
        .iter()
        .filter(|source| matches!(source.path.as_str(), "sdk/src/lib.rs" | "sdk/src/prelude.rs"))
    {
        let defined = source.words().filter(|(_, word)| DEFINING.contains(word));
        findings.extend(defined.map(|(at, _)| source.finding(at, advice)));
    }
    findings
}

/// The prelude, where there is one, is short enough to be known by heart.
pub(crate) fn prelude(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.path == "sdk/src/prelude.rs") {
        let uses = source.code.split(';').filter(|item| words(item).any(|(_, word)| word == "use"));
        let names = |item: &str| {
            let item: String = item.split_whitespace().collect();
            1 + item.matches(',').count() - item.matches(",}").count()
        };
        let count: usize = uses.map(names).sum();
        if source.code.contains('*') {
            findings.push(source.finding(0, "a prelude names each thing: no `*`"));
        }
        if count > PRELUDE_MAX {
            let advice = format!(
                "{count} names; a prelude has at most {PRELUDE_MAX}: what is rarely used is imported"
            );
            findings.push(source.finding(0, advice));
        }
    }
    findings
}

/// No file names a folder of the machine it was written on.
pub(crate) fn machines(sources: &[Source]) -> Vec<Finding> {
    // In halves, so that this file does not break its own rule.
    let folders = [
        ("/ho", "me/"),
        ("/ro", "ot/"),
        ("/Us", "ers/"),
        ("/wo", "rk/"),
        ("/tmp/", "wt/"),
        ("/tmp/", "target"),
    ];
    let mut findings = Vec::new();
    for source in sources {
        for (first, second) in folders {
            let folder = format!("{first}{second}");
            for (at, _) in source.text.match_indices(&folder) {
                let before = source.text.get(..at).unwrap_or_default().chars().next_back();
                // `a/home/b` lies in the workspace, `https://host/home/` on another machine.
                if !before
                    .is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | ']' | '$'))
                {
                    let advice =
                        "a path of one machine: write it from the workspace, or take it as an option";
                    findings.push(source.finding(at, advice));
                }
            }
        }
    }
    findings
}

/// What is left to do is told in issues and in the tables of docs, not in code.
pub(crate) fn leftovers(sources: &[Source]) -> Vec<Finding> {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let advice = "do it, or say in docs what is not there yet";
    let mut findings = Vec::new();
    for source in sources {
        let marked = words(&source.text).filter(|(_, word)| marks.contains(word));
        findings.extend(marked.map(|(at, _)| source.finding(at, advice)));
    }
    findings
}

/// Every crate stands behind the same wall of lints and takes licence and publishing from the workspace.
pub(crate) fn manifests(sources: &[Source]) -> Vec<Finding> {
    const WANTED: [(&str, &str); 3] = [
        ("lints", "workspace = true"),
        ("package", "license.workspace = true"),
        ("package", "publish.workspace = true"),
    ];
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.path.ends_with("Cargo.toml")) {
        if !entries(&source.text).any(|(_, section, _)| section == "package") {
            continue;
        }
        for (section, line) in WANTED {
            if !entries(&source.text).any(|(_, found, text)| found == section && text == line) {
                findings.push(source.finding(0, format!("[{section}] lacks `{line}`")));
            }
        }
    }
    findings
}
