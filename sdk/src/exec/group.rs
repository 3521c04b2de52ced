//! Grouping one or several collections by key.

use std::marker::PhantomData;
use std::sync::Arc;

use super::map::mistyped;
use super::scatter::{self, Scatter};
use super::shuffle::{Partition, ShuffleSpec};
use super::{Operator, PieceReader};
use crate::batch::table::{GroupIds, in_groups};
use crate::batch::{AnyColumn, Batch, Buffers, Builder, RowMeta, Values};
use crate::element::{Column, Element, Key};
use crate::error::FnError;
use crate::function::{Views, guard};

/// The value types of collections that are grouped together: a tuple of them, or [`One`].
pub trait Grouped: Send + Sync + 'static {
    /// What stands beside a key: the values of each collection.
    type Groups: Element;
    /// The values of each collection, in the order of their groups.
    type Pages: Send;

    /// Gathers an input.
    fn gather<K: Key>(input: usize, partitions: usize) -> Box<dyn Operator>;

    /// Numbers the keys, and brings the values of each input in their order.
    ///
    /// # Errors
    /// A key can't be encoded.
    fn pages<K: Key>(partition: &Partition, ids: &mut GroupIds<K>) -> Result<Self::Pages, FnError>;

    /// The values of a group.
    fn group(pages: &Self::Pages, number: usize) -> Option<Self::Groups>;
}

/// One collection that is grouped alone.
pub struct One<V>(PhantomData<fn(V)>);

/// The values of an input in the order of their groups, and where each group starts.
pub struct Page<V: Element> {
    values: Arc<V::Col>,
    starts: Vec<usize>,
}

impl<V: Element> Page<V> {
    fn group(&self, number: usize) -> Option<Values<V>> {
        let (start, end) = (*self.starts.get(number)?, *self.starts.get(number + 1)?);
        Some(Values::new(Arc::clone(&self.values), start, end))
    }
}

/// By batch and row: the number of its group.
type Ids = Vec<Vec<u32>>;

fn number<K: Key, V: Element>(batches: &[Batch], ids: &mut GroupIds<K>) -> Result<Ids, FnError> {
    let mut all = Vec::with_capacity(batches.len());
    for batch in batches {
        let pairs = batch.column::<(K, V)>().map_err(mistyped)?;
        let row = std::cell::Cell::new(None);
        let numbered = guard(|| {
            ids.of(&pairs.0).map_err(|(failed, e)| {
                row.set(Some(failed));
                e
            })
        });
        all.push(numbered.map_err(|e| match row.get() {
            Some(row) => e.with_element(|| AnyColumn::debug(pairs, row)),
            None => e,
        })?);
    }
    Ok(all)
}

fn page<K: Key, V: Element>(batches: &[Batch], ids: &Ids, groups: usize) -> Result<Page<V>, FnError> {
    let mut columns = Vec::with_capacity(batches.len());
    for batch in batches {
        columns.push(&batch.column::<(K, V)>().map_err(mistyped)?.1);
    }
    let (values, starts) = guard(|| Ok(in_groups(&columns, ids, groups)))?;
    Ok(Page { values: Arc::new(values), starts })
}

fn groups(ids: &[&Ids]) -> usize {
    ids.iter().flat_map(|ids| ids.iter().flatten()).max().map_or(0, |last| *last as usize + 1)
}

impl<V: Element> Grouped for One<V> {
    type Groups = Values<V>;
    type Pages = Page<V>;

    fn gather<K: Key>(_: usize, partitions: usize) -> Box<dyn Operator> {
        Box::new(Scatter::<K, V>::new(partitions))
    }

    fn pages<K: Key>(partition: &Partition, ids: &mut GroupIds<K>) -> Result<Page<V>, FnError> {
        let batches = partition.first().map_or(&[][..], Vec::as_slice);
        let numbers = number::<K, V>(batches, ids)?;
        page::<K, V>(batches, &numbers, groups(&[&numbers]))
    }

    fn group(pages: &Page<V>, number: usize) -> Option<Values<V>> {
        pages.group(number)
    }
}

