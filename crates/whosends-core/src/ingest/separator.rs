//! The lines that stand before the messages of an mbox, told from prose that begins like them.

use memchr::memchr;

/// What a line that begins with `From ` looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// It ends in a date, as RFC 4155 asks.
    Dated,
    /// One word: a sender alone.
    Address,
    /// `From -`.
    Dash,
    /// Nothing more.
    Bare,
    /// Words.
    Prose,
}

impl Shape {
    /// The shape of a line that begins with `From `.
    pub(super) fn of(line: &[u8]) -> Self {
        let mut words = line.get(5..).unwrap_or_default().trim_ascii().split(u8::is_ascii_whitespace);
        match (words.next().unwrap_or_default(), words.next()) {
            (b"", _) => Self::Bare,
            (b"-", None) => Self::Dash,
            (_, None) => Self::Address,
            _ if ends_in_a_date(line) => Self::Dated,
            _ => Self::Prose,
        }
    }
}

/// The words of a line that are looked at.
const WORDS: usize = 24;

/// Whether a line ends in a date: a weekday, then month and day in any order, then a time or a year and zones.
fn ends_in_a_date(line: &[u8]) -> bool {
    let line = &line[..line.len().min(512)];
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).take(WORDS);
    let mut rest = words.skip_while(|word| !is_name(word, &DAYS)).skip(1).peekable();
    let (mut months, mut numbers, mut has_time_or_year) = (0, 0, false);
    while let Some(word) = rest.next_if(|word| !word.eq_ignore_ascii_case(b"remote")) {
        let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
        if is_name(word, &MONTHS) {
            months += 1;
        } else if digits > 0 && word.iter().all(|byte| byte.is_ascii_digit() || b":+-.,()".contains(byte)) {
            numbers += 1;
            has_time_or_year |= word.contains(&b':') || digits == 4;
        } else if word.len() > 6 || !word.iter().all(|byte| byte.is_ascii_uppercase() || b"()".contains(byte))
        {
            return false;
        }
    }
    months == 1 && numbers >= 2 && has_time_or_year
}

const DAYS: [&[u8]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
const MONTHS: [&[u8]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// Whether a word is one of some names of three letters, with a comma behind it or not.
fn is_name(word: &[u8], names: &[&[u8]]) -> bool {
    let word = word.strip_suffix(b",").unwrap_or(word);
    names.iter().any(|name| word.eq_ignore_ascii_case(name))
}

/// What stands behind a line that begins with `From `, as far as it tells whether that line separates.
pub(super) struct Following {
    /// Whether the header of a mail begins there.
    pub(super) is_mail: bool,
    /// Whether a line begins there that may be a field of any header.
    pub(super) is_field: bool,
    /// The bytes of the separators and blank lines that stand before it, the line itself among them.
    pub(super) run: usize,
}

/// What may stand between a line and the header behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// The header has to follow at once, and to be plain.
    Strict,
    /// Blank lines and more separators, and in the header lines that are no fields.
    Lenient,
}

/// Looks at what stands behind the line that `text` begins with.
pub(super) fn following(text: &[u8], manner: Manner) -> Following {
    let first = line_length(text);
    let run = match manner {
        Manner::Strict => first,
        Manner::Lenient => first + run_length(&text[first..]),
    };
    let rest = skip_quoted(&text[run..]);
    Following { is_mail: holds_mail_field(rest, manner), is_field: field_name(rest).is_some(), run }
}

/// The bytes of separators and blank lines that some text begins with.
pub(super) fn run_length(text: &[u8]) -> usize {
    let mut run = 0;
    while run < text.len() && is_filler(&text[run..]) {
        run += line_length(&text[run..]);
    }
    run
}

/// Whether text begins with a line that says nothing right behind a separator.
fn is_filler(text: &[u8]) -> bool {
    let line = &text[..line_length(text)];
    line.trim_ascii().is_empty() || line.starts_with(b"From ") && Shape::of(line) != Shape::Prose
}

/// Some stores quote a second separator before the header.
pub(super) fn skip_quoted(text: &[u8]) -> &[u8] {
    if text.starts_with(b">From ") { &text[line_length(text)..] } else { text }
}

/// Whether the lines up to the first blank one hold a field that mail has and little else does.
fn holds_mail_field(text: &[u8], manner: Manner) -> bool {
    const FIELDS: [&[u8]; 9] = [
        b"from",
        b"to",
        b"date",
        b"subject",
        b"received",
        b"return-path",
        b"message-id",
        b"mime-version",
        b"content-type",
    ];
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_at(line_length(rest));
        rest = after;
        if line.trim_ascii().is_empty() || line.starts_with(b"From ") {
            return false;
        }
        match field_name(line) {
            Some(name) if FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field)) => return true,
            None if manner == Manner::Strict && !matches!(line.first(), Some(b' ' | b'\t')) => return false,
            _ => {}
        }
    }
    false
}

fn line_length(text: &[u8]) -> usize {
    memchr(b'\n', text).map_or(text.len(), |end| end + 1)
}

/// The name of the header field that `line` begins with (RFC 5322 section 2.2).
pub(super) fn field_name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr(b':', &line[..line.len().min(80)])?;
    let name = &line[..colon];
    (!name.is_empty() && name.iter().all(|b| matches!(b, 33..=57 | 59..=126))).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for line in [
            "From a@example.com Sun Nov 22 10:00:00 2026",
            "From - Sun Nov 22 10:00:00 2026",
            "From ???@??? Sun Nov 22 10:00:00 2026",
            "From a@example.com Sun Nov 22 10:00 2026",
            "From a@example.com Sun, 22 Nov 2026 10:00:00 +0100 (CET)",
            "From 1795219200@xxx Sun Nov 22 10:00:00 +0000 2026",
            "From a@example.com Sun Nov 22 16: 18:08 2026",
            "From a@example.com Sun Nov 22 10:00:00 EST 2026 remote from mail",
            "From \"a b\"@example.com Sun Nov  2 10:00:00 2026",
        ] {
            assert_eq!(Shape::of(line.as_bytes()), Shape::Dated, "{line}");
        }
        for line in [
            "From 2026-09-21 00:00:00 UTC to 2026-09-21 23:59:59 UTC",
            "From here on",
            "From Monday to Friday, 10:00 to 12:00",
            "From Sun Nov 22 10:00:00 2026 until today",
            "From the list, Sun Nov 22",
        ] {
            assert_eq!(Shape::of(line.as_bytes()), Shape::Prose, "{line}");
        }
        assert_eq!(Shape::of(b"From a@example.com \r\n"), Shape::Address);
        assert_eq!(Shape::of(b"From -\n"), Shape::Dash);
        assert_eq!(Shape::of(b"From \r\n"), Shape::Bare);
    }

    #[test]
    fn a_header_is_known_by_the_fields_of_mail() {
        let is_header = |text: &str, manner| following(text.as_bytes(), manner).is_mail;
        for text in ["From \nX-A: b\n c\nSubject: d\n", "From \n>From x\nReceived: y\n"] {
            assert!(is_header(text, Manner::Strict) && is_header(text, Manner::Lenient), "{text}");
        }
        for text in ["From \n\nFrom a\n\nSubject: x\n", "From \nodd line\nTo: x\n"] {
            assert!(!is_header(text, Manner::Strict) && is_header(text, Manner::Lenient), "{text}");
        }
        for text in
            ["From \nDomain: x\n\nSubject: y\n", "From \nX: y\nFrom \nSubject: z\n", "From \n", "From "]
        {
            assert!(!is_header(text, Manner::Lenient), "{text}");
        }
    }
}
