//! Bytes to text: which encoding a document is in, and its decoding whole or in chunks.

use std::borrow::Cow;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Where an XML declaration is looked for: white space or junk may stand before it.
const DECLARATION_WITHIN: usize = 1024;

/// The bytes that have to be seen to tell an encoding.
pub(super) const HEAD_BYTES: usize = 2 * DECLARATION_WITHIN;

/// How a document's bytes are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    encoding: &'static Encoding,
    /// The bytes of the mark at the front.
    pub(super) mark: usize,
    /// The label in the XML declaration, where it is unknown or not what the bytes are in.
    pub(super) odd_label: Option<String>,
}

/// Tells the encoding from a document's first bytes: by its mark, else by the zero bytes of UTF-16, else by
/// the XML declaration, else UTF-8.
pub(super) fn choose(head: &[u8]) -> Choice {
    let head = &head[..head.len().min(HEAD_BYTES)];
    let marked = Encoding::for_bom(head);
    let found = marked.map(|(encoding, _)| encoding).or_else(|| utf16_pattern(head));
    let mark = marked.map_or(0, |(_, length)| length);
    let rest = head.get(mark..).unwrap_or_default();
    let (text, _) = found.unwrap_or(UTF_8).decode_without_bom_handling(rest);
    let Some(label) = declared_label(&text) else {
        return Choice { encoding: found.unwrap_or(UTF_8), mark, odd_label: None };
    };
    let declared = encoding_of(label);
    // Text that was read as bytes of ASCII to get at the label is not in UTF-16, whatever it says: that is
    // what a serializer writes into a string before someone saves the string as UTF-8.
    let encoding = found.or_else(|| declared.filter(|declared| !is_utf16(declared))).unwrap_or(UTF_8);
    let agrees = declared.is_some_and(|it| it == encoding || (is_utf16(it) && is_utf16(encoding)));
    Choice { encoding, mark, odd_label: (!agrees).then(|| label.to_owned()) }
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// The encoding a label names. ASCII is taken for the UTF-8 it is a part of: whoever declares it and sends
/// more has most likely sent UTF-8.
fn encoding_of(label: &str) -> Option<&'static Encoding> {
    if label.eq_ignore_ascii_case("us-ascii") || label.eq_ignore_ascii_case("ascii") {
        return Some(UTF_8);
    }
    Encoding::for_label_no_replacement(label.as_bytes())
}

/// A document in UTF-8 with its mark, where the mail around it names another charset than it does itself. The mail's
/// word is the one that counts (RFC 7303 section 3.2), unless the bytes show that it is wrong: what is sound UTF-8 and
/// more than ASCII is that, and ASCII is what those write who did not look.
pub(crate) fn in_utf8(document: &[u8], charset: &str) -> Option<Vec<u8>> {
    let stated = Encoding::for_label_no_replacement(charset.trim().as_bytes())?;
    let choice = choose(document);
    if choice.mark > 0 || is_utf16(choice.encoding) || is_utf16(stated) || document.is_ascii() {
        return None;
    }
    if encoding_of(charset.trim()) == Some(UTF_8) || std::str::from_utf8(document).is_ok() {
        let is_utf8 = std::str::from_utf8(document).is_ok();
        return (is_utf8 && choice.encoding != UTF_8).then(|| [b"\xef\xbb\xbf", document].concat());
    }
    if choice.encoding == stated {
        return None;
    }
    let (text, _) = stated.decode_without_bom_handling(document);
    Some([b"\xef\xbb\xbf", text.as_bytes()].concat())
}

/// UTF-16 without a mark: the first character is `<` or white space, with a zero byte beside it.
fn utf16_pattern(head: &[u8]) -> Option<&'static Encoding> {
    let opens = |byte: &u8| matches!(byte, b'<' | b' ' | b'\t' | b'\r' | b'\n');
    match head {
        [first, 0, _, 0, ..] if opens(first) => Some(UTF_16LE),
        [0, first, 0, _, ..] if opens(first) => Some(UTF_16BE),
        _ => None,
    }
}

