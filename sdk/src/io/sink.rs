//! What can be written.

use std::any::Any;
use std::cell::Cell;
use std::panic::Location;
use std::sync::Arc;

use bytes::Bytes;

use crate::batch::{AnyColumn, Batch};
use crate::coder::{self, Input};
use crate::collection::{PCollection, Pipeline};
use crate::element::{Column, Element, Ref, SerdeData};
use crate::error::{Cause, FnError, Result};
use crate::exec::{BatchWriter, RunId, Shard, SinkSpec};
use crate::function::{At, DeadLetter, guard};
use crate::graph::{ElementType, Named, Primitive};

/// A bounded sink of elements: what is written becomes visible when the whole run has succeeded, or not at all.
///
/// Implement it for what files can't express. The order of calls is
///
/// 1. `open`, once, before anything is read;
/// 2. `writer` for each shard, on any thread, when there is something to write; each writer is closed in the end;
/// 3. `prepare`, with what all writers returned: all that can fail is done here;
/// 4. `commit`, once all sinks of the run are prepared: what was prepared becomes visible, in place of what an earlier
///    run has published.
///
/// If anything fails before, all sinks of the run `abort`. A bundle of elements is given to the writers only when all
/// steps are done with it, so nothing that is written needs to be taken back but by `abort`.
/// [`laws::sink`](crate::testing::laws::sink) tests what is promised here.
///
/// ```
/// use flumen::io::{RunId, Shard, Sink, Writer};
/// use flumen::Result;
///
/// /// Tells the sum of all numbers.
/// struct TellSum;
/// struct Sum(u64);
///
/// impl Sink for TellSum {
///     type Elem = u64;
///     type Writer = Sum;
///
///     fn writer(&self, _: &RunId, _: Shard) -> Result<Sum> {
///         Ok(Sum(0))
///     }
///     fn commit(&self, _: &RunId, sums: &[u64]) -> Result<String> {
///         Ok(format!("sum {}", sums.iter().sum::<u64>()))
///     }
/// }
///
/// impl Writer for Sum {
///     type Elem = u64;
///     type Part = u64;
///
///     fn write(&mut self, number: u64) -> Result<()> {
///         self.0 += number;
///         Ok(())
///     }
///     fn close(self) -> Result<u64> {
///         Ok(self.0)
///     }
/// }
///
/// use flumen_local::Local;
/// let p = flumen::Pipeline::new();
/// p.range(0..10).write(TellSum);
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

    /// How many shards it must have; none: as many as threads have something to write.
    fn shards(&self) -> Option<usize> {
        None
    }

    /// Makes the place ready, before anything is written.
    ///
    /// What it returns, such as a lock, is kept until the run has ended.
    ///
    /// # Errors
    /// The place can't be written to.
    fn open(&self, _run: &RunId) -> Result<Box<dyn Any + Send>> {
        Ok(Box::new(()))
    }

    /// Opens a writer for a shard.
    ///
    /// # Errors
    /// The place can't be written to.
    fn writer(&self, run: &RunId, shard: Shard) -> Result<Self::Writer>;

    /// Does all that can fail of publishing the parts: makes them last, checks that they can be made visible.
    ///
    /// What it returns is what `commit` needs to know: the parts as they are, unless said otherwise. `abort` may still
    /// follow, because of another sink.
    ///
    /// # Errors
    /// They could not be published; the run fails, and nothing of it becomes visible.
    fn prepare(
        &self,
        _run: &RunId,
        parts: Vec<<Self::Writer as Writer>::Part>,
    ) -> Result<Vec<<Self::Writer as Writer>::Part>> {
        Ok(parts)
    }

    /// Makes what was prepared visible; returns a line for people.
    ///
    /// A call that failed is repeated a few times, and one that succeeded may be: that has to change nothing.
    ///
    /// # Errors
    /// They can't be published. The run fails then, though other sinks may have published: let it be `prepare` that
    /// fails, wherever possible.
    fn commit(&self, run: &RunId, prepared: &[<Self::Writer as Writer>::Part]) -> Result<String>;

    /// Throws away all that was written or prepared; what can't be removed is left for the next run to remove.
    ///
    /// Does nothing unless said otherwise: enough where writers keep everything in memory.
    fn abort(&self, _run: &RunId) {}

    /// What to show of it beside the step's name.
    fn describe(&self) -> String {
        String::new()
    }
}

