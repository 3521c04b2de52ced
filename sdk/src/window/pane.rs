//! Which firing of a window an element comes from.

/// When a pane fired, in relation to the watermark's passing the end of its window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PaneTiming {
    /// Before it: a speculative result.
    Early,
    /// The first one after it.
    OnTime,
    /// After the on-time pane.
    Late,
    /// The element went through no trigger yet.
    #[default]
    Unknown,
}

/// Which firing of its window an element comes from.
///
/// ```
/// use flumen::window::{PaneInfo, PaneTiming};
/// let pane = PaneInfo::NO_FIRING;
/// assert!(pane.first && pane.last && pane.timing == PaneTiming::Unknown);
/// ```
///
/// Implements `PaneInfo` of Beam's Java SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PaneInfo {
    /// The first pane of its window.
    pub first: bool,
    /// The last pane of its window.
    pub last: bool,
    /// When it fired.
    pub timing: PaneTiming,
    /// How many panes of the window came before it.
    pub index: i64,
    /// How many of those were not early; -1 for an early pane.
    pub on_time_index: i64,
}

impl PaneInfo {
    /// The pane of an element that no grouping has seen.
    pub const NO_FIRING: Self =
        Self { first: true, last: true, timing: PaneTiming::Unknown, index: 0, on_time_index: 0 };
    /// The only pane of a bounded collection's grouping: on time, first and last.
    pub const ON_TIME_AND_ONLY: Self =
        Self { first: true, last: true, timing: PaneTiming::OnTime, index: 0, on_time_index: 0 };
}

impl Default for PaneInfo {
    fn default() -> Self {
        Self::NO_FIRING
    }
}
