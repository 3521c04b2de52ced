//! What a graph knows of an element type: its name and its coder.

use crate::coder::Coder;
use crate::element::Element;

/// The type of a collection's elements, as a graph carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementType {
    /// The type's name, for people.
    pub name: &'static str,
    /// The coder that writes it.
    pub coder: Coder,
}

impl ElementType {
    /// That of `T`.
    #[must_use]
    pub fn of<T: Element>() -> Self {
        Self { name: std::any::type_name::<T>(), coder: T::coder() }
    }

    /// The name without the paths of the types in it.
    ///
    /// ```
    /// use flumen::graph::ElementType;
    /// assert_eq!(ElementType::of::<(String, Option<u64>)>().short_name(), "(String, Option<u64>)");
    /// ```
    #[must_use]
    pub fn short_name(&self) -> String {
        let mut short = String::new();
        let mut word_start = 0;
        let mut rest = self.name.chars().peekable();
        while let Some(c) = rest.next() {
            if c == ':' && rest.peek() == Some(&':') {
                rest.next();
                short.truncate(word_start);
            } else {
                short.push(c);
                if !(c.is_alphanumeric() || c == '_') {
                    word_start = short.len();
                }
            }
        }
        short
    }
}
