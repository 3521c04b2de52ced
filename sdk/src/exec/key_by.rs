//! Giving keys: a new column beside the one that is there.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

use super::map::mistyped;
use super::{Operator, OperatorSpec, Outputs};
use crate::batch::{AnyColumn, Batch};
use crate::element::{Column, Element, Put, Ref};
use crate::error::RunError;
use crate::function::{At, guard};

/// A closure that makes the key of each element.
pub struct KeyBy<F, T, P> {
    f: Arc<F>,
    types: PhantomData<fn(T) -> P>,
}

impl<F, T, P> KeyBy<F, T, P> {
    /// Shares the closure.
    pub fn new(f: F) -> Self {
        Self { f: Arc::new(f), types: PhantomData }
    }
}

impl<F, T, P> OperatorSpec for KeyBy<F, T, P>
where
    F: Fn(Ref<'_, T>) -> P + Send + Sync + 'static,
    T: Element,
    P: Put + 'static,
{
    fn operator(&self) -> Box<dyn Operator> {
        Box::new(Self { f: Arc::clone(&self.f), types: PhantomData })
    }
}

impl<F, T, P> Operator for KeyBy<F, T, P>
where
    F: Fn(Ref<'_, T>) -> P + Send + Sync + 'static,
    T: Element,
    P: Put + 'static,
{
    fn keeps_rows(&self) -> bool {
        true
    }

    fn push(&mut self, _: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        let (mut values, meta) = batch.into_parts::<T>().map_err(|e| out.told(mistyped(e)))?;
        let mut pairs = out.buffers().take::<(P::Elem, T)>();
        let reached = Cell::new(0);
        guard(|| {
            let mut at = At::new(&reached);
            for value in values.iter() {
                at.next();
                (self.f)(value).put(&mut pairs.0);
            }
            Ok(())
        })
        .map_err(|e| out.told(e.with_element(|| values.debug(At::row(&reached)))))?;
        std::mem::swap(&mut pairs.1, &mut *values);
        out.buffers().give(values);
        out.send(0, Batch::new(pairs, meta))
    }
}
