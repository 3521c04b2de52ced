//! Steps that only rearrange columns: no row is touched.

use std::marker::PhantomData;

use super::map::mistyped;
use super::{Operator, OperatorSpec, Outputs};
use crate::batch::{Batch, Units};
use crate::element::{Column, Element};
use crate::error::RunError;

macro_rules! projection {
    ($(#[$doc:meta])* $name:ident<$($t:ident),+>: |$batch:ident, $out:ident| $body:block) => {
        $(#[$doc])*
        pub struct $name<$($t),+> {
            types: PhantomData<fn($($t),+)>,
        }

        impl<$($t),+> Default for $name<$($t),+> {
            fn default() -> Self {
                Self { types: PhantomData }
            }
        }

        impl<$($t: Element),+> OperatorSpec for $name<$($t),+> {
            fn operator(&self) -> Box<dyn Operator> {
                Box::new(Self::default())
            }
        }

        impl<$($t: Element),+> Operator for $name<$($t),+> {
            fn keeps_rows(&self) -> bool {
                true
            }

            fn push(&mut self, _: usize, $batch: Batch, $out: &mut Outputs<'_>) -> Result<(), RunError> {
                let projected = $body;
                $out.send(0, projected)
            }
        }
    };
}

projection! {
    /// Makes the pair `(element, ())` of each element.
    Solo<T>: |batch, out| {
        let (mut column, meta) = batch.into_parts::<T>().map_err(|e| out.told(mistyped(e)))?;
        let mut pairs = out.buffers().take::<(T, ())>();
        std::mem::swap(&mut pairs.0, &mut *column);
        pairs.1 = Units::of(pairs.0.len());
        out.buffers().give(column);
        Batch::new(pairs, meta)
    }
}

projection! {
    /// Keeps the first of each pair.
    FirstOfPair<K, V>: |batch, out| {
        let (mut pairs, meta) = batch.into_parts::<(K, V)>().map_err(|e| out.told(mistyped(e)))?;
        let mut keys = out.buffers().take::<K>();
        std::mem::swap(&mut pairs.0, &mut *keys);
        out.buffers().give(pairs);
        Batch::new(keys, meta)
    }
}

projection! {
    /// Keeps the second of each pair.
    SecondOfPair<K, V>: |batch, out| {
        let (mut pairs, meta) = batch.into_parts::<(K, V)>().map_err(|e| out.told(mistyped(e)))?;
        let mut values = out.buffers().take::<V>();
        std::mem::swap(&mut pairs.1, &mut *values);
        out.buffers().give(pairs);
        Batch::new(values, meta)
    }
}
