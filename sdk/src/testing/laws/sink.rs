//! The laws of a sink.

use super::{Encoded, broken, call, encoded, same_elements, travelled};
use crate::element::{Column, Element, Put};
use crate::error::{Cause, FnError, Result};
use crate::io::{RunId, Shard, Sink, Writer};

const UNSEEN: &str = "nothing is visible before the commit";
const SEEN: &str = "what is committed is visible once";
const TWICE: &str = "a second commit changes nothing";
const REPLACES: &str = "a run replaces what an earlier one published";
const EMPTY: &str = "a run without elements can be published";
const ABORTED: &str = "an abort leaves what was visible before";
const TRAVELS: &str = "a part survives its encoding";

/// How many threads write where the sink does not say how many shards it has.
const WORKERS: usize = 2;

/// Tests a sink on the laws that hold for every one.
///
/// For the tests of a [`Sink`] of your own. It writes the elements in several runs, as an engine does, and asks after each
/// step what is visible: `published` reads that back, in any order, and nothing at all before the first run has been
/// published. The laws:
///
/// - nothing is visible before the commit, and what is committed is visible once;
/// - a second commit changes nothing;
/// - a run replaces what an earlier one published, and may be one without elements;
/// - an abort leaves what was visible before, also after `prepare` and with a writer that was never closed, and the next
///   run can write;
/// - a part survives its encoding.
///
/// A sink that adds to what is there on purpose passes if `published` reads what the last run has added.
///
/// ```
/// use flumen::io::text;
/// use flumen::testing::laws;
///
/// let folder = tempfile::tempdir()?;
/// let prefix = format!("{}/out", folder.path().display());
/// let lines = || -> flumen::Result<Vec<String>> {
///     let mut all = Vec::new();
///     for entry in std::fs::read_dir(folder.path())? {
///         let entry = entry?;
///         // What is hidden is of a run that has not been published.
///         if !entry.file_name().to_string_lossy().starts_with('.') {
///             all.extend(std::fs::read_to_string(entry.path())?.lines().map(str::to_owned));
///         }
///     }
///     Ok(all)
/// };
/// laws::sink(&text::sink(prefix), ["to", "be", "or"], lines)?;
/// # flumen::Ok(())
/// ```
///
/// # Errors
/// The first law that does not hold, with what was seen; fewer than two elements.
pub fn sink<S: Sink, P: Put<Elem = S::Elem>, Q: Put<Elem = S::Elem>>(
    sink: &S,
    elements: impl IntoIterator<Item = P>,
    mut published: impl FnMut() -> Result<Vec<Q>>,
) -> Result<()> {
    let elements = column::<P>(elements);
    if elements.len() < 2 {
        return Err(FnError::new(Cause::Usage, "the laws of a sink need two elements at least").into());
    }
    let all = rows::<S::Elem>(&elements)?;
    let read_back = || rows::<S::Elem>(&column::<Q>(published()?));
    let mut trial = Trial { sink, read_back, visible: Vec::new(), runs: 0 };
    trial.visible = (trial.read_back)()?;

    let run = trial.commits(&elements, elements.len(), UNSEEN)?;
    trial.sees(&all, SEEN, "after the commit")?;
    run.publish(sink, TWICE)?;
    trial.sees(&all, TWICE, "after it")?;
    drop(run);
    let half = elements.len() / 2;
    drop(trial.commits(&elements, half, REPLACES)?);
    trial.sees(all.get(..half).unwrap_or_default(), REPLACES, "after a run of fewer elements")?;
    trial.aborts(&elements)?;
    drop(trial.commits(&elements, 0, EMPTY)?);
    trial.sees(&[], EMPTY, "after such a run")?;
    drop(trial.commits(&elements, elements.len(), REPLACES)?);
    trial.sees(&all, REPLACES, "after runs that were aborted and one without elements")
}

fn column<P: Put>(values: impl IntoIterator<Item = P>) -> <P::Elem as Element>::Col {
    let mut column = <P::Elem as Element>::Col::default();
    values.into_iter().for_each(|value| value.put(&mut column));
    column
}

fn rows<T: Element>(column: &T::Col) -> Result<Vec<Encoded>> {
    column.iter().map(|value| encoded::<T>(value)).collect()
}

type Part<S> = <<S as Sink>::Writer as Writer>::Part;

