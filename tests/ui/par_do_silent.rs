//! A closure that emits nothing, so that nothing tells what it makes.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let lengths = p.create(["a"]).par_do(|word, out| word.len());
}
