//! Pipeline functions of the wrong form.

use flumen::{Pipeline, Result};

#[flumen::pipeline]
fn nothing() -> Result<()> {
    Ok(())
}

#[flumen::pipeline]
fn owned(p: Pipeline) -> Result<()> {
    Ok(())
}

#[flumen::pipeline]
fn silent(p: &Pipeline) {}

#[flumen::pipeline]
async fn waiting(p: &Pipeline) -> Result<()> {
    Ok(())
}

#[flumen::pipeline(name = "other")]
fn renamed(p: &Pipeline) -> Result<()> {
    Ok(())
}

fn main() {}
