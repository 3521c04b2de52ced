//! The line between the engine and user code: what panics there becomes an error here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{BoxError, FnError};

/// Calls user code; its error or panic becomes a [`FnError`].
///
/// What the call was changing may be left half done: after an error it is only read, to name the element, or
/// thrown away.
///
/// # Errors
/// Those of `call`, and its panics.
#[inline]
pub fn guard<R>(call: impl FnOnce() -> Result<R, BoxError>) -> Result<R, FnError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(FnError::from_error(error)),
        Err(panic) => Err(FnError::from_panic(panic.as_ref())),
    }
}
