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
/// How many elements make a bundle is the runner's choice, and another one in every run: never count on it.
///
/// What `setup` makes and a clone must not share, such as a connection or a buffer, is what a clone starts without:
///
/// ```
/// use flumen::testing::run_with_data;
/// use flumen::{DoFn, Out, Result};
/// # use flumen_local as _;
///
/// /// Looks words up, as many as there are in a request.
/// struct LookUp { table: &'static str, connection: Option<Connection>, waiting: Vec<String> }
///
/// /// Something that can't be cloned.
/// struct Connection(std::cell::RefCell<u64>);
///
/// impl Clone for LookUp {
///     fn clone(&self) -> Self {
///         Self { table: self.table, connection: None, waiting: Vec::new() }
///     }
/// }
///
/// impl LookUp {
///     fn request(&mut self, out: &mut Out<'_, String>) -> Result<()> {
///         let connection = self.connection.as_ref().ok_or("not connected")?;
///         *connection.0.borrow_mut() += 1;
///         self.waiting.drain(..).for_each(|word| out.emit(format!("{}/{word}", self.table)));
///         Ok(())
///     }
/// }
///
/// impl DoFn for LookUp {
///     type In = String;
///     type Out = String;
///
///     fn setup(&mut self) -> Result<()> {
///         self.connection = Some(Connection(0.into()));
///         Ok(())
///     }
///     fn start_bundle(&mut self) -> Result<()> {
///         self.waiting.clear();
///         Ok(())
///     }
///     fn process(&mut self, word: &str, out: &mut Out<'_, String>) -> Result<()> {
///         self.waiting.push(word.to_owned());
///         if self.waiting.len() < 100 { Ok(()) } else { self.request(out) }
///     }
///     fn finish_bundle(&mut self, out: &mut Out<'_, String>) -> Result<()> {
///         self.request(out)
///     }
/// }
///
/// let look_up = LookUp { table: "words", connection: None, waiting: Vec::new() };
/// let found = run_with_data(["to", "be"], |words| words.par_do_fn(look_up));
/// assert_eq!(found.unwrap(), ["words/to", "words/be"]);
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
pub trait DoFn: Clone + Send + 'static {
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
