//! A struct that can't stand in a collection, emitted.

use flumen::Pipeline;

#[derive(Clone, Debug)]
struct Play {
    track: String,
}

fn main() {
    let p = Pipeline::new();
    p.create(["a"]).par_do(|track, out| out.emit(Play { track: track.to_owned() }));
}
