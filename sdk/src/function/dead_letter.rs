//! An element that a function refused, with all that is needed to find out why.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::batch::Whole;
use crate::coder::{self, Coder, DecodeError, Input};
use crate::element::{Column, Element, Put, Ref};
use crate::error::{BoxError, FnError};

/// An element that a function refused.
///
/// [`try_map`](crate::collection::PCollection::try_map) and its like put out such letters in place of failing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The element: a string or a byte string as it is, anything else as its coder writes it.
    pub bytes: Bytes,
    /// The `Debug` text of the element, cut to [`ELEMENT_TEXT_BYTES_MAX`](crate::error::ELEMENT_TEXT_BYTES_MAX).
    pub element: String,
    /// Why it was refused.
    pub error: String,
    /// The step that refused it.
    pub step: String,
    /// Where it comes from, such as `logs/a.txt, byte 4096`: exactly, if every step since the source makes one element of each;
    /// else the stretch of the source that was being worked on. None after a grouping.
    pub source: Option<String>,
}

impl DeadLetter {
    /// The letter of an element.
    pub fn new<T: Element>(element: Ref<'_, T>, error: &FnError, step: &str, source: Option<String>) -> Self {
        let mut bytes = Vec::new();
        // What can't even be encoded still has its text.
        if T::encode(element, &mut bytes).is_err() {
            bytes.clear();
        }
        let mut raw = Input::new(&bytes);
        let plain = ["beam:coder:string_utf8:v1", "beam:coder:bytes:v1"].contains(&T::coder().urn.as_ref());
        let bytes = match plain.then(|| Bytes::decode(&mut raw)) {
            Some(Ok(raw)) => raw,
            _ => Bytes::from(bytes),
        };
        let element = FnError::text_of(format!("{element:?}"));
        Self { bytes, element, error: error.to_string(), step: step.to_owned(), source }
    }
}

impl fmt::Display for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: {}; element: {}", self.step, self.error, self.element)?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, "; from {source}"))
    }
}

impl Element for DeadLetter {
    type Ref<'a> = &'a Self;
    type Col = Whole<Self>;

    fn coder() -> Coder {
        coder::serde::CODER
    }
    fn borrow(&self) -> &Self {
        self
    }
    fn own(value: &Self) -> Self {
        value.clone()
    }
    fn narrow<'long: 'short, 'short>(value: &'long Self) -> &'short Self {
        value
    }
    fn weight(value: &Self) -> usize {
        size_of::<Self>() + value.bytes.len() + value.element.len() + value.error.len()
    }
    fn encode(value: &Self, out: &mut Vec<u8>) -> Result<(), BoxError> {
        coder::serde::encode(value, out)
    }
    fn decode(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        coder::serde::decode(input)
    }
}

impl Put for DeadLetter {
    type Elem = Self;
    fn put(self, column: &mut Whole<Self>) {
        column.push(self);
    }
}

impl Put for &DeadLetter {
    type Elem = DeadLetter;
    fn put(self, column: &mut Whole<DeadLetter>) {
        column.push_ref(self);
    }
}
