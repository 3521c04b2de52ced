//! Strings and byte strings end to end in one buffer, so that none costs an allocation.

use bytes::Bytes;

use crate::batch::table::BytesTable;
use crate::coder::{Coder, DecodeError, Input, put_varint};
use crate::element::{Accumulator, Column, Element, Key, Put, Ref};
use crate::error::BoxError;

/// A column of byte strings.
#[derive(Clone, Debug)]
pub struct ByteRows {
    /// Where each row starts, and where the last one ends.
    offsets: Vec<usize>,
    bytes: Vec<u8>,
}

impl Default for ByteRows {
    fn default() -> Self {
        Self { offsets: vec![0], bytes: Vec::new() }
    }
}

impl ByteRows {
    /// All rows end to end.
    #[must_use]
    #[inline]
    pub fn data(&self) -> &[u8] {
        &self.bytes
    }

    /// Where each row starts in [`ByteRows::data`], and where the last one ends: one more than there are rows.
    #[must_use]
    #[inline]
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    #[inline]
    fn add(&mut self, row: &[u8]) {
        self.bytes.extend_from_slice(row);
        self.offsets.push(self.bytes.len());
    }

    /// Adds what `write` appends to the buffer as the last row.
    ///
    /// # Errors
    /// Those of `write`; then no row is added.
    pub fn add_with<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        let start = self.bytes.len();
        let written = write(&mut self.bytes);
        match written {
            Ok(()) if self.bytes.len() >= start => self.offsets.push(self.bytes.len()),
            Ok(()) => self.offsets.push(start),
            Err(_) => self.bytes.truncate(start),
        }
        written
    }

    // Runs of kept rows move together. It must not panic half-way: `Strings` would be left with rows that are no text.
    fn compact(&mut self, keep: &[bool]) {
        let keep = keep.get(..self.offsets.len() - 1).unwrap_or(keep);
        let (mut to, mut kept, mut row) = (0, 0, 0);
        while row < keep.len() {
            if !keep[row] {
                row += 1;
                continue;
            }
            let first = row;
            while row < keep.len() && keep[row] {
                row += 1;
            }
            let (start, end) = (self.offsets[first], self.offsets[row]);
            self.bytes.copy_within(start..end, to);
            for moved in first..row {
                kept += 1;
                self.offsets[kept] = self.offsets[moved + 1] - start + to;
            }
            to += end - start;
        }
        self.offsets.truncate(kept + 1);
        self.bytes.truncate(to);
    }

    fn append(&mut self, other: &Self) {
        let base = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.offsets.extend(other.offsets.iter().skip(1).map(|end| end + base));
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.offsets.truncate(1);
    }

    fn iter(&self) -> ByteIter<'_> {
        ByteIter { ends: self.offsets[1..].iter(), start: 0, bytes: &self.bytes }
    }
}

/// Walks the rows of a [`ByteRows`] column.
#[derive(Clone, Debug)]
pub struct ByteIter<'a> {
    ends: std::slice::Iter<'a, usize>,
    start: usize,
    bytes: &'a [u8],
}

impl<'a> Iterator for ByteIter<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let end = *self.ends.next()?;
        let row = &self.bytes[self.start..end];
        self.start = end;
        Some(row)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ends.size_hint()
    }
}

impl Column for ByteRows {
    type Elem = Bytes;
    type Iter<'a> = ByteIter<'a>;

    #[inline]
    fn len(&self) -> usize {
        self.offsets.len() - 1
    }
    #[inline]
    fn get(&self, row: usize) -> Option<&[u8]> {
        let end = *self.offsets.get(row + 1)?;
        Some(&self.bytes[self.offsets[row]..end])
    }
    #[inline]
    fn iter(&self) -> ByteIter<'_> {
        ByteRows::iter(self)
    }
    #[inline]
    fn push(&mut self, value: Bytes) {
        self.add(&value);
    }
    #[inline]
    fn push_ref(&mut self, value: &[u8]) {
        self.add(value);
    }
    fn compact(&mut self, keep: &[bool]) {
        ByteRows::compact(self, keep);
    }
    fn clear(&mut self) {
        ByteRows::clear(self);
    }
    #[inline]
    fn bytes(&self) -> usize {
        self.bytes.len()
    }
    fn append(&mut self, other: &Self) {
        ByteRows::append(self, other);
    }
}

