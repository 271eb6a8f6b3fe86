//! Text in another guise: wide characters, odd line ends, and bytes before what is read.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use crate::model::NoteCode;

/// How text or an archive stands in bytes that are not its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guise {
    /// Characters of two or four bytes, as PowerShell writes what is redirected into a file.
    Wide(Wide),
    /// Lines that end in a carriage return alone.
    CarriageReturns,
    /// An archive behind so many bytes that do not belong to it.
    Behind(usize),
}

impl Guise {
    /// What is noted of a report in it.
    pub(super) const fn note(self) -> NoteCode {
        match self {
            Self::Wide(_) | Self::CarriageReturns => NoteCode::TransferEncoding,
            Self::Behind(_) => NoteCode::LeadingText,
        }
    }

    /// What it is for people.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Wide(Wide { width: 2, .. }) => "UTF-16",
            Self::Wide(_) => "UTF-32",
            Self::CarriageReturns => "line ends",
            Self::Behind(_) => "archive",
        }
    }

    /// The bytes without it.
    pub(super) fn taken_off(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Wide(wide) => Cow::Owned(wide.decode(bytes).into_bytes()),
            Self::CarriageReturns => plain_line_ends(bytes),
            Self::Behind(before) => Cow::Borrowed(bytes.get(before..).unwrap_or_default()),
        }
    }
}

/// Characters of so many bytes each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wide {
    width: usize,
    big_endian: bool,
}

impl Wide {
    /// How wide the characters are that bytes begin with: by their mark, else by the zeros beside a letter or `<`.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let wide = |width, big_endian| Some(Self { width, big_endian });
        let opens = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'<' || byte.is_ascii_whitespace();
        match *head {
            [0xff, 0xfe, 0, 0, ..] => wide(4, false),
            [0, 0, 0xfe, 0xff, ..] => wide(4, true),
            [0xff, 0xfe, ..] => wide(2, false),
            [0xfe, 0xff, ..] => wide(2, true),
            [a, 0, 0, 0, b, 0, 0, 0, ..] if opens(a) && opens(b) => wide(4, false),
            [0, 0, 0, a, 0, 0, 0, b, ..] if opens(a) && opens(b) => wide(4, true),
            [a, 0, b, 0, ..] if opens(a) && b != 0 => wide(2, false),
            [0, a, 0, b, ..] if opens(a) && b != 0 => wide(2, true),
            _ => None,
        }
    }

    /// Whether the XML reader takes it as it is.
    pub(super) const fn is_utf16(self) -> bool {
        self.width == 2
    }

    /// The text; what is no character is replaced.
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        let number = |unit: &[u8]| {
            let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
            if self.big_endian { unit.iter().fold(0, add) } else { unit.iter().rev().fold(0, add) }
        };
        let units = bytes.chunks_exact(self.width).map(number);
        let text: String = if self.width == 2 {
            char::decode_utf16(units.map(|unit| unit as u16))
                .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        } else {
            units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        };
        text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned)
    }
}

/// Bytes that are looked through for the end of a line.
const FIRST_LINE: usize = 16 << 10;

/// Whether lines end in a carriage return alone.
pub(super) fn has_carriage_returns_alone(text: &[u8]) -> bool {
    let head = &text[..text.len().min(FIRST_LINE)];
    memchr(b'\n', head).is_none() && memchr(b'\r', head).is_some()
}

/// Text whose lines end as mail's do: CR alone, as old systems have it, and CR CR LF, as a transfer in text mode
/// makes of CR LF, are taken for the line ends they were.
pub(super) fn plain_line_ends(text: &[u8]) -> Cow<'_, [u8]> {
    if has_carriage_returns_alone(text) {
        return Cow::Owned(text.iter().map(|&byte| if byte == b'\r' { b'\n' } else { byte }).collect());
    }
    let first = memchr(b'\n', &text[..text.len().min(FIRST_LINE)]).unwrap_or_default();
    if !text[..first].ends_with(b"\r\r") {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut from = 0;
    for at in memmem::find_iter(text, b"\r\r\n") {
        plain.extend_from_slice(&text[from..at]);
        from = at + 1;
    }
    plain.extend_from_slice(&text[from..]);
    Cow::Owned(plain)
}

/// Bytes before an archive that a transfer or a program may have put there.
const BEFORE: usize = 64;

/// How many bytes stand before a gzip or zip, where some do.
pub(super) fn archive_behind(head: &[u8]) -> Option<usize> {
    let near = &head[..head.len().min(BEFORE + 10)];
    (1..near.len()).find(|&at| match &near[at..] {
        [0x1f, 0x8b, 8, flags, _, _, _, _, extra, system, ..] => {
            *flags < 0x20 && matches!(extra, 0 | 2 | 4) && (*system <= 13 || *system == 255)
        }
        [b'P', b'K', 3, 4, version, ..] => (10..=63).contains(version),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_are_narrowed() {
        let text = "From: é😀";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf32: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        for (bytes, mark) in [(utf16, &b"\xff\xfe"[..]), (utf32, b"\0\0\xfe\xff")] {
            for bytes in [bytes.clone(), [mark, &bytes].concat()] {
                assert_eq!(Wide::of(&bytes).map(|wide| wide.decode(&bytes)).as_deref(), Some(text));
            }
        }
        assert_eq!(Wide::of(b"From"), None);
        assert_eq!(Wide::of(b"\0\0\0\0\0\0\0\0"), None);
    }

    #[test]
    fn line_ends_are_what_they_were() {
        for (text, plain) in
            [("a\rb\r\rc", "a\nb\n\nc"), ("a\r\r\nb\r\r\n", "a\r\nb\r\n"), ("a\r\nb", "a\r\nb")]
        {
            assert_eq!(plain_line_ends(text.as_bytes()), plain.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn an_archive_is_found_behind_a_few_bytes() {
        assert_eq!(archive_behind(b"\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03data"), Some(2));
        assert_eq!(archive_behind(b"\xef\xbb\xbfPK\x03\x04\x14\0"), Some(3));
        assert_eq!(archive_behind(b"see PK\x03\x04"), None);
    }
}
