//! Columns of whole values, one beside the other: structs, vectors, maps, sets, what serde describes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use crate::batch::table::EncodedTable;
use crate::coder::{self, Coder, DecodeError, Input};
use crate::element::{Accumulator, Column, Element, Key, Put, SerdeData};
use crate::error::BoxError;

/// A column of whole values, read by reference.
#[derive(Clone, Debug)]
pub struct Whole<T> {
    values: Vec<T>,
    weight: Weight,
}

/// A column of vectors, read as slices.
#[derive(Clone, Debug)]
pub struct Lists<T> {
    values: Vec<Vec<T>>,
    weight: Weight,
}

/// About how many bytes values take that own memory elsewhere: one in [`Weight::WEIGHED_EACH`] is weighed.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    rows: usize,
    row_bytes: usize,
    bytes: usize,
}

impl Weight {
    const WEIGHED_EACH: usize = 8;

    #[inline]
    fn add(&mut self, weigh: impl FnOnce() -> usize) {
        if self.rows.is_multiple_of(Self::WEIGHED_EACH) {
            self.row_bytes = weigh();
        }
        self.rows += 1;
        self.bytes += self.row_bytes;
    }

    /// Some rows have gone; each of the others counts as the mean.
    fn keep(&mut self, rows: usize) {
        self.bytes = self.bytes.checked_div(self.rows).unwrap_or(0) * rows;
        self.rows = rows;
    }
}

macro_rules! whole {
    ($column:ident<$t:ident> of $value:ty, read as $read:ty, $iter:ty, |$it:ident| $walk:expr, |$r:ident| $own:expr) => {
        impl<T> Default for $column<T> {
            fn default() -> Self {
                Self { values: Vec::new(), weight: Weight::default() }
            }
        }

        impl<$t> Column for $column<$t>
        where
            $t: Element,
            $value: for<'a> Element<Col = Self, Ref<'a> = &'a $read>,
        {
            type Elem = $value;
            type Iter<'a> = $iter;

            #[inline]
            fn len(&self) -> usize {
                self.values.len()
            }
            #[inline]
            fn get(&self, row: usize) -> Option<&$read> {
                self.values.get(row).map(|value| value as &$read)
            }
            #[inline]
            fn iter(&self) -> Self::Iter<'_> {
                let $it = self.values.iter();
                $walk
            }
            #[inline]
            fn push(&mut self, value: $value) {
                self.weight.add(|| <$value>::weight(value.borrow()));
                self.values.push(value);
            }
            #[inline]
            fn push_ref(&mut self, $r: &$read) {
                self.weight.add(|| <$value>::weight($r));
                self.values.push($own);
            }
            fn compact(&mut self, keep: &[bool]) {
                let mut flags = keep.iter();
                self.values.retain(|_| flags.next().copied().unwrap_or(false));
                self.weight.keep(self.values.len());
            }
            fn clear(&mut self) {
                self.values.clear();
                self.weight = Weight::default();
            }
            #[inline]
            fn bytes(&self) -> usize {
                self.weight.bytes
            }
            fn into_rows(self) -> impl Iterator<Item = $value> {
                self.values.into_iter()
            }
        }
    };
}

whole!(Whole<T> of T, read as T, std::slice::Iter<'a, T>, |it| it, |value| value.clone());
whole!(Lists<T> of Vec<T>, read as [T], std::iter::Map<std::slice::Iter<'a, Vec<T>>, fn(&'a Vec<T>) -> &'a [T]>,
    |it| it.map(Vec::as_slice as fn(&Vec<T>) -> &[T]), |value| value.to_vec());

/// Appends a count of elements and the elements, as Beam's iterable of a known length.
fn encode_all<'a, T: Element>(
    values: impl ExactSizeIterator<Item = &'a T>,
    out: &mut Vec<u8>,
) -> Result<(), BoxError> {
    out.extend(i32::try_from(values.len())?.to_be_bytes());
    for value in values {
        T::encode(value.borrow(), out)?;
    }
    Ok(())
}

fn decode_all<T: Element>(input: &mut Input<'_>) -> Result<Vec<T>, DecodeError> {
    let count = input.count(size_of::<T>() > 0)?;
    let mut values = Vec::new();
    for _ in 0..count {
        values.push(T::decode(input)?);
    }
    Ok(values)
}

impl<T: Element> Element for Vec<T> {
    type Ref<'a> = &'a [T];
    type Col = Lists<T>;

