//! A path where a source is wanted.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let lines = p.read("logs/*.txt");
}
