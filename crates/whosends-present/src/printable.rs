//! Strangers' text made safe for a terminal.
//!
//! Reporters' names, ids, comments, domains and file names are all chosen by somebody else. A character that a
//! terminal obeys, or that hides or reorders its neighbours, is shown as `\u{..}` instead.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every character that is not plainly visible written as `\u{..}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            // Writing to a `String` can't fail.
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// Whether a terminal would obey the character, not show it, or show its neighbours in another order.
pub fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    matches!(
        u32::from(character),
        // C1 controls
        0x80..=0x9f
        // spaces that are not a space's width, line and paragraph separators
        | 0x2028..=0x2029
        // bidirectional marks, embeddings, overrides and isolates
        | 0x61c | 0x200e..=0x200f | 0x202a..=0x202e | 0x2066..=0x2069
        // zero-width characters and invisible operators
        | 0xad | 0x34f | 0x180b..=0x180f | 0x200b..=0x200d | 0x2060..=0x2065 | 0x206a..=0x206f | 0xfeff
        // fillers that look like nothing
        | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x2800 | 0x3164 | 0xffa0
        // variation selectors, interlinear annotations, shorthand and musical format controls
        | 0xfe00..=0xfe0f | 0xfff0..=0xfffb | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
        // tags, and everything else of the plane that is ignored by default
        | 0xe0000..=0xe0fff
        // characters that are none
        | 0xfdd0..=0xfdef
    ) || u32::from(character) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_obey() {
        for (stated, shown) in [
            // OSC 52: writes to the clipboard
            ("\x1b]52;c;ZXZpbA==\x07", r"\u{1b}]52;c;ZXZpbA==\u{7}"),
            // OSC 8: a link that is not what it says
            ("\x1b]8;;http://evil.example\x1b\\ok", r"\u{1b}]8;;http://evil.example\u{1b}\ok"),
            // the line is written over
            ("100% pass\rfail", r"100% pass\u{d}fail"),
            ("a\nerror: b", r"a\u{a}error: b"),
            ("a\tb\u{7f}\0", r"a\u{9}b\u{7f}\u{0}"),
            // C1: CSI and OSC in one character
            ("\u{9b}2J\u{9d}", r"\u{9b}2J\u{9d}"),
            // shown backwards
            ("moc.\u{202e}elpmaxe\u{2066}", r"moc.\u{202e}elpmaxe\u{2066}"),
            ("\u{200f}\u{61c}", r"\u{200f}\u{61c}"),
            // zero width
            ("exam\u{200b}ple\u{feff}.com\u{ad}", r"exam\u{200b}ple\u{feff}.com\u{ad}"),
            // tag characters, variation selectors
            ("a\u{e0041}\u{e007f}\u{fe0f}\u{e0100}", r"a\u{e0041}\u{e007f}\u{fe0f}\u{e0100}"),
            ("\u{2028}\u{2029}\u{fffe}\u{10ffff}", r"\u{2028}\u{2029}\u{fffe}\u{10ffff}"),
        ] {
            assert_eq!(printable(stated), shown);
        }
    }

    #[test]
    fn what_can_be_read_stays() {
        for text in ["Google Inc.", "Münchner Post", "日本語 株式会社", "a › b.xml:41", r"C:\reports", "é"]
        {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
    }
}
