//! File patterns, matched a character at a time, so that a walk knows which folders to leave out.

/// One step of a pattern.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Char(char),
    /// `?`
    AnyOne,
    /// `*`
    Within,
    /// `**`
    Across,
    /// `[..]`: whether its characters are those left out, and the ranges of them.
    Class(bool, Vec<(char, char)>),
}

/// A pattern cut in two: the folder that it begins with, and what may follow.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// Empty, or the folder's path with its `/`.
    pub(super) base: String,
    tokens: Vec<Token>,
}

/// Where in a pattern one may be after the characters so far.
#[derive(Clone, Debug)]
pub(super) struct Places(Vec<bool>);

impl Pattern {
    /// The pattern of a text, or none if it has no wildcard.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            tokens.push(match c {
                '\\' => Token::Char(rest.next().unwrap_or('\\')),
                '?' => Token::AnyOne,
                '*' => {
                    let after = rest.as_str().trim_start_matches('*');
                    let more = rest.as_str().len() - after.len();
                    rest = after.chars();
                    if more > 0 { Token::Across } else { Token::Within }
                }
                '[' => match class(rest.as_str()) {
                    Some((class, after)) => {
                        rest = after.chars();
                        class
                    }
                    None => Token::Char('['),
                },
                other => Token::Char(other),
            });
        }
        let literal = tokens.iter().position(|token| !matches!(token, Token::Char(_)))?;
        let is_slash = |token: &Token| *token == Token::Char('/');
        let base = tokens.iter().take(literal).rposition(is_slash).map_or(0, |slash| slash + 1);
        let tail = tokens.split_off(base);
        let base =
            tokens.into_iter().filter_map(|token| if let Token::Char(c) = token { Some(c) } else { None });
        Some(Self { base: base.collect(), tokens: tail })
    }

    /// Where one is at the start, after the base.
    pub(super) fn start(&self) -> Places {
        let mut places = Places(vec![false; self.tokens.len() + 1]);
        self.reach(0, &mut places);
        places
    }

    /// Stands at a place, and at those that wildcards for nothing lead to.
    fn reach(&self, place: usize, places: &mut Places) {
        for at in place..=self.tokens.len() {
            if let Some(here) = places.0.get_mut(at) {
                *here = true;
            }
            if !matches!(self.tokens.get(at), Some(Token::Within | Token::Across)) {
                break;
            }
        }
    }

    /// Where one is after some more of a path; none if nothing that goes on so can match.
    pub(super) fn follow(&self, from: &Places, text: &str) -> Option<Places> {
        let mut places = from.clone();
        for c in text.chars() {
            let mut next = Places(vec![false; places.0.len()]);
            for (at, token) in self.tokens.iter().enumerate() {
                if places.0.get(at) != Some(&true) {
                    continue;
                }
                match token {
                    Token::Across => self.reach(at, &mut next),
                    Token::Within if c != '/' => self.reach(at, &mut next),
                    Token::Char(own) if *own == c => self.reach(at + 1, &mut next),
                    Token::AnyOne if c != '/' => self.reach(at + 1, &mut next),
                    Token::Class(others, ranges) if c != '/' && is_in(ranges, c) != *others => {
                        self.reach(at + 1, &mut next);
                    }
                    _ => {}
                }
            }
            places = next;
        }
        places.0.contains(&true).then_some(places)
    }

    /// Whether the pattern ends here.
    pub(super) fn is_end(&self, places: &Places) -> bool {
        places.0.last() == Some(&true)
    }
}

fn is_in(ranges: &[(char, char)], c: char) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// The class that a `[` begins, and what comes after it; none if no `]` ends it.
fn class(text: &str) -> Option<(Token, &str)> {
    let (others, text) = match text.strip_prefix(['!', '^']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut ranges = Vec::new();
    let mut rest = text.chars();
    loop {
        let first = match rest.next()? {
            // A `]` that comes first is one of the class.
            ']' if !ranges.is_empty() => return Some((Token::Class(others, ranges), rest.as_str())),
            '\\' => rest.next()?,
            c => c,
        };
        let mut ahead = rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(last)) if last != ']' => {
                ranges.push((first, last));
                rest = ahead;
            }
            _ => ranges.push((first, first)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let Some(pattern) = Pattern::parse(pattern) else { return pattern == path };
        let Some(tail) = path.strip_prefix(&pattern.base) else { return false };
        pattern.follow(&pattern.start(), tail).is_some_and(|places| pattern.is_end(&places))
    }

    #[test]
    fn table() {
        let yes = [
            ("*", "a"),
            ("*", ".hidden"),
            ("a*", "a"),
            ("a*c", "abbbc"),
            ("?.txt", "é.txt"),
            ("logs/*/a.txt", "logs/x/a.txt"),
            ("logs/**", "logs/x/y/z"),
            ("logs/**.txt", "logs/a.txt"),
            ("logs/**.txt", "logs/x/y/a.txt"),
            ("logs/**/a.txt", "logs/x/y/a.txt"),
            ("**/a", "x/a"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[]]x", "]x"),
            ("[a-]", "-"),
            ("[\\]a]?", "]!"),
            ("a[", "a["),
            ("a\\*b*", "a*bc"),
            ("a,b*", "a,bc"),
            ("{a,b}*", "{a,b}c"),
            ("***", "x/y"),
        ];
        let no = [
            ("*", "a/b"),
            ("?", "ab"),
            ("?", "/"),
            ("[!a]", "/"),
            ("logs/*", "logs/x/y"),
            ("logs/**/a.txt", "logs/a.txt"),
            ("[a-c]x", "dx"),
            ("[!a-c]x", "bx"),
            ("a*c", "abcd"),
            ("a\\*b*", "axbc"),
            ("*.txt", "a.txt2"),
        ];
        yes.iter().for_each(|(pattern, path)| assert!(matches(pattern, path), "{pattern} matches {path}"));
        no.iter()
            .for_each(|(pattern, path)| assert!(!matches(pattern, path), "{pattern} does not match {path}"));
    }

    #[test]
    fn the_base_is_the_folder_before_the_first_wildcard() {
        for (pattern, base) in [("a/b/c*", "a/b/"), ("*", ""), ("/x/[ab]/c", "/x/"), ("a\\*/b?", "a*/")] {
            assert_eq!(Pattern::parse(pattern).unwrap().base, base);
        }
        assert!(Pattern::parse("a/b.txt").is_none());
    }

    #[test]
    fn folders_that_cannot_match_are_left_out() {
        let pattern = Pattern::parse("logs/2024-*/a").unwrap();
        assert!(pattern.follow(&pattern.start(), "2024-01/").is_some());
        assert!(pattern.follow(&pattern.start(), "2023-01/").is_none());
    }
}
