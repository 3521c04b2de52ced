//! Values of a fixed size side by side: numbers, `bool`, `char`, timestamps.

use crate::batch::table::{EncodedTable, WordTable};
use crate::coder::{Coder, DecodeError, Input, put_varint};
use crate::element::{Accumulator, Column, Element, Key, Put, Ref};
use crate::error::BoxError;
use crate::time::Timestamp;

/// A column of values that are copied as they are.
#[derive(Clone, Debug)]
pub struct Fixed<T> {
    values: Vec<T>,
}

impl<T> Default for Fixed<T> {
    fn default() -> Self {
        Self { values: Vec::new() }
    }
}

impl<T> Fixed<T> {
    /// The values side by side.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.values
    }
}

impl<T> Column for Fixed<T>
where
    T: for<'a> Element<Col = Self, Ref<'a> = T> + Copy,
{
    type Elem = T;
    const PLAIN: bool = true;
    type Iter<'a> = std::iter::Copied<std::slice::Iter<'a, T>>;

    #[inline]
    fn len(&self) -> usize {
        self.values.len()
    }

    #[inline]
    fn get(&self, row: usize) -> Option<T> {
        self.values.get(row).copied()
    }

    #[inline]
    fn iter(&self) -> Self::Iter<'_> {
        self.values.iter().copied()
    }

    #[inline]
    fn push(&mut self, value: T) {
        self.values.push(value);
    }

    #[inline]
    fn push_ref(&mut self, value: T) {
        self.values.push(value);
    }

    fn compact(&mut self, keep: &[bool]) {
        let mut flags = keep.iter();
        self.values.retain(|_| flags.next().copied().unwrap_or(false));
    }

    fn clear(&mut self) {
        self.values.clear();
    }

    #[inline]
    fn bytes(&self) -> usize {
        size_of_val(self.values.as_slice())
    }

    #[inline]
    fn extend(&mut self, values: impl Iterator<Item = T>) {
        self.values.extend(values);
    }

    fn append(&mut self, other: &Self) {
        self.values.extend_from_slice(&other.values);
    }

    // Without a branch on the answer: each value is written to the next free place, which moves on if it stays.
    #[inline]
    fn retain(&mut self, mut keep: impl FnMut(Ref<'_, T>) -> bool) {
        let values = self.values.as_mut_slice();
        let mut kept = 0;
        for row in 0..values.len() {
            let value = values[row];
            values[kept] = value;
            kept += usize::from(keep(value));
        }
        self.values.truncate(kept);
    }
}

/// An element that stands in a [`Fixed`] column and is written by the given coder.
macro_rules! fixed {
    ($($type:ty: $urn:literal, $encode:expr, $decode:expr;)*) => {$(
        impl Element for $type {
            type Ref<'a> = $type;
            type Col = Fixed<$type>;

            fn coder() -> Coder {
                Coder::leaf($urn)
            }
            #[inline]
            fn borrow(&self) -> $type {
                *self
            }
            #[inline]
            fn own(value: $type) -> Self {
                value
            }
            #[inline]
            fn narrow<'long: 'short, 'short>(value: $type) -> $type {
                value
            }
            fn encode(value: $type, out: &mut Vec<u8>) -> Result<(), BoxError> {
                let encode: fn($type, &mut Vec<u8>) = $encode;
                encode(value, out);
                Ok(())
            }
            fn decode(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                let decode: fn(&mut Input<'_>) -> Result<$type, DecodeError> = $decode;
                decode(input)
            }
        }

        impl Put for $type {
            type Elem = Self;
            #[inline]
            fn put(self, column: &mut Fixed<$type>) {
                column.push(self);
            }
        }
    )*};
}

/// A varint's value in the range of a smaller type.
fn narrow<T: TryFrom<i64>>(input: &mut Input<'_>) -> Result<T, DecodeError> {
    let at = input.clone();
    let value = input.varint()? as i64;
    T::try_from(value).map_err(|_| at.error(format!("{value} does not fit {}", std::any::type_name::<T>())))
}

