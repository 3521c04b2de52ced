//! A path where a sink is wanted.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    p.create(["a"]).write("out");
}
