//! What can stand in a collection: which column holds it, how it is read from there, which coder writes it.

use std::fmt::Debug;

use crate::coder::{Coder, DecodeError, Input};
use crate::error::BoxError;

/// How an element of type `T` is read from a column: `&str` for a `String`, `u64` for a `u64`, a pair of
/// these for a pair, `&S` for a struct `S`.
pub type Ref<'a, T> = <T as Element>::Ref<'a>;

/// A type whose values can be elements of a [`PCollection`](crate::PCollection).
///
/// Implemented for numbers, `bool`, `char`, `String`, [`Bytes`](bytes::Bytes), tuples, `Option`, `Vec`, maps
/// and sets of the standard library. Derive it for your own types, on top of serde; wrap a type of another
/// crate in [`Serde`](crate::Serde). Don't implement it by hand.
///
/// ```
/// use flumen::Element;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, Serialize, Deserialize, Element)]
/// struct Play { user: u64, track: String }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an element of a collection",
    label = "not an `Element`",
    note = "for your own type, add `#[derive(Clone, Debug, Serialize, Deserialize, flumen::Element)]`",
    note = "for a type of another crate that has serde, use `flumen::Serde<{Self}>`",
    note = "elements own their data: return `String`, not `&str`; to emit a borrow, use `par_do(|x, out| out.emit(..))`"
)]
pub trait Element: Clone + Debug + Send + Sync + 'static {
    /// How one is read from a column, without a copy.
    type Ref<'a>: Copy + Debug;
    /// The column that holds many.
    type Col: Column<Elem = Self>;

    /// The coder that writes it on the wire and into state.
    fn coder() -> Coder;

    /// The value as it would be read from a column.
    fn borrow(&self) -> Self::Ref<'_>;

    /// An owned value of what was read from a column.
    fn own(value: Self::Ref<'_>) -> Self;

    /// The same, for a shorter time: so that values of two columns can be compared.
    fn narrow<'long: 'short, 'short>(value: Self::Ref<'long>) -> Self::Ref<'short>;

    /// About how many bytes a value takes, with the memory that it owns.
    fn weight(value: Self::Ref<'_>) -> usize {
        let _ = value;
        size_of::<Self>()
    }

    /// Appends the encoding of [`Element::coder`], in the nested form: it says itself where it ends.
    ///
    /// # Errors
    /// The type's serde implementation refuses the value; built-in types never fail.
    fn encode(value: Self::Ref<'_>, out: &mut Vec<u8>) -> Result<(), BoxError>;

    /// Reads what [`Element::encode`] wrote.
    ///
    /// # Errors
    /// The bytes are cut short or are no such value.
    fn decode(input: &mut Input<'_>) -> Result<Self, DecodeError>;
}

/// Many values of one element type, laid out for speed.
///
/// Use one through an element type's [`Element::Col`]; implement it only with a new kind of layout.
pub trait Column: Default + Clone + Send + Sync + 'static {
    /// The element type.
    type Elem: Element<Col = Self>;
    /// Whether rows are plain numbers, so that a loop over them may work on several at a time.
    const PLAIN: bool = false;
    /// What [`Column::iter`] returns.
    type Iter<'a>: Iterator<Item = Ref<'a, Self::Elem>>;

    /// How many rows it has.
    fn len(&self) -> usize;

    /// The value in a row, if there is such a row.
    fn get(&self, row: usize) -> Option<Ref<'_, Self::Elem>>;

    /// The rows, in order.
    fn iter(&self) -> Self::Iter<'_>;

    /// Adds an owned value as the last row.
    fn push(&mut self, value: Self::Elem);

    /// Adds a copy of a value read from a column as the last row.
    fn push_ref(&mut self, value: Ref<'_, Self::Elem>);

    /// Keeps the rows whose flag is set, in order; there is a flag for each row.
    fn compact(&mut self, keep: &[bool]);

    /// Removes all rows; keeps the room.
    fn clear(&mut self);

    /// About how many bytes the rows take.
    fn bytes(&self) -> usize;

    /// Whether it has no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds owned values as the last rows.
    #[inline]
    fn extend(&mut self, values: impl Iterator<Item = Self::Elem>) {
        for value in values {
            self.push(value);
        }
    }

    /// Adds a copy of every row of another column.
    fn append(&mut self, other: &Self) {
        for value in other.iter() {
            self.push_ref(value);
        }
    }

    /// The rows as owned values, in order.
    fn into_rows(self) -> impl Iterator<Item = Self::Elem> {
        (0..self.len()).filter_map(move |row| self.get(row).map(Self::Elem::own))
    }

    /// Keeps the rows for which `keep` says so; it is called once for each row, in order.
    #[inline]
    fn retain(&mut self, mut keep: impl FnMut(Ref<'_, Self::Elem>) -> bool) {
        let mut flags = Vec::with_capacity(self.len());
        flags.extend(self.iter().map(&mut keep));
        self.compact(&flags);
    }
}

/// Walks a column by row number, for columns without a faster way.
#[derive(Debug)]
pub struct Rows<'a, C> {
    column: &'a C,
    row: usize,
}

impl<'a, C: Column> Rows<'a, C> {
    /// Starts at the first row.
    pub fn new(column: &'a C) -> Self {
        Self { column, row: 0 }
    }
}

impl<'a, C: Column> Iterator for Rows<'a, C> {
    type Item = Ref<'a, C::Elem>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let value = self.column.get(self.row)?;
        self.row += 1;
        Some(value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.column.len().saturating_sub(self.row);
        (left, Some(left))
    }
}

/// A value that can be emitted: it knows which element it becomes, and puts itself into that element's column.
///
/// `&str` and `String` become a `String`, a pair of such values a pair, so that what a function emits names
/// its output type and nothing is copied on the way.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be emitted",
    label = "this is not a value of an element type",
    note = "emit the element itself, or a borrow of it: `&str` for `String`, `&[u8]` for `Bytes`, `&S` for a struct `S`",
    note = "for your own type, add `#[derive(Clone, Debug, Serialize, Deserialize, flumen::Element)]`"
)]
pub trait Put {
    /// What it is once it stands in a collection.
    type Elem: Element;

