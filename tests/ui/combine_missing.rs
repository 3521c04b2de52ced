//! A combiner that does not say how.

use flumen::Pipeline;

struct Longest;

fn main() {
    let p = Pipeline::new();
    let longest = p.create(["a"]).combine_globally(Longest);
}
