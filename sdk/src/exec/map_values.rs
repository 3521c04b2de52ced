//! Working on one half of pairs: the other column is handed on.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

use super::map::mistyped;
use super::{Operator, OperatorSpec, Outputs};
use crate::batch::{AnyColumn, Batch};
use crate::element::{Column, Element, Ref};
use crate::error::RunError;
use crate::function::{At, Returns, guard};

/// A closure that makes one value of each pair's value.
pub struct MapValues<F, K, V, R> {
    f: Arc<F>,
    types: PhantomData<fn(K, V) -> R>,
}

impl<F, K, V, R> MapValues<F, K, V, R> {
    /// Shares the closure.
    pub fn new(f: F) -> Self {
        Self { f: Arc::new(f), types: PhantomData }
    }
}

impl<F, K, V, R> OperatorSpec for MapValues<F, K, V, R>
where
    F: Fn(Ref<'_, V>) -> R + Send + Sync + 'static,
    K: Element,
    V: Element,
    R: Returns + 'static,
{
    fn operator(&self) -> Box<dyn Operator> {
        Box::new(Self { f: Arc::clone(&self.f), types: PhantomData })
    }
}

impl<F, K, V, R> Operator for MapValues<F, K, V, R>
where
    F: Fn(Ref<'_, V>) -> R + Send + Sync + 'static,
    K: Element,
    V: Element,
    R: Returns + 'static,
{
    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (mut input, meta) = batch.into_parts::<(K, V)>().map_err(|e| out.told(mistyped(e)))?;
        let mut pairs = out.buffers().take::<(K, R::Elem)>();
        let reached = Cell::new(0);
        guard(|| {
            let mut at = At::new(&reached);
            let values = input.1.iter().map(|value| {
                at.next();
                (self.f)(value)
            });
            R::fill(values, &mut pairs.1)
        })
        .map_err(|e| out.told(e.with_element(|| input.debug(At::row(&reached)))))?;
        std::mem::swap(&mut pairs.0, &mut input.0);
        out.buffers().give(input);
        out.send(0, Batch::new(pairs, meta))
    }
}

/// Makes the pair of second and first of each pair.
pub struct Swap<K, V> {
    types: PhantomData<fn(K, V)>,
}

impl<K, V> Default for Swap<K, V> {
    fn default() -> Self {
        Self { types: PhantomData }
    }
}

impl<K: Element, V: Element> OperatorSpec for Swap<K, V> {
    fn operator(&self) -> Box<dyn Operator> {
        Box::new(Self::default())
    }
}

impl<K: Element, V: Element> Operator for Swap<K, V> {
    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (mut pairs, meta) = batch.into_parts::<(K, V)>().map_err(|e| out.told(mistyped(e)))?;
        let mut swapped = out.buffers().take::<(V, K)>();
        std::mem::swap(&mut pairs.0, &mut swapped.1);
        std::mem::swap(&mut pairs.1, &mut swapped.0);
        out.buffers().give(pairs);
        out.send(0, Batch::new(swapped, meta))
    }
}
