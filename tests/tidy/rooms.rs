//! The rules between rooms and crates: who may name whom.

use crate::source::{Finding, Source};

/// The rooms of the SDK, ground floor first. `element` holds the contracts of `batch`, so it lies below.
const ROOMS: [&str; 14] = [
    "time",
    "error",
    "window",
    "coder",
    "element",
    "batch",
    "function",
    "exec",
    "graph",
    "collection",
    "transforms",
    "io",
    "pipeline",
    "testing",
];

/// What a room does not name although it lies above: the graph and the handles know no data and no user's function,
/// connectors need no transform, and what starts a pipeline does not look into it.
const STRANGERS: [(&str, &[&str]); 4] = [
    ("graph", &["batch", "function"]),
    ("collection", &["batch", "function"]),
    ("io", &["transforms"]),
    ("pipeline", &["exec", "transforms", "io"]),
];

/// The files of the SDK's root that are no rooms: they only hand on what the rooms have.
const DOORS: [&str; 2] = ["lib", "prelude"];

fn floor(room: &str) -> Option<usize> {
    ROOMS.iter().position(|known| *known == room)
}

/// The modules that lead to a file of the SDK.
fn modules(path: &str) -> Option<Vec<&str>> {
    let inside = path.strip_prefix("sdk/src/")?.strip_suffix(".rs")?;
    Some(inside.split('/').filter(|name| *name != "mod").collect())
}

/// Every file of the SDK belongs to a room that has its floor here.
pub(crate) fn known(sources: &[Source]) -> Vec<Finding> {
    let stranger = |source: &&Source| {
        let modules = modules(&source.path).unwrap_or_default();
        modules.first().is_some_and(|room| floor(room).is_none() && !DOORS.contains(room))
    };
    let advice = "this room has no floor: give it one in tests/tidy/rooms.rs and in docs/ARCHITECTURE.md";
    sources.iter().filter(stranger).map(|source| source.finding(0, advice)).collect()
}

/// Within the SDK an import points down.
pub(crate) fn order(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_library()) {
        let modules = modules(&source.path).unwrap_or_default();
        let Some((room, own)) = modules.first().and_then(|room| Some((*room, floor(room)?))) else {
            continue;
        };
        for (at, name) in source.under("crate").into_iter().chain(source.under("flumen")) {
            if source.before(at).ends_with("$crate::") {
                continue;
            }
            let strangers =
                STRANGERS.iter().find(|(of, _)| *of == room).map_or(&[][..], |(_, strangers)| strangers);
            let advice = match floor(name) {
                None => format!("`{name}` is named through the door: name its room, `crate::ROOM::{name}`"),
                Some(other) if other > own => {
                    format!(
                        "`{room}` may not name `{name}`, which lies above it: move the code up, or the type down"
                    )
                }
                Some(_) if strangers.contains(&name) => {
                    format!(
                        "`{room}` does not know `{name}`: keep the code where both are known, or hand the value in"
                    )
                }
                Some(_) => continue,
            };
            findings.push(source.finding(at, advice));
        }
        findings.extend(escapes(source, modules.len()));
    }
    findings
}

/// Paths of `super` that leave the room, where `order` would not see what they name.
fn escapes(source: &Source, depth: usize) -> Vec<Finding> {
    let advice = "`super` leaves the room here: write `crate::ROOM::..`";
    let is_last =
        |at: &usize| !source.code.get(at + "super".len()..).is_some_and(|rest| rest.starts_with("::super"));
    let chain = |at: usize| 1 + source.before(at).strip_suffix("::").map_or(0, trailing_supers);
    let supers = source.words().filter(|(_, word)| *word == "super").map(|(at, _)| at).filter(is_last);
    supers.filter(|at| chain(*at) >= depth).map(|at| source.finding(at, advice)).collect()
}

fn trailing_supers(before: &str) -> usize {
    before.strip_suffix("super").map_or(0, |rest| 1 + rest.strip_suffix("::").map_or(0, trailing_supers))
}

/// The SDK names no runner, a runner names no other, and neither transforms nor connectors.
pub(crate) fn runners(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_library()) {
        let (sdk, others): (bool, &[&str]) = match source.path.split('/').next() {
            Some("sdk") => (true, &["flumen_local", "flumen_distributed"]),
            Some("runner-local") => (false, &["flumen_distributed"]),
            _ => (false, &["flumen_local"]),
        };
        for (at, word) in source.words().filter(|(_, word)| others.contains(word)) {
            findings.push(
                source
                    .finding(at, format!("`{word}` is not known here: runners enter themselves in a table")),
            );
        }
        if !sdk {
            let rooms =
                source.under("flumen").into_iter().filter(|(_, room)| matches!(*room, "transforms" | "io"));
            findings.extend(rooms.map(|(at, room)| {
                source.finding(
                    at,
                    format!("a runner reads the graph, never `flumen::{room}`: ask its nodes instead"),
                )
            }));
        }
    }
    findings
}

/// Manifests: the SDK's only tie to a runner is a path for its tests, the macros have none, and what a worker node needs
/// (gRPC, an async runtime) is nobody else's burden.
pub(crate) fn dependencies(sources: &[Source]) -> Vec<Finding> {
    const REMOTE: [&str; 3] = ["tonic", "tokio", "prost"];
    let mut findings = Vec::new();
    for source in sources {
        let Some(package) = source.path.strip_suffix("/Cargo.toml") else { continue };
        for (at, section, line) in entries(&source.text) {
            let name = line.split([' ', '.', '=']).next().unwrap_or_default();
            let runner = matches!(name, "flumen-local" | "flumen-distributed");
            let advice = match (package, section) {
                ("sdk", "dependencies") if runner => "the SDK knows no runner: remove it",
                ("sdk", "dev-dependencies")
                    if runner && (!line.contains("path") || line.contains("version")) =>
                {
                    "a runner is a dev-dependency of the SDK by path only, or neither could be published"
                }
                ("sdk/macros", "dependencies") if runner || name == "flumen" => {
                    "macros write paths, and link nothing"
                }
                ("runner-local", "dependencies") if runner => "a runner knows no other: remove it",
                ("runner-distributed", "dependencies") if runner => "a runner knows no other: remove it",
                ("sdk" | "sdk/macros" | "runner-local", "dependencies")
                    if REMOTE.contains(&name) && !line.contains("optional = true") =>
                {
                    "only flumen-distributed needs this always: make it optional, behind the feature that needs it"
                }
                _ => continue,
            };
            findings.push(source.finding(at, advice));
        }
    }
    findings
}

/// The lines of a manifest, with where each starts and its section.
pub(crate) fn entries(manifest: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let mut section = "";
    let mut next = 0;
    manifest.split_inclusive('\n').filter_map(move |whole| {
        let at = next;
        next += whole.len();
        let line = whole.trim();
        match line.strip_prefix('[').and_then(|header| header.strip_suffix(']')) {
            Some(header) => section = header,
            None if !line.is_empty() && !line.starts_with('#') => return Some((at, section, line)),
            None => {}
        }
        None
    })
}
