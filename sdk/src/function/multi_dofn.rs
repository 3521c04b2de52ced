//! A function of elements with several outputs.

use super::{DoFn, Out, Outlets};
use crate::element::{Element, Ref};
use crate::error::Result;

/// A [`DoFn`] with two to four outputs, each of its own type.
///
/// The life cycle is that of a [`DoFn`]. Where a closure is enough, use
/// [`par_do2`](crate::collection::PCollection::par_do2) and its like.
///
/// ```
/// use flumen::{MultiDoFn, Out, Pipeline, Result, testing::expect};
/// use flumen_local::Local;
///
/// #[derive(Clone)]
/// struct EvenOrOdd { seen: u64 }
///
/// impl MultiDoFn for EvenOrOdd {
///     type In = u64;
///     type Outs = (u64, String);
///
///     fn process(&mut self, n: u64, (even, odd): &mut (Out<'_, u64>, Out<'_, String>)) -> Result<()> {
///         self.seen += 1;
///         if n % 2 == 0 { even.emit(n) } else { odd.emit(format!("odd {n}")) }
///         Ok(())
///     }
/// }
///
/// let p = Pipeline::new();
/// let (even, odd) = p.range(0..4).par_do_multi(EvenOrOdd { seen: 0 });
/// expect(&even).contains_in_any_order([0_u64, 2]);
/// expect(&odd).contains_in_any_order(["odd 1", "odd 3"]);
/// Local::new().run(&p)?.wait()?;
/// # flumen::Ok(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no function with several outputs",
    label = "not a `MultiDoFn`",
    note = "give a closure to `par_do2`, or implement `flumen::MultiDoFn` for a `Clone` struct and give it to `par_do_multi`"
)]
pub trait MultiDoFn: Clone + Send + 'static {
    /// What it reads.
    type In: Element;
    /// What it emits: a tuple of element types.
    type Outs: Outlets;

    /// As [`DoFn::setup`].
    ///
    /// # Errors
    /// As the function likes.
    fn setup(&mut self) -> Result<()> {
        Ok(())
    }

    /// As [`DoFn::start_bundle`].
    ///
    /// # Errors
    /// As the function likes.
    fn start_bundle(&mut self) -> Result<()> {
        Ok(())
    }

    /// As [`DoFn::process`].
    ///
    /// # Errors
    /// As the function likes.
    fn process(
        &mut self,
        element: Ref<'_, Self::In>,
        outs: &mut <Self::Outs as Outlets>::Outs<'_>,
    ) -> Result<()>;

    /// As [`DoFn::finish_bundle`].
    ///
    /// # Errors
    /// As the function likes.
    fn finish_bundle(&mut self, _outs: &mut <Self::Outs as Outlets>::Outs<'_>) -> Result<()> {
        Ok(())
    }

    /// As [`DoFn::teardown`].
    ///
    /// # Errors
    /// As the function likes.
    fn teardown(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A function with one output, as engines run it.
#[derive(Clone, Debug)]
pub struct Single<D>(pub D);

impl<D: DoFn> MultiDoFn for Single<D> {
    type In = D::In;
    type Outs = (D::Out,);

    fn setup(&mut self) -> Result<()> {
        self.0.setup()
    }
    fn start_bundle(&mut self) -> Result<()> {
        self.0.start_bundle()
    }
    #[inline]
    fn process(&mut self, element: Ref<'_, D::In>, (out,): &mut (Out<'_, D::Out>,)) -> Result<()> {
        self.0.process(element, out)
    }
    fn finish_bundle(&mut self, (out,): &mut (Out<'_, D::Out>,)) -> Result<()> {
        self.0.finish_bundle(out)
    }
    fn teardown(&mut self) -> Result<()> {
        self.0.teardown()
    }
}
