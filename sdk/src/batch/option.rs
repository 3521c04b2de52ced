//! The column of `Option<T>`: a column of the values that are there, and where each row's stands.

use crate::batch::table::EncodedTable;
use crate::coder::{Coder, DecodeError, Input};
use crate::element::{Accumulator, Column, Element, Key, Put, Ref, Rows};
use crate::error::BoxError;

/// A column of values that may be missing.
#[derive(Clone, Debug, Default)]
pub struct Options<C> {
    places: Vec<Option<usize>>,
    values: C,
}

impl<C: Column> Column for Options<C> {
    type Elem = Option<C::Elem>;
    type Iter<'a> = Rows<'a, Self>;

    #[inline]
    fn len(&self) -> usize {
        self.places.len()
    }
    #[inline]
    fn get(&self, row: usize) -> Option<Option<Ref<'_, C::Elem>>> {
        self.places.get(row).map(|place| place.and_then(|place| self.values.get(place)))
    }
    fn iter(&self) -> Rows<'_, Self> {
        Rows::new(self)
    }
    fn push(&mut self, value: Option<C::Elem>) {
        self.places.push(value.is_some().then(|| self.values.len()));
        if let Some(value) = value {
            self.values.push(value);
        }
    }
    fn push_ref(&mut self, value: Option<Ref<'_, C::Elem>>) {
        self.places.push(value.is_some().then(|| self.values.len()));
        if let Some(value) = value {
            self.values.push_ref(value);
        }
    }
    fn compact(&mut self, keep: &[bool]) {
        let kept_values: Vec<bool> = self
            .places
            .iter()
            .zip(keep)
            .filter(|(place, _)| place.is_some())
            .map(|(_, keep)| *keep)
            .collect();
        self.values.compact(&kept_values);
        let mut flags = keep.iter();
        self.places.retain(|_| flags.next().copied().unwrap_or(false));
        for (next, place) in self.places.iter_mut().flatten().enumerate() {
            *place = next;
        }
    }
    fn clear(&mut self) {
        self.places.clear();
        self.values.clear();
    }
    fn bytes(&self) -> usize {
        self.values.bytes() + size_of_val(self.places.as_slice())
    }
}

impl<T: Element> Element for Option<T> {
    type Ref<'a> = Option<Ref<'a, T>>;
    type Col = Options<T::Col>;

    fn coder() -> Coder {
        Coder::of("beam:coder:nullable:v1", vec![T::coder()])
    }
    fn borrow(&self) -> Self::Ref<'_> {
        self.as_ref().map(T::borrow)
    }
    fn own(value: Self::Ref<'_>) -> Self {
        value.map(T::own)
    }
    #[inline]
    fn narrow<'long: 'short, 'short>(value: Self::Ref<'long>) -> Self::Ref<'short> {
        value.map(T::narrow)
    }
    fn weight(value: Self::Ref<'_>) -> usize {
        value.map_or(size_of::<Self>(), T::weight)
    }
    fn encode(value: Self::Ref<'_>, out: &mut Vec<u8>) -> Result<(), BoxError> {
        out.push(u8::from(value.is_some()));
        value.map_or(Ok(()), |value| T::encode(value, out))
    }
    fn decode(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(if bool::decode(input)? { Some(T::decode(input)?) } else { None })
    }
}

impl<P: Put> Put for Option<P> {
    type Elem = Option<P::Elem>;
    #[inline]
    fn put(self, column: &mut Options<<P::Elem as Element>::Col>) {
        column.places.push(self.is_some().then(|| column.values.len()));
        if let Some(value) = self {
            value.put(&mut column.values);
        }
    }
}

impl<K: Key> Key for Option<K> {
    type Table<A: Accumulator> = EncodedTable<Self, A>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_values() {
        let mut column = <Option<String> as Element>::Col::default();
        Some("a").put(&mut column);
        None::<&str>.put(&mut column);
        column.push(Some("ccc".into()));
        column.push_ref(None);
        column.compact(&[false, true, true, true]);
        assert_eq!(column.iter().collect::<Vec<_>>(), [None, Some("ccc"), None]);
        let mut out = vec![];
        <Option<String>>::encode(column.get(1).unwrap(), &mut out).unwrap();
        assert_eq!(out, b"\x01\x03ccc");
        assert_eq!(<Option<String>>::decode(&mut Input::new(&out)).unwrap(), Some("ccc".into()));
    }
}
