//! One step, several collections: plays that were heard and those that were skipped, each in its own type.
//!
//! `cargo run -p flumen-examples --bin multiple_outputs -- --plays examples/data/plays.tsv --output target/plays`

use flumen::io::text;
use flumen::{Options, Pipeline, Result};
use {flumen_distributed as _, flumen_local as _};

mod play;
mod plays;

/// A play that is shorter was skipped.
const HEARD_MS: u64 = 30_000;

#[derive(Options)]
struct MultipleOutputsOptions {
    /// The plays: a name, or a pattern.
    plays: String,
    /// What the names of the output files start with.
    output: String,
}

/// Writes the tracks that were heard, and how much of each was skipped.
#[flumen::pipeline]
fn multiple_outputs(p: &Pipeline, o: MultipleOutputsOptions) -> Result<()> {
    let plays = plays::read(p, &o.plays, &o.output);
    // What is emitted decides what each output holds: strings, and pairs.
    let (heard, skipped) = plays.par_do2(|play, heard, skipped| {
        if play.ms >= HEARD_MS {
            heard.emit(&play.track);
        } else {
            skipped.emit((&play.track, play.ms));
        }
    });
    heard
        .count_per_element()
        .map(|(track, n)| format!("{track}: heard {n} times"))
        .write(text::sink(format!("{}-heard", o.output)))
        .named("heard");
    skipped
        .mean_per_key()
        .map(|(track, ms)| format!("{track}: skipped after {:.1} s", ms / 1_000.0))
        .write(text::sink(format!("{}-skipped", o.output)))
        .named("skipped");
    Ok(())
}

flumen::main!();

#[cfg(test)]
mod tests {
    use flumen::testing::JobTest;

    #[test]
    fn a_play_is_heard_or_skipped() -> flumen::Result<()> {
        let plays = ["e1\ta\tVltava\tCZ\t30000", "e2\tb\tVltava\tSE\t29999", "e3\tb\tVltava\tSE\t10001"];
        JobTest::of("multiple_outputs")
            .args(["--plays=in", "--output=out"])
            .input("plays", plays)
            .output("heard")
            .contains_in_any_order(["Vltava: heard 1 times"])
            .output("skipped")
            .contains_in_any_order(["Vltava: skipped after 20.0 s"])
            .output("dead_letters/write")
            .is_empty()
            .run()?;
        Ok(())
    }
}
