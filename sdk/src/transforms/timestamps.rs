//! Event time: given, told, taken back.

use std::panic::Location;

use crate::collection::PCollection;
use crate::element::{Borrowed, Element, Ref};
use crate::error::BoxError;
use crate::exec::ParDo;
use crate::function::{Out, ParDoFn, Returns};
use crate::time::Timestamp;

impl<T: Element> PCollection<T> {
    /// Gives each element the time that the closure makes of it.
    ///
    /// The closure returns a [`Timestamp`], or a `Result` of one, so that `?` works.
    ///
    /// ```
    /// # use flumen::{testing::run_with_data, time::Timestamp};
    /// # use flumen_local as _;
    /// let times = run_with_data(["5 a", "7 b"], |lines| {
    ///     let timed = lines.with_timestamps(|line| {
    ///         let seconds = line.split(' ').next().unwrap_or_default().parse::<i64>()?;
    ///         flumen::Ok(Timestamp::from_millis(seconds * 1_000))
    ///     });
    ///     timed.reify_timestamps().keys().map(|time| time.millis())
    /// });
    /// assert_eq!(times.unwrap(), [5_000, 7_000]);
    /// ```
    ///
    /// # Errors
    /// A time before the one that the element has fails the run: it could be late before anyone waited for it. The
    /// elements of a source that gives none have the earliest time there is, so any is allowed. An error or panic fails
    /// the run too, with the step, its source line and the element.
    ///
    /// Implements `WithTimestamps` of Beam's Java SDK, without its deprecated `withAllowedTimestampSkew`.
    #[track_caller]
    pub fn with_timestamps<R, F>(&self, time: F) -> PCollection<T>
    where
        F: Fn(Ref<'_, T>) -> R + Send + Sync + 'static,
        R: Returns<Elem = Timestamp> + 'static,
    {
        let give = move |element: Ref<'_, T>, out: &mut Out<'_, T>| -> Result<(), BoxError> {
            out.emit_at(time(element).returned()?, Borrowed::<T>(element));
            Ok(())
        };
        self.operator("with_timestamps", Location::caller(), ParDo::new(ParDoFn::<_, T, T>::new(give)))
    }

    /// Makes the pair `(time, element)` of each element.
    ///
    /// ```
    /// # use flumen::{testing::run_with_data, time::Timestamp};
    /// # use flumen_local as _;
    /// let timed = run_with_data(["a"], |words| words.reify_timestamps());
    /// assert_eq!(timed.unwrap(), [(Timestamp::MIN, "a".to_owned())]);
    /// ```
    ///
    /// Implements `Reify.timestamps` of Beam's Java SDK.
    #[track_caller]
    pub fn reify_timestamps(&self) -> PCollection<(Timestamp, T)> {
        let reify = |element: Ref<'_, T>, out: &mut Out<'_, (Timestamp, T)>| {
            let time = out.timestamp();
            out.emit((time, Borrowed::<T>(element)));
        };
        self.operator("reify_timestamps", Location::caller(), ParDo::new(ParDoFn::<_, T, _>::new(reify)))
    }
}

impl<T: Element> PCollection<(Timestamp, T)> {
    /// Gives each second of a pair the time that is its first: undoes
    /// [`reify_timestamps`](PCollection::reify_timestamps).
    ///
    /// ```
    /// # use flumen::{testing::run_with_data, time::Timestamp};
    /// # use flumen_local as _;
    /// let timed = [(Timestamp::from_millis(7), "a")];
    /// let back = run_with_data(timed, |pairs| pairs.extract_timestamps().reify_timestamps());
    /// assert_eq!(back.unwrap(), [(Timestamp::from_millis(7), "a".to_owned())]);
    /// ```
    ///
    /// # Panes and lateness
    /// The time may lie before the pair's own, as after a grouping: then the element may be late for a window that
    /// follows. To have that refused, use [`with_timestamps`](PCollection::with_timestamps).
    ///
    /// Implements `Reify.extractTimestampsFromValues` of Beam's Java SDK, for elements with and without a key.
    #[track_caller]
    pub fn extract_timestamps(&self) -> PCollection<T> {
        let extract = |(time, element): Ref<'_, (Timestamp, T)>, out: &mut Out<'_, T>| {
            out.emit_anytime(time, Borrowed::<T>(element));
        };
        let extract = ParDoFn::<_, (Timestamp, T), T>::new(extract);
        self.operator("extract_timestamps", Location::caller(), ParDo::new(extract))
    }
}
