//! What can go wrong, and how it is told: building a pipeline, user code in a step, and a run as a whole.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// Any error that may cross threads: what user code and connectors return.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// A result whose error is any error, so that `?` works on everything.
///
/// Use it in pipeline functions and in closures that can fail.
///
/// ```
/// fn parse(line: &str) -> flumen::Result<u64> {
///     Ok(line.trim().parse()?)
/// }
/// assert!(parse(" 7 ").is_ok() && parse("x").is_err());
/// ```
pub type Result<T, E = BoxError> = std::result::Result<T, E>;

/// `Ok`, with an error of [`BoxError`]: the last line of a closure in which `?` is used.
///
/// ```
/// let parse = |line: &str| {
///     let number: u64 = line.parse()?;
///     flumen::Ok(number)
/// };
/// assert_eq!(parse("7").unwrap(), 7);
/// ```
#[allow(non_snake_case)]
pub fn Ok<T>(value: T) -> Result<T> {
    Result::Ok(value)
}

/// The longest `Debug` text of an element that an error carries, in bytes.
pub const ELEMENT_TEXT_BYTES_MAX: usize = 1024;

/// Why something failed, as an orchestrator must know it.
///
/// Each cause has one process exit code (the `sysexits.h` one where it exists), see [`Cause::exit_code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The command line or the options are wrong.
    Usage,
    /// The input holds data that the pipeline refuses.
    BadData,
    /// An input is missing.
    InputMissing,
    /// A service that the run needs can't be reached.
    Unavailable,
    /// A user's function failed or panicked.
    UserCode,
    /// An output can't be written.
    CannotWrite,
    /// Reading or writing failed.
    Io,
    /// A retry may help.
    Temporary,
    /// Permission denied.
    Permission,
    /// The pipeline or its configuration is wrong.
    Configuration,
    /// A quality check failed.
    Quality,
    /// The run was drained before its end.
    Drained,
    /// The run was cancelled.
    Cancelled,
}

impl Cause {
    /// The exit code of a process that ends for this cause.
    ///
    /// ```
    /// assert_eq!(flumen::error::Cause::InputMissing.exit_code(), 66);
    /// ```
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::BadData => 65,
            Self::InputMissing => 66,
            Self::Unavailable => 69,
            Self::UserCode => 70,
            Self::CannotWrite => 73,
            Self::Io => 74,
            Self::Temporary => 75,
            Self::Permission => 77,
            Self::Configuration => 78,
            Self::Quality => 80,
            Self::Drained => 81,
            Self::Cancelled => 130,
        }
    }

    fn of_io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::InputMissing,
            std::io::ErrorKind::PermissionDenied => Self::Permission,
            std::io::ErrorKind::InvalidData => Self::BadData,
            _ => Self::Io,
        }
    }
}

/// A step as errors, drawings and reports name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The unique name in the pipeline, such as `par_do` or `load/parse`.
    pub name: String,
    /// The call that made the step.
    pub location: &'static Location<'static>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.name, self.location.file(), self.location.line())
    }
}

/// A pipeline that can't be built: which step, and what to do.
#[derive(Debug)]
pub struct BuildError {
    step: Option<Step>,
    message: String,
}

