//! The closing words of a run: how long, how many rows through each step, what was published.

use std::fmt::Write;
use std::time::Duration;

use super::RunReport;
use crate::function::Metric;

/// Of fewer rows than this a rate says nothing.
const ROWS_FOR_A_RATE: u64 = 1_000;

/// A line for the run, one for each step, one for what each has counted, one for what went wrong, one for each output.
pub(crate) fn summary(pipeline: &str, report: &RunReport) -> String {
    let threads = report.parallelism;
    let plural = if threads == 1 { "" } else { "s" };
    let took = duration(report.wall);
    let mut text = format!("{pipeline}: done in {took} on {threads} thread{plural}{}\n", rate(report));
    let rows = rows(report);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let [name_width, in_width, out_width] = [0, 1, 2].map(|column| width(column).unwrap_or(0));
    for [name, rows_in, rows_out] in &rows {
        let _ = match rows_in.is_empty() {
            true => writeln!(text, "  {name}"),
            false => {
                writeln!(text, "  {name:name_width$}  {rows_in:>in_width$} in  {rows_out:>out_width$} out")
            }
        };
    }
    text.extend(metrics(report));
    if report.dead_letters > 0 {
        let _ = writeln!(text, "  dead letters: {}", thousands(report.dead_letters));
    }
    if report.retried_bundles > 0 {
        let _ = writeln!(text, "  bundles tried again: {}", thousands(report.retried_bundles));
    }
    for output in &report.published {
        let _ = writeln!(text, "  published {output}");
    }
    text
}

/// What the code of each step has counted.
fn metrics(report: &RunReport) -> impl Iterator<Item = String> {
    report.steps.iter().flat_map(|step| {
        let line = |(name, metric): (&String, &Metric)| match metric {
            Metric::Counter(count) => format!("  {}: {name}: {}\n", step.step.name, thousands(*count)),
            other => format!("  {}: {name}: {other}\n", step.step.name),
        };
        step.metrics.iter().map(line)
    })
}

/// The names and counts of the steps; two or more steps of one composite are indented under its name, which
/// has no counts.
fn rows(report: &RunReport) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut steps = report.steps.iter().peekable();
    while let Some(step) = steps.next() {
        let composites = composites(&step.step.name);
        open.truncate(shared(&open, &composites));
        let next = steps.peek().map_or_else(Vec::new, |next| self::composites(&next.step.name));
        let opened = shared(&composites, &next).max(open.len());
        for composite in composites.iter().take(opened).skip(open.len()) {
            rows.push([indented(open.len(), composite), String::new(), String::new()]);
            open.push(composite);
        }
        let name: Vec<&str> = step.step.name.split('/').skip(open.len()).collect();
        rows.push([indented(open.len(), &name.join("/")), thousands(step.rows_in), thousands(step.rows_out)]);
    }
    rows
}

/// What the step is a part of, the outermost first.
fn composites(name: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    parts
}

