//! A collection given as a side input, without a view of it.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let countries = p.create([("CZ", "Czechia")]);
    let named = p.create(["CZ"]).map_with(&countries, |code, names| code.to_owned());
}
