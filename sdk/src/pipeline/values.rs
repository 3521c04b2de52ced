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
        text.parse().map_err(|why| match wanted::<T>(text) {
            Some(wanted) => OptionError::refused(name, text, wanted),
            None => OptionError::refused(name, text, why),
        })
    }
}

impl Entry {
    fn read<T: OptionType>(&self, name: &str, text: &str) -> Result<T, OptionError> {
        text.parse().map_err(|why: T::Err| {
            if let Some(wanted) = wanted::<T>(text) {
                OptionError::refused(name, if self.secret { HIDDEN } else { text }, wanted)
            } else if self.secret {
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

/// What to write for a type of the language, whose own errors speak to programmers; none where they are clear.
fn wanted<T>(text: &str) -> Option<String> {
    let whole = |least: &dyn fmt::Display, most: &dyn fmt::Display| {
        Some(format!("write a whole number from {least} to {most}"))
    };
    // Of the large types the bounds matter only to who oversteps them.
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match std::any::type_name::<T>() {
        "u8" => whole(&u8::MIN, &u8::MAX),
        "u16" => whole(&u16::MIN, &u16::MAX),
        "u32" => whole(&u32::MIN, &u32::MAX),
        "i8" => whole(&i8::MIN, &i8::MAX),
        "i16" => whole(&i16::MIN, &i16::MAX),
        "i32" => whole(&i32::MIN, &i32::MAX),
        "u64" if number && !text.starts_with('-') => whole(&u64::MIN, &u64::MAX),
        "usize" if number && !text.starts_with('-') => whole(&usize::MIN, &usize::MAX),
        "i64" if number => whole(&i64::MIN, &i64::MAX),
        "isize" if number => whole(&isize::MIN, &isize::MAX),
        "u64" | "usize" => Some("write a whole number, 0 or more".to_owned()),
        "i64" | "isize" => Some("write a whole number".to_owned()),
        "f32" | "f64" => Some("write a number, such as 0.5".to_owned()),
        "bool" => Some("write true or false".to_owned()),
        _ => None,
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
    fn errors_say_what_to_write() {
        fn told<T: OptionType + fmt::Debug>(text: &str) -> String {
            OptionValues::parse::<T>("o", text).unwrap_err().to_string()
        }
        assert_eq!(told::<u16>("many"), "--o=many: write a whole number from 0 to 65535");
        assert_eq!(told::<i8>("128"), "--o=128: write a whole number from -128 to 127");
        assert_eq!(told::<usize>("-1"), "--o=-1: write a whole number, 0 or more");
        assert_eq!(told::<u64>(&"9".repeat(20)).split_once(": ").unwrap().1, whole_of_u64());
        assert_eq!(told::<i64>(""), "--o=: write a whole number");
        assert_eq!(told::<f64>("half"), "--o=half: write a number, such as 0.5");
        assert_eq!(told::<bool>("yes"), "--o=yes: write true or false");
        assert_eq!(told::<char>("ab"), "--o=ab: too many characters in string");
        let mut values = OptionValues::new();
        values.set_secret("pin", ["12x"]);
        let secret = values.required::<u64>("pin").unwrap_err().to_string();
        assert_eq!(secret, "--pin=***: write a whole number, 0 or more");
    }

    fn whole_of_u64() -> String {
        format!("write a whole number from 0 to {}", u64::MAX)
    }

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
