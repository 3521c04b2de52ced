//! A closure that holds what must stay on its thread.

use std::rc::Rc;

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let known = Rc::new("a".to_owned());
    let found = p.create(["a"]).filter(move |word| word == known.as_str());
}
