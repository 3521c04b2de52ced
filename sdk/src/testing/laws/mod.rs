//! What a connector of your own must hold, as tests to run on it.
//!
//! A [`Source`](crate::io::Source) promises more than its types can say: that its pieces hold everything once, that
//! reading can go on anywhere. So does a [`Sink`](crate::io::Sink): that nothing is seen too early, or twice. Each law
//! has a name; a connector that breaks one gets an error that says which, and what was seen.
//!
//! ```
//! use flumen::io::text;
//! use flumen::testing::laws;
//!
//! let folder = tempfile::tempdir()?;
//! let path = |name: &str| format!("{}/{name}", folder.path().display());
//! std::fs::write(path("in.txt"), "to be\r\nor not")?;
//! laws::source(&text::lines(path("in.txt")))?;
//!
//! let lines = || -> flumen::Result<Vec<String>> {
//!     let Ok(text) = std::fs::read_to_string(path("out-00000-of-00001.txt")) else { return Ok(Vec::new()) };
//!     Ok(text.lines().map(str::to_owned).collect())
//! };
//! laws::sink(&text::sink(path("out")).shards(1), ["to", "be"], lines)?;
//! # flumen::Ok(())
//! ```

mod sink;
mod source;

use crate::coder::{self, Input};
use crate::element::{Element, Ref, SerdeData};
use crate::error::{BoxError, Cause, FnError, Result};
use crate::function::guard;

pub use sink::sink;
pub use source::source;

/// How many differing elements a message shows.
const SHOWN_MAX: usize = 5;

/// An element as it is compared: by its encoding.
type Encoded = Vec<u8>;

fn encoded<T: Element>(value: Ref<'_, T>) -> Result<Encoded> {
    let mut bytes = Vec::new();
    T::encode(value, &mut bytes)?;
    Ok(bytes)
}

/// The error of a law that does not hold.
fn broken(law: &str, seen: impl std::fmt::Display) -> BoxError {
    FnError::new(Cause::Quality, format!("the law \"{law}\" does not hold: {seen}")).into()
}

/// Calls a connector, where a failure or panic breaks a law.
fn call<R>(law: &str, what: &str, call: impl FnOnce() -> Result<R>) -> Result<R> {
    guard(call).map_err(|e| broken(law, format_args!("`{what}` failed: {e}")))
}

/// What comes out of the encoding that values travel in.
fn travelled<V: SerdeData>(law: &str, value: &V) -> Result<V> {
    let there_and_back = || {
        let mut bytes = Vec::new();
        coder::serde::encode(value, &mut bytes)?;
        let back = coder::serde::decode(&mut Input::new(&bytes))?;
        let mut again = Vec::new();
        coder::serde::encode(&back, &mut again)?;
        if bytes == again { Ok(back) } else { Err(format!("{value:?} came back as {back:?}").into()) }
    };
    there_and_back().map_err(|e: BoxError| broken(law, format_args!("{value:?} can't travel: {e}")))
}

/// The elements for a message.
fn shown<T: Element>(elements: &[Encoded]) -> String {
    let text = |bytes: &Encoded| match T::decode(&mut Input::new(bytes)) {
        Ok(value) => format!("{:.100}", format!("{:?}", value.borrow())),
        Err(error) => format!("{bytes:?} ({error})"),
    };
    let first: Vec<String> = elements.iter().take(SHOWN_MAX).map(text).collect();
    match (elements.len(), elements.len().saturating_sub(SHOWN_MAX)) {
        (0, _) => "nothing".into(),
        (_, 0) => first.join(", "),
        (_, more) => format!("{} and {more} more", first.join(", ")),
    }
}

/// Says what is missing and what is too much, in whatever order they are.
fn same_elements<T: Element>(wanted: &[Encoded], found: &[Encoded]) -> Result<(), String> {
    let (mut wanted, mut found) = (wanted.to_vec(), found.to_vec());
    wanted.sort();
    found.sort();
    let (mut missing, mut extra) = (Vec::new(), Vec::new());
    let (mut wanted, mut found) = (wanted.into_iter().peekable(), found.into_iter().peekable());
    loop {
        match (wanted.peek(), found.peek()) {
            (Some(want), Some(have)) if want == have => drop((wanted.next(), found.next())),
            (Some(want), Some(have)) if want > have => extra.extend(found.next()),
            (Some(_), _) => missing.extend(wanted.next()),
            (None, Some(_)) => extra.extend(found.next()),
            (None, None) => break,
        }
    }
    if missing.is_empty() && extra.is_empty() {
        return Ok(());
    }
    Err(format!("missing: {}; too much: {}", shown::<T>(&missing), shown::<T>(&extra)))
}

/// Says where two readings of the same part.
fn same_order<T: Element>(wanted: &[Encoded], found: &[Encoded]) -> Result<(), String> {
    if wanted == found {
        return Ok(());
    }
    let at = wanted.iter().zip(found).take_while(|(a, b)| a == b).count();
    let from = |all: &[Encoded]| shown::<T>(all.get(at..).unwrap_or_default());
    Err(format!("from element {at} on there should be {}; there was {}", from(wanted), from(found)))
}
