//! The word count on texts that are awkward to read, against a count made here.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

type Counts = BTreeMap<String, u64>;

/// Words are runs of letters and digits; a line's end is no letter, so lines need not be told apart here.
fn count(texts: &[&str]) -> Counts {
    let mut counts = Counts::new();
    for word in texts.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric())) {
        if !word.is_empty() {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
    }
    counts
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wordcount")).args(arguments).output().unwrap()
}

fn written(folder: &Path) -> Counts {
    let mut counts = Counts::new();
    for file in fs::read_dir(folder).unwrap() {
        for line in fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            let (word, n) = line.rsplit_once(": ").unwrap();
            assert_eq!(counts.insert(word.to_owned(), n.parse().unwrap()), None, "{word} is there twice");
        }
    }
    counts
}

/// Writes the texts as files, counts them on so many threads, and compares.
fn check(texts: &[&str], threads: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir(&input).unwrap();
    for (i, text) in texts.iter().enumerate() {
        fs::write(input.join(format!("{i}.txt")), text).unwrap();
    }
    let (pattern, prefix) =
        (input.join("*").display().to_string(), output.join("counts").display().to_string());
    let ran = run(&["--input", &pattern, "--output", &prefix, "--parallelism", threads]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(written(&output), count(texts));
}

#[test]
fn awkward_texts_are_counted_exactly() {
    let long_words = "Donaudampfschifffahrtsgesellschaft ".repeat(50_000);
    let texts = [
        "ça été élève\nnaïve ﬁn 北京 ١٢٣ straße ß\n",
        "",
        "\n\n\n",
        "no final newline",
        "one\r\ntwo\r\n\r\nthree\rfour\r\r\nfive",
        "tabs\tand\u{a0}hard spaces, punctuation; under_score it's",
        &long_words,
        "\u{feff}a mark at the start",
    ];
    // The byte order mark is no part of the text.
    let unmarked: Vec<&str> = texts.iter().map(|text| text.trim_start_matches('\u{feff}')).collect();
    assert_eq!(count(&unmarked), count(&texts));
    for threads in ["1", "2", "5"] {
        check(&texts, threads);
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_is_counted() {
    let text = "lorem ipsum dolor sit amet, consectetur ".repeat(100_000_000 / 40);
    check(&[&text], "2");
}

/// Nothing of a run that was killed is visible, and the next run is whole and removes what was left.
#[test]
fn a_killed_run_leaves_nothing_that_the_next_does_not_mend() {
    let folder = tempfile::tempdir().unwrap();
    let text = "to be or not to be, that is the question\n".repeat(400_000);
    let input = folder.path().join("hamlet.txt");
    fs::write(&input, &text).unwrap();
    let output = folder.path().join("out");
    let (input, prefix) = (input.display().to_string(), output.join("counts").display().to_string());
    let arguments = ["--input", &input, "--output", &prefix];
    let names = || -> Vec<String> {
        let files = fs::read_dir(&output).into_iter().flatten();
        files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect()
    };
    let mut killed = 0;
    for _ in 0..20 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wordcount")).args(arguments).spawn().unwrap();
        // The run has prepared its output, or is over already.
        while names().is_empty() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        killed += 1;
        assert!(names().iter().all(|name| name.starts_with(".flumen-tmp-")), "{:?}", names());
    }
    assert!(killed > 0, "no run was killed in time");
    assert!(run(&arguments).status.success());
    assert!(names().iter().all(|name| name.starts_with("counts-0000")), "{:?}", names());
    assert_eq!(written(&output), count(&[&text]));
}

#[test]
fn mistakes_have_their_exit_codes_and_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.txt");
    fs::write(&bad, b"fine\nnot \xff fine\n").unwrap();
    let prefix = folder.path().join("out/counts").display().to_string();
    let missing = folder.path().join("nothing*").display().to_string();
    let bad = bad.display().to_string();
    let rows: [(&[&str], i32, &str); 4] = [
        (&["--input", &missing, "--output", &prefix], 66, "matches no file"),
        (&["--input", &bad, "--output", &prefix], 65, "byte 9"),
        (&["--inptu", &bad, "--output", &prefix], 2, "'--input'"),
        (&["--input", &bad], 2, "--output"),
    ];
    for (arguments, code, part) in rows {
        let ran = run(arguments);
        let told = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{told}");
        assert!(told.contains(part), "{told}");
        assert!(!Path::new(&prefix).with_file_name("counts-00000-of-00001.txt").exists());
    }
    let left = fs::read_dir(folder.path().join("out")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "temporary files are left");
}