    fn coder() -> Coder {
        Coder::of("beam:coder:iterable:v1", vec![T::coder()])
    }
    fn borrow(&self) -> &[T] {
        self
    }
    fn own(value: &[T]) -> Self {
        value.to_vec()
    }
    #[inline]
    fn narrow<'long: 'short, 'short>(value: &'long [T]) -> &'short [T] {
        value
    }
    fn weight(value: &[T]) -> usize {
        size_of::<Self>() + value.len() * value.first().map_or(0, |first| T::weight(first.borrow()))
    }
    fn encode(value: &[T], out: &mut Vec<u8>) -> Result<(), BoxError> {
        encode_all(value.iter(), out)
    }
    fn decode(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        decode_all(input)
    }
}

impl<T: Element> Put for Vec<T> {
    type Elem = Self;
    fn put(self, column: &mut Lists<T>) {
        column.push(self);
    }
}

impl<T: Element> Put for &Vec<T> {
    type Elem = Vec<T>;
    fn put(self, column: &mut Lists<T>) {
        column.push_ref(self);
    }
}

impl<K: Key> Key for Vec<K> {
    type Table<A: Accumulator> = EncodedTable<Self, A>;
}

macro_rules! collections {
    ($([$($bound:tt)*] $type:ty, $urn:literal, [$($part:ty),+], |$all:ident| $weight:expr, |$value:ident, $out:ident| $encode:expr, |$input:ident| $decode:expr;)*) => {$(
        impl<$($bound)*> Element for $type {
            type Ref<'a> = &'a Self;
            type Col = Whole<Self>;

            fn coder() -> Coder {
                Coder::of($urn, vec![$(<$part>::coder()),+])
            }
            fn borrow(&self) -> &Self {
                self
            }
            fn own(value: &Self) -> Self {
                value.clone()
            }
            #[inline]
            fn narrow<'long: 'short, 'short>(value: &'long Self) -> &'short Self {
                value
            }
            fn weight($all: &Self) -> usize {
                size_of::<Self>() + $all.len() * $weight
            }
            fn encode($value: &Self, $out: &mut Vec<u8>) -> Result<(), BoxError> {
                $encode
            }
            fn decode($input: &mut Input<'_>) -> Result<Self, DecodeError> {
                $decode
            }
        }

        impl<$($bound)*> Put for $type {
            type Elem = Self;
            fn put(self, column: &mut Whole<Self>) {
                column.push(self);
            }
        }

        impl<$($bound)*> Put for &$type {
            type Elem = $type;
            fn put(self, column: &mut Whole<$type>) {
                column.push_ref(self);
            }
        }
    )*};
}

fn encode_map<'a, K: Element, V: Element>(
    entries: impl ExactSizeIterator<Item = (&'a K, &'a V)>,
    out: &mut Vec<u8>,
) -> Result<(), BoxError> {
    out.extend(i32::try_from(entries.len())?.to_be_bytes());
    for (key, value) in entries {
        K::encode(key.borrow(), out)?;
        V::encode(value.borrow(), out)?;
    }
    Ok(())
}

/// As [`encode_map`] and [`encode_all`], in the order of the encodings: the order in a hash collection is no one's.
fn encode_unordered(
    entries: impl ExactSizeIterator<Item = impl FnOnce(&mut Vec<u8>) -> Result<(), BoxError>>,
    out: &mut Vec<u8>,
) -> Result<(), BoxError> {
    out.extend(i32::try_from(entries.len())?.to_be_bytes());
    let encoded = entries.map(|encode| {
        let mut bytes = Vec::new();
        encode(&mut bytes).map(|()| bytes)
    });
    let mut encoded = encoded.collect::<Result<Vec<_>, _>>()?;
    encoded.sort_unstable();
    encoded.iter().for_each(|bytes| out.extend(bytes));
    Ok(())
}

collections! {
    [K: Element + Eq + Hash, V: Element] HashMap<K, V>, "flumen:coder:map:v1", [K, V],
        |all| all.iter().next().map_or(0, |(k, v)| K::weight(k.borrow()) + V::weight(v.borrow())),
        |value, out| encode_unordered(value.iter().map(|(key, value)| {
            |out: &mut Vec<u8>| {
                K::encode(key.borrow(), out)?;
                V::encode(value.borrow(), out)
            }
        }), out),
        |input| Ok(decode_all::<(K, V)>(input)?.into_iter().collect());
    [K: Element + Ord, V: Element] BTreeMap<K, V>, "flumen:coder:map:v1", [K, V],
        |all| all.iter().next().map_or(0, |(k, v)| K::weight(k.borrow()) + V::weight(v.borrow())),
        |value, out| encode_map(value.iter(), out), |input| Ok(decode_all::<(K, V)>(input)?.into_iter().collect());
    [T: Element + Eq + Hash] HashSet<T>, "beam:coder:iterable:v1", [T],
        |all| all.iter().next().map_or(0, |first| T::weight(first.borrow())),
        |value, out| encode_unordered(
            value.iter().map(|value| |out: &mut Vec<u8>| T::encode(value.borrow(), out)),
            out,
        ),
        |input| Ok(decode_all::<T>(input)?.into_iter().collect());
    [T: Element + Ord] BTreeSet<T>, "beam:coder:iterable:v1", [T],
        |all| all.iter().next().map_or(0, |first| T::weight(first.borrow())),
        |value, out| encode_all(value.iter(), out), |input| Ok(decode_all::<T>(input)?.into_iter().collect());
}

