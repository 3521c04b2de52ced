//! Two types emitted by one function.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    p.create(["a"]).par_do(|word, out| {
        out.emit(word.len());
        out.emit(word);
    });
}