    /// Adds it as the last row.
    fn put(self, column: &mut <Self::Elem as Element>::Col);
}

/// Emits a value that was read, of any element type: for functions that don't name theirs.
///
/// ```
/// # use flumen::{testing::run_with_data, element::Borrowed, Element, PCollection};
/// # use flumen_local as _;
/// fn twice<T: Element>(all: &PCollection<T>) -> PCollection<T> {
///     all.par_do(|x, out| {
///         out.emit(Borrowed::<T>(x));
///         out.emit(Borrowed::<T>(x));
///     })
/// }
/// assert_eq!(run_with_data(["a"], |words| twice(&words)).unwrap(), ["a", "a"]);
/// ```
pub struct Borrowed<'a, T: Element>(pub Ref<'a, T>);

impl<T: Element> Put for Borrowed<'_, T> {
    type Elem = T;
    #[inline]
    fn put(self, column: &mut T::Col) {
        column.push_ref(self.0);
    }
}

/// An element type whose encoding is deterministic, so that it can be grouped by.
///
/// Two keys are equal when their encoded bytes are equal, on every runner. Numbers with a fraction and hash
/// maps have no such encoding: round the number, or use a `BTreeMap`. Derive it for your own types.
///
/// ```
/// use flumen::{Element, Key};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Element, Key)]
/// struct Listener { country: String, user: u64 }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a key",
    label = "not a `Key`: its encoding is not deterministic",
    note = "`f32`, `f64` and hash maps can't be keys: equal values may have different bytes; use an integer, a `String` or a `BTreeMap`",
    note = "for your own type whose fields are all keys, add `#[derive(flumen::Key)]`"
)]
pub trait Key: Element {
    /// The table that finds an accumulator by such a key.
    type Table<A: Accumulator>: KeyTable<Self, A>;
}

/// What a combine accumulates in; an empty one is its `Default`, which must be cheap.
pub trait Accumulator: Element + Default {}
impl<A: Element + Default> Accumulator for A {}

/// Accumulators by key, whole columns of keys at a time.
///
/// It never calls a user's `Eq` or `Hash`: keys are compared as their encodings would be.
pub trait KeyTable<K: Key, A: Accumulator>: Send + Sync + 'static {
    /// An empty table; the seed makes its order, and collisions, differ between runs.
    fn with_seed(seed: u64) -> Self;

    /// Makes room for so many new keys, where it is known how many will come.
    fn reserve(&mut self, keys: usize);

    /// Calls `each` once for every row, in order, with the accumulator of the row's key; a new key's comes from
    /// `create`.
    ///
    /// # Errors
    /// The first error of `each`, with its row; a key that can't be encoded.
    fn update(
        &mut self,
        keys: &K::Col,
        create: impl Fn() -> A,
        each: impl FnMut(usize, &mut A) -> Result<(), BoxError>,
    ) -> Result<(), (usize, BoxError)>;

    /// Calls `each` once for every row, in order, with the accumulator of the row's key where there is one.
    ///
    /// # Errors
    /// The first error of `each`, with its row; a key that can't be encoded.
    fn find(
        &self,
        keys: &K::Col,
        each: impl FnMut(usize, Option<&A>) -> Result<(), BoxError>,
    ) -> Result<(), (usize, BoxError)>;

    /// The accumulator of a key.
    fn get(&self, key: Ref<'_, K>) -> Option<&A>;

    /// Appends a hash of each key, the same on every machine and in every version: it says where a key's rows go.
    ///
    /// # Errors
    /// A key that can't be encoded, with its row.
    fn route(keys: &K::Col, hashes: &mut Vec<u64>) -> Result<(), (usize, BoxError)>;

    /// How many keys it has.
    fn len(&self) -> usize;

    /// Whether it has no key.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All keys with their accumulators, in `parts` partitions by the keys' hash under the table's seed.
    ///
    /// # Errors
    /// A key that was stored encoded can't be decoded.
    fn partition(self, parts: usize) -> Result<Vec<Pairs<K, A>>, BoxError>;
}

/// A column of keys and a column of as many values.
pub type Pairs<K, V> = (<K as Element>::Col, <V as Element>::Col);

/// Bounds of what serde can describe, named once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be encoded: it is not data that serde can write and read",
    label = "lacks one of the traits of data",
    note = "for your own type, add `#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]`; it owns what it holds"
)]
pub trait SerdeData:
    serde::Serialize + serde::de::DeserializeOwned + Clone + Debug + Send + Sync + 'static
{
}
#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + serde::de::DeserializeOwned + Clone + Debug + Send + Sync + 'static> SerdeData
    for T
{
}
