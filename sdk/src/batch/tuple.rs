//! The column of a tuple: a tuple of columns.

use crate::batch::table::EncodedTable;
use crate::coder::{Coder, DecodeError, Input};
use crate::element::{Accumulator, Column, Element, Key, Put, Ref};
use crate::error::BoxError;

/// Walks the columns of a tuple in step.
#[derive(Debug)]
pub struct Together<T>(T);

macro_rules! tuples {
    ($($urn:literal: $first:ident $at0:tt, $($name:ident $at:tt),+;)*) => {$(
        impl<$first: Column, $($name: Column),+> Column for ($first, $($name),+) {
            type Elem = ($first::Elem, $($name::Elem),+);
            type Iter<'a> = Together<($first::Iter<'a>, $($name::Iter<'a>),+)>;

            #[inline]
            fn len(&self) -> usize {
                self.0.len()
            }
            #[inline]
            fn get(&self, row: usize) -> Option<Ref<'_, Self::Elem>> {
                Some((self.0.get(row)?, $(self.$at.get(row)?),+))
            }
            #[inline]
            fn iter(&self) -> Self::Iter<'_> {
                Together((self.0.iter(), $(self.$at.iter()),+))
            }
            #[inline]
            fn push(&mut self, value: Self::Elem) {
                self.0.push(value.0);
                $(self.$at.push(value.$at);)+
            }
            #[inline]
            fn push_ref(&mut self, value: Ref<'_, Self::Elem>) {
                self.0.push_ref(value.0);
                $(self.$at.push_ref(value.$at);)+
            }
            fn compact(&mut self, keep: &[bool]) {
                self.0.compact(keep);
                $(self.$at.compact(keep);)+
            }
            fn clear(&mut self) {
                self.0.clear();
                $(self.$at.clear();)+
            }
            #[inline]
            fn bytes(&self) -> usize {
                self.0.bytes() $(+ self.$at.bytes())+
            }
            fn append(&mut self, other: &Self) {
                self.0.append(&other.0);
                $(self.$at.append(&other.$at);)+
            }
            fn into_rows(self) -> impl Iterator<Item = Self::Elem> {
                Together((self.0.into_rows(), $(self.$at.into_rows()),+))
            }
        }

        impl<$first: Iterator, $($name: Iterator),+> Iterator for Together<($first, $($name),+)> {
            type Item = ($first::Item, $($name::Item),+);
            #[inline]
            fn next(&mut self) -> Option<Self::Item> {
                Some((self.0.0.next()?, $(self.0.$at.next()?),+))
            }
            fn size_hint(&self) -> (usize, Option<usize>) {
                self.0.0.size_hint()
            }
        }

        impl<$first: Element, $($name: Element),+> Element for ($first, $($name),+) {
            type Ref<'a> = (Ref<'a, $first>, $(Ref<'a, $name>),+);
            type Col = ($first::Col, $($name::Col),+);

            fn coder() -> Coder {
                Coder::of($urn, vec![$first::coder(), $($name::coder()),+])
            }
            fn borrow(&self) -> Self::Ref<'_> {
                (self.0.borrow(), $(self.$at.borrow()),+)
            }
            fn own(value: Self::Ref<'_>) -> Self {
                ($first::own(value.0), $($name::own(value.$at)),+)
            }
            #[inline]
            fn narrow<'long: 'short, 'short>(value: Self::Ref<'long>) -> Self::Ref<'short> {
                ($first::narrow(value.0), $($name::narrow(value.$at)),+)
            }
            fn weight(value: Self::Ref<'_>) -> usize {
                $first::weight(value.0) $(+ $name::weight(value.$at))+
            }
            fn encode(value: Self::Ref<'_>, out: &mut Vec<u8>) -> Result<(), BoxError> {
                $first::encode(value.0, out)?;
                $($name::encode(value.$at, out)?;)+
                Ok(())
            }
            fn decode(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                Ok(($first::decode(input)?, $($name::decode(input)?),+))
            }
        }

        impl<$first: Put, $($name: Put),+> Put for ($first, $($name),+) {
            type Elem = ($first::Elem, $($name::Elem),+);
            #[inline]
            fn put(self, column: &mut <Self::Elem as Element>::Col) {
                self.0.put(&mut column.0);
                $(self.$at.put(&mut column.$at);)+
            }
        }

        impl<$first: Key, $($name: Key),+> Key for ($first, $($name),+) {
            type Table<Acc: Accumulator> = EncodedTable<Self, Acc>;
        }
    )*};
}

tuples! {
    "beam:coder:kv:v1": A 0, B 1;
    "beam:coder:tuple:v1": A 0, B 1, C 2;
    "beam:coder:tuple:v1": A 0, B 1, C 2, D 3;
    "beam:coder:tuple:v1": A 0, B 1, C 2, D 3, E 4;
    "beam:coder:tuple:v1": A 0, B 1, C 2, D 3, E 4, F 5;
    "beam:coder:tuple:v1": A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    "beam:coder:tuple:v1": A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}