impl<K: Key + Ord, V: Key> Key for BTreeMap<K, V> {
    type Table<A: Accumulator> = EncodedTable<Self, A>;
}

impl<K: Key + Ord> Key for BTreeSet<K> {
    type Table<A: Accumulator> = EncodedTable<Self, A>;
}

/// A type of another crate that serde describes, as an element.
///
/// Use it where you can't derive [`Element`]; it derefs to what it holds. For your own types, derive.
///
/// ```
/// use flumen::{Element, Serde};
/// use std::net::IpAddr;
/// let address: Serde<IpAddr> = Serde("::1".parse().unwrap());
/// assert!(address.is_loopback());
/// let mut bytes = vec![];
/// Serde::<IpAddr>::encode(&address, &mut bytes).unwrap();
/// ```
///
/// # Cost
/// Stands whole in its column, and is written by bincode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serde<T>(pub T);

impl<T> std::ops::Deref for Serde<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: SerdeData> Element for Serde<T> {
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
    #[inline]
    fn narrow<'long: 'short, 'short>(value: &'long Self) -> &'short Self {
        value
    }
    fn weight(value: &Self) -> usize {
        coder::serde::weight(&value.0)
    }
    fn encode(value: &Self, out: &mut Vec<u8>) -> Result<(), BoxError> {
        coder::serde::encode(&value.0, out)
    }
    fn decode(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        coder::serde::decode(input).map(Self)
    }
}

impl<T: SerdeData> Put for Serde<T> {
    type Elem = Self;
    fn put(self, column: &mut Whole<Self>) {
        column.push(self);
    }
}

impl<T: SerdeData> Put for &Serde<T> {
    type Elem = Serde<T>;
    fn put(self, column: &mut Whole<Serde<T>>) {
        column.push_ref(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<T: Element + PartialEq>(value: &T) -> Vec<u8> {
        let mut out = vec![];
        T::encode(value.borrow(), &mut out).unwrap();
        assert_eq!(&T::decode(&mut Input::new(&out)).unwrap(), value);
        for cut in 0..out.len() {
            assert!(T::decode(&mut Input::new(&out[..cut])).is_err());
        }
        out
    }

    #[test]
    fn collections_round_trip_and_never_accept_less() {
        assert_eq!(round_trip(&vec![1_u64, 2, 300]), [0, 0, 0, 3, 1, 2, 0xac, 2]);
        round_trip(&BTreeMap::from([("a".to_owned(), vec![true]), ("b".to_owned(), vec![])]));
        round_trip(&HashSet::from([5_i32, -5]));
        round_trip(&Serde(Some(String::from("x"))));
    }

    #[test]
    fn equal_hash_collections_have_equal_encodings() {
        let encoded = || {
            let (mut map, mut set) = (Vec::new(), Vec::new());
            let entries: HashMap<u64, String> = (0..50).map(|n| (n, n.to_string())).collect();
            HashMap::encode(&entries, &mut map).unwrap();
            HashSet::encode(&entries.into_keys().collect::<HashSet<_>>(), &mut set).unwrap();
            (map, set)
        };
        assert_eq!(encoded(), encoded());
    }

    /// A batch of values that own much memory is closed before it takes much more than its limit.
    #[test]
    fn memory_elsewhere_counts() {
        fn rows_until_full<T: Element>(value: &T) -> usize {
            let mut builder = crate::batch::Builder::<T>::default();
            while !builder.is_full() {
                builder.column().push(value.clone());
            }
            builder.column().len()
        }
        let text = "x".repeat(10_000);
        assert_eq!(rows_until_full(&text), 27);
        assert_eq!(rows_until_full(&vec![7_u8; 10_000]), 27);
        assert_eq!(rows_until_full(&vec![text.clone()]), 27);
        assert_eq!(rows_until_full(&BTreeMap::from([(text.clone(), 1_u64)])), 27);
        assert_eq!(rows_until_full(&Serde(text)), 27);
        assert_eq!(rows_until_full(&vec![7_u8; 10]), crate::batch::BATCH_ROWS_MAX);
    }

    #[test]
    fn a_hostile_count_allocates_nothing() {
        assert!(<Vec<u64>>::decode(&mut Input::new(&[0x7f, 0xff, 0xff, 0xff, 1])).is_err());
    }
}
