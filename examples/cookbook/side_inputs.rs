//! Plays beside what is known of all of them: a map of the artists, and the mean time played, as side inputs.
//!
//! `cargo run -p flumen-examples --bin side_inputs -- --plays examples/data/plays.tsv --tracks examples/data/tracks.tsv --output target/long`

use flumen::io::text;
use flumen::{Options, Pipeline, Result};
use {flumen_distributed as _, flumen_local as _};

mod artists;
mod play;
mod plays;

#[derive(Options)]
struct SideInputsOptions {
    /// The plays: a name, or a pattern.
    plays: String,
    /// Lines of a track, a tab, and its artist: few enough to be held in memory.
    tracks: String,
    /// What the names of the output files start with.
    output: String,
}

/// Finds the plays that were longer than the mean, with their artist.
#[flumen::pipeline]
fn side_inputs(p: &Pipeline, o: SideInputsOptions) -> Result<()> {
    let plays = plays::read(p, &o.plays, &o.output);
    let artists = artists::read(p, &o.tracks).as_map();
    // Of no plays there is no mean: then it is `None`.
    let mean = plays.map(|play| play.ms).mean_globally().as_singleton();
    plays
        .filter_with(&mean, |play, mean| mean.is_some_and(|mean| play.ms as f64 > mean))
        .map_with((&artists, &mean), |play, (artists, mean)| {
            let artist = artists.get(&play.track).unwrap_or("(unknown)");
            let percent = 100.0 * play.ms as f64 / mean.unwrap_or(1.0);
            format!("{} by {artist}: {percent:.0} % of the mean", play.track)
        })
        .write(text::sink(&o.output));
    Ok(())
}

flumen::main!();

#[cfg(test)]
mod tests {
    use flumen::testing::JobTest;

    #[test]
    fn long_plays_are_told_with_their_artist() -> flumen::Result<()> {
        JobTest::of("side_inputs")
            .args(["--plays=in", "--tracks=in", "--output=out"])
            .input("plays", ["e1\tada\tVltava\tCZ\t300", "e2\tben\tSarka\tSE\t100", "e3\tben\tWhat\tSE\t200"])
            .input("tracks", ["Vltava\tSmetana"])
            .output("write")
            .contains_in_any_order(["Vltava by Smetana: 150 % of the mean"])
            .output("dead_letters/write")
            .is_empty()
            .run()?;
        Ok(())
    }

    #[test]
    fn of_no_plays_there_is_no_mean() -> flumen::Result<()> {
        JobTest::of("side_inputs")
            .args(["--plays=in", "--tracks=in", "--output=out"])
            .input("plays", [""; 0])
            .input("tracks", [""; 0])
            .output("write")
            .is_empty()
            .output("dead_letters/write")
            .is_empty()
            .run()?;
        Ok(())
    }
}
