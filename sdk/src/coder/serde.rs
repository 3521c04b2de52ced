//! bincode, in the one place that knows of it: elements without a standard coder, settings, frozen values.
//!
//! The format is bincode 1.3's with fixed-length integers, little-endian; its version stands in the URN, so that
//! another format would be another coder.

use ::serde::Serialize;
use ::serde::de::DeserializeOwned;
use bincode::Options;

use super::{Coder, DecodeError, Input, put_varint};
use crate::error::BoxError;

/// The coder of a type that serde describes: a varint length, then bincode 1.
pub const CODER: Coder = Coder::leaf("flumen:coder:bincode:v1");

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_fixint_encoding().reject_trailing_bytes()
}

/// Appends `value`, its length first.
///
/// # Errors
/// The type's `Serialize` refuses the value, or the format can't hold it (a sequence of unknown length).
pub fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), BoxError> {
    let size = options().serialized_size(value)?;
    put_varint(size, out);
    options().serialize_into(out, value)?;
    Ok(())
}

/// About how many bytes a value takes: its size, and that of its encoding where it owns more.
pub fn weight<T: Serialize>(value: &T) -> usize {
    let encoded = options().serialized_size(value).ok().and_then(|size| usize::try_from(size).ok());
    size_of::<T>().max(encoded.unwrap_or(0))
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// The bytes are cut short or are no such value.
pub fn decode<T: DeserializeOwned>(input: &mut Input<'_>) -> Result<T, DecodeError> {
    let at = input.clone();
    let bytes = input.prefixed()?;
    options().with_limit(bytes.len() as u64).deserialize(bytes).map_err(|e| at.error(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes() {
        let mut out = vec![];
        encode(&(7_u32, "ab", Some(true)), &mut out).unwrap();
        assert_eq!(out, [16, 7, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, b'a', b'b', 1, 1]);
        let back: (u32, String, Option<bool>) = decode(&mut Input::new(&out)).unwrap();
        assert_eq!(back, (7, "ab".into(), Some(true)));
    }

    #[test]
    fn a_false_length_is_an_error() {
        let mut bytes = vec![8];
        bytes.extend(u64::MAX.to_le_bytes());
        assert!(decode::<Vec<u64>>(&mut Input::new(&bytes)).is_err());
    }
}
