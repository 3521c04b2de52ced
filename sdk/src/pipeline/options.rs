//! Options of a pipeline or a runner: what each is called, and what is wrong with a value.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::OptionValues;
use crate::error::{Cause, RunError};

/// A type that is read from a command line.
///
/// Derive it for the struct that a pipeline function takes; a runner may use it for its own options. Don't
/// implement it by hand, unless the options are only known when the program runs.
///
/// ```
/// use flumen::Options;
/// use flumen::pipeline::OptionValues;
///
/// #[derive(Options)]
/// struct Export {
///     /// Where to write.
///     output: String,
/// }
/// let mut values = OptionValues::new();
/// values.set("output", ["out.txt"]);
/// let export = Export::from_values(&values).unwrap();
/// assert_eq!(export.output, "out.txt");
/// assert_eq!(export.to_values(), values);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the options of a pipeline",
    label = "not `Options`",
    note = "add `#[derive(flumen::Options)]` to a struct with a named field for each flag"
)]
pub trait Options: Sized {
    /// The options, in the order in which help lists them.
    fn specs() -> Vec<OptionSpec>;

    /// Reads the options; those that were not given get their defaults.
    ///
    /// # Errors
    /// A value can't be read, or one that is required is missing.
    fn from_values(values: &OptionValues) -> Result<Self, OptionError>;

    /// Writes the options, so that [`Options::from_values`] reads the same ones, in another process too.
    fn to_values(&self) -> OptionValues;
}

impl Options for () {
    fn specs() -> Vec<OptionSpec> {
        Vec::new()
    }
    fn from_values(_: &OptionValues) -> Result<Self, OptionError> {
        Ok(())
    }
    fn to_values(&self) -> OptionValues {
        OptionValues::new()
    }
}

/// The type of an option's value: what can be read from text, and written as text that reads the same.
///
/// Every type with [`FromStr`] and [`Display`] is one; implement these two, never this trait.
///
/// ```
/// use flumen::pipeline::OptionType;
/// fn can_be_an_option<T: OptionType>() {}
/// can_be_an_option::<std::net::SocketAddr>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of an option",
    label = "can't be read from a command line, or not be written back",
    note = "an option's type has `FromStr`, whose error has `Display`, and `Display`; a path is a `String`",
    note = "`Option<T>` and `Vec<T>` of such a type can be fields too, but not nested ones"
)]
pub trait OptionType: FromStr<Err: Display> + Display {}

#[diagnostic::do_not_recommend]
impl<T: FromStr<Err: Display> + Display> OptionType for T {}

/// What help and the command line know of one option.
///
/// The derive of [`Options`] makes these; make them yourself for the options of a runner.
///
/// ```
/// use flumen::pipeline::OptionSpec;
/// let spec = OptionSpec::new("temp_location", "Where spilled data goes.").default("/tmp");
/// assert!(!spec.required);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionSpec {
    /// The flag, in underscores and without leading dashes; the spelling with dashes is accepted too.
    pub name: &'static str,
    /// What it is for, in a sentence or a few.
    pub help: &'static str,
    /// The text of the value that it has when it is not given.
    pub default: Option<String>,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it may be given many times.
    pub repeated: bool,
    /// Whether it may stand alone, `--verbose` for `--verbose=true`.
    pub flag: bool,
    /// Whether its value is kept out of help, logs and errors.
    pub secret: bool,
}

impl OptionSpec {
    /// An option that must be given, once, with a value.
    #[must_use]
    pub fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, default: None, required: true, repeated: false, flag: false, secret: false }
    }

    /// It may be left out, and then has this value.
    #[must_use]
    pub fn default(mut self, value: impl Into<String>) -> Self {
        self.default = Some(value.into());
        self.optional()
    }

    /// It may be left out.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// It may be given many times, or be left out.
    #[must_use]
    pub fn repeated(mut self) -> Self {
        self.repeated = true;
        self.optional()
    }

    /// It may stand alone, which means `true`, or be left out.
    #[must_use]
    pub fn flag(mut self) -> Self {
        self.flag = true;
        self.optional()
    }

    /// Its value is kept out of help, logs and errors.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// An option whose value is missing or can't be read: the flag, the value, and why.
