//! A point in event time.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in event time, in milliseconds since 1970-01-01T00:00:00Z, as on Beam's wire.
///
/// Arithmetic saturates at [`Timestamp::MIN`] and [`Timestamp::MAX`]. Use it for when something
/// happened, not to measure how long code takes.
///
/// ```
/// use flumen::time::Timestamp;
/// use std::time::Duration;
/// let t = Timestamp::from_millis(1_000);
/// assert_eq!((t + Duration::from_secs(2)).millis(), 3_000);
/// assert_eq!(Timestamp::MAX + Duration::from_secs(1), Timestamp::MAX);
/// ```
///
/// Implements `BoundedWindow.TIMESTAMP_MIN_VALUE` and `TIMESTAMP_MAX_VALUE` of Beam's Java SDK.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest time: that of elements whose time nobody gave.
    pub const MIN: Self = Self(i64::MIN / 1000);
    /// The latest time: a watermark that has come here will not move again.
    pub const MAX: Self = Self(i64::MAX / 1000);
    /// The last moment of the global window, a day before [`Timestamp::MAX`].
    pub const END_OF_GLOBAL_WINDOW: Self = Self(Self::MAX.0 - 24 * 60 * 60 * 1000);

    /// The time that is `millis` milliseconds after (or before) the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, by: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, by: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::MIN => f.write_str("MIN"),
            Self::MAX => f.write_str("MAX"),
            Self(millis) => write!(f, "{millis} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_beams() {
        assert_eq!(Timestamp::MIN.millis(), -9_223_372_036_854_775);
        assert_eq!(Timestamp::MAX.millis(), 9_223_372_036_854_775);
        assert_eq!(Timestamp::MIN - Duration::from_millis(1), Timestamp::MIN);
        assert_eq!(Timestamp::from_millis(i64::MIN), Timestamp::MIN);
    }
}