/// A column of strings.
#[derive(Clone, Debug, Default)]
pub struct Strings {
    // Invariant: every row is UTF-8, since only `&str` is ever added.
    rows: ByteRows,
}

impl Strings {
    /// The strings as bytes.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &ByteRows {
        &self.rows
    }
}

/// A row of [`Strings`] as text.
#[inline]
#[allow(unsafe_code)]
fn text(row: &[u8]) -> &str {
    // SAFETY: the rows of `Strings` are added from `&str` only, and always whole.
    // Checking again took 11 % of a word count's CPU time.
    unsafe { std::str::from_utf8_unchecked(row) }
}

/// Walks the rows of a [`Strings`] column.
#[derive(Clone, Debug)]
pub struct StrIter<'a>(ByteIter<'a>);

impl<'a> Iterator for StrIter<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        self.0.next().map(text)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl Column for Strings {
    type Elem = String;
    type Iter<'a> = StrIter<'a>;

    #[inline]
    fn len(&self) -> usize {
        Column::len(&self.rows)
    }
    #[inline]
    fn get(&self, row: usize) -> Option<&str> {
        self.rows.get(row).map(text)
    }
    #[inline]
    fn iter(&self) -> StrIter<'_> {
        StrIter(self.rows.iter())
    }
    #[inline]
    fn push(&mut self, value: String) {
        self.rows.add(value.as_bytes());
    }
    #[inline]
    fn push_ref(&mut self, value: &str) {
        self.rows.add(value.as_bytes());
    }
    fn compact(&mut self, keep: &[bool]) {
        self.rows.compact(keep);
    }
    fn clear(&mut self) {
        self.rows.clear();
    }
    #[inline]
    fn bytes(&self) -> usize {
        self.rows.bytes.len()
    }
    fn append(&mut self, other: &Self) {
        self.rows.append(&other.rows);
    }
}

fn put_bytes(value: &[u8], out: &mut Vec<u8>) {
    put_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

impl Element for String {
    type Ref<'a> = &'a str;
    type Col = Strings;

    fn coder() -> Coder {
        Coder::leaf("beam:coder:string_utf8:v1")
    }
    fn borrow(&self) -> &str {
        self
    }
    fn own(value: &str) -> Self {
        value.to_owned()
    }
    #[inline]
    fn narrow<'long: 'short, 'short>(value: &'long str) -> &'short str {
        value
    }
    fn weight(value: &str) -> usize {
        size_of::<Self>() + value.len()
    }
    fn encode(value: &str, out: &mut Vec<u8>) -> Result<(), BoxError> {
        put_bytes(value.as_bytes(), out);
        Ok(())
    }
    fn decode(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let at = input.clone();
        let bytes = input.prefixed()?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|e| at.error(format!("not UTF-8: {e}")))
    }
}

impl Element for Bytes {
    type Ref<'a> = &'a [u8];
    type Col = ByteRows;

    fn coder() -> Coder {
        Coder::leaf("beam:coder:bytes:v1")
    }
    fn borrow(&self) -> &[u8] {
        self
    }
    fn own(value: &[u8]) -> Self {
        Bytes::copy_from_slice(value)
    }
    #[inline]
    fn narrow<'long: 'short, 'short>(value: &'long [u8]) -> &'short [u8] {
        value
    }
    fn weight(value: &[u8]) -> usize {
        size_of::<Self>() + value.len()
    }
    fn encode(value: &[u8], out: &mut Vec<u8>) -> Result<(), BoxError> {
        put_bytes(value, out);
        Ok(())
    }
    fn decode(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        input.prefixed().map(Bytes::copy_from_slice)
    }
}