/// What the XML declaration says of the encoding.
fn declared_label(text: &str) -> Option<&str> {
    let text = &text[..text.floor_char_boundary(DECLARATION_WITHIN)];
    let (_, declaration) = text.split_once("<?xml")?;
    let declaration = declaration.split('>').next()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let label = match quote {
        Some(quote) => value.get(1..)?.split(quote).next()?,
        None => value.split([' ', '\t', '\r', '\n', '?']).next()?,
    };
    Some(label.trim()).filter(|label| !label.is_empty())
}

/// A document's text, and where in it (in bytes) something undecodable was replaced.
#[derive(Debug)]
pub(super) struct Decoded<'b> {
    pub(super) text: Cow<'b, str>,
    pub(super) invalid: Vec<u64>,
}

/// Decodes a whole document; sound UTF-8 is borrowed.
pub(super) fn decode<'b>(bytes: &'b [u8], choice: &Choice) -> Decoded<'b> {
    let bytes = bytes.get(choice.mark..).unwrap_or_default();
    if choice.encoding == UTF_8
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Decoded { text: Cow::Borrowed(text), invalid: Vec::new() };
    }
    let mut text = String::new();
    let mut stream = StreamDecoder::new(choice);
    let mut invalid = Vec::new();
    stream.decode(bytes, true, &mut text, &mut invalid);
    Decoded { text: Cow::Owned(text), invalid }
}

/// Decodes a document chunk by chunk; the mark has to be taken off before.
pub(super) struct StreamDecoder {
    decoder: Decoder,
    /// Bytes of text given so far.
    given: u64,
    /// Replacements so far.
    replaced: usize,
}

impl StreamDecoder {
    /// The replacements whose places are told; a file of garbage has too many to be of use.
    const MOST_REPLACED: usize = 1000;

    /// The bytes of text that are decoded at a time where much has to be replaced.
    const PIECE_BYTES: usize = 4 << 10;

    pub(super) fn new(choice: &Choice) -> Self {
        Self { decoder: choice.encoding.new_decoder_without_bom_handling(), given: 0, replaced: 0 }
    }

    /// Whether bytes of UTF-8 are what comes next of the document.
    pub(super) fn takes_utf8(&self) -> bool {
        self.decoder.encoding() == UTF_8
    }

    /// Passes so many bytes of sound UTF-8 by; what came before them ended with a whole character.
    pub(super) const fn pass(&mut self, bytes: usize) {
        self.given += bytes as u64;
    }

