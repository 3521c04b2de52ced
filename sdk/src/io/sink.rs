//! What can be written.

use std::any::Any;
use std::cell::Cell;
use std::panic::Location;
use std::sync::Arc;

use bytes::Bytes;

use crate::batch::{AnyColumn, Batch};
use crate::coder::{self, Input};
use crate::collection::PCollection;
use crate::element::{Column, Element, Ref, SerdeData};
use crate::error::{Cause, FnError, Result};
use crate::exec::{BatchWriter, RunId, Shard, SinkSpec};
use crate::function::{At, guard};
use crate::graph::{Named, Primitive};

/// A bounded sink of elements: what is written becomes visible when the whole run has succeeded, or not at all.
///
/// The order of calls is `prepare`, then `writer` for each shard on any thread, and in the end `commit` with what
/// all writers returned, or `abort`. Implement it for what files can't express.
///
/// ```
/// use flumen::element::Ref;
/// use flumen::io::{RunId, Shard, Sink, Writer};
/// use flumen::Result;
///
/// /// Prints the sum of all numbers.
/// struct PrintSum;
/// struct Adds { sum: u64, staged: u64 }
///
/// impl Sink for PrintSum {
///     type Elem = u64;
///     type Writer = Adds;
///     type Guard = ();
///
///     fn prepare(&self, _: &RunId) -> Result<()> {
///         Ok(())
///     }
///     fn writer(&self, _: &RunId, _: Shard) -> Result<Adds> {
///         Ok(Adds { sum: 0, staged: 0 })
///     }
///     fn commit(&self, _: &RunId, parts: Vec<u64>) -> Result<String> {
///         Ok(format!("sum {}", parts.iter().sum::<u64>()))
///     }
///     fn abort(&self, _: &RunId) {}
/// }
///
/// impl Writer for Adds {
///     type Elem = u64;
///     type Part = u64;
///
///     fn write(&mut self, number: u64) -> Result<()> {
///         self.staged += number;
///         Ok(())
///     }
///     fn commit_bundle(&mut self) -> Result<()> {
///         self.sum += std::mem::take(&mut self.staged);
///         Ok(())
///     }
///     fn discard_bundle(&mut self) {
///         self.staged = 0;
///     }
///     fn close(&mut self) -> Result<u64> {
///         Ok(self.sum)
///     }
/// }
///
/// use flumen_local::Local;
/// let p = flumen::Pipeline::new();
/// p.range(0..10).write(PrintSum);
/// assert_eq!(Local::new().run(&p)?.wait()?.published, ["write: sum 45"]);
/// # flumen::Ok(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be written to",
    label = "not a `Sink`",
    note = "use one of `flumen::io` (`text::sink(prefix)`), or implement `flumen::io::Sink`"
)]
pub trait Sink: Send + Sync + 'static {
    /// What it takes.
    type Elem: Element;
    /// What writes one shard.
    type Writer: Writer<Elem = Self::Elem>;
    /// What is kept from `prepare` until the run ends, such as a lock.
    type Guard: Send + 'static;

    /// How many shards it must have; none: as many as threads have something to write.
    fn shards(&self) -> Option<usize> {
        None
    }

    /// Makes the place ready, before anything is written.
    ///
    /// # Errors
    /// The place can't be written to.
    fn prepare(&self, run: &RunId) -> Result<Self::Guard>;

    /// Opens a writer for a shard.
    ///
    /// # Errors
    /// The place can't be written to.
    fn writer(&self, run: &RunId, shard: Shard) -> Result<Self::Writer>;

    /// Publishes all that was written; returns a line for people.
    ///
    /// # Errors
    /// It can't be published.
    fn commit(&self, run: &RunId, parts: Vec<<Self::Writer as Writer>::Part>) -> Result<String>;

    /// Throws away all that was written; what can't be removed is left for the next run to remove.
    fn abort(&self, run: &RunId);

    /// What to show of it beside the step's name.
    fn describe(&self) -> String {
        String::new()
    }
}

