//! What to do about mail that fails.

use serde::Serialize;
use whosends_core::senders::Advice;

/// What to do, and what to publish for it.
#[derive(Debug, Serialize)]
pub(crate) struct Fix<'a> {
    text: &'a str,
    records: Vec<Record<'a>>,
}

/// An entry to publish.
#[derive(Debug, Serialize)]
struct Record<'a> {
    owner: &'a str,
    r#type: &'static str,
    value: Option<&'a str>,
}

impl<'a> From<&'a Advice> for Fix<'a> {
    fn from(advice: &'a Advice) -> Self {
        let records = advice.records.iter().map(|entry| Record {
            owner: &entry.owner,
            r#type: entry.kind.as_str(),
            value: entry.value.as_deref(),
        });
        Self { text: &advice.text, records: records.collect() }
    }
}

/// The first sentence of an advice: what to do, without the particulars.
pub(crate) fn in_short(advice: &Advice) -> &str {
    match advice.text.split_once(". ") {
        Some((first, _)) => advice.text.get(..=first.len()).unwrap_or(first),
        None => &advice.text,
    }
}

/// A text in lines of at most `width` columns; a word that is longer has a line of its own. No line ends within a
/// number.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line)
                if unicode_width::UnicodeWidthStr::width(line.as_str())
                    + 1
                    + unicode_width::UnicodeWidthStr::width(word.as_str())
                    <= width =>
            {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// The words of a text; the groups of three digits of a number are one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        match words.last_mut() {
            Some(last) if digits == 3 && last.ends_with(|end: char| end.is_ascii_digit()) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_in_one_line() {
        assert_eq!(
            wrapped("there are 1 234 567, or 12 of 345 678 more", 12),
            ["there are", "1 234 567,", "or 12 of", "345 678 more"]
        );
    }
}
