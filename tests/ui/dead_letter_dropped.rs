//! Dead letters that nothing looks after.

#![deny(unused_must_use)]

use flumen::{Pipeline, io::text};

fn main() {
    let p = Pipeline::new();
    let tried = p.create(["1"]).try_map(|word| word.parse::<u64>());
    tried.0.map(|n| n.to_string()).write(text::sink("numbers"));
    p.create(["1"]).try_map(|word| word.parse::<u64>());
}
