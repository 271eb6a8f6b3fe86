//! Mail that is signed or encrypted with S/MIME as one opaque block (RFC 8551 section 3.5, RFC 5652).
//!
//! No signature is checked: a report says who sent it, and whoever gets one trusts it no more than any other.

/// What such a block holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// The mail that was signed.
    Signed(Vec<u8>),
    /// A signature over something that stands elsewhere.
    Detached,
    /// What needs a key.
    Encrypted,
    /// Anything else, certificates for instance.
    Other,
}

/// What the object identifiers of RFC 5652 begin with: 1.2.840.113549.1.7.
const CONTENT_TYPES: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07";
/// Those of S/MIME: 1.2.840.113549.1.9.16.1.
const SMIME_TYPES: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01";

/// Whether bytes begin such a block.
pub(super) fn is_cms(head: &[u8]) -> bool {
    content_type(head)
        .is_some_and(|(kind, _)| kind.starts_with(CONTENT_TYPES) || kind.starts_with(SMIME_TYPES))
}

/// Opens such a block.
pub(super) fn open(bytes: &[u8]) -> Content {
    let Some((kind, rest)) = content_type(bytes) else { return Content::Other };
    match (kind.strip_prefix(CONTENT_TYPES), kind.strip_prefix(SMIME_TYPES)) {
        (Some([2]), _) => signed(rest).unwrap_or(Content::Other),
        (Some([3 | 6]), _) | (_, Some([23])) => Content::Encrypted,
        _ => Content::Other,
    }
}

/// The object identifier at the front, and what stands behind it.
fn content_type(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let kind = element(element(bytes).filter(|it| it.tag == SEQUENCE)?.content)?;
    (kind.tag == IDENTIFIER).then_some((kind.content, kind.after))
}

/// What SignedData holds (RFC 5652 section 5.1).
fn signed(rest: &[u8]) -> Option<Content> {
    let data = element(element(rest).filter(|it| it.tag == EXPLICIT)?.content)?;
    let version = element(data.content)?;
    let digests = element(version.after)?;
    let encapsulated = element(digests.after).filter(|it| it.tag == SEQUENCE)?;
    let kind = element(encapsulated.content)?;
    let Some(content) = element(kind.after).filter(|it| it.tag == EXPLICIT) else {
        return Some(Content::Detached);
    };
    Some(Content::Signed(octets(element(content.content)?)?))
}

/// The bytes of an octet string, in one piece or, as is written where the length is not known yet, in several.
fn octets(string: Element<'_>) -> Option<Vec<u8>> {
    match string.tag {
        OCTETS => Some(string.content.to_vec()),
        OCTETS_IN_PIECES => {
            let mut bytes = Vec::new();
            let mut rest = string.content;
            while let Some(piece) = element(rest).filter(|piece| piece.tag == OCTETS) {
                bytes.extend_from_slice(piece.content);
                rest = piece.after;
            }
            Some(bytes)
        }
        _ => None,
    }
}

const SEQUENCE: u8 = 0x30;
const IDENTIFIER: u8 = 0x06;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PIECES: u8 = 0x24;
const EXPLICIT: u8 = 0xa0;

/// An element of BER (X.690).
#[derive(Debug, Clone, Copy)]
struct Element<'b> {
    tag: u8,
    content: &'b [u8],
    after: &'b [u8],
}

/// The element that bytes begin with. What is cut ends early; one without a length goes on to the end, and what
/// is in it says where it ends.
fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (&[tag, first], rest) = bytes.split_first_chunk::<2>()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (length, rest) = match first {
        0x80 => (rest.len(), rest),
        0..=0x7f => (usize::from(first), rest),
        _ => {
            let (digits, rest) =
                rest.split_at_checked(usize::from(first & 0x7f)).filter(|(it, _)| it.len() <= 4)?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
    };
    let (content, after) = rest.split_at(length.min(rest.len()));
    Some(Element { tag, content, after })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ber(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        [&[tag, 0x82], &u16::try_from(content.len()).unwrap_or_default().to_be_bytes()[..], &content].concat()
    }

    fn endless(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        [&[tag, 0x80], &parts.concat()[..], b"\0\0"].concat()
    }

    fn block(last: u8, write: fn(u8, &[&[u8]]) -> Vec<u8>, string: Option<&[u8]>) -> Vec<u8> {
        let kind = |last: u8| ber(IDENTIFIER, &[CONTENT_TYPES, &[last]]);
        let content = string.map(|string| write(EXPLICIT, &[string])).unwrap_or_default();
        let data = write(
            SEQUENCE,
            &[b"\x02\x01\x01", &ber(0x31, &[]), &write(SEQUENCE, &[&kind(1), &content]), b"\x31\0"],
        );
        write(SEQUENCE, &[&kind(last), &write(EXPLICIT, &[&data])])
    }

    #[test]
    fn what_was_signed_comes_out_whichever_way_its_lengths_are_written() {
        let pieces = ber(OCTETS_IN_PIECES, &[&ber(OCTETS, &[b"From"]), &ber(OCTETS, &[b": a"])]);
        let loose = endless(OCTETS_IN_PIECES, &[&ber(OCTETS, &[b"From"]), &ber(OCTETS, &[b": a"])]);
        for string in [ber(OCTETS, &[b"From: a"]), pieces, loose] {
            for write in [ber, endless] {
                let block = block(2, write, Some(&string));
                assert!(is_cms(&block));
                assert_eq!(open(&block), Content::Signed(b"From: a".to_vec()));
            }
        }
        for write in [ber, endless] {
            assert_eq!(open(&block(2, write, None)), Content::Detached);
            assert_eq!(open(&block(3, write, None)), Content::Encrypted);
            assert_eq!(open(&block(5, write, None)), Content::Other);
        }
    }

    #[test]
    fn damaged_blocks_end_somewhere() {
        let whole = block(2, endless, Some(&ber(OCTETS, &[&[b'x'; 300]])));
        for end in 0..whole.len() {
            open(&whole[..end]);
            for byte in [0, 0x24, 0x80, 0x84, 0xff] {
                let mut damaged = whole.clone();
                damaged[end] = byte;
                open(&damaged);
            }
        }
        assert!(!is_cms(b"0\x82"));
    }
}
