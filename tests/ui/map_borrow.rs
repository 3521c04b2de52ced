//! A closure that returns what it borrows.

use flumen::Pipeline;

fn main() {
    let p = Pipeline::new();
    let lines = p.create([" a "]);
    let trimmed = lines.map(|line| line.trim());
}
