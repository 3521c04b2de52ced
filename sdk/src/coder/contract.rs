//! What a coder is, and how bytes are read.

use std::borrow::Cow;
use std::fmt;

/// The name of an encoding and of its parts, as Beam's Runner API tells it.
///
/// ```
/// use flumen::coder::Coder;
/// use flumen::Element;
/// let coder = <(String, Vec<i64>)>::coder();
/// assert_eq!(coder.to_string(), "kv(string_utf8, iterable(varint))");
/// ```
///
/// Implements `StandardCoders` of Beam's `beam_runner_api.proto`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Coder {
    /// The URN that other SDKs know it by.
    pub urn: Cow<'static, str>,
    /// The coders of its parts, in order.
    pub parts: Vec<Coder>,
}

impl Coder {
    /// A coder without parts.
    #[must_use]
    pub const fn leaf(urn: &'static str) -> Self {
        Self { urn: Cow::Borrowed(urn), parts: Vec::new() }
    }

    /// A coder with parts.
    #[must_use]
    pub fn of(urn: &'static str, parts: Vec<Coder>) -> Self {
        Self { urn: Cow::Borrowed(urn), parts }
    }
}

impl fmt::Display for Coder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Beam's own first versions are known by their names; of all others the whole URN tells.
        let standard = self.urn.strip_prefix("beam:coder:").and_then(|name| name.strip_suffix(":v1"));
        let name = standard.unwrap_or(&self.urn);
        f.write_str(name)?;
        for (i, part) in self.parts.iter().enumerate() {
            write!(f, "{}{part}", if i == 0 { "(" } else { ", " })?;
        }
        f.write_str(if self.parts.is_empty() { "" } else { ")" })
    }
}

/// Bytes that are not what the coder expects: where, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    offset: usize,
    reason: Cow<'static, str>,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.reason)
    }
}

impl std::error::Error for DecodeError {}

/// Encoded bytes, read from the front.
///
/// Every length is checked against the bytes that are left, so a hostile length can't make it allocate.
///
/// ```
/// use flumen::coder::Input;
/// let mut input = Input::new(b"\x03abc");
/// assert_eq!(input.prefixed().unwrap(), b"abc");
/// assert!(input.byte().unwrap_err().to_string().contains("byte 4"));
/// ```
#[derive(Clone, Debug)]
pub struct Input<'a> {
    all: usize,
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// Reads `bytes` from their front.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { all: bytes.len(), rest: bytes }
    }

    /// What is left.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// An error at the place that has been reached.
    pub fn error(&self, reason: impl Into<Cow<'static, str>>) -> DecodeError {
        DecodeError { offset: self.all - self.rest.len(), reason: reason.into() }
    }

    /// The next byte.
    ///
    /// # Errors
    /// Nothing is left.
    pub fn byte(&mut self) -> Result<u8, DecodeError> {
        let (first, rest) = self.rest.split_first().ok_or_else(|| self.error("the input ends here"))?;
        self.rest = rest;
        Ok(*first)
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// Fewer are left.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], DecodeError> {
        match self.rest.split_at_checked(n) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.error(format!("{n} bytes expected, {} left", self.rest.len()))),
        }
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// Fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        match self.rest.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(*taken)
            }
            None => Err(self.error(format!("{N} bytes expected, {} left", self.rest.len()))),
        }
    }

    /// The next varint.
    ///
    /// # Errors
    /// It is cut short, or longer than 64 bits.
    pub fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.error("a varint of more than 64 bits"))
    }

    /// A varint length, then as many bytes.
    ///
    /// # Errors
    /// Fewer are left than the length says.
    pub fn prefixed(&mut self) -> Result<&'a [u8], DecodeError> {
        let n = self.varint()?;
        self.take(usize::try_from(n).unwrap_or(usize::MAX))
    }

    /// A 32-bit big-endian count of elements; each needs a byte at least, where `sized` says so.
    ///
    /// # Errors
    /// The count is negative, or greater than the bytes left allow.
    pub fn count(&mut self, sized: bool) -> Result<usize, DecodeError> {
        let n = i32::from_be_bytes(self.array()?);
        let n = usize::try_from(n).map_err(|_| self.error(format!("a count of {n}")))?;
        if sized && n > self.rest.len() {
            return Err(self.error(format!("{n} elements announced, {} bytes left", self.rest.len())));
        }
        Ok(n)
    }
}
