//! A closure of `try_map` that can't fail.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let (lengths, refused) = p.create(["a"]).try_map(|word| word.len());
}