    /// Adds the text of `bytes` to `text`, and to `invalid` where in the document something was replaced.
    pub(super) fn decode(
        &mut self,
        bytes: &[u8],
        last: bool,
        text: &mut String,
        invalid: &mut impl Extend<u64>,
    ) {
        let mut bytes = bytes;
        let mut piece: Option<Vec<u8>> = None;
        loop {
            let before = text.len();
            let (result, read) = match &mut piece {
                None => {
                    // UTF-8 fits at once; other encodings may come back for more room.
                    text.reserve(bytes.len().saturating_add(16));
                    self.decoder.decode_to_string_without_replacement(bytes, text, last)
                }
                Some(piece) => self.decode_piece(bytes, last, piece, text),
            };
            bytes = bytes.get(read..).unwrap_or_default();
            self.given += (text.len() - before) as u64;
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    self.replace(text, invalid);
                    // Decoding to a text clears all the room it has, each time anew.
                    piece.get_or_insert_with(|| vec![0; Self::PIECE_BYTES]);
                }
            }
        }
    }

    /// Adds the text of some of `bytes`, by way of `piece`.
    fn decode_piece(
        &mut self,
        bytes: &[u8],
        last: bool,
        piece: &mut [u8],
        text: &mut String,
    ) -> (DecoderResult, usize) {
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(bytes, piece, last);
        text.push_str(&String::from_utf8_lossy(piece.get(..written).unwrap_or_default()));
        (result, read)
    }

    /// Adds what stands for bytes that are none of the encoding.
    fn replace(&mut self, text: &mut String, invalid: &mut impl Extend<u64>) {
        if self.replaced < Self::MOST_REPLACED {
            invalid.extend([self.given]);
        }
        self.replaced = self.replaced.saturating_add(1);
        text.push(char::REPLACEMENT_CHARACTER);
        self.given += char::REPLACEMENT_CHARACTER.len_utf8() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn utf16be(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    /// The text, whether the label was odd, and how much was replaced.
    fn read(bytes: &[u8]) -> (String, bool, usize) {
        let choice = choose(bytes);
        let decoded = decode(bytes, &choice);
        (decoded.text.into_owned(), choice.odd_label.is_some(), decoded.invalid.len())
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let declared = |label: &str| format!("<?xml version='1.0' encoding=\"{label}\"?><a>é</a>");
        let latin = |label: &str| {
            declared(label).chars().map(|c| if c == 'é' { 0xe9 } else { c as u8 }).collect::<Vec<_>>()
        };
        let sound: Vec<Vec<u8>> = vec![
            declared("UTF-8").into(),
            declared("utf8").into(),
            [b"\xef\xbb\xbf", declared("UTF-8").as_bytes()].concat(),
            latin("ISO-8859-1"),
            latin("windows-1252"),
            latin("latin1"),
            utf16le(&declared("UTF-16")),
            utf16be(&declared("UTF-16")),
            utf16be(&format!("\u{feff}{}", declared("utf-16"))),
            declared("US-ASCII").into(),
        ];
        for bytes in &sound {
            let (text, is_odd, replaced) = read(bytes);
            assert!(text.ends_with("<a>é</a>"), "{text}");
            assert!(!is_odd && replaced == 0, "{text}");
        }
        let odd: Vec<Vec<u8>> = vec![
            declared("UTF-16").into(),
            declared("no-such-code").into(),
            [b"\xef\xbb\xbf", declared("ISO-8859-1").as_bytes()].concat(),
            utf16le(&format!("\u{feff}{}", declared("UTF-8"))),
        ];
        for bytes in &odd {
            let (text, is_odd, replaced) = read(bytes);
            assert!(text.ends_with("<a>é</a>"), "{text}");
            assert!(is_odd && replaced == 0, "{text}");
        }
    }

    #[test]
    fn a_declaration_is_found_where_it_stands() {
        assert_eq!(declared_label("\r\n <?xml version='1.0' encoding = 'x-y' ?>"), Some("x-y"));
        assert_eq!(declared_label("<?xml version=1.0 encoding=x-y?>"), Some("x-y"));
        assert_eq!(declared_label("<?xml version='1.0'?><a encoding='b'/>"), None);
        assert_eq!(declared_label("<?xml encoding=''?>"), None);
    }

    #[test]
    fn invalid_bytes_are_replaced_and_found() {
        let (text, _, replaced) = read(b"<a>\xff\xe9b\xc3</a>");
        assert_eq!(text, "<a>\u{fffd}\u{fffd}b\u{fffd}</a>");
        assert_eq!(replaced, 3);
    }

    #[test]
    fn chunks_give_what_the_whole_gives() {
        let bytes = [b"\xef\xbb\xbf<a>".as_slice(), "é€😀".as_bytes(), b"\xe2\x82</a>\xf0\x9f"].concat();
        let choice = choose(&bytes);
        let whole = decode(&bytes, &choice);
        for size in 1..6 {
            let (mut text, mut invalid) = (String::new(), Vec::new());
            let mut stream = StreamDecoder::new(&choice);
            let chunks: Vec<_> = bytes[choice.mark..].chunks(size).collect();
            for (i, chunk) in chunks.iter().enumerate() {
                stream.decode(chunk, i + 1 == chunks.len(), &mut text, &mut invalid);
            }
            assert_eq!((text.as_str(), &invalid), (&*whole.text, &whole.invalid));
        }
    }
}
