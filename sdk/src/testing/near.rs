//! Which name was meant by one that does not exist.

/// The known name that was likely meant: the full name of the step, or one that is spelled nearly so.
pub(super) fn near<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    let within = format!("/{name}");
    let full = known.clone().find(|known| known.ends_with(&within));
    let most = name.chars().count().div_ceil(3);
    let spelled = || known.map(|known| (edits(name, known), known)).min().filter(|(edits, _)| *edits <= most);
    full.or_else(|| spelled().map(|(_, known)| known))
}

/// How many letters must be added, removed or changed to make one name of the other.
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    // By how much of `other`: the edits that make it of what has been seen of `one`.
    let mut row: Vec<usize> = (1..=other.len()).collect();
    let mut last = other.len();
    for (seen, letter) in one.chars().enumerate() {
        let (mut diagonal, mut left) = (seen, seen + 1);
        for (cell, wanted) in row.iter_mut().zip(&other) {
            let change = diagonal + usize::from(letter != *wanted);
            diagonal = *cell;
            left = change.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        last = left;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        let rows = [
            ("", "", 0),
            ("", "ab", 2),
            ("ab", "", 2),
            ("read", "raed", 2),
            ("çà", "çá", 1),
            ("kitten", "sitting", 3),
        ];
        for (one, other, want) in rows {
            assert_eq!((edits(one, other), edits(other, one)), (want, want), "{one}, {other}");
        }
    }

    #[test]
    fn a_near_name_is_found_and_a_far_one_is_not() {
        let known = ["read", "load/read-2", "write", "load/words"];
        let near = |name| near(name, known.into_iter());
        assert_eq!(near("raed"), Some("read"));
        assert_eq!(near("words"), Some("load/words"));
        assert_eq!(near("load/word"), Some("load/words"));
        assert_eq!((near("sums"), near("")), (None, None));
    }
}
