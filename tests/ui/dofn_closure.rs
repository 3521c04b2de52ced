//! A closure where a `DoFn` is wanted.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let lengths = p.create(["a"]).par_do_fn(|word: &str| word.len());
}
