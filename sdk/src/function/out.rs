//! Where a function's results go.

use super::Returns;
use super::side::{SideInput, Views};
use crate::batch::{Batch, Buffers, Builder, RowMeta};
use crate::element::{Column, Element, Put, Ref};
use crate::error::{BoxError, Cause, FnError};
use crate::time::Timestamp;

/// What takes full batches while a function is still running.
pub trait Downstream {
    /// Takes a batch, and says whether more is wanted; what goes wrong further on is kept until the function returns.
    fn send(&mut self, batch: Batch) -> bool;
    /// Calls with the pool of the thread.
    fn with_buffers(&mut self, call: &mut dyn FnMut(&mut Buffers));
}

/// The output of a function: values are emitted into it.
///
/// It takes anything that can be put into `T`'s column, so that a `&str` needs no `String` of its own. Emitted
/// values have the timestamp, windows and pane of the element at hand, unless said otherwise.
///
/// ```
/// # use flumen::testing::run_with_data;
/// # use flumen_local as _;
/// let words = run_with_data(["to be", "or not"], |lines| {
///     lines.par_do(|line, out| line.split(' ').for_each(|word| out.emit(word)))
/// });
/// assert_eq!(words.unwrap(), ["to", "be", "or", "not"]);
/// ```
pub struct Out<'o, T: Element> {
    builder: &'o mut Builder<T>,
    downstream: &'o mut dyn Downstream,
    views: &'o Views,
    current: RowMeta,
    /// Whether full batches stay until the element at hand is done, since it may still fail.
    held: bool,
    fault: Option<FnError>,
}

impl<'o, T: Element> Out<'o, T> {
    /// An output that gathers in `builder` and hands full batches on.
    #[inline]
    pub fn new(
        builder: &'o mut Builder<T>,
        downstream: &'o mut dyn Downstream,
        views: &'o Views,
        current: RowMeta,
    ) -> Self {
        builder.set_meta(current);
        Self { builder, downstream, views, current, held: false, fault: None }
    }

    /// Keeps full batches until [`Out::settle`], so that what an element emitted can be taken back.
    #[must_use]
    pub fn held(mut self) -> Self {
        self.held = true;
        self
    }

    /// How many values wait to be handed on.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.builder.len()
    }

    /// Takes back all but the first values that wait.
    pub fn take_back_to(&mut self, waiting: usize) {
        self.builder.truncate(waiting);
        self.builder.set_meta(self.current);
        self.fault = None;
    }

    /// Hands on what waits, if it is a full batch.
    pub fn settle(&mut self) {
        if self.builder.is_full() {
            self.flush();
        }
    }

    /// What a side input of this step shows.
    ///
    /// # Errors
    /// The step has no such side input, or its collection can't be shown so: a singleton of no element, a map with a key
    /// twice.
    pub fn side<S: SideInput>(&self, side: &S) -> Result<S::View<'o>, FnError> {
        side.read(self.views)
    }

    /// Says which element is at hand: what is emitted next has its time, windows and pane.
    #[inline]
    pub fn set_current(&mut self, current: RowMeta) {
        self.current = current;
        self.builder.set_meta(current);
    }

    /// Emits a value at the time of the element at hand.
    ///
    /// What is emitted decides the type of the output, so a whole number that is written out names its own: `(word,
    /// 1_u64)`.
    #[inline]
    pub fn emit<X: Put<Elem = T>>(&mut self, value: X) {
        value.put(self.builder.column());
        if self.builder.is_full() && !self.held {
            self.flush();
        }
    }

    /// Emits a copy of a value that was read from a column.
    #[inline]
    pub fn emit_ref(&mut self, value: Ref<'_, T>) {
        self.builder.column().push_ref(value);
        if self.builder.is_full() && !self.held {
            self.flush();
        }
    }

    /// Emits a value that is put into the column by hand, part by part.
    #[inline]
    pub(crate) fn emit_by(&mut self, put: impl FnOnce(&mut T::Col)) {
        put(self.builder.column());
        if self.builder.is_full() && !self.held {
            self.flush();
        }
    }

    /// Emits what a closure has returned: a value, or a `Result` of one.
    ///
    /// # Errors
    /// The closure's own.
    #[inline]
    pub fn emit_result<R: Returns<Elem = T>>(&mut self, result: R) -> Result<(), BoxError> {
        R::fill(std::iter::once(result), self.builder.column())?;
        if self.builder.is_full() && !self.held {
            self.flush();
        }
        Ok(())
    }

    /// Emits a value at a time of its own, which must not lie before that of the element at hand.
    ///
    /// An earlier time would be late before anyone could wait for it; the step fails when the call returns.
    pub fn emit_at<X: Put<Elem = T>>(&mut self, timestamp: Timestamp, value: X) {
        if timestamp < self.current.timestamp {
            let message = format!(
                "emitted at {timestamp:?}, before its element's time {:?}; only later times are allowed",
                self.current.timestamp
            );
            self.fault.get_or_insert_with(|| FnError::new(Cause::UserCode, message));
            return;
        }
        self.emit_anytime(timestamp, value);
    }

    /// Emits a value at any time, also before that of the element at hand.
    pub(crate) fn emit_anytime<X: Put<Elem = T>>(&mut self, timestamp: Timestamp, value: X) {
        self.builder.set_meta(RowMeta { timestamp, ..self.current });
        self.emit(value);
        self.builder.set_meta(self.current);
    }

    /// The time of the element at hand.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.current.timestamp
    }

    /// Whether what is emitted still goes anywhere: not after a failure, here or further on.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.fault.is_none()
    }

    /// Says that the function has returned.
    ///
    /// # Errors
    /// What was emitted was not allowed, or no more is wanted.
    #[inline]
    pub fn checked(&mut self) -> Result<(), BoxError> {
        match self.fault.take() {
            None => Ok(()),
            Some(fault) => Err(fault.into()),
        }
    }

    /// Hands on what has been gathered.
    #[cold]
    pub fn flush(&mut self) {
        let mut closed = None;
        let builder = &mut *self.builder;
        self.downstream.with_buffers(&mut |buffers| closed = builder.close(buffers));
        if let Some(batch) = closed
            && !self.downstream.send(batch)
        {
            // The downstream tells what it was; this only ends the loop over the elements.
            let message = "a step further on has failed";
            self.fault.get_or_insert_with(|| FnError::new(Cause::UserCode, message));
        }
    }
}
