//! The smallest useful pipeline: the squares of a few numbers, summed.
//!
//! `cargo run --release -p flumen-examples --bin minimal`

use flumen::{Pipeline, Result};
use flumen_local as _;

fn sum_of_squares(p: &Pipeline, (): ()) -> Result<()> {
    let _shown = p.range(1..11).map(|x| x * x).sum_globally().inspect(|sum| eprintln!("the sum is {sum}"));
    Ok(())
}

fn main() -> std::process::ExitCode {
    flumen::run(sum_of_squares)
}
