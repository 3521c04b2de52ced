//! An option whose type can't be read from text.

use flumen::Options;

#[derive(Options)]
struct Export {
    /// Where to write.
    output: std::path::PathBuf,
}

fn main() {}
