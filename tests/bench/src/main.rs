//! The measured workloads, written as a user would write them: `flumen-bench w1|w2|w2z|w3|w4`, and of hot keys
//! `hot_sum|even_sum|hot_group|even_group`.
//!
//! Prints one line of JSON: seconds, CPU seconds, rows in and out, and a check of the result. Reads the data from
//! `$FLUMEN_DATA` (or `$ANCHOR_DATA`), and the number of threads from `$THREADS`.

mod hot_key;
mod join;
mod pair_file;
mod report;
mod sum_by_key;
mod ten_steps;
mod word_count;

use std::process::ExitCode;

fn main() -> ExitCode {
    let workload = std::env::args().nth(1).unwrap_or_default();
    let done = match workload.as_str() {
        "w1" => word_count::run(),
        "w2" => sum_by_key::run("w2", "kv_uniform.bin"),
        "w2z" => sum_by_key::run("w2z", "kv_zipf.bin"),
        "w3" => ten_steps::run(),
        "w4" => join::run(),
        "hot_sum" | "even_sum" | "hot_group" | "even_group" => hot_key::run(&workload),
        other => Err(format!(
            "unknown workload `{other}`: w1, w2, w2z, w3, w4, hot_sum, even_sum, hot_group or even_group"
        )
        .into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("flumen-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
