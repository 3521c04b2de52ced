//! A function of elements with a life of its own.

use super::Out;
use crate::element::{Element, Ref};
use crate::error::Result;

/// A function of elements that needs more than a closure: something set up once, or once a bundle.
///
/// The value given to [`par_do_fn`](crate::PCollection::par_do_fn) is a prototype: each thread works on a clone
/// of it. The order of calls on one clone is `setup`, then for each bundle `start_bundle`, `process` for each
/// element, `finish_bundle`, and at last `teardown`, which is also called after a failure or panic of any of
/// the others. Where `par_do` with a closure is enough, use that.
///
/// ```
/// use flumen::{DoFn, Out, Result};
///
/// /// Numbers the lines of a bundle.
/// #[derive(Clone, Default)]
/// struct Number { next: u64 }
///
/// impl DoFn for Number {
///     type In = String;
///     type Out = (u64, String);
///
///     fn start_bundle(&mut self) -> Result<()> {
///         self.next = 0;
///         Ok(())
///     }
///     fn process(&mut self, line: &str, out: &mut Out<'_, (u64, String)>) -> Result<()> {
///         out.emit((self.next, line));
///         self.next += 1;
///         Ok(())
///     }
/// }
/// ```
///
/// # Errors
/// An error or a panic of any call fails the bundle; it is told with the step's name, the line that made the
/// step, and the element.
///
/// Implements `DoFn` of Beam's Java SDK.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no function of elements",
    label = "not a `DoFn`",
    note = "give a closure to `par_do`, or implement `flumen::DoFn` for a `Clone` struct and give it to `par_do_fn`"
)]
pub trait DoFn: Clone + Send + Sync + 'static {
    /// What it reads.
    type In: Element;
    /// What it emits.
    type Out: Element;

    /// Called once, before anything else.
    ///
    /// # Errors
    /// As the function likes.
    fn setup(&mut self) -> Result<()> {
        Ok(())
    }

    /// Called before the elements of a bundle.
    ///
    /// # Errors
    /// As the function likes.
    fn start_bundle(&mut self) -> Result<()> {
        Ok(())
    }

    /// Called for each element.
    ///
    /// # Errors
    /// As the function likes.
    fn process(&mut self, element: Ref<'_, Self::In>, out: &mut Out<'_, Self::Out>) -> Result<()>;

    /// Called after the elements of a bundle; it may still emit.
    ///
    /// # Errors
    /// As the function likes.
    fn finish_bundle(&mut self, _out: &mut Out<'_, Self::Out>) -> Result<()> {
        Ok(())
    }

    /// Called once, after everything else.
    ///
    /// # Errors
    /// As the function likes.
    fn teardown(&mut self) -> Result<()> {
        Ok(())
    }
}