/// Writes one shard of a [`Sink`].
pub trait Writer: Send + 'static {
    /// What it takes.
    type Elem: Element;
    /// What [`Sink::commit`] needs to know of a shard that was written; it may travel to another machine.
    type Part: SerdeData;

    /// Writes an element; it counts once the bundle is done.
    ///
    /// # Errors
    /// It can't be written.
    fn write(&mut self, element: Ref<'_, Self::Elem>) -> Result<()>;

    /// Makes what was written since the last call count.
    ///
    /// # Errors
    /// It can't be written.
    fn commit_bundle(&mut self) -> Result<()>;

    /// Throws away what was written since the last bundle that counts.
    fn discard_bundle(&mut self);

    /// Closes the shard.
    ///
    /// # Errors
    /// It can't be written to its end.
    fn close(&mut self) -> Result<Self::Part>;
}

/// A sink as engines see it.
struct Erased<S>(S);

impl<S: Sink> SinkSpec for Erased<S> {
    fn shards(&self) -> Option<usize> {
        self.0.shards()
    }

    fn prepare(&self, run: &RunId) -> Result<Box<dyn Any + Send>, FnError> {
        guard(|| Ok(Box::new(self.0.prepare(run)?) as Box<dyn Any + Send>))
    }

    fn writer(&self, run: &RunId, shard: Shard) -> Result<Box<dyn BatchWriter>, FnError> {
        guard(|| Ok(Box::new(Open(self.0.writer(run, shard)?)) as Box<dyn BatchWriter>))
    }

    fn commit(&self, run: &RunId, parts: Vec<Bytes>) -> Result<String, FnError> {
        guard(|| {
            let parts: Result<Vec<_>, _> =
                parts.iter().map(|part| coder::serde::decode(&mut Input::new(part))).collect();
            self.0.commit(run, parts?)
        })
    }

    fn abort(&self, run: &RunId) {
        // A failed clean-up must not hide why the run failed; the next run removes what is left.
        let _ = guard(|| {
            self.0.abort(run);
            Ok(())
        });
    }
}

struct Open<W>(W);

impl<W: Writer> BatchWriter for Open<W> {
    fn write(&mut self, batch: &Batch) -> Result<(), FnError> {
        let column = batch.column::<W::Elem>().map_err(|e| FnError::from_error(e.into()))?;
        let reached = Cell::new(0);
        guard(|| {
            let mut at = At::new(&reached);
            column.iter().try_for_each(|element| {
                at.next();
                self.0.write(element)
            })
        })
        .map_err(|e| match e.cause() {
            Cause::UserCode | Cause::BadData => e.with_element(|| column.debug(At::row(&reached))),
            // A full disk is no fault of the element that came last.
            _ => e,
        })
    }

    fn commit_bundle(&mut self) -> Result<(), FnError> {
        guard(|| self.0.commit_bundle())
    }

    fn discard_bundle(&mut self) {
        let _ = guard(|| {
            self.0.discard_bundle();
            Ok(())
        });
    }

    fn close(&mut self) -> Result<Bytes, FnError> {
        guard(|| {
            let mut out = Vec::new();
            coder::serde::encode(&self.0.close()?, &mut out)?;
            Ok(out.into())
        })
    }
}

/// A step that writes: it can be named.
#[derive(Clone, Copy, Debug)]
pub struct Written<'p, T: Element> {
    input: &'p PCollection<T>,
    named: Named,
}

impl<T: Element> Written<'_, T> {
    /// Names the step, in drawings, errors and reports.
    pub fn named(self, name: &str) -> Self {
        self.input.pipeline().rename(self.named, name);
        self
    }
}

impl<T: Element> PCollection<T> {
    /// Writes the elements into a sink.
    ///
    /// Nothing becomes visible before all elements of the run have been worked on. Sinks are then published one after
    /// another, in the order of the pipeline; if one of them fails, those before it stay.
    ///
    /// ```
    /// use flumen::{io::text, Pipeline};
    /// let p = Pipeline::new();
    /// p.create(["to", "be"]).write(text::sink("out/words"));
    /// ```
    ///
    /// # Errors
    /// A sink that can't be written to fails the run.
    #[track_caller]
    pub fn write<S: Sink<Elem = T>>(&self, sink: S) -> Written<'_, T> {
        let detail = sink.describe();
        let sink = Primitive::Write(Arc::new(Erased(sink)));
        let named = self.pipeline().add_end("write", Location::caller(), sink, self.output(), detail);
        Written { input: self, named }
    }
}
