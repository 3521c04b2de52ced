//! What the compiler says to usual mistakes: every case in `ui/` must fail, with the words beside it.
//!
//! The words belong to one version of the compiler; under another one the cases must still fail, with any words. To
//! write them anew after a change of [`TOLD_BY`] or of the words: `TRYBUILD=overwrite cargo test -p flumen-tests --test
//! ui`; read the difference before it is committed.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The compiler whose words stand in `ui/`.
const TOLD_BY: &str = "rustc 1.95.";

#[test]
fn mistakes_are_explained() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap().stdout;
    if String::from_utf8_lossy(&version).starts_with(TOLD_BY) {
        trybuild::TestCases::new().compile_fail("ui/*.rs");
    } else {
        without_words();
    }
}

/// Cases without words beside them only have to fail; what is said is then left in a folder `wip`.
fn without_words() {
    let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    fs::create_dir_all(&copies).unwrap();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("ui")).unwrap() {
        let file = file.unwrap();
        if file.path().extension().is_some_and(|extension| extension == "rs") {
            fs::copy(file.path(), copies.join(file.file_name())).unwrap();
        }
    }
    trybuild::TestCases::new().compile_fail(copies.join("*.rs"));
}
