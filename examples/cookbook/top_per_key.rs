//! The three tracks of each country that were played most.
//!
//! `cargo run -p flumen-examples --bin top_per_key -- --plays examples/data/plays.tsv --output target/charts`

use flumen::io::text;
use flumen::{Options, Pipeline, Result};
use {flumen_distributed as _, flumen_local as _};

mod play;
mod plays;

#[derive(Options)]
struct TopPerKeyOptions {
    /// The plays: a name, or a pattern.
    plays: String,
    /// What the names of the output files start with.
    output: String,
    /// How many tracks of each country.
    #[option(default = 3)]
    top: usize,
}

/// Writes the charts of each country.
#[flumen::pipeline]
fn top_per_key(p: &Pipeline, o: TopPerKeyOptions) -> Result<()> {
    plays::read(p, &o.plays, &o.output)
        .map(|play| (play.country.clone(), play.track.clone()))
        .count_per_element()
        .map(|((country, track), n)| (country.to_owned(), (n, track.to_owned())))
        // Pairs are ordered by their first part: the count. Of two tracks that are level, the name decides.
        .top_per_key(o.top)
        .map(|(country, tracks)| {
            let tracks: Vec<String> = tracks.iter().map(|(n, track)| format!("{track} ({n})")).collect();
            format!("{country}: {}", tracks.join(", "))
        })
        .write(text::sink(&o.output));
    Ok(())
}

flumen::main!();

#[cfg(test)]
mod tests {
    use flumen::testing::JobTest;

    #[test]
    fn each_country_has_its_charts() -> flumen::Result<()> {
        let play = |track: &str, country: &str| format!("e\tu\t{track}\t{country}\t1");
        let plays =
            [("a", "CZ"), ("b", "CZ"), ("b", "CZ"), ("c", "CZ"), ("c", "CZ"), ("c", "CZ"), ("a", "SE")];
        JobTest::of("top_per_key")
            .args(["--plays=in", "--output=out", "--top=2"])
            .input("plays", plays.map(|(track, country)| play(track, country)))
            .output("write")
            .contains_in_any_order(["CZ: c (3), b (2)", "SE: a (1)"])
            .output("dead_letters/write")
            .is_empty()
            .run()?;
        Ok(())
    }
}
