//! A closure that borrows what is gone when the pipeline runs.

use flumen::{PCollection, Pipeline};

fn longer(words: &PCollection<String>, than: usize) -> PCollection<String> {
    words.filter(|word| word.len() > than)
}

fn main() {
    let p = Pipeline::new();
    let long = longer(&p.create(["a"]), 3);
}
