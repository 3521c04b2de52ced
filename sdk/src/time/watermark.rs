//! How far event time has come.

use super::Timestamp;

/// A promise that no element with an earlier timestamp will follow, but as late data.
///
/// It only moves forward; [`Watermark::END`] says that nothing will follow at all.
///
/// ```
/// use flumen::time::{Timestamp, Watermark};
/// assert!(Watermark::START < Watermark::at(Timestamp::from_millis(0)));
/// assert!(Watermark::END.is_end());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Watermark(Timestamp);

impl Watermark {
    /// Nothing is promised yet.
    pub const START: Self = Self(Timestamp::MIN);
    /// The input has ended.
    pub const END: Self = Self(Timestamp::MAX);

    /// The watermark at `time`.
    #[must_use]
    pub const fn at(time: Timestamp) -> Self {
        Self(time)
    }

    /// Its time.
    #[must_use]
    pub const fn time(self) -> Timestamp {
        self.0
    }

    /// Whether the input has ended.
    #[must_use]
    pub fn is_end(self) -> bool {
        self == Self::END
    }
}
