//! How often each word of some text files is there.
//!
//! `cargo run --release -p flumen-examples --bin wordcount -- --input '/usr/share/common-licenses/*' --output counts`

use flumen::io::text;
use flumen::{Options, Pipeline, Result};
use {flumen_distributed as _, flumen_local as _};

#[derive(Options)]
struct WordCountOptions {
    /// The files to read: a name, or a pattern with `*`, `?`, `[a-z]`, `**`.
    input: String,
    /// What the names of the output files start with.
    output: String,
}

/// Counts how often each word is there: runs of letters and digits, in any script.
#[flumen::pipeline]
fn wordcount(p: &Pipeline, o: WordCountOptions) -> Result<()> {
    p.read(text::lines(&o.input))
        .par_do(|line, out| {
            line.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).for_each(|w| out.emit(w));
        })
        .named("words")
        .count_per_element()
        .map(|(word, n)| format!("{word}: {n}"))
        .named("format")
        .write(text::sink(&o.output));
    Ok(())
}

flumen::main!();

#[cfg(test)]
mod tests {
    use flumen::testing::JobTest;

    #[test]
    fn words_are_counted_in_any_script() -> flumen::Result<()> {
        JobTest::of("wordcount")
            .args(["--input=in.txt", "--output=out"])
            .input("read", ["To be, or not to be:", "", "北京 être"])
            .output("write")
            .contains_in_any_order(["To: 1", "be: 2", "or: 1", "not: 1", "to: 1", "北京: 1", "être: 1"])
            .run()?;
        Ok(())
    }
}
