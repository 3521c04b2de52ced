//! Text files through the local runner: what is written is what was read, once, or nothing.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

use std::fs;
use std::path::{Path, PathBuf};

use flumen::error::Cause;
use flumen::io::text;
use flumen::pipeline::RunReport;
use flumen::testing::laws;
use flumen::{Pipeline, Result};
use flumen_local::Local;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().into()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = PathBuf::from(self.path(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self.path(name)
    }

    /// The names in a folder, hidden ones too, sorted.
    fn names(&self, name: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(name)) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// All files of a folder, end to end.
    fn text(&self, name: &str) -> String {
        let read = |file| fs::read_to_string(Path::new(&self.path(name)).join(file)).unwrap();
        self.names(name).into_iter().map(read).collect()
    }
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// Copies lines; fails at the line `fail`.
fn copy(pattern: &str, sink: text::TextSink, threads: usize) -> Result<RunReport> {
    let p = Pipeline::new();
    let lines = p.read(text::lines(pattern)).map(|line: &str| match line {
        "fail" => Err("told to fail"),
        line => Ok(line.to_owned()),
    });
    lines.write(sink).named("copy");
    Ok(Local::new().parallelism(threads).run(&p)?.wait()?)
}

#[test]
fn what_is_written_is_what_was_read() {
    let folder = Folder::new();
    // Several pieces of 1 MiB and more, whose lines lie across their borders, and small files.
    let long: String = (0..400_000).map(|n| format!("line {n} {}\n", "x".repeat(n % 17))).collect();
    folder.write("in/long.txt", &long);
    let mut all = long.clone();
    for n in 0..300 {
        let small = format!("small {n}\r\n\r\nend");
        folder.write(&format!("in/small/{n}.txt"), &small);
        all.push_str(&format!("small {n}\n\nend\n"));
    }
    folder.write("in/empty.txt", "");
    for (threads, shards) in [(1, 0), (4, 0), (1, 4), (4, 4), (3, 1)] {
        let out = format!("out-{threads}-{shards}");
        let sink = text::sink(folder.path(&format!("{out}/part"))).shards(shards);
        let report = copy(&folder.path("in/**"), sink, threads).unwrap();
        assert!(report.published[0].starts_with("copy: "), "{:?}", report.published);
        assert!(sorted(&folder.text(&out)) == sorted(&all), "{threads} threads, {shards} shards");
        let names = folder.names(&out);
        if shards > 0 {
            let want: Vec<String> = (0..shards).map(|n| format!("part-{n:05}-of-{shards:05}.txt")).collect();
            assert_eq!(names, want);
        } else {
            assert!(
                (1..=threads).contains(&names.len()) && names.iter().all(|name| name.starts_with("part-"))
            );
        }
    }
    copy(&folder.path("in/long.txt"), text::sink(folder.path("ordered/part")), 1).unwrap();
    assert!(folder.text("ordered") == long);
}

#[test]
fn a_failing_run_publishes_nothing_and_leaves_the_old_output() {
    let folder = Folder::new();
    let good = folder.write("good.txt", "a\nb\n");
    let bad = folder.write("bad.txt", &format!("{}fail\n", "c\n".repeat(300_000)));
    let prefix = folder.path("out/part");
    for threads in [1, 4] {
        for shards in [0, 3] {
            let sink = || text::sink(&prefix).shards(shards);
            copy(&good, sink(), threads).unwrap();
            let before = folder.names("out");
            let error = copy(&bad, sink(), threads).unwrap_err();
            assert!(error.to_string().contains("told to fail"), "{error}");
            assert_eq!(folder.names("out"), before);
            assert_eq!(sorted(&folder.text("out")), ["a", "b"]);
        }
    }
    copy(&good, text::sink(&prefix), 1).unwrap();
    assert_eq!(folder.names("out"), ["part-00000-of-00001.txt"]);
    assert!(copy(&bad, text::sink(folder.path("new/part")), 2).is_err());
    assert_eq!(folder.names("new"), [""; 0]);
}

#[test]
fn a_name_that_cannot_be_given_leaves_the_old_output() {
    let folder = Folder::new();
    let (old, new) = (folder.write("old.txt", "a\n"), folder.write("new.txt", "b\n"));
    let sink = || text::sink(folder.path("out/part")).shards(2);
    copy(&old, sink(), 1).unwrap();
    // The second of the two names is taken by a folder.
    fs::remove_file(folder.path("out/part-00001-of-00002.txt")).unwrap();
    fs::create_dir(folder.path("out/part-00001-of-00002.txt")).unwrap();
    assert!(
        copy(&new, sink(), 1).unwrap_err().to_string().contains("part-00001-of-00002.txt can't be written")
    );
    assert_eq!(fs::read_to_string(folder.path("out/part-00000-of-00002.txt")).unwrap(), "a\n");
    assert_eq!(folder.names("out"), ["part-00000-of-00002.txt", "part-00001-of-00002.txt"]);
}

#[test]
fn what_a_dead_run_has_left_is_not_read() {
    let folder = Folder::new();
    folder.write("data/a.txt", "a\n");
    folder.write("data/.flumen-tmp-a.txt@dead/0", "half\n");
    copy(&folder.path("data/**"), text::sink(folder.path("out/part")), 1).unwrap();
    assert_eq!(folder.text("out"), "a\n");
}

#[test]
fn an_empty_input_still_makes_a_file() {
    let folder = Folder::new();
    let empty = folder.write("empty.txt", "");
    let sink = text::sink(folder.path("out/part")).header("name").footer("end").suffix(".csv");
    let report = copy(&empty, sink, 2).unwrap();
    let path = folder.path("out/part-00000-of-00001.csv");
    assert_eq!(report.published, [format!("copy: {path} (1 file, 9 B)")]);
    assert_eq!(folder.text("out"), "name\nend\n");
}

#[test]
fn causes_are_told() {
    let folder = Folder::new();
    let good = folder.write("good.txt", "a\n");
    let bad = folder.write("bad.txt", "a\n");
    fs::write(&bad, b"a\n\xff\n").unwrap();
    let out = || text::sink(folder.path("out/part"));
    let table = [
        (folder.path("no/*.txt"), out(), Cause::InputMissing, "matches no file"),
        (bad, out(), Cause::BadData, "bad.txt, byte 2: not UTF-8"),
        (good.clone(), text::sink(format!("{good}/part")), Cause::CannotWrite, "can't be written"),
        (good, text::sink(folder.path("out/")), Cause::Configuration, "names no file"),
    ];
    for (pattern, sink, cause, text) in table {
        let error = copy(&pattern, sink, 2).unwrap_err();
        let error = error.downcast_ref::<flumen::error::RunError>().unwrap();
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(error.cause(), cause, "{error}");
    }
}

#[test]
fn two_sinks_with_the_same_prefix_are_refused() {
    let folder = Folder::new();
    let p = Pipeline::new();
    let words = p.create(["to", "be"]);
    let sink = || text::sink(folder.path("out/words"));
    words.write(sink());
    words.write(sink().suffix(".csv"));
    Local::new().parallelism(1).run(&p).unwrap().wait().unwrap();
    words.write(sink());
    let error = Local::new().parallelism(1).run(&p).err().unwrap();
    assert!(error.to_string().contains("written twice in this pipeline"), "{error}");
    assert_eq!(folder.names("out"), ["words-00000-of-00001.csv", "words-00000-of-00001.txt"]);
}

#[test]
fn lines_keep_the_laws_of_a_source() {
    let folder = Folder::new();
    let many = |end: &str, count: usize| (0..count).map(|n| format!("line {n}{end}")).collect::<String>();
    let long = format!("a\n{}\nb\n", "long ".repeat(600_000));
    let table = [
        ("empty", String::new()),
        ("no-end", "one".into()),
        ("ends", "\n\r\r\n\n".into()),
        ("mark", "\u{feff}".into()),
        ("marked", "\u{feff}one\r\ntwo\rthree\n\r\n".into()),
        ("many-lf", many("\n", 5000)),
        ("many-crlf", many("\r\n", 5000)),
        ("many-cr", many("\r", 5000)),
        ("long", long.repeat(2)),
        // Several pieces of 1 MiB.
        ("large", many("\r\n", 300_000)),
    ];
    for (name, text) in &table {
        let path = folder.write(name, text);
        for header in 0..3 {
            let source = text::lines(&path).skip_header_lines(header);
            laws::source(&source).unwrap_or_else(|e| panic!("{name}, {header} header lines: {e}"));
        }
    }
    for (name, text) in table.iter().filter(|(_, text)| text.len() < 1000) {
        folder.write(&format!("few/{name}"), text);
    }
    for header in 0..3 {
        laws::source(&text::lines(folder.path("few/*")).skip_header_lines(header)).unwrap();
    }
    laws::source(&text::lines(folder.path("*"))).unwrap();
}

#[test]
fn the_sink_keeps_the_laws_of_a_sink() {
    let folder = Folder::new();
    for shards in [0, 1, 3] {
        let out = format!("out-{shards}");
        let sink = text::sink(folder.path(&format!("{out}/part"))).shards(shards);
        let published = || -> Result<Vec<String>> {
            let names = folder.names(&out).into_iter().filter(|name| !name.starts_with('.'));
            let read = |name| Ok(fs::read_to_string(folder.path(&format!("{out}/{name}")))?);
            let texts: Result<Vec<String>> = names.map(read).collect();
            Ok(texts?.concat().lines().map(str::to_owned).collect())
        };
        for elements in [2, 5, 100_000] {
            laws::sink(&sink, (0..elements).map(|n| format!("line {n}")), published).unwrap();
        }
        assert!(folder.names(&out).iter().all(|name| !name.starts_with('.')), "{:?}", folder.names(&out));
    }
}
