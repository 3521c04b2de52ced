//! Who made each track, as in `examples/data/tracks.tsv`.

use flumen::io::text;
use flumen::{PCollection, Pipeline};

/// Reads tracks and their artists; lines that are none are dead letters.
pub(crate) fn read(p: &Pipeline, files: &str) -> PCollection<(String, String)> {
    let (artists, refused) = p.read(text::lines(files)).named("tracks").try_map(|line| {
        let (track, artist) = line.split_once('\t').ok_or("no tab between the track and its artist")?;
        flumen::Ok((track.to_owned(), artist.to_owned()))
    });
    refused.to_pipeline();
    artists
}
