//! The parts of a mail, found by hand.

use memchr::{memchr, memmem};

/// Parts within parts that are followed.
const DEPTH: usize = 4;

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Base64,
    Plain,
}

/// Calls `each` with the body of every part that has none in it.
pub(crate) fn attachments<'m>(mail: &'m [u8], each: &mut impl FnMut(&'m [u8], Encoding)) {
    part(mail, DEPTH, each);
}

fn part<'m>(part: &'m [u8], depth: usize, each: &mut impl FnMut(&'m [u8], Encoding)) {
    let head = Head::read(part);
    match head.boundary {
        Some(boundary) if depth > 0 => parts(head.body, boundary, depth, each),
        _ => each(head.body, head.encoding),
    }
}

/// Takes a body apart at its boundary lines.
fn parts<'m>(body: &'m [u8], boundary: &[u8], depth: usize, each: &mut impl FnMut(&'m [u8], Encoding)) {
    let line = [b"--", boundary].concat();
    let mut from = None;
    for at in memmem::find_iter(body, &line) {
        if at > 0 && body[at - 1] != b'\n' {
            continue;
        }
        if let Some(from) = from {
            part(&body[from..at], depth - 1, each);
        }
        let rest = &body[at + line.len()..];
        from = memchr(b'\n', rest).map(|end| at + line.len() + end + 1);
        if rest.starts_with(b"--") {
            return;
        }
    }
}

/// What the header of a part says.
struct Head<'m> {
    encoding: Encoding,
    boundary: Option<&'m [u8]>,
    body: &'m [u8],
}

impl<'m> Head<'m> {
    fn read(part: &'m [u8]) -> Self {
        let mut head = Self { encoding: Encoding::Plain, boundary: None, body: &[] };
        let (mut at, mut typed) = (0, false);
        while let Some(end) = memchr(b'\n', &part[at..]) {
            let line = &part[at..at + end];
            at += end + 1;
            match line.first() {
                None | Some(b'\r') => {
                    head.body = &part[at..];
                    return head;
                }
                Some(b' ' | b'\t') => {}
                Some(b'C' | b'c') => {
                    typed = starts(line, b"content-type:");
                    let coded = starts(line, b"content-transfer-encoding:");
                    if coded && line.trim_ascii_end().to_ascii_lowercase().ends_with(b"base64") {
                        head.encoding = Encoding::Base64;
                    }
                }
                Some(_) => typed = false,
            }
            if typed {
                head.boundary = head.boundary.or_else(|| boundary(line));
            }
        }
        head
    }
}

fn starts(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// The boundary that a line of a content type names.
fn boundary(line: &[u8]) -> Option<&[u8]> {
    let value = &line[memmem::find(&line.to_ascii_lowercase(), b"boundary=")? + b"boundary=".len()..];
    match value.strip_prefix(b"\"") {
        Some(quoted) => quoted.get(..memchr(b'"', quoted)?),
        None => value.split(|byte| b"; \t\r".contains(byte)).next(),
    }
}
