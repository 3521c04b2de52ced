//! How a launched process ends: what it prints, and its exit code.

use std::fmt::Display;
use std::io::{self, Write};

use super::OptionError;
use crate::error::{BoxError, BuildError, Cause, FnError, RunError};

/// The end of a launched process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exit {
    pub(crate) code: u8,
    /// Data, for another program.
    pub(crate) stdout: String,
    /// What is said to people.
    pub(crate) stderr: String,
}

impl Exit {
    /// Success, with data.
    pub(crate) fn data(stdout: String) -> Self {
        Self { stdout, ..Self::default() }
    }

    /// Success, with words.
    pub(crate) fn done(stderr: String) -> Self {
        Self { stderr, ..Self::default() }
    }

    /// Failure.
    pub(crate) fn failed(cause: Cause, error: impl Display) -> Self {
        Self { code: cause.exit_code(), stdout: String::new(), stderr: format!("error: {error}\n") }
    }

    /// Prints it; a reader that has gone away is no error.
    pub(crate) fn print(&self) {
        for (text, out) in [
            (&self.stdout, &mut io::stdout().lock() as &mut dyn Write),
            (&self.stderr, &mut io::stderr().lock()),
        ] {
            if !text.is_empty() {
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            }
        }
    }
}

impl From<RunError> for Exit {
    fn from(error: RunError) -> Self {
        Self::failed(error.cause(), error)
    }
}

impl From<BuildError> for Exit {
    fn from(error: BuildError) -> Self {
        Self::failed(Cause::Configuration, error)
    }
}

impl From<clap::Error> for Exit {
    fn from(error: clap::Error) -> Self {
        let text = error.render().to_string();
        if error.use_stderr() {
            Self { code: Cause::Usage.exit_code(), stdout: String::new(), stderr: text }
        } else {
            Self::data(text)
        }
    }
}

impl Exit {
    /// The end of a process whose pipeline function failed: by what is inside the error.
    pub(crate) fn of_user(error: BoxError) -> Self {
        let error = match RunError::found_in(error) {
            Ok(own) => return own.into(),
            Err(other) => other,
        };
        if error.is::<BuildError>() {
            Self::failed(Cause::Configuration, error)
        } else if error.is::<OptionError>() {
            Self::failed(Cause::Usage, format_args!("{error}\n\nFor more information, try '--help'."))
        } else {
            RunError::from(FnError::from_error(error)).into()
        }
    }
}