/// Writes one shard of a [`Sink`].
///
/// If the run fails it is dropped without being closed.
pub trait Writer: Send + 'static {
    /// What it takes.
    type Elem: Element;
    /// What [`Sink::prepare`] needs to know of a shard that was written; it may travel to another machine.
    type Part: SerdeData;

    /// Writes an element, or fails and has not written it.
    ///
    /// # Errors
    /// It can't be written.
    fn write(&mut self, element: Ref<'_, Self::Elem>) -> Result<()>;

    /// Closes the shard.
    ///
    /// # Errors
    /// It can't be written to its end.
    fn close(self) -> Result<Self::Part>;
}

/// A sink as engines see it.
struct Erased<S>(S);

fn encode<P: SerdeData>(part: &P) -> Result<Bytes> {
    let mut out = Vec::new();
    coder::serde::encode(part, &mut out)?;
    Ok(out.into())
}

fn decode<P: SerdeData>(parts: &[Bytes]) -> Result<Vec<P>> {
    parts.iter().map(|part| Ok(coder::serde::decode(&mut Input::new(part))?)).collect()
}

impl<S: Sink> SinkSpec for Erased<S> {
    fn shards(&self) -> Option<usize> {
        self.0.shards()
    }

    fn open(&self, run: &RunId) -> Result<Box<dyn Any + Send>, FnError> {
        guard(|| self.0.open(run))
    }

    fn writer(&self, run: &RunId, shard: Shard) -> Result<Box<dyn BatchWriter>, FnError> {
        guard(|| Ok(Box::new(Open(self.0.writer(run, shard)?)) as _))
    }

    fn prepare(&self, run: &RunId, parts: Vec<Bytes>) -> Result<Vec<Bytes>, FnError> {
        guard(|| self.0.prepare(run, decode(&parts)?)?.iter().map(encode).collect())
    }

    fn commit(&self, run: &RunId, prepared: &[Bytes]) -> Result<String, FnError> {
        guard(|| self.0.commit(run, &decode(prepared)?))
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
    fn write(&mut self, batch: &Batch, from: &mut usize) -> Result<(), FnError> {
        let column = batch.column::<W::Elem>().map_err(|e| FnError::from_error(e.into()))?;
        let reached = Cell::new(0);
        let written = guard(|| {
            let mut at = At::new(&reached);
            column.iter().skip(*from).try_for_each(|element| {
                at.next();
                self.0.write(element)
            })
        });
        *from += if written.is_ok() { reached.get() } else { At::row(&reached) };
        written.map_err(|e| match e.cause() {
            Cause::UserCode | Cause::BadData => e.with_element(|| column.debug(*from)),
            // A full disk is no fault of the element that came last.
            _ => e,
        })
    }

    fn close(self: Box<Self>) -> Result<Bytes, FnError> {
        guard(|| encode(&self.0.close()?))
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

impl Pipeline {
    /// Writes the dead letters of all steps into a sink, but for those that are looked after elsewhere.
    ///
    /// ```
    /// use flumen::{io::text, Pipeline};
    /// let p = Pipeline::new();
    /// let (numbers, refused) = p.read(text::lines("numbers.txt")).try_map(|line| line.parse::<u64>());
    /// refused.to_pipeline();
    /// numbers.sum_globally().map(|sum| sum.to_string()).write(text::sink("out/sum"));
    /// p.dead_letters(text::sink("out/refused").of(|letter: &flumen::DeadLetter| letter.to_string()));
    /// ```
    ///
    /// # Errors
    /// A pipeline has one such sink; a second one is refused by its check.
    #[track_caller]
    pub fn dead_letters<S: Sink<Elem = DeadLetter>>(&self, sink: S) {
        let (location, detail) = (Location::caller(), sink.describe());
        let sink = Primitive::Write(Arc::new(Erased(sink)));
        let element = ElementType::of::<DeadLetter>();
        self.with_graph(|graph| graph.lead_dead_letters(sink, location, element, detail));
    }
}

impl<T: Element> PCollection<T> {
    /// Writes the elements into a sink.
    ///
    /// Nothing becomes visible before all elements of the run have been worked on and all sinks are prepared. Sinks are
    /// then published one after another, in the order of the pipeline. If one of them still fails, which takes a disk or
    /// service that breaks at this moment, those before it stay, and the error names them.
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
        let (_, named) = self.pipeline().add_end("write", Location::caller(), sink, self.output(), detail);
        Written { input: self, named }
    }
}
