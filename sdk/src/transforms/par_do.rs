//! Any function of elements.

use std::panic::Location;

use crate::collection::PCollection;
use crate::element::{Element, Ref};
use crate::exec::ParDo;
use crate::function::{DoFn, Out, Outcome, ParDoFn};

impl<T: Element> PCollection<T> {
    /// Calls the closure for each element with an emitter; whatever is emitted is the result.
    ///
    /// What is emitted may be borrowed from the element: a `&str` goes straight into the next column. The closure
    /// returns nothing, or `flumen::Result<()>` so that `?` works.
    ///
    /// ```
    /// # use flumen::testing::run_with_data;
    /// # use flumen_local as _;
    /// let parsed = run_with_data(["a=1", "b=2"], |lines| {
    ///     lines.par_do(|line, out| {
    ///         let (name, value) = line.split_once('=').ok_or("no `=`")?;
    ///         out.emit((name, value.parse::<u64>()?));
    ///         flumen::Ok(())
    ///     })
    /// });
    /// assert_eq!(parsed.unwrap(), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    /// ```
    ///
    /// # Errors
    /// An error or panic fails the run, with the step, its source line and the element.
    ///
    /// # Panes and lateness
    /// What is emitted has its element's timestamp, windows and pane; [`Out::emit_at`] gives a later time.
    ///
    /// Implements `ParDo` of Beam's Java SDK.
    #[track_caller]
    pub fn par_do<U, R, F>(&self, f: F) -> PCollection<U>
    where
        F: Fn(Ref<'_, T>, &mut Out<'_, U>) -> R + Send + Sync + 'static,
        U: Element,
        R: Outcome + 'static,
    {
        self.operator("par_do", Location::caller(), ParDo::new(ParDoFn::<F, T, U>::new(f)))
    }

    /// Applies a function with a life of its own: something set up once, or once a bundle.
    ///
    /// ```
    /// # use flumen::{testing::run_with_data, DoFn, Out, Result};
    /// # use flumen_local as _;
    /// #[derive(Clone)]
    /// struct Shout { mark: char }
    ///
    /// impl DoFn for Shout {
    ///     type In = String;
    ///     type Out = String;
    ///     fn process(&mut self, word: &str, out: &mut Out<'_, String>) -> Result<()> {
    ///         out.emit(format!("{word}{}", self.mark));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let loud = run_with_data(["hey"], |words| words.par_do_fn(Shout { mark: '!' }));
    /// assert_eq!(loud.unwrap(), ["hey!"]);
    /// ```
    ///
    /// # Errors
    /// An error or panic of any of its calls fails the run, with the step, its source line and the element.
    #[track_caller]
    pub fn par_do_fn<D: DoFn<In = T>>(&self, function: D) -> PCollection<D::Out> {
        self.operator("par_do_fn", Location::caller(), ParDo::new(function))
    }
}