macro_rules! grouped {
    ($($($name:ident $numbers:ident $at:tt),+;)*) => {$(
        impl<$($name: Element),+> Grouped for ($($name,)+) {
            type Groups = ($(Values<$name>,)+);
            type Pages = ($(Page<$name>,)+);

            fn gather<K: Key>(input: usize, partitions: usize) -> Box<dyn Operator> {
                match input {
                    $($at => Box::new(Scatter::<K, $name>::new(partitions)),)+
                    _ => Box::new(super::Relay),
                }
            }

            fn pages<K: Key>(partition: &Partition, ids: &mut GroupIds<K>) -> Result<Self::Pages, FnError> {
                let batches = |input: usize| partition.get(input).map_or(&[][..], Vec::as_slice);
                $(let $numbers = number::<K, $name>(batches($at), ids)?;)+
                let groups = groups(&[$(&$numbers),+]);
                Ok(($(page::<K, $name>(batches($at), &$numbers, groups)?,)+))
            }

            fn group(pages: &Self::Pages, number: usize) -> Option<Self::Groups> {
                Some(($(pages.$at.group(number)?,)+))
            }
        }
    )*};
}

grouped! {
    A a 0, B b 1;
    A a 0, B b 1, C c 2;
    A a 0, B b 1, C c 2, D d 3;
    A a 0, B b 1, C c 2, D d 3, E e 4;
    A a 0, B b 1, C c 2, D d 3, E e 4, F f 5;
    A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6;
    A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7;
}

/// Grouping by key: one collection, or several together.
pub struct Group<K, G> {
    kind: &'static str,
    types: PhantomData<fn(K) -> G>,
}

impl<K: Key, G: Grouped> Group<K, G> {
    /// A grouping that is called so.
    #[must_use]
    pub fn new(kind: &'static str) -> Self {
        Self { kind, types: PhantomData }
    }
}

impl<K: Key, G: Grouped> ShuffleSpec for Group<K, G> {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn partitions(&self, threads: usize) -> usize {
        scatter::partitions(threads)
    }

    fn gather(&self, input: usize, partitions: usize, _: u64) -> Box<dyn Operator> {
        G::gather::<K>(input, partitions)
    }

    fn results(&self, partition: Partition, _: &Views, seed: u64) -> Result<Box<dyn PieceReader>, FnError> {
        Ok(Box::new(Results::<K, G> {
            partition,
            seed,
            grouped: None,
            next: 0,
            marked: 0,
            builder: Builder::default(),
        }))
    }
}

/// Reads the groups of a partition.
struct Results<K: Key, G: Grouped> {
    /// What has come, until it is grouped.
    partition: Partition,
    seed: u64,
    /// The key of each group, and the values.
    grouped: Option<(K::Col, G::Pages)>,
    next: usize,
    marked: usize,
    builder: Builder<(K, G::Groups)>,
}

impl<K: Key, G: Grouped> PieceReader for Results<K, G> {
    fn next(&mut self, buffers: &mut Buffers) -> Result<Option<Batch>, FnError> {
        if self.grouped.is_none() {
            let mut ids = GroupIds::with_seed(self.seed);
            let pages = G::pages::<K>(&self.partition, &mut ids)?;
            self.partition = Vec::new();
            self.grouped = Some((ids.into_keys(), pages));
        }
        let Some((keys, pages)) = &self.grouped else { return Ok(None) };
        self.builder.set_meta(RowMeta::GROUPED);
        while !self.builder.is_full()
            && let (Some(key), Some(group)) = (keys.get(self.next), G::group(pages, self.next))
        {
            let column = self.builder.column();
            column.0.push_ref(key);
            column.1.push(group);
            self.next += 1;
        }
        Ok(self.builder.close(buffers))
    }

    fn mark(&mut self) {
        self.marked = self.next;
    }

    fn rewind(&mut self) -> Result<(), FnError> {
        self.next = self.marked;
        self.builder.discard();
        Ok(())
    }
}