impl BuildError {
    /// An error about the pipeline as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self { step: None, message: message.into() }
    }

    /// An error about one step.
    pub fn at(step: Step, message: impl Into<String>) -> Self {
        Self { step: Some(step), message: message.into() }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => write!(f, "step {step}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Error for BuildError {}

/// A failure inside a step, before the engine adds which step it was.
///
/// Connectors make one to say the [`Cause`] of an error; any other error of user code counts as
/// [`Cause::UserCode`], and a [`std::io::Error`] by its kind.
///
/// ```
/// use flumen::error::{Cause, FnError};
/// let e = FnError::new(Cause::BadData, "a.txt, byte 17: not UTF-8");
/// assert_eq!(e.cause(), Cause::BadData);
/// ```
#[derive(Debug)]
pub struct FnError {
    cause: Cause,
    panicked: bool,
    /// Whether trying again is no use, whatever the cause.
    lasting: bool,
    source: BoxError,
    element: Option<String>,
}

impl FnError {
    /// A failure of a known cause.
    pub fn new(cause: Cause, error: impl Into<BoxError>) -> Self {
        Self { cause, panicked: false, lasting: false, source: error.into(), element: None }
    }

    /// A failure from any error; what is a [`FnError`] already stays as it is.
    #[must_use]
    pub fn from_error(error: BoxError) -> Self {
        let error = match error.downcast::<FnError>() {
            Result::Ok(own) => return *own,
            Err(other) => other,
        };
        let cause = error.downcast_ref::<std::io::Error>().map_or(Cause::UserCode, Cause::of_io);
        Self { cause, panicked: false, lasting: false, source: error, element: None }
    }

    /// A failure from what a caught panic carried.
    #[must_use]
    pub fn from_panic(payload: &(dyn Any + Send)) -> Self {
        let text: Cow<'static, str> = match payload.downcast_ref::<&'static str>() {
            Some(text) => Cow::Borrowed(text),
            None => match payload.downcast_ref::<String>() {
                Some(text) => Cow::Owned(text.clone()),
                None => Cow::Borrowed("a value that is not text"),
            },
        };
        Self { cause: Cause::UserCode, panicked: true, lasting: false, source: text.into(), element: None }
    }

    /// Adds the element at fault, cut to [`ELEMENT_TEXT_BYTES_MAX`]; the first one stays.
    #[must_use]
    pub fn with_element(mut self, element: impl FnOnce() -> String) -> Self {
        if self.element.is_none() {
            self.element = Some(cut(element()));
        }
        self
    }

    /// A text of an element as errors carry it: cut to [`ELEMENT_TEXT_BYTES_MAX`].
    #[must_use]
    pub(crate) fn text_of(element: String) -> String {
        cut(element)
    }

    /// Says that trying again is no use: what failed can't be done a second time.
    #[must_use]
    pub fn lasting(mut self) -> Self {
        self.lasting = true;
        self
    }

    /// Why it failed.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// Adds the step, which makes it an error of the run.
    #[must_use]
    pub fn at(self, step: &Arc<Step>) -> RunError {
        RunError { step: Some(Arc::clone(step)), inner: self }
    }
}

fn cut(mut text: String) -> String {
    if text.len() > ELEMENT_TEXT_BYTES_MAX {
        let end = (0..=ELEMENT_TEXT_BYTES_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        let all = text.len();
        text.truncate(end);
        text.push_str(&format!("... ({all} bytes)"));
    }
    text
}

impl fmt::Display for FnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.panicked {
            f.write_str("panicked: ")?;
        }
        write!(f, "{}", self.source)?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        if let Some(element) = &self.element {
            write!(f, "\n  element: {element}")?;
        }
        fmt::Result::Ok(())
    }
}

impl Error for FnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}

impl From<std::io::Error> for FnError {
    fn from(error: std::io::Error) -> Self {
        Self::from_error(error.into())
    }
}

impl From<BuildError> for FnError {
    fn from(error: BuildError) -> Self {
        Self::new(Cause::Configuration, error)
    }
}

/// A run that failed: the step with its source line, the element where there is one, and the cause.
///
/// ```
/// use flumen::error::{Cause, RunError};
/// let e = RunError::new(Cause::Usage, "--runner=flnk: unknown");
/// assert_eq!(e.cause().exit_code(), 2);
/// ```
#[derive(Debug)]
pub struct RunError {
    step: Option<Arc<Step>>,
    inner: FnError,
}

impl RunError {
    /// A failure that belongs to no step.
    pub fn new(cause: Cause, error: impl Into<BoxError>) -> Self {
        Self { step: None, inner: FnError::new(cause, error) }
    }

    /// The run's error that any error is, or that error as it was.
    pub(crate) fn found_in(error: BoxError) -> Result<Self> {
        error.downcast::<Self>().map(|own| *own)
    }

    /// Why it failed; its [`Cause::exit_code`] is the process's.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.inner.cause
    }

    /// Whether the same may succeed when it is tried again: user code and what lies outside the process may, bad data and a
    /// wrong configuration won't.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        let passing = [Cause::UserCode, Cause::Temporary, Cause::Unavailable, Cause::Io];
        passing.contains(&self.cause()) && !self.inner.lasting
    }

    /// The step that failed.
    #[must_use]
    pub fn step(&self) -> Option<&Step> {
        self.step.as_deref()
    }

    /// The `Debug` text of the element at fault, cut to [`ELEMENT_TEXT_BYTES_MAX`].
    #[must_use]
    pub fn element(&self) -> Option<&str> {
        self.inner.element.as_deref()
    }
}

impl From<FnError> for RunError {
    fn from(inner: FnError) -> Self {
        Self { step: None, inner }
    }
}

impl From<BuildError> for RunError {
    fn from(error: BuildError) -> Self {
        Self { step: None, inner: error.into() }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(step) = &self.step {
            write!(f, "step {step}: ")?;
        }
        write!(f, "{}", self.inner)
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_elements_are_cut_at_a_character() {
        let e = FnError::new(Cause::UserCode, "no").with_element(|| "é".repeat(2000));
        let text = e.element.unwrap();
        assert!(text.starts_with("éé") && text.ends_with("... (4000 bytes)"));
        assert!(text.len() <= ELEMENT_TEXT_BYTES_MAX + 20);
    }

    #[test]
    fn causes_follow_the_error_inside() {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        assert_eq!(FnError::from_error(missing.into()).cause(), Cause::InputMissing);
        let own: BoxError = FnError::new(Cause::BadData, "x").into();
        assert_eq!(FnError::from_error(own).cause(), Cause::BadData);
        assert_eq!(FnError::from_error("text".into()).cause(), Cause::UserCode);
    }
}
