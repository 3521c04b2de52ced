//! Lines made of elements as they are written.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{TextSink, TextWriter};
use crate::element::{Element, Ref};
use crate::error::Result;
use crate::io::files::ShardPart;
use crate::io::{RunId, Shard, Sink, Writer};

/// A sink of elements of which a closure makes the lines; made by [`TextSink::of`].
///
/// ```
/// use flumen::{io::text, Pipeline};
/// let p = Pipeline::new();
/// p.range(0..10).write(text::sink("out/numbers").of(|n: u64| format!("{n:03}")));
/// ```
#[must_use = "give it to `write`"]
pub struct TextSinkOf<T, F> {
    lines: TextSink,
    format: Arc<F>,
    elements: PhantomData<fn(T)>,
}

impl TextSink {
    /// Writes the line that a closure makes of each element, in place of strings.
    ///
    /// The closure names what it takes, for it stands before the collection is known: `|play: &Play| ..`. Where the lines are
    /// checked or used elsewhere too, `map` to strings and write these.
    ///
    /// ```
    /// # use flumen::{io::text, Pipeline};
    /// # let p = Pipeline::new();
    /// p.create([("Vltava".to_owned(), 3_u64)])
    ///     .write(text::sink("out/plays").of(|(track, n): (&str, u64)| format!("{track}: {n}")));
    /// ```
    pub fn of<T, F>(self, format: F) -> TextSinkOf<T, F>
    where
        T: Element,
        F: Fn(Ref<'_, T>) -> String + Send + Sync + 'static,
    {
        TextSinkOf { lines: self, format: Arc::new(format), elements: PhantomData }
    }
}

impl<T, F> Clone for TextSinkOf<T, F> {
    fn clone(&self) -> Self {
        Self { lines: self.lines.clone(), format: Arc::clone(&self.format), elements: PhantomData }
    }
}

impl<T, F> fmt::Debug for TextSinkOf<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.fmt(f)
    }
}

impl<T, F> Sink for TextSinkOf<T, F>
where
    T: Element,
    F: Fn(Ref<'_, T>) -> String + Send + Sync + 'static,
{
    type Elem = T;
    type Writer = FormatWriter<T, F>;

    fn shards(&self) -> Option<usize> {
        Sink::shards(&self.lines)
    }

    fn open(&self, run: &RunId) -> Result<Box<dyn Any + Send>> {
        self.lines.open(run)
    }

    fn writer(&self, run: &RunId, shard: Shard) -> Result<Self::Writer> {
        let lines = self.lines.writer(run, shard)?;
        Ok(FormatWriter { lines, format: Arc::clone(&self.format), elements: PhantomData })
    }

    fn prepare(&self, run: &RunId, parts: Vec<ShardPart>) -> Result<Vec<ShardPart>> {
        self.lines.prepare(run, parts)
    }

    fn commit(&self, run: &RunId, prepared: &[ShardPart]) -> Result<String> {
        self.lines.commit(run, prepared)
    }

    fn abort(&self, run: &RunId) {
        self.lines.abort(run);
    }

    fn describe(&self) -> String {
        self.lines.describe()
    }
}

/// Makes and writes the lines of one shard; made by [`TextSinkOf`].
pub struct FormatWriter<T, F> {
    lines: TextWriter,
    format: Arc<F>,
    elements: PhantomData<fn(T)>,
}

impl<T, F> Writer for FormatWriter<T, F>
where
    T: Element,
    F: Fn(Ref<'_, T>) -> String + Send + Sync + 'static,
{
    type Elem = T;
    type Part = ShardPart;

    fn write(&mut self, element: Ref<'_, T>) -> Result<()> {
        self.lines.write(&(self.format)(element))
    }

    fn close(self) -> Result<ShardPart> {
        self.lines.close()
    }
}
