//! A pipeline whose options are not `Options`.

use flumen::{Pipeline, Result};

struct Export {
    output: String,
}

#[flumen::pipeline]
fn export(p: &Pipeline, options: Export) -> Result<()> {
    Ok(())
}

fn main() {}
