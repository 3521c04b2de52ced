//! The tables of pipelines and runners that are linked into a binary.

use super::{OptionSpec, OptionValues, Pipeline, Runner};
use crate::error::{BuildError, Cause, Result, RunError};

/// A pipeline that is linked into the binary, by name.
///
/// `#[flumen::pipeline]` enters one for its function; don't write one by hand. Look one up to build a
/// pipeline whose name came from elsewhere, as a worker does.
///
/// ```standalone_crate
/// use flumen::pipeline::{OptionValues, Pipeline, PipelineEntry};
///
/// /// Does nothing yet.
/// #[flumen::pipeline]
/// fn idle(p: &Pipeline) -> flumen::Result<()> {
///     Ok(())
/// }
///
/// let entry = PipelineEntry::linked().unwrap().into_iter().find(|entry| entry.name == "idle").unwrap();
/// assert_eq!(entry.about, "Does nothing yet.");
/// (entry.build)(&Pipeline::new(), &OptionValues::new()).unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PipelineEntry {
    /// What `--pipeline` calls it: the function's name.
    pub name: &'static str,
    /// What it does, for help: the function's doc comment.
    pub about: &'static str,
    /// The module of the function.
    pub module: &'static str,
    /// Its options.
    pub options: fn() -> Vec<OptionSpec>,
    /// Reads the options and builds the graph.
    pub build: fn(&Pipeline, &OptionValues) -> Result<()>,
}

/// A runner that is linked into the binary, by name.
///
/// A runner's crate enters one with `inventory::submit!`; a binary links the crate with `use flumen_local as
/// _;`. Programs that choose their runner in code need none: they call the runner's own type.
///
/// ```standalone_crate
/// use flumen::error::{Cause, RunError};
/// use flumen::pipeline::{OptionSpec, OptionValues, Runner, RunnerEntry};
///
/// fn make(values: &OptionValues) -> Result<Box<dyn Runner>, RunError> {
///     let address: String = values.required("address")?;
///     Err(RunError::new(Cause::Unavailable, format!("{address}: nobody there")))
/// }
///
/// inventory::submit! {
///     RunnerEntry {
///         name: "remote",
///         about: "On another machine.",
///         options: || vec![OptionSpec::new("address", "Where the other machine is.")],
///         make,
///     }
/// }
/// # assert_eq!(RunnerEntry::linked().unwrap()[0].name, "remote");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RunnerEntry {
    /// What `--runner` calls it.
    pub name: &'static str,
    /// Where and how it runs a pipeline, for help.
    pub about: &'static str,
    /// Its own options.
    pub options: fn() -> Vec<OptionSpec>,
    /// Makes it from its own options.
    pub make: fn(&OptionValues) -> Result<Box<dyn Runner>, RunError>,
}

inventory::collect!(PipelineEntry);
inventory::collect!(RunnerEntry);

impl PipelineEntry {
    /// All pipelines of this binary, by name.
    ///
    /// # Errors
    /// Two have the same name.
    pub fn linked() -> Result<Vec<&'static Self>, BuildError> {
        by_name(
            inventory::iter::<Self>.into_iter(),
            |entry| entry.name,
            |one, other| {
                format!(
                    "two pipelines are called `{}`, in {} and in {}: rename one of the functions",
                    one.name, one.module, other.module
                )
            },
        )
    }
}

impl RunnerEntry {
    /// All runners of this binary, by name.
    ///
    /// # Errors
    /// Two have the same name.
    pub fn linked() -> Result<Vec<&'static Self>, BuildError> {
        by_name(
            inventory::iter::<Self>.into_iter(),
            |entry| entry.name,
            |one, other| {
                format!(
                    "two runners are called `{}`, {:?} and {:?}: link only one of the crates",
                    one.name, one.about, other.about
                )
            },
        )
    }
}

/// The runner for tests: `local`, or the only one that is linked, on one thread if it has threads.
pub(crate) fn test_runner() -> Result<Box<dyn Runner>, RunError> {
    let linked = RunnerEntry::linked()?;
    let entry = match linked.as_slice() {
        [only] => only,
        many => many.iter().find(|entry| entry.name == "local").ok_or_else(|| {
            let message =
                "the local runner is not linked: add the crate `flumen-local`, and `use flumen_local as _;`";
            RunError::new(Cause::Configuration, message)
        })?,
    };
    for_test(entry, OptionValues::new())
}

/// A runner with options, on one thread if it has threads and nothing is said of them.
pub(super) fn for_test(entry: &RunnerEntry, mut values: OptionValues) -> Result<Box<dyn Runner>, RunError> {
    const THREADS: &str = "parallelism";
    let has_threads = (entry.options)().iter().any(|option| option.name == THREADS);
    if has_threads && values.optional::<String>(THREADS)?.is_none() {
        values.set(THREADS, ["1"]);
    }
    (entry.make)(&values)
}

/// Sorts entries, since the linker's order says nothing; `clash` tells of two with one name.
fn by_name<T>(
    entries: impl Iterator<Item = &'static T>,
    name: impl Fn(&T) -> &'static str,
    clash: impl Fn(&T, &T) -> String,
) -> Result<Vec<&'static T>, BuildError> {
    let mut entries: Vec<&'static T> = entries.collect();
    entries.sort_by_key(|entry| name(entry));
    for (one, other) in entries.iter().zip(entries.iter().skip(1)) {
        if name(one) == name(other) {
            return Err(BuildError::new(clash(one, other)));
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts
    /// nothing.
    #[flumen::pipeline]
    fn nothing(_: &Pipeline) -> Result<()> {
        Ok(())
    }

    #[derive(crate::Options)]
    struct Limit {
        limit: u8,
    }

    #[flumen::pipeline]
    fn limited(_: &Pipeline, Limit { limit }: Limit) -> Result<(), std::fmt::Error> {
        if limit > 3 { Err(std::fmt::Error) } else { Ok(()) }
    }

    #[test]
    fn pipelines_are_found_by_name() {
        let linked = PipelineEntry::linked().unwrap();
        let names: Vec<_> = linked.iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["limited", "nothing"]);
        assert_eq!((linked[1].about, linked[1].module), ("Counts\nnothing.", module_path!()));
        assert_eq!((linked[0].options)()[0].name, "limit");
    }

    #[test]
    fn options_are_read_before_the_function_is_called() {
        let mut values = OptionValues::new();
        let told = |values: &OptionValues| limited_entry(values).unwrap_err().to_string();
        assert_eq!(told(&values), "--limit is required: add --limit=VALUE");
        values.set("limit", ["4"]);
        assert_eq!(told(&values), std::fmt::Error.to_string());
        values.set("limit", ["3"]);
        limited_entry(&values).unwrap();
    }

    fn limited_entry(values: &OptionValues) -> Result<()> {
        let linked = PipelineEntry::linked().unwrap();
        (linked[0].build)(&Pipeline::new(), values)
    }

    #[test]
    fn two_of_one_name_are_refused_with_both_places() {
        static TWO: [(&str, &str); 3] = [("b", "crate::x"), ("a", "crate::y"), ("b", "crate::z")];
        let told =
            by_name(TWO.iter(), |e| e.0, |one, other| format!("{} in {} and {}", one.0, one.1, other.1));
        assert_eq!(told.unwrap_err().to_string(), "b in crate::x and crate::z");
    }
}
