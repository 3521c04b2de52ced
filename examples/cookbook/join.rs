//! How often each artist was played: a join of the plays with the tracks' artists, by track.
//!
//! `cargo run -p flumen-examples --bin join -- --plays examples/data/plays.tsv --tracks examples/data/tracks.tsv --output target/artists`

use flumen::io::text;
use flumen::{Options, Pipeline, Result};
use {flumen_distributed as _, flumen_local as _};

mod artists;
mod play;
mod plays;

#[derive(Options)]
struct JoinOptions {
    /// The plays: a name, or a pattern.
    plays: String,
    /// Lines of a track, a tab, and its artist.
    tracks: String,
    /// What the names of the output files start with.
    output: String,
}

/// Counts the plays of each artist.
#[flumen::pipeline]
fn join(p: &Pipeline, o: JoinOptions) -> Result<()> {
    let plays = plays::read(p, &o.plays, &o.output).key_by(|play| play.track.clone());
    let artists = artists::read(p, &o.tracks);
    // A left join: a play of a track that is not known is still a play.
    plays
        .left_join(&artists)
        .map(|(_track, (_play, artist))| artist.unwrap_or("(unknown)").to_owned())
        .count_per_element()
        .map(|(artist, n)| format!("{artist}: {n}"))
        .write(text::sink(&o.output));
    Ok(())
}

flumen::main!();

#[cfg(test)]
mod tests {
    use flumen::testing::JobTest;

    #[test]
    fn plays_find_their_artist_and_none_is_lost() -> flumen::Result<()> {
        JobTest::of("join")
            .args(["--plays=in", "--tracks=in", "--output=out"])
            .input("plays", ["e1\tada\tVltava\tCZ\t1", "e2\tben\tVltava\tSE\t2", "e3\tben\tWhat\tSE\t3"])
            .input("tracks", ["Vltava\tSmetana", "Tapiola\tSibelius"])
            .output("write")
            .contains_in_any_order(["Smetana: 2", "(unknown): 1"])
            .output("dead_letters/write")
            .is_empty()
            .run()?;
        Ok(())
    }
}
