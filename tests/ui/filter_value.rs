//! A filter that does not say yes or no.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let parsed = p.create(["1"]).filter(|word| word.parse::<u64>().ok());
}
