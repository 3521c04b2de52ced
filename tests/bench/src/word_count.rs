//! w1: how often each word of a text is there.

use flumen::Result;

pub(crate) fn run() -> Result<()> {
    Err("w1 needs text files".into())
}