/// A sink on trial.
struct Trial<'s, S, F> {
    sink: &'s S,
    read_back: F,
    /// What should be visible.
    visible: Vec<Encoded>,
    runs: usize,
}

/// A run that is under way; the sink's guard is held as long as this lives.
struct Run<S: Sink> {
    id: RunId,
    prepared: Vec<Part<S>>,
    _guard: Box<dyn std::any::Any + Send>,
}

impl<S: Sink> Run<S> {
    fn publish(&self, sink: &S, law: &str) -> Result<()> {
        call(law, "commit", || sink.commit(&self.id, &self.prepared)).map(drop)
    }
}

impl<S: Sink, F: FnMut() -> Result<Vec<Encoded>>> Trial<'_, S, F> {
    /// Whether these elements are visible, and no others.
    fn sees(&mut self, wanted: &[Encoded], law: &str, when: &str) -> Result<()> {
        let found = (self.read_back)()?;
        same_elements::<S::Elem>(wanted, &found)
            .map_err(|seen| broken(law, format_args!("{when}, {seen}")))?;
        self.visible = found;
        Ok(())
    }

    /// Whether nothing has changed.
    fn unchanged(&mut self, law: &str, when: &str) -> Result<()> {
        let visible = std::mem::take(&mut self.visible);
        self.sees(&visible, law, when)
    }

    fn begin(&mut self, law: &str) -> Result<Run<S>> {
        self.runs += 1;
        let id = RunId(format!("law-{}", self.runs));
        let guard = call(law, "open", || self.sink.open(&id))?;
        self.unchanged(UNSEEN, "after `open`")?;
        Ok(Run { id, prepared: Vec::new(), _guard: guard })
    }

    /// A writer for each shard, with its part of the first `count` elements written.
    fn write(&self, run: &Run<S>, elements: &Col<S>, count: usize, law: &str) -> Result<Vec<S::Writer>> {
        let shards = match self.sink.shards() {
            Some(0) => return Err(broken(law, "`shards` is 0, so there is nothing to write to")),
            Some(shards) => shards,
            None => WORKERS.min(count),
        };
        let mut writers = Vec::new();
        for number in 0..shards {
            let lane = self.sink.shards().map(|_| number);
            let shard = Shard { worker: lane.map_or(number, |lane| lane % WORKERS), lane };
            let mut writer = call(law, "writer", || self.sink.writer(&run.id, shard))?;
            for element in elements.iter().take(count).skip(number).step_by(shards) {
                call(law, "write", || writer.write(element))?;
            }
            writers.push(writer);
        }
        Ok(writers)
    }

    /// Everything up to the commit.
    fn prepares(&mut self, elements: &Col<S>, count: usize, law: &str) -> Result<Run<S>> {
        let mut run = self.begin(law)?;
        let mut parts = Vec::new();
        for writer in self.write(&run, elements, count, law)? {
            let part = call(law, "close", || writer.close())?;
            parts.push(travelled(TRAVELS, &part)?);
        }
        self.unchanged(UNSEEN, "after writing")?;
        for part in call(law, "prepare", || self.sink.prepare(&run.id, parts))? {
            run.prepared.push(travelled(TRAVELS, &part)?);
        }
        self.unchanged(UNSEEN, "after `prepare`")?;
        Ok(run)
    }

    fn commits(&mut self, elements: &Col<S>, count: usize, law: &str) -> Result<Run<S>> {
        let run = self.prepares(elements, count, law)?;
        run.publish(self.sink, law)?;
        Ok(run)
    }

    fn aborts(&mut self, elements: &Col<S>) -> Result<()> {
        let abort = |id: &RunId| {
            call(ABORTED, "abort", || {
                self.sink.abort(id);
                Ok(())
            })
        };
        let run = self.prepares(elements, elements.len(), ABORTED)?;
        abort(&run.id)?;
        self.unchanged(ABORTED, "after `prepare` and `abort`")?;
        drop(run);
        let run = self.begin(ABORTED)?;
        drop(self.write(&run, elements, elements.len(), ABORTED)?);
        abort(&run.id)?;
        self.unchanged(ABORTED, "after writing and `abort`, without a close")?;
        drop(run);
        let run = self.begin(ABORTED)?;
        abort(&run.id)?;
        self.unchanged(ABORTED, "after `open` and `abort`")
    }
}

type Col<S> = <<S as Sink>::Elem as Element>::Col;
