//! A derived key with a field that is none.

use flumen::{Element, Key};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize, Element, Key)]
struct Place {
    name: String,
    height: f64,
}

fn main() {}
