//! The values of a key: read where they stand, as often as needed, never gathered into a vector.

use std::fmt;
use std::sync::Arc;

use super::Whole;
use crate::coder::{Coder, DecodeError, Input};
use crate::element::{Column, Element, Put, Ref};
use crate::error::BoxError;

/// The values of a key, as a grouping hands them on.
///
/// It is a handle: a clone copies no value. It can be read again and again, in part or as a whole, and no reading takes
/// more memory than the value at hand. Read values where they stand with [`for_each`](Values::for_each),
/// [`fold`](Values::fold) or a [`cursor`](Values::cursor); [`iter`](Values::iter) hands out owned ones, which is free
/// for numbers and a copy for strings. Where the values only make one result, [`combine_per_key`] is faster: it never
/// brings them together.
///
/// ```
/// # use flumen::testing::run_with_data;
/// # use flumen_local as _;
/// let longest = run_with_data([("a", "x"), ("a", "xyz"), ("a", "xy")], |pairs| {
///     pairs.group_by_key().map(|(key, words)| {
///         let longest = words.fold(0, |longest, word: &str| longest.max(word.len()));
///         format!("{key}: {longest} of {}", words.len())
///     })
/// });
/// assert_eq!(longest.unwrap(), ["a: 3 of 3"]);
/// ```
///
/// # Determinism
/// Values come in no order.
///
/// [`combine_per_key`]: crate::collection::PCollection::combine_per_key
pub struct Values<V: Element> {
    page: Arc<V::Col>,
    start: usize,
    end: usize,
}

impl<V: Element> Values<V> {
    /// The values in some rows of a column.
    pub(crate) fn new(page: Arc<V::Col>, start: usize, end: usize) -> Self {
        Self { page, start, end }
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether there is no value: only in a group of several collections.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Walks the values one at a time; each is lent until the next is asked for.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let starts = run_with_data([(1_u64, "ab"), (1, "cd")], |pairs| {
    ///     pairs.group_by_key().par_do(|(_, words), out| {
    ///         let mut words = words.cursor();
    ///         while let Some(word) = words.next() {
    ///             out.emit(&word[..1]);
    ///         }
    ///     })
    /// });
    /// let mut starts = starts.unwrap();
    /// starts.sort();
    /// assert_eq!(starts, ["a", "c"]);
    /// ```
    #[must_use]
    pub fn cursor(&self) -> Cursor<'_, V> {
        Cursor { page: &self.page, next: self.start, end: self.end }
    }

    /// Calls a function with each value.
    pub fn for_each(&self, mut each: impl FnMut(Ref<'_, V>)) {
        let mut cursor = self.cursor();
        while let Some(value) = cursor.next() {
            each(value);
        }
    }

    /// Gathers all values into one result.
    pub fn fold<A>(&self, first: A, mut add: impl FnMut(A, Ref<'_, V>) -> A) -> A {
        let mut all = first;
        let mut cursor = self.cursor();
        while let Some(value) = cursor.next() {
            all = add(all, value);
        }
        all
    }

    /// The values, each as an owned one.
    pub fn iter(&self) -> Iter<'_, V> {
        Iter(self.cursor())
    }
}

impl<V: Element> Clone for Values<V> {
    fn clone(&self) -> Self {
        Self { page: Arc::clone(&self.page), start: self.start, end: self.end }
    }
}

/// How many values a `Debug` text shows.
const SHOWN_MAX: usize = 20;

impl<V: Element> fmt::Debug for Values<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        list.entries(self.iter().take(SHOWN_MAX));
        if self.len() > SHOWN_MAX {
            list.entry(&format_args!("... ({} values)", self.len()));
        }
        list.finish()
    }
}

/// Values in a new column of their own.
impl<V: Element> FromIterator<V> for Values<V> {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        let mut page = V::Col::default();
        page.extend(values.into_iter());
        let end = page.len();
        Self { page: Arc::new(page), start: 0, end }
    }
}

impl<'a, V: Element> IntoIterator for &'a Values<V> {
    type Item = V;
    type IntoIter = Iter<'a, V>;
    fn into_iter(self) -> Iter<'a, V> {
        self.iter()
    }
}

/// Walks [`Values`]; it lends each until the next one.
pub struct Cursor<'a, V: Element> {
    page: &'a V::Col,
    next: usize,
    end: usize,
}

impl<V: Element> Cursor<'_, V> {
    /// The next value, if there is one.
    // Not an `Iterator`: what it lends ends with the next call, so that pages may come and go.
    #[allow(clippy::should_implement_trait)]
    #[inline]
    pub fn next(&mut self) -> Option<Ref<'_, V>> {
        if self.next == self.end {
            return None;
        }
        self.next += 1;
        self.page.get(self.next - 1)
    }

    /// How many values are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.next
    }

    /// Whether no value is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.next == self.end
    }
}

/// The values of a key as owned ones.
pub struct Iter<'a, V: Element>(Cursor<'a, V>);

impl<V: Element> Iterator for Iter<'_, V> {
    type Item = V;

    #[inline]
    fn next(&mut self) -> Option<V> {
        self.0.next().map(V::own)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl<V: Element> ExactSizeIterator for Iter<'_, V> {}

impl<V: Element> Element for Values<V> {
    type Ref<'a> = &'a Self;
    type Col = Whole<Self>;

    fn coder() -> Coder {
        Coder::of("beam:coder:iterable:v1", vec![V::coder()])
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
        size_of::<Self>() + value.len() * value.cursor().next().map_or(0, V::weight)
    }
    fn encode(value: &Self, out: &mut Vec<u8>) -> Result<(), BoxError> {
        out.extend(i32::try_from(value.len())?.to_be_bytes());
        let mut cursor = value.cursor();
        while let Some(value) = cursor.next() {
            V::encode(value, out)?;
        }
        Ok(())
    }
    fn decode(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        <Vec<V>>::decode(input).map(|values| values.into_iter().collect())
    }
}

impl<V: Element> Put for Values<V> {
    type Elem = Self;
    fn put(self, column: &mut Whole<Self>) {
        column.push(self);
    }
}

impl<V: Element> Put for &Values<V> {
    type Elem = Values<V>;
    fn put(self, column: &mut Whole<Values<V>>) {
        column.push_ref(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_can_be_read_in_part_and_again() {
        let words: Values<String> = ["to", "be", "or"].map(String::from).into_iter().collect();
        let mut cursor = words.cursor();
        assert_eq!(cursor.next(), Some("to"));
        assert_eq!(cursor.len(), 2);
        assert_eq!(words.iter().collect::<Vec<_>>(), ["to", "be", "or"]);
        assert_eq!(words.fold(0, |n, word| n + word.len()), 6);
        assert_eq!(format!("{words:?}"), r#"["to", "be", "or"]"#);
        let none: Values<u64> = [].into_iter().collect();
        assert!(none.is_empty() && none.cursor().next().is_none());
    }

    #[test]
    fn they_are_written_as_a_vector_is() {
        let (values, plain): (Values<u64>, Vec<u64>) = ((0..300).collect(), (0..300).collect());
        let (mut out, mut same) = (vec![], vec![]);
        Values::encode(&values, &mut out).unwrap();
        Vec::encode(&plain, &mut same).unwrap();
        assert_eq!(out, same);
        assert_eq!(<Values<u64>>::decode(&mut Input::new(&out)).unwrap().iter().collect::<Vec<_>>(), plain);
    }

    #[test]
    fn long_ones_are_cut_in_debug() {
        let values: Values<u64> = (0..1000).collect();
        assert!(format!("{values:?}").ends_with("19, ... (1000 values)]"));
    }
}
