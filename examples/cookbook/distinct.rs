//! Events that were sent again count once, and each listener of a country counts once.
//!
//! `cargo run -p flumen-examples --bin distinct -- --plays examples/data/plays.tsv --output target/listeners`

use flumen::io::text;
use flumen::{Options, Pipeline, Result};
use {flumen_distributed as _, flumen_local as _};

mod play;
mod plays;

#[derive(Options)]
struct DistinctOptions {
    /// The plays: a name, or a pattern.
    plays: String,
    /// What the names of the output files start with.
    output: String,
}

/// Counts the plays and the listeners of each country.
#[flumen::pipeline]
fn distinct(p: &Pipeline, o: DistinctOptions) -> Result<()> {
    // Of events with the same id, any one stays.
    let plays = plays::read(p, &o.plays, &o.output).distinct_by(|play| play.id.clone());
    let listeners = plays.map(|play| (play.country.clone(), play.user.clone())).distinct().count_per_key();
    plays
        .key_by(|play| play.country.clone())
        .count_per_key()
        .join(&listeners)
        .map(|(country, (plays, users))| format!("{country}: {plays} plays by {users} listeners"))
        .write(text::sink(&o.output));
    Ok(())
}

flumen::main!();

#[cfg(test)]
mod tests {
    use flumen::testing::JobTest;

    #[test]
    fn what_was_sent_again_counts_once() -> flumen::Result<()> {
        let plays = [
            "e1\tada\tVltava\tCZ\t1",
            "e1\tada\tVltava\tCZ\t1",
            "e2\tada\tSarka\tCZ\t1",
            "e3\tben\tSarka\tSE\t1",
        ];
        JobTest::of("distinct")
            .args(["--plays=in", "--output=out"])
            .input("plays", plays)
            .output("write")
            .contains_in_any_order(["CZ: 2 plays by 1 listeners", "SE: 1 plays by 1 listeners"])
            .output("dead_letters/write")
            .is_empty()
            .run()?;
        Ok(())
    }
}
