//! A closure that returns its result where it should be emitted.

use flumen::{Out, Pipeline};

fn main() {
    let p = Pipeline::new();
    p.create(["a"]).par_do(|word, out: &mut Out<'_, u64>| word.len());
}
