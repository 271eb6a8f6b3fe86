//! Attachments in Outlook's own packing, which mostly is called `winmail.dat` ([MS-OXTNEF]).

use memchr::memmem;

/// What such a file begins with.
pub(super) const MAGIC: &[u8] = b"\x78\x9f\x3e\x22";

/// Attributes of an attachment, by the lower half of their ids ([MS-OXTNEF] section 2.1.3.2).
mod attribute {
    pub(super) const BEGIN: u16 = 0x9002;
    pub(super) const DATA: u16 = 0x800f;
    pub(super) const TITLE: u16 = 0x8010;
    pub(super) const PROPERTIES: u16 = 0x9005;
}

/// An attachment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Attachment<'t> {
    /// Its name, in the short form of old systems often.
    pub(super) name: &'t [u8],
    pub(super) data: &'t [u8],
}

/// The attachments, as far as the file is whole. A message that is attached is one of its own.
pub(super) fn attachments(file: &[u8]) -> impl Iterator<Item = Attachment<'_>> {
    // A key of two bytes stands behind the magic.
    let mut rest = file.get(MAGIC.len() + 2..).unwrap_or_default();
    let mut open: Option<Attachment<'_>> = None;
    std::iter::from_fn(move || {
        while let Some((id, data, after)) = attribute(rest) {
            rest = after;
            match (id, &mut open) {
                (attribute::BEGIN, _) => {
                    if let Some(ended) = open.replace(Attachment::default()) {
                        return Some(ended);
                    }
                }
                (attribute::DATA, Some(open)) => open.data = data,
                (attribute::TITLE, Some(open)) => {
                    open.name = data.split(|&byte| byte == 0).next().unwrap_or(data)
                }
                (attribute::PROPERTIES, Some(open)) if open.data.is_empty() => {
                    open.data = memmem::find(data, MAGIC).map_or(&[], |at| &data[at..]);
                }
                _ => {}
            }
        }
        open.take()
    })
}

/// The id and the data of the attribute that bytes begin with, and what is behind it.
fn attribute(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (&[_level, low, high, _, _, a, b, c, d], rest) = bytes.split_first_chunk::<9>()?;
    let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
    let (data, after) = rest.split_at(length.min(rest.len()));
    // A checksum of two bytes stands behind the data.
    Some((u16::from_le_bytes([low, high]), data, after.get(2..).unwrap_or_default()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file with attributes of these ids and data.
    pub(in crate::ingest) fn tnef(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut file = [MAGIC, b"\x01\0"].concat();
        for (id, data) in attributes {
            file.push(2);
            file.extend(id.to_le_bytes());
            file.extend(b"\x06\0");
            file.extend(u32::try_from(data.len()).unwrap_or_default().to_le_bytes());
            file.extend_from_slice(data);
            file.extend(b"\0\0");
        }
        file
    }

    #[test]
    fn attachments_come_out_also_of_a_damaged_file() {
        let inner = tnef(&[(attribute::BEGIN, b"")]);
        let properties = [b"\x01\0\0\0", &inner[..]].concat();
        let file = tnef(&[
            (0x8004, b"a subject"),
            (attribute::DATA, b"of no attachment"),
            (attribute::BEGIN, b"x"),
            (attribute::TITLE, b"REPORT~1.GZ\0"),
            (attribute::DATA, b"packed"),
            (attribute::BEGIN, b"x"),
            (attribute::PROPERTIES, &properties),
        ]);
        let found: Vec<_> = attachments(&file).collect();
        assert_eq!(found[0], Attachment { name: b"REPORT~1.GZ", data: b"packed" });
        assert_eq!(found[1], Attachment { name: b"", data: &inner });
        assert_eq!(found.len(), 2);
        for end in 0..file.len() {
            assert!(attachments(&file[..end]).count() <= 2);
            let mut damaged = file.clone();
            damaged[end] = 0xff;
            assert!(attachments(&damaged).count() <= 2);
        }
    }
}
