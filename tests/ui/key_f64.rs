//! A number with a fraction as a key.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let prices = p.create([0.5_f64, 1.5]);
    let counts = prices.count_per_element();
    let halves = prices.key_by(|price| price / 2.0);
}