macro_rules! puts {
    ($($type:ty => $elem:ty, $column:ty, |$value:ident| $bytes:expr;)*) => {$(
        impl Put for $type {
            type Elem = $elem;
            #[inline]
            fn put(self, column: &mut $column) {
                let $value = self;
                column.push_ref($bytes);
            }
        }
    )*};
}

puts! {
    &str => String, Strings, |value| value;
    &String => String, Strings, |value| value;
    String => String, Strings, |value| &value;
    std::borrow::Cow<'_, str> => String, Strings, |value| &value;
    &[u8] => Bytes, ByteRows, |value| value;
    &Bytes => Bytes, ByteRows, |value| value;
    Bytes => Bytes, ByteRows, |value| &value;
}

impl Key for String {
    type Table<A: Accumulator> = BytesTable<String, A>;
}

impl Key for Bytes {
    type Table<A: Accumulator> = BytesTable<Bytes, A>;
}

/// A key whose column is one of byte rows, and whose rows are equal when their bytes are.
pub trait ByteKey: Key {
    /// The column's rows as bytes.
    fn rows(column: &Self::Col) -> &ByteRows;
    /// A key as bytes.
    fn bytes<'a>(key: Ref<'a, Self>) -> &'a [u8];
    /// Adds a key that was read from such a column.
    ///
    /// # Errors
    /// The bytes are no such key.
    fn add(column: &mut Self::Col, key: &[u8]) -> Result<(), BoxError>;
}

impl ByteKey for String {
    #[inline]
    fn rows(column: &Strings) -> &ByteRows {
        column.as_bytes()
    }
    #[inline]
    fn bytes<'a>(key: Ref<'a, String>) -> &'a [u8] {
        key.as_bytes()
    }
    fn add(column: &mut Strings, key: &[u8]) -> Result<(), BoxError> {
        column.push_ref(std::str::from_utf8(key)?);
        Ok(())
    }
}

impl ByteKey for Bytes {
    #[inline]
    fn rows(column: &ByteRows) -> &ByteRows {
        column
    }
    #[inline]
    fn bytes<'a>(key: Ref<'a, Bytes>) -> &'a [u8] {
        key
    }
    fn add(column: &mut ByteRows, key: &[u8]) -> Result<(), BoxError> {
        column.push_ref(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_moves_runs() {
        let words = ["", "a", "bcd", "é", "", "xyz", "q"];
        for mask in 0_u32..1 << words.len() {
            let mut column = Strings::default();
            words.iter().for_each(|w| column.push_ref(w));
            let keep: Vec<bool> = (0..words.len()).map(|i| mask >> i & 1 == 1).collect();
            column.compact(&keep);
            let want: Vec<&str> = words.iter().zip(&keep).filter(|(_, k)| **k).map(|(w, _)| *w).collect();
            assert_eq!(column.iter().collect::<Vec<_>>(), want);
            assert_eq!(column.bytes(), want.iter().map(|w| w.len()).sum::<usize>());
        }
    }

    #[test]
    fn flags_that_do_not_fit_the_rows_leave_whole_text() {
        let words = ["é", "a", "é"];
        for flags in 0..6 {
            for mask in 0_u32..1 << flags {
                let mut column = Strings::default();
                words.iter().for_each(|w| column.push_ref(w));
                let keep: Vec<bool> = (0..flags).map(|i| mask >> i & 1 == 1).collect();
                column.compact(&keep);
                let want: Vec<&str> = words.iter().zip(&keep).filter(|(_, k)| **k).map(|(w, _)| *w).collect();
                assert_eq!(column.iter().collect::<Vec<_>>(), want, "{keep:?}");
            }
        }
    }

    #[test]
    fn append_shifts_offsets() {
        let mut a = Strings::default();
        a.push_ref("one");
        let mut b = Strings::default();
        b.push_ref("");
        b.push_ref("three");
        a.append(&b);
        assert_eq!(a.iter().collect::<Vec<_>>(), ["one", "", "three"]);
        assert_eq!(a.get(2), Some("three"));
        assert_eq!(a.get(3), None);
    }
}
