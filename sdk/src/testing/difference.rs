//! How two collections differ, told in few words.

use crate::element::{Column, Element, Ref};
use crate::error::Result;

/// How many differing elements a message shows.
const SHOWN_MAX: usize = 10;

/// What of the wanted elements is missing, and what is there besides; elements are compared by their encodings.
pub(super) fn difference<T: Element>(wanted: &T::Col, found: &[T]) -> Result<()> {
    let encoded = |values: &mut dyn Iterator<Item = Ref<'_, T>>| -> Result<Vec<(Vec<u8>, String)>> {
        let mut all = Vec::new();
        for value in values {
            let mut bytes = Vec::new();
            T::encode(value, &mut bytes)?;
            all.push((bytes, format!("{value:?}")));
        }
        all.sort();
        Ok(all)
    };
    let mut wanted = encoded(&mut wanted.iter())?;
    let mut missing = Vec::new();
    let mut extra = encoded(&mut found.iter().map(T::borrow))?;
    while let Some(value) = wanted.pop() {
        match extra.binary_search_by(|(bytes, _)| bytes.cmp(&value.0)) {
            Ok(at) => drop(extra.remove(at)),
            Err(_) => missing.push(value),
        }
    }
    if missing.is_empty() && extra.is_empty() {
        return Ok(());
    }
    Err(told(&shown(&missing), &shown(&extra)).into())
}

/// That there should be nothing, of so many elements whose first is known by its text.
pub(super) fn surplus(first: Option<&str>, rows: u64) -> Result<()> {
    let Some(first) = first else { return Ok(()) };
    Err(told("nothing", &listed(&[first], rows.saturating_sub(1))).into())
}

fn told(missing: &str, unexpected: &str) -> String {
    format!("missing: {missing}; unexpected: {unexpected}")
}

fn shown(values: &[(Vec<u8>, String)]) -> String {
    if values.is_empty() {
        return "nothing".into();
    }
    let first: Vec<&str> = values.iter().take(SHOWN_MAX).map(|(_, text)| text.as_str()).collect();
    listed(&first, values.len().saturating_sub(SHOWN_MAX) as u64)
}

fn listed(first: &[&str], more: u64) -> String {
    format!("{}{}", first.join(", "), if more > 0 { format!(" and {more} more") } else { String::new() })
}
