//! A closure where a combiner is wanted.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let sums = p.create([("a", 1_u64)]).combine_per_key(|a: u64, b: u64| a + b);
}
