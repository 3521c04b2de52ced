//! Reads the plays of most examples.

use flumen::io::text;
use flumen::{DeadLetter, PCollection, Pipeline};

use crate::play::Play;

/// Reads plays; lines that are none are written beside the output, each with the reason and its place.
pub(crate) fn read(p: &Pipeline, files: &str, output: &str) -> PCollection<Play> {
    let (plays, refused) = p.read(text::lines(files)).named("plays").try_map(str::parse::<Play>);
    refused.to_pipeline();
    p.dead_letters(text::sink(format!("{output}-refused")).of(|letter: &DeadLetter| letter.to_string()));
    plays
}
