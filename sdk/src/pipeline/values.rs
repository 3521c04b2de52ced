//! Values of options by name, as text: they come from a command line, and travel with a job.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{OptionError, OptionType};

/// Values of options, by the option's name.
///
/// The derive of [`Options`](super::Options) reads and writes it; a runner reads its own options from one.
/// Use your options struct instead where there is one. Serde writes secrets too, since a worker needs them;
/// `Debug` and `Display` hide them.
///
/// ```
/// use flumen::pipeline::OptionValues;
/// let mut values = OptionValues::new();
/// values.set("shards", ["8"]);
/// values.set_secret("token", ["hunter2"]);
/// assert_eq!(values.required::<u16>("shards").unwrap(), 8);
/// assert_eq!(values.optional::<String>("format").unwrap(), None);
/// assert_eq!(values.to_string(), "--shards=8 --token=***");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionValues {
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    texts: Vec<String>,
    secret: bool,
}

const HIDDEN: &str = "***";

impl OptionValues {
    /// No values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The text of a value, as [`OptionValues::required`] reads it.
    pub fn text<T: OptionType>(value: &T) -> String {
        value.to_string()
    }

    /// Sets the values of an option in place of those that it had; without any, it counts as left out.
    pub fn set<T: Into<String>>(&mut self, name: &str, texts: impl IntoIterator<Item = T>) {
        self.insert(name, texts.into_iter().map(Into::into).collect(), false);
    }

    /// As [`OptionValues::set`], for values that must not be printed.
    pub fn set_secret<T: Into<String>>(&mut self, name: &str, texts: impl IntoIterator<Item = T>) {
        self.insert(name, texts.into_iter().map(Into::into).collect(), true);
    }

    fn insert(&mut self, name: &str, texts: Vec<String>, secret: bool) {
        if texts.is_empty() {
            self.entries.remove(name);
        } else {
            self.entries.insert(name.to_owned(), Entry { texts, secret });
        }
    }

    /// The value of an option that must be given; if it has many values, the last.
    ///
    /// # Errors
    /// It was not given, or can't be read.
    pub fn required<T: OptionType>(&self, name: &str) -> Result<T, OptionError> {
        self.optional(name)?.ok_or_else(|| OptionError::missing(name))
    }

    /// The value of an option, if it was given; if it has many values, the last.
    ///
    /// # Errors
    /// It can't be read.
    pub fn optional<T: OptionType>(&self, name: &str) -> Result<Option<T>, OptionError> {
        let Some(entry) = self.entries.get(name) else { return Ok(None) };
        entry.texts.last().map(|text| entry.read(name, text)).transpose()
    }

    /// All values of an option, in the order in which they were given.
    ///
    /// # Errors
    /// One can't be read.
    pub fn repeated<T: OptionType>(&self, name: &str) -> Result<Vec<T>, OptionError> {
        let Some(entry) = self.entries.get(name) else { return Ok(Vec::new()) };
        entry.texts.iter().map(|text| entry.read(name, text)).collect()
    }

    /// Reads one value, as if it had been given for the option.
    ///
    /// # Errors
    /// It can't be read.
    pub fn parse<T: OptionType>(name: &str, text: &str) -> Result<T, OptionError> {
        text.parse().map_err(|why| OptionError::refused(name, text, why))
    }
}

impl Entry {
    fn read<T: OptionType>(&self, name: &str, text: &str) -> Result<T, OptionError> {
        text.parse().map_err(|why: T::Err| {
            if self.secret {
                // The reason may quote the value.
                let why = why.to_string();
                let why = if text.is_empty() { why } else { why.replace(text, HIDDEN) };
                OptionError::refused(name, HIDDEN, why)
            } else {
                OptionError::refused(name, text, why)
            }
        })
    }
}

impl fmt::Display for OptionValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for (name, entry) in &self.entries {
            for text in &entry.texts {
                write!(f, "{gap}--{name}={}", if entry.secret { HIDDEN } else { text })?;
                gap = " ";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for OptionValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OptionValues({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_in_errors() {
        #[derive(Debug)]
        struct Token;
        impl std::str::FromStr for Token {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Err(format!("{text:?} is too short"))
            }
        }
        impl fmt::Display for Token {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                Ok(())
            }
        }
        let mut values = OptionValues::new();
        values.set_secret("token", ["hunter2"]);
        let told = values.required::<Token>("token").unwrap_err().to_string();
        assert_eq!(told, "--token=***: \"***\" is too short");
    }

    #[test]
    fn they_travel_whole() {
        let mut values = OptionValues::new();
        values.set("column", ["a", "b c"]);
        values.set_secret("token", ["t"]);
        let mut bytes = vec![];
        crate::coder::serde::encode(&values, &mut bytes).unwrap();
        let back: OptionValues = crate::coder::serde::decode(&mut crate::coder::Input::new(&bytes)).unwrap();
        assert_eq!(back, values);
        assert_eq!(format!("{back:?}"), "OptionValues(--column=a --column=b c --token=***)");
    }

    #[test]
    fn no_values_are_as_left_out() {
        let mut values = OptionValues::new();
        values.set("a", ["1"]);
        values.set("a", Vec::<String>::new());
        assert_eq!(values, OptionValues::new());
    }
}
