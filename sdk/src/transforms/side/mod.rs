//! Side inputs: whole collections at hand beside each element.

mod apply;
mod list;
mod map;
mod singleton;

pub use apply::GivenSides;
pub use list::{List, ListView};
pub use map::{Map, MapView, Multimap, MultimapView};
pub use singleton::Singleton;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::batch::Batch;
use crate::collection::PCollection;
use crate::element::{Column, Element};
use crate::error::{Cause, FnError};
use crate::exec::SideSpec;
use crate::function::{SideId, SideInput, View, Views};
use crate::graph;

/// How a side input shows its collection: the name of a kind, such as [`Map`].
pub trait SideKind: Send + Sync + 'static {
    /// The collection's elements.
    type Elem: Element;
    /// What is made of the collection, once a run and process.
    type Built: Send + Sync + 'static;
    /// How functions see it.
    type View<'a>;
    /// What it is called in drawings.
    const NAME: &'static str;

    /// Makes it of the collection.
    ///
    /// # Errors
    /// A key can't be encoded.
    fn build(&self, all: <Self::Elem as Element>::Col) -> Result<Self::Built, FnError>;

    /// Shows it.
    ///
    /// # Errors
    /// The collection can't be shown so.
    fn view(built: &Self::Built) -> Result<Self::View<'_>, FnError>;
}

/// A whole collection that functions read beside their elements.
///
/// Make one by [`as_map`](PCollection::as_map) and its like, and give it to [`map_with`](PCollection::map_with) and its like: the
/// closure gets what it shows beside the element. A [`DoFn`](crate::DoFn) keeps the handle in a field and asks
/// [`Out::side`](crate::Out::side). The step begins once the collection is whole; all threads of a process share one view.
///
/// ```
/// # use flumen::testing::expect;
/// use flumen::Pipeline;
/// use flumen_local::Local;
///
/// let p = Pipeline::new();
/// let rates = p.create([("EUR", 1.0), ("SEK", 0.09)]).as_map();
/// let euros = p
///     .create([("SEK", 100.0), ("EUR", 2.0)])
///     .map_with(&rates, |(currency, amount), rates| rates.get(currency).map(|rate| rate * amount));
/// expect(&euros).contains_in_any_order([Some(9.0), Some(2.0)]);
/// Local::new().run(&p)?.wait()?;
/// # flumen::Ok(())
/// ```
///
/// # Cost
/// The collection is held in memory as a whole, once in a process.
///
/// Implements `PCollectionView` of Beam's Java SDK.
pub struct Side<S: SideKind> {
    collection: PCollection<S::Elem>,
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    id: SideId,
    kind: S,
}

impl<S: SideKind> Side<S> {
    fn new(collection: &PCollection<S::Elem>, kind: S) -> Self {
        Self { collection: collection.clone(), shared: Arc::new(Shared { id: SideId::new(), kind }) }
    }

    /// As a graph has it.
    fn as_node_side(&self) -> graph::Side {
        let spec = Spec { shared: Arc::clone(&self.shared), types: PhantomData };
        graph::Side { from: self.collection.output(), spec: Arc::new(spec) }
    }
}

impl<S: SideKind> Clone for Side<S> {
    fn clone(&self) -> Self {
        Self { collection: self.collection.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<S: SideKind> fmt::Debug for Side<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} as a {}", self.collection, S::NAME)
    }
}

impl<S: SideKind> SideInput for Side<S> {
    type View<'a> = S::View<'a>;

    #[inline]
    fn read<'a>(&self, views: &'a Views) -> Result<S::View<'a>, FnError> {
        S::view(views.get::<S::Built>(self.shared.id).ok_or_else(|| self.not_given())?)
    }
}

impl<S: SideKind> Side<S> {
    #[cold]
    fn not_given(&self) -> FnError {
        let message = format!(
            "{self:?} is not a side input of this step: give it to the transform, by `par_do_fn_with((&side, ..), function)`"
        );
        FnError::new(Cause::Configuration, message)
    }
}

struct Spec<S> {
    shared: Arc<Shared<S>>,
    types: PhantomData<fn() -> S>,
}

impl<S: SideKind> SideSpec for Spec<S> {
    fn id(&self) -> SideId {
        self.shared.id
    }

    fn kind(&self) -> &'static str {
        S::NAME
    }

    fn view(&self, batches: Vec<Batch>) -> Result<View, FnError> {
        let mut all = <S::Elem as Element>::Col::default();
        for batch in batches {
            let column = batch.into_parts::<S::Elem>().map_err(|e| FnError::new(Cause::Configuration, e))?.0;
            match all.is_empty() {
                true => all = *column,
                false => all.append(&column),
            }
        }
        self.shared.kind.build(all).map(View::new)
    }
}
