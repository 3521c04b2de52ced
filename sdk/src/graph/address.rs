//! Where a worker finds the function of a step.

use serde::{Deserialize, Serialize};

use super::Fingerprint;
use crate::coder::{self, DecodeError, Input};
use crate::error::BoxError;

/// Where a worker finds the function of a step: the payload of a user's step on the wire.
///
/// Functions don't travel; the worker is the same executable, builds the same graph and takes the function from it.
///
/// ```
/// use flumen::Pipeline;
/// use flumen::graph::Address;
/// let p = Pipeline::new();
/// p.range(0..3).filter(|x| x % 2 == 0).named("evens");
/// let address = p.nodes()[1].address("numbers", p.fingerprint());
/// assert_eq!(Address::decode(&address.encode().unwrap()).unwrap(), address);
/// assert!(matches!(address, Address::Pipeline { step, .. } if step == "evens"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Address {
    /// A step of a pipeline that the executable has by name.
    Pipeline {
        /// The pipeline's name in the executable's table.
        name: String,
        /// The step's full name.
        step: String,
        /// The graph it stood in.
        fingerprint: Fingerprint,
    },
    /// A step of a pipeline that only the launching process has.
    Local {
        /// The run.
        job: String,
        /// The step's full name.
        step: String,
    },
}

impl Address {
    /// As bytes.
    ///
    /// # Errors
    /// Never in practice: every address can be written.
    pub fn encode(&self) -> Result<Vec<u8>, BoxError> {
        let mut out = Vec::new();
        coder::serde::encode(self, &mut out)?;
        Ok(out)
    }

    /// From bytes.
    ///
    /// # Errors
    /// The bytes are no address.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        coder::serde::decode(&mut Input::new(bytes))
    }
}
