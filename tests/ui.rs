//! What the compiler says to usual mistakes: every case in `ui/` must fail, with the words beside it.
//!
//! The words belong to one version of the compiler, so another one skips them and says so. To write them anew after a
//! change of [`TOLD_BY`] or of the words: `TRYBUILD=overwrite cargo test -p flumen-tests --test ui`; read the difference
//! before it is committed.

use std::process::Command;

/// The compiler whose words stand in `ui/`.
const TOLD_BY: &str = "rustc 1.95.";

#[test]
fn mistakes_are_explained() {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap().stdout;
    let version = String::from_utf8_lossy(&version);
    if version.starts_with(TOLD_BY) {
        trybuild::TestCases::new().compile_fail("ui/*.rs");
    } else {
        eprintln!("SKIPPED: the words in tests/ui are those of {TOLD_BY}x, and this is {version}");
    }
}
