//! Variable-length integers, seven bits a byte, the low ones first (Beam's `VarInt`, protobuf's varint).

/// Appends `value` in one to ten bytes.
///
/// ```
/// let mut out = vec![];
/// flumen::coder::put_varint(300, &mut out);
/// assert_eq!(out, [0xac, 0x02]);
/// ```
#[inline]
pub fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// How many bytes [`put_varint`] writes for `value`.
#[must_use]
pub fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

#[cfg(test)]
mod tests {
    use super::super::Input;
    use super::*;

    #[test]
    fn round_trips_at_every_length() {
        for shift in 0..64 {
            for value in [(1_u64 << shift) - 1, 1 << shift, u64::MAX >> shift] {
                let mut out = vec![];
                put_varint(value, &mut out);
                assert_eq!(out.len(), varint_len(value));
                let mut input = Input::new(&out);
                assert_eq!(input.varint().unwrap(), value);
                assert!(input.is_empty());
            }
        }
    }

    #[test]
    fn refuses_what_is_cut_or_too_long() {
        for bad in [&[0x80_u8][..], &[0xff; 11], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]] {
            assert!(Input::new(bad).varint().is_err(), "{bad:?}");
        }
    }
}
