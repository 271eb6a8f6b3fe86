//! Files that stand uuencoded in text (POSIX.1-2017, `uuencode`).

use memchr::{memchr, memmem};

/// A file in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Uuencoded<'t> {
    pub(super) name: &'t [u8],
    lines: &'t [u8],
}

/// The files in a text, in order.
pub(super) fn files(text: &[u8]) -> impl Iterator<Item = Uuencoded<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let found = at + memmem::find(text.get(at..)?, b"begin ")?;
            let (line, after) = line_at(text, found);
            at = after;
            if (found == 0 || text[found - 1] == b'\n')
                && let Some(name) = name_of(line)
            {
                let lines = &text[after..];
                let length = encoded_length(lines);
                at = after + length;
                return Some(Uuencoded { name, lines: &lines[..length] });
            }
        }
    })
}

impl Uuencoded<'_> {
    /// The file's bytes.
    pub(super) fn decode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.lines.len() / 4 * 3);
        let mut at = 0;
        while at < self.lines.len() {
            let (line, after) = line_at(self.lines, at);
            at = after;
            let Some((&first, characters)) = line.split_first() else { continue };
            let end = bytes.len() + usize::from(value(first));
            for group in characters.chunks(4) {
                let [a, b, c, d] =
                    std::array::from_fn(|at| u32::from(group.get(at).map_or(0, |byte| value(*byte))));
                bytes.extend_from_slice(&(a << 18 | b << 12 | c << 6 | d).to_be_bytes()[1..]);
            }
            // Spaces at the end of a line, which are zeros, may have been taken off.
            bytes.resize(end, 0);
        }
        bytes
    }
}

/// The name in a line that says `begin`, three or four octal digits and a name.
fn name_of(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"begin ")?;
    let digits = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let name = rest.get(digits..)?.strip_prefix(b" ")?.trim_ascii();
    ((3..=4).contains(&digits) && !name.is_empty()).then_some(name)
}

/// The bytes of the lines of data that a text begins with: each says how many bytes it stands for, and has the
/// characters for them.
fn encoded_length(lines: &[u8]) -> usize {
    let mut at = 0;
    while at < lines.len() {
        let (line, after) = line_at(lines, at);
        let is_data = line.first().is_some_and(|&first| {
            (b'!'..=b'M').contains(&first)
                && line.len() <= 1 + usize::from(value(first)).div_ceil(3) * 4 + 1
                && line.iter().all(|byte| (b' '..=b'`').contains(byte))
        });
        if !is_data {
            break;
        }
        at = after;
    }
    at
}

/// The line at `at` without its end, and where the next one begins.
fn line_at(text: &[u8], at: usize) -> (&[u8], usize) {
    let end = memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end);
    let line = &text[at..end];
    (line.strip_suffix(b"\r").unwrap_or(line), (end + 1).min(text.len()))
}

const fn value(character: u8) -> u8 {
    character.wrapping_sub(b' ') & 0x3f
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_out_as_they_went_in() {
        let text = b"Hello,\nbegin 5\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nbegin 0600 b\n#0V%T\n# \n \nend\nbegin 644 x";
        let files: Vec<_> = files(text).map(|file| (file.name.to_vec(), file.decode())).collect();
        let expected: [(&[u8], &[u8]); 3] = [(b"cat.txt", b"Cat"), (b"b", b"Cat\0\0\0"), (b"x", b"")];
        assert_eq!(files, expected.map(|(name, bytes)| (name.to_vec(), bytes.to_vec())));
    }
}