/// How many parts are the same at the start of both.
fn shared(one: &[&str], other: &[&str]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

fn indented(depth: usize, name: &str) -> String {
    format!("{:width$}{name}", "", width = 2 * depth)
}

/// How many rows the sources read in a second, with three digits that count.
fn rate(report: &RunReport) -> String {
    // A step into which nothing went is a source, or put out so little that it does not matter.
    let sources = report.steps.iter().filter(|step| step.rows_in == 0);
    let rows: u64 = sources.map(|step| step.rows_out).sum();
    let nanoseconds = report.wall.as_nanos();
    let exact = (u128::from(rows) * 1_000_000_000 + nanoseconds / 2).checked_div(nanoseconds).unwrap_or(0);
    if rows < ROWS_FOR_A_RATE || exact == 0 {
        return String::new();
    }
    let rough = 10_u128.pow(exact.ilog10().saturating_sub(2));
    let rate = u64::try_from((exact + rough / 2) / rough * rough).unwrap_or(u64::MAX);
    format!(", {} source rows at {} rows/s", thousands(rows), thousands(rate))
}

/// How long it took, in the units in which people say it.
fn duration(wall: Duration) -> String {
    let milliseconds = (wall.as_micros() + 500) / 1_000;
    let seconds = (wall.as_millis() + 500) / 1_000;
    match seconds {
        _ if milliseconds < 1_000 => format!("{milliseconds} ms"),
        _ if milliseconds < 59_995 => format!("{:.2} s", wall.as_secs_f64()),
        ..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min {:02} s", seconds / 3_600, seconds / 60 % 60, seconds % 60),
    }
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

    use super::*;
    use crate::error::Step;
    use crate::function::Numbers;
    use crate::pipeline::StepReport;

    #[test]
    fn digits_are_grouped() {
        let grouped = [0, 7, 999, 1_000, 12_345, 1_000_000, u64::MAX].map(thousands);
        assert_eq!(grouped, ["0", "7", "999", "1,000", "12,345", "1,000,000", "18,446,744,073,709,551,615"]);
    }

    #[test]
    fn durations_are_in_the_units_of_people() {
        let rows = [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_234, "1.23 s"),
            (59_994, "59.99 s"),
            (59_996, "1 min 00 s"),
            (125_400, "2 min 05 s"),
            (3_599_600, "1 h 00 min 00 s"),
            (90_061_000, "25 h 01 min 01 s"),
        ];
        for (milliseconds, want) in rows {
            assert_eq!(duration(Duration::from_millis(milliseconds)), want);
        }
        assert_eq!(duration(Duration::from_micros(999_600)), "1.00 s");
    }

    fn report(milliseconds: u64, steps: &[(&str, u64, u64)]) -> RunReport {
        let step = |(name, rows_in, rows_out): &(&str, u64, u64)| {
            StepReport::new(
                Step { name: (*name).into(), location: Location::caller() },
                *rows_in,
                vec![*rows_out],
            )
        };
        RunReport {
            wall: Duration::from_millis(milliseconds),
            parallelism: 2,
            steps: steps.iter().map(step).collect(),
            ..RunReport::default()
        }
    }

    #[test]
    fn the_rate_is_that_of_the_sources() {
        let rate = |milliseconds, rows| rate(&report(milliseconds, &[("a", 0, rows), ("b", rows, 7)]));
        assert_eq!(rate(1_500, 1_000), ", 1,000 source rows at 667 rows/s");
        assert_eq!(rate(3_000, 12_345_678), ", 12,345,678 source rows at 4,120,000 rows/s");
        assert_eq!((rate(1_500, 999).as_str(), rate(0, 1_000).as_str()), ("", ""));
        assert_eq!(rate(3_600_000, 1_000), "", "less than one row in a second");
    }

    #[test]
    fn steps_of_a_composite_are_under_its_name() {
        let steps = [
            ("read", 0, 5),
            ("clean/trim", 5, 5),
            ("clean/count/solo", 5, 5),
            ("clean/count/combine", 5, 2),
            ("top/combine", 2, 1),
            ("join/left/keys", 1, 1),
            ("join/right/keys", 1, 1),
            ("write", 1, 0),
        ];
        let want = "p: done in 1.23 s on 2 threads
  read          0 in  5 out
  clean
    trim        5 in  5 out
    count
      solo      5 in  5 out
      combine   5 in  2 out
  top/combine   2 in  1 out
  join
    left/keys   1 in  1 out
    right/keys  1 in  1 out
  write         1 in  0 out
";
        assert_eq!(summary("p", &report(1_234, &steps)), want);
    }

    #[test]
    fn what_was_counted_and_what_went_wrong_is_told() {
        let mut report = report(5, &[("read", 0, 9)]);
        let step = &mut report.steps[0];
        step.measure("seen", Metric::Counter(1_234));
        step.measure("last", Metric::Gauge { number: -5, order: 0 });
        step.measure("size", Metric::Distribution(Numbers { count: 2, sum: 7, min: -1, max: 8 }));
        (report.dead_letters, report.retried_bundles) = (1_000, 2);
        let want = "p: done in 5 ms on 2 threads
  read  0 in  9 out
  read: last: -5
  read: seen: 1,234
  read: size: 2 numbers from -1 to 8, mean 3.500
  dead letters: 1,000
  bundles tried again: 2
";
        assert_eq!(summary("p", &report), want);
    }

    #[test]
    fn steps_are_aligned() {
        let mut report = report(1_234, &[("read", 0, 1_200), ("count/pär_do", 1_200, 57)]);
        report.published.push("counts-0-of-1".into());
        let want = "wordcount: done in 1.23 s on 2 threads, 1,200 source rows at 972 rows/s
  read              0 in  1,200 out
  count/pär_do  1,200 in     57 out
  published counts-0-of-1
";
        assert_eq!(summary("wordcount", &report), want);
        let alone = RunReport { parallelism: 1, ..RunReport::default() };
        assert_eq!(summary("idle", &alone), "idle: done in 0 ms on 1 thread\n");
    }
}
