//! A sum of strings.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let all = p.create(["a", "b"]).sum_globally();
    let by_key = p.create([("a", "b")]).sum_per_key();
}
