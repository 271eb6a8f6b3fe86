//! Text in lines that fit a terminal.

use unicode_width::UnicodeWidthStr;

/// A text in lines of at most `width` columns; a word that is longer has a line of its own. No line ends within a
/// number.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
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
