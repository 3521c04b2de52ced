//! A join of collections whose keys have different types.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let plays = p.create([(1_u64, "Vltava")]);
    let users = p.create([("1", "Ann")]);
    let both = plays.join(&users);
}