fixed! {
    bool: "beam:coder:bool:v1", |x, out| out.push(u8::from(x)), |input| match input.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(input.error(format!("{other} is neither false nor true"))),
    };
    u8: "flumen:coder:byte:v1", |x, out| out.push(x), |input| input.byte();
    i8: "flumen:coder:byte:v1", |x, out| out.push(x as u8), |input| Ok(input.byte()? as i8);
    u16: "beam:coder:varint:v1", |x, out| put_varint(u64::from(x), out), narrow;
    u32: "beam:coder:varint:v1", |x, out| put_varint(u64::from(x), out), narrow;
    u64: "beam:coder:varint:v1", |x, out| put_varint(x, out), |input| input.varint();
    usize: "beam:coder:varint:v1", |x, out| put_varint(x as u64, out), |input| {
        let value = input.varint()?;
        usize::try_from(value).map_err(|_| input.error(format!("{value} does not fit usize")))
    };
    i16: "beam:coder:varint:v1", |x, out| put_varint(i64::from(x) as u64, out), narrow;
    i32: "beam:coder:varint:v1", |x, out| put_varint(i64::from(x) as u64, out), narrow;
    i64: "beam:coder:varint:v1", |x, out| put_varint(x as u64, out), |input| Ok(input.varint()? as i64);
    isize: "beam:coder:varint:v1", |x, out| put_varint(x as i64 as u64, out), narrow;
    u128: "flumen:coder:fixed128:v1", |x, out| out.extend(x.to_be_bytes()), |input| Ok(u128::from_be_bytes(input.array()?));
    i128: "flumen:coder:fixed128:v1", |x, out| out.extend(x.to_be_bytes()), |input| Ok(i128::from_be_bytes(input.array()?));
    f32: "flumen:coder:float:v1", |x, out| out.extend(x.to_be_bytes()), |input| Ok(f32::from_be_bytes(input.array()?));
    f64: "beam:coder:double:v1", |x, out| out.extend(x.to_be_bytes()), |input| Ok(f64::from_be_bytes(input.array()?));
    char: "flumen:coder:char:v1", |x, out| put_varint(u64::from(u32::from(x)), out), |input| {
        let code = input.varint()?;
        u32::try_from(code).ok().and_then(char::from_u32).ok_or_else(|| input.error(format!("{code} is no character")))
    };
    Timestamp: "flumen:coder:instant:v1",
        |x, out| out.extend((x.millis() as u64 ^ (1 << 63)).to_be_bytes()),
        |input| Ok(Timestamp::from_millis((u64::from_be_bytes(input.array()?) ^ (1 << 63)) as i64));
}

/// A key type whose values are told apart by 64 bits.
pub trait Word: Copy {
    /// Those bits.
    fn word(self) -> u64;
    /// The value of such bits.
    fn from_word(word: u64) -> Self;
}

macro_rules! words {
    ($($type:ty: $to:expr, $from:expr;)*) => {$(
        impl Word for $type {
            #[inline(always)]
            fn word(self) -> u64 {
                let to: fn($type) -> u64 = $to;
                to(self)
            }
            #[inline(always)]
            fn from_word(word: u64) -> Self {
                let from: fn(u64) -> $type = $from;
                from(word)
            }
        }
        impl Key for $type {
            type Table<A: Accumulator> = WordTable<$type, A>;
        }
    )*};
}

words! {
    bool: u64::from, |w| w != 0;
    u8: u64::from, |w| w as u8;
    i8: |x| x as u64, |w| w as i8;
    u16: u64::from, |w| w as u16;
    i16: |x| x as u64, |w| w as i16;
    u32: u64::from, |w| w as u32;
    i32: |x| x as u64, |w| w as i32;
    u64: |x| x, |w| w;
    i64: |x| x as u64, |w| w as i64;
    usize: |x| x as u64, |w| w as usize;
    isize: |x| x as u64, |w| w as isize;
    char: |x| u64::from(u32::from(x)), |w| char::from_u32(w as u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    Timestamp: |x| x.millis() as u64, |w| Timestamp::from_millis(w as i64);
}

impl Key for u128 {
    type Table<A: Accumulator> = EncodedTable<Self, A>;
}

impl Key for i128 {
    type Table<A: Accumulator> = EncodedTable<Self, A>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retain_keeps_order_and_calls_once_a_row() {
        let mut column = Fixed::<u64>::default();
        column.extend(0..1000);
        let mut calls = 0;
        column.retain(|x| {
            calls += 1;
            x % 3 == 0
        });
        assert_eq!(calls, 1000);
        assert_eq!(column.as_slice(), (0..1000).filter(|x| x % 3 == 0).collect::<Vec<u64>>());
    }

    #[test]
    fn numbers_are_written_as_beam_writes_them() {
        let mut out = vec![];
        i64::encode(-1, &mut out).unwrap();
        assert_eq!(out, [255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
        out.clear();
        f64::encode(1.0, &mut out).unwrap();
        assert_eq!(out, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(i16::decode(&mut Input::new(&[0x80, 0x80, 0x04])).ok(), None);
        out.clear();
        Timestamp::encode(Timestamp::from_millis(0), &mut out).unwrap();
        assert_eq!(out, [0x80, 0, 0, 0, 0, 0, 0, 0]);
    }
}
