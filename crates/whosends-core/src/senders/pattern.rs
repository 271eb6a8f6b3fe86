//! What a sign of the catalogue is compared with: a text, or an expression for the whole of one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::OnceLock;

use regex_lite::{Regex, RegexBuilder};

/// An expression that has to match the whole of a text.
///
/// Most texts are ruled out by the fixed characters at its ends, so it is compiled when it is first needed.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    source: Box<str>,
    prefix: Box<str>,
    suffix: Box<str>,
    regex: OnceLock<Option<Regex>>,
}

impl Expression {
    /// The expression `source`; one that can't be compiled matches nothing.
    pub(super) fn new(source: &str) -> Self {
        let (prefix, suffix) = fixed_ends(source);
        Self { source: source.into(), prefix: prefix.into(), suffix: suffix.into(), regex: OnceLock::new() }
    }

    /// What is wrong with the expression.
    pub(super) fn check(&self) -> Result<(), String> {
        compile(&self.source).map(drop).map_err(|error| error.to_string())
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        text.starts_with(&*self.prefix)
            && text.ends_with(&*self.suffix)
            && self
                .regex
                .get_or_init(|| compile(&self.source).ok())
                .as_ref()
                .is_some_and(|r| r.is_match(text))
    }
}

fn compile(source: &str) -> Result<Regex, regex_lite::Error> {
    RegexBuilder::new(&format!("^(?:{source})$")).size_limit(256 << 10).build()
}

/// The expression between the slashes of a sign, or `None` where the sign is a text.
pub(super) fn expression_source(sign: &str) -> Option<&str> {
    sign.strip_prefix('/')?.strip_suffix('/')
}

/// The characters every match begins and ends with; empty where that is not plain to see.
fn fixed_ends(source: &str) -> (String, String) {
    if source.contains('|') {
        return Default::default();
    }
    let (mut prefix, mut run) = (None, String::new());
    let mut chars = source.chars();
    while let Some(next) = chars.next() {
        let literal = match next {
            'a'..='z' | '0'..='9' | '-' | '_' => Some(next),
            '\\' => match chars.next() {
                Some(dot @ ('.' | '-')) => Some(dot),
                Some('d' | 'w' | 's') => None,
                _ => return Default::default(),
            },
            _ => None,
        };
        if let Some(literal) = literal {
            run.push(literal);
            continue;
        }
        match next {
            // What is repeated or optional is not fixed.
            '?' | '*' | '+' | '{' => drop(run.pop()),
            _ => {}
        }
        prefix.get_or_insert_with(|| run.clone());
        run.clear();
        match next {
            '{' => drop(chars.find(|&c| c == '}')),
            '[' => drop(chars.find(|&c| c == ']')),
            '(' | ')' => return (prefix.unwrap_or_default(), String::new()),
            _ => {}
        }
    }
    (prefix.unwrap_or_else(|| run.clone()), run)
}

/// Signs that are compared with a whole text: selectors, labels.
#[derive(Debug, Clone)]
pub(super) struct TextMap<T> {
    texts: HashMap<Box<str>, Vec<T>>,
    expressions: Vec<(Expression, T)>,
}

impl<T> Default for TextMap<T> {
    fn default() -> Self {
        Self { texts: HashMap::new(), expressions: Vec::new() }
    }
}

impl<T: Copy + Eq + Hash> TextMap<T> {
    /// Adds a sign as the catalogue writes it.
    pub(super) fn add(&mut self, sign: &str, value: T) {
        match expression_source(sign) {
            Some(source) => self.expressions.push((Expression::new(source), value)),
            None => self.texts.entry(sign.into()).or_default().push(value),
        }
    }

    /// All values whose sign is `text` or matches it.
    pub(super) fn find(&self, text: &str) -> impl Iterator<Item = T> {
        let texts = self.texts.get(text).into_iter().flatten().copied();
        let matching = self.expressions.iter().filter(move |(expression, _)| expression.matches(text));
        texts.chain(matching.map(|&(_, value)| value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_ends_are_never_too_long() {
        let ends = |source| fixed_ends(source);
        assert_eq!(ends(r"mkt\d\d?\.com"), ("mkt".into(), ".com".into()));
        assert_eq!(ends(r"[a-z0-9-]+-mktg\.com"), (String::new(), "-mktg.com".into()));
        assert_eq!(ends("titan1"), ("titan1".into(), "titan1".into()));
        assert_eq!(ends("key-?[12]"), ("key".into(), String::new()));
        assert_eq!(ends("ab{2}c"), ("a".into(), "c".into()));
        assert_eq!(ends(r"([a-z]+\.)*prod\.net"), (String::new(), String::new()));
        assert_eq!(ends("a|b"), (String::new(), String::new()));
        assert_eq!(ends(r"ab\x41"), (String::new(), String::new()));
        assert_eq!(ends(r"a\dz"), ("a".into(), "z".into()));
    }

    #[test]
    fn the_whole_text_has_to_match() {
        let mut map = TextMap::default();
        map.add(r"/em\d{3,5}/", 1);
        map.add("pm-bounces", 2);
        let find = |text| map.find(text).collect::<Vec<_>>();
        assert_eq!(find("em1234"), [1]);
        assert_eq!(find("em123456"), [] as [i32; 0]);
        assert_eq!(find("xem1234"), [] as [i32; 0]);
        assert_eq!(find("pm-bounces"), [2]);
    }
}
