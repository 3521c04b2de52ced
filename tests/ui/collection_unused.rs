//! A collection that nothing reads.

#![deny(unused_must_use)]

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    p.create(["a"]).map(|word| word.len());
}
