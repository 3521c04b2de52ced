//! A derived element without serde.

use flumen::Element;

#[derive(Clone, Debug, Element)]
struct Play {
    track: String,
}

fn main() {}
