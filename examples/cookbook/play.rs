//! The event of the cookbook: a play of a track, a line each, as in `examples/data/plays.tsv`.

use std::str::FromStr;

use flumen::{BoxError, Element};
use serde::{Deserialize, Serialize};

/// Somebody played a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Element)]
pub(crate) struct Play {
    /// The same when an event is sent again.
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) track: String,
    pub(crate) country: String,
    /// For how many milliseconds.
    pub(crate) ms: u64,
}

impl FromStr for Play {
    type Err = BoxError;

    fn from_str(line: &str) -> Result<Self, BoxError> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [id, user, track, country, ms] = fields[..] else {
            return Err(format!("{} fields, where 5 are wanted", fields.len()).into());
        };
        let ms = ms.parse().map_err(|e| format!("the time played, {ms:?}: {e}"))?;
        Ok(Self { id: id.into(), user: user.into(), track: track.into(), country: country.into(), ms })
    }
}