///
/// ```
/// use flumen::pipeline::OptionValues;
/// let error = OptionValues::parse::<u16>("shards", "many").unwrap_err();
/// assert_eq!(error.to_string(), "--shards=many: write a whole number from 0 to 65535");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError(String);

impl OptionError {
    /// An option that is required and was not given.
    #[must_use]
    pub fn missing(name: &str) -> Self {
        Self(format!("--{name} is required: add --{name}=VALUE"))
    }

    /// A value that can't be read.
    pub fn refused(name: &str, value: &str, why: impl Display) -> Self {
        Self(format!("--{name}={value}: {why}"))
    }
}

impl Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OptionError {}

impl From<OptionError> for RunError {
    fn from(error: OptionError) -> Self {
        Self::new(Cause::Usage, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Format {
        Csv,
        Json,
    }

    impl FromStr for Format {
        type Err = String;
        fn from_str(text: &str) -> Result<Self, String> {
            match text {
                "csv" => Ok(Self::Csv),
                "json" => Ok(Self::Json),
                _ => Err("write csv or json".into()),
            }
        }
    }

    impl fmt::Display for Format {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(if *self == Self::Csv { "csv" } else { "json" })
        }
    }

    const LIMIT: f64 = 0.5;

    #[derive(Debug, PartialEq, crate::Options)]
    struct Everything {
        /// Where to read from,
        /// as a glob.
        input: String,
        #[option(default = "out")]
        output: String,
        #[option(default = "4")]
        shards: u16,
        #[option(default = LIMIT * 2.0)]
        limit: f64,
        #[option(default = Format::Json)]
        format: Format,
        verbose: bool,
        #[option(default = true)]
        header: bool,
        r#type: Option<Format>,
        column: Vec<String>,
        #[option(name = "api-key", secret)]
        key: Option<u32>,
    }

    fn values(all: &[(&str, &[&str])]) -> OptionValues {
        let mut values = OptionValues::new();
        for (name, texts) in all {
            values.set(name, texts.iter().copied());
        }
        values
    }

    #[test]
    fn fields_become_specs() {
        let specs = Everything::specs();
        let names: Vec<_> = specs.iter().map(|spec| spec.name).collect();
        let all = [
            "input", "output", "shards", "limit", "format", "verbose", "header", "type", "column", "api_key",
        ];
        assert_eq!(names, all);
        assert_eq!(specs[0], OptionSpec::new("input", "Where to read from,\nas a glob."));
        assert_eq!(specs[3], OptionSpec::new("limit", "").default("1"));
        assert_eq!(specs[4].default.as_deref(), Some("json"));
        assert!(specs[5].flag && !specs[5].required && specs[8].repeated && specs[9].secret);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let read = Everything::from_values(&values(&[("input", &["a"])])).unwrap();
        let want = Everything {
            input: "a".into(),
            output: "out".into(),
            shards: 4,
            limit: 1.0,
            format: Format::Json,
            verbose: false,
            header: true,
            r#type: None,
            column: vec![],
            key: None,
        };
        assert_eq!(read, want);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let given = values(&[
            ("input", &["a"]),
            ("shards", &["7"]),
            ("verbose", &["true"]),
            ("header", &["false"]),
            ("type", &["csv"]),
            ("column", &["x", "y"]),
            ("api_key", &["99"]),
        ]);
        let read = Everything::from_values(&given).unwrap();
        assert_eq!((read.shards, read.header, read.column.len()), (7, false, 2));
        let written = read.to_values();
        assert_eq!(Everything::from_values(&written).unwrap(), read);
        assert!(!format!("{written:?} {written}").contains("99"), "{written:?}");
    }

    #[test]
    fn errors_name_the_flag_the_value_and_why() {
        let told = |all| Everything::from_values(&values(all)).unwrap_err().to_string();
        assert_eq!(told(&[]), "--input is required: add --input=VALUE");
        assert_eq!(
            told(&[("input", &["a"]), ("shards", &["-1"])]),
            "--shards=-1: write a whole number from 0 to 65535"
        );
        assert_eq!(told(&[("input", &["a"]), ("type", &["xml"])]), "--type=xml: write csv or json");
    }
}
