//! The documents whose examples are compiled and run as tests.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
