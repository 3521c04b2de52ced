//! Bad lines neither stop a run nor get lost: they become dead letters, with their bytes, the reason and their place.
//!
//! `cargo run -p flumen-examples --bin dead_letters -- --plays examples/data/plays.tsv --output target/played`
//!
//! With `--max_failures 1` the same run fails: more than one bad line is too many.

use flumen::io::text;
use flumen::{Counter, DeadLetter, Options, Pipeline, Result};
use {flumen_distributed as _, flumen_local as _};

mod play;

use play::Play;

/// Told with the steps when the run is over.
static OLD_FORM: Counter = Counter::new("read in the old form");

#[derive(Options)]
struct DeadLettersOptions {
    /// The plays: a name, or a pattern.
    plays: String,
    /// What the names of the output files start with.
    output: String,
}

/// Sums the time that each user has listened.
#[flumen::pipeline]
fn dead_letters(p: &Pipeline, o: DeadLettersOptions) -> Result<()> {
    let lines = p.read(text::lines(&o.plays)).named("plays");
    let (plays, refused) = lines.try_map(str::parse::<Play>);
    // What is refused is a collection as any other. An old client sends `user=time`: these are tried in another way.
    let (old, refused) = refused.letters().try_map(|letter| {
        let line = std::str::from_utf8(&letter.bytes)?;
        let (user, ms) = line.split_once('=').ok_or_else(|| letter.to_string())?;
        let ms: u64 = ms.parse()?;
        OLD_FORM.add(1);
        flumen::Ok((user.to_owned(), ms))
    });
    // The rest goes to the one sink that a pipeline has for them.
    refused.to_pipeline();
    p.dead_letters(
        text::sink(format!("{}-refused", o.output)).of(|letter: &DeadLetter| letter.error.clone()),
    );
    plays
        .map(|play| (play.user.clone(), play.ms))
        .flatten([&old])
        .sum_per_key()
        .map(|(user, ms)| format!("{user}: {ms}"))
        .write(text::sink(&o.output));
    Ok(())
}

flumen::main!();

#[cfg(test)]
mod tests {
    use flumen::DeadLetter;
    use flumen::testing::JobTest;

    #[test]
    fn bad_lines_are_letters_and_the_rest_is_summed() -> flumen::Result<()> {
        let lines =
            ["e1\tada\tVltava\tCZ\t30", "ada=12", "e2\tada\tVltava\tCZ\tlong", "e3\tben\tSarka\tSE\t5"];
        let report = JobTest::of("dead_letters")
            .args(["--plays=in", "--output=out"])
            .input("plays", lines)
            .output("write")
            .contains_in_any_order(["ada: 42", "ben: 5"])
            .output("dead_letters/write")
            .satisfies(|letters: &[DeadLetter]| {
                let [letter] = letters else { return Err(format!("{letters:?}").into()) };
                assert!(letter.error.contains("the time played, \"long\": invalid digit"), "{letter}");
                Ok(())
            })
            .run()?;
        assert_eq!(report.counter("read in the old form"), 1);
        Ok(())
    }
}
