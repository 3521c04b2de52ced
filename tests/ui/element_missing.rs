//! A struct that can't stand in a collection.

use flumen::Pipeline;

#[derive(Clone, Debug)]
struct Play {
    track: String,
}

fn main() {
    let p = Pipeline::new();
    p.create(["a"]).map(|track| Play { track: track.to_owned() });
}
