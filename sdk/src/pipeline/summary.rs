//! The closing words of a run: how long, how many rows through each step, what was published.

use std::fmt::Write;

use super::RunReport;

/// A line for the run, one for each step, one for each output.
pub(crate) fn summary(pipeline: &str, report: &RunReport) -> String {
    let threads = report.parallelism;
    let plural = if threads == 1 { "" } else { "s" };
    let mut text =
        format!("{pipeline}: done in {:.2} s on {threads} thread{plural}\n", report.wall.as_secs_f64());
    let rows: Vec<[String; 3]> = report
        .steps
        .iter()
        .map(|step| [step.step.name.clone(), thousands(step.rows_in), thousands(step.rows_out)])
        .collect();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let [name_width, in_width, out_width] = [0, 1, 2].map(|column| width(column).unwrap_or(0));
    for [name, rows_in, rows_out] in &rows {
        let _ = writeln!(text, "  {name:name_width$}  {rows_in:>in_width$} in  {rows_out:>out_width$} out");
    }
    for output in &report.published {
        let _ = writeln!(text, "  published {output}");
    }
    text
}

/// A number with a comma before every three digits.
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::panic::Location;
    use std::time::Duration;

    use super::*;
    use crate::error::Step;
    use crate::pipeline::StepReport;

    #[test]
    fn digits_are_grouped() {
        let grouped = [0, 7, 999, 1_000, 12_345, 1_000_000, u64::MAX].map(thousands);
        assert_eq!(grouped, ["0", "7", "999", "1,000", "12,345", "1,000,000", "18,446,744,073,709,551,615"]);
    }

    #[test]
    fn steps_are_aligned() {
        let step = |name: &str, rows_in, rows_out| {
            StepReport::new(Step { name: name.into(), location: Location::caller() }, rows_in, rows_out)
        };
        let report = RunReport {
            wall: Duration::from_millis(1_234),
            parallelism: 2,
            steps: vec![step("read", 0, 1_200), step("count/pär_do", 1_200, 57)],
            published: vec!["counts-0-of-1".into()],
        };
        let want = "wordcount: done in 1.23 s on 2 threads
  read              0 in  1,200 out
  count/pär_do  1,200 in     57 out
  published counts-0-of-1
";
        assert_eq!(summary("wordcount", &report), want);
        let alone = RunReport { parallelism: 1, ..RunReport::default() };
        assert_eq!(summary("idle", &alone), "idle: done in 0.00 s on 1 thread\n");
    }
}
