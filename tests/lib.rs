//! The documents whose examples are compiled and run as tests.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("../docs/TESTING.md")]
mod testing {}
