//! Splits an mbox into its messages, holding one at a time.

use std::io::{self, Read};

use memchr::memmem;

use super::gunzip::read_whole;
use super::sniff::is_mbox_separator;

/// Bytes read at a time.
const CHUNK: usize = 256 << 10;
/// Bytes after a possible separator that decide whether it is one.
const LOOKAHEAD: usize = 2048;

/// The messages of an mbox (RFC 4155 and its relatives), in order.
#[derive(Debug)]
pub(super) struct Mbox<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the unread part of `buffer` begins.
    start: usize,
    ended: bool,
    /// The byte before `start` is a line end, or nothing comes before it.
    at_line: bool,
    most: u64,
}

/// One message of an [`Mbox`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Whole(Vec<u8>),
    /// It was over the limit and not held.
    TooLong,
}

impl<R: Read> Mbox<R> {
    /// Splits `input`; a message of more than `most` bytes is stepped over.
    pub(super) fn new(input: R, most: u64) -> Self {
        Self { input, buffer: Vec::new(), start: 0, ended: false, at_line: true, most }
    }

    /// The next message, without its separator line and with quoted `From ` lines restored.
    pub(super) fn next_message(&mut self) -> io::Result<Option<Message>> {
        self.skip_separator()?;
        let mut message = Vec::new();
        let mut seen: u64 = 0;
        loop {
            self.fill(LOOKAHEAD)?;
            let (end, at_end) = self.until_separator();
            let piece = &self.buffer[self.start..self.start + end];
            seen += piece.len() as u64;
            if seen <= self.most {
                message.extend_from_slice(piece);
            } else {
                message = Vec::new();
            }
            self.advance(end);
            if at_end || (self.ended && self.start == self.buffer.len()) {
                break;
            }
        }
        if seen == 0 && self.ended && self.start == self.buffer.len() {
            return Ok(None);
        }
        if seen > self.most {
            return Ok(Some(Message::TooLong));
        }
        Ok(Some(Message::Whole(unquote(message))))
    }

    /// Steps over the `From ` line this message begins with, where it has one.
    fn skip_separator(&mut self) -> io::Result<()> {
        self.fill(LOOKAHEAD)?;
        while self.at_line && matches!(self.buffer.get(self.start), Some(b'\r' | b'\n')) {
            self.advance(1);
            self.at_line = true;
            self.fill(LOOKAHEAD)?;
        }
        if !self.buffer[self.start..].starts_with(b"From ") {
            return Ok(());
        }
        loop {
            let rest = &self.buffer[self.start..];
            match memchr::memchr(b'\n', rest) {
                Some(end) => {
                    self.advance(end + 1);
                    return Ok(());
                }
                None if self.ended => {
                    self.advance(rest.len());
                    return Ok(());
                }
                None => {
                    self.advance(rest.len());
                    self.fill(1)?;
                }
            }
        }
    }

    /// How many unread bytes belong to this message, and whether a separator follows them.
    fn until_separator(&self) -> (usize, bool) {
        let rest = &self.buffer[self.start..];
        // What is too near the end of the buffer is decided once more of the file is there.
        let decided = if self.ended { rest.len() } else { rest.len().saturating_sub(LOOKAHEAD) };
        if self.at_line && rest.starts_with(b"From ") && decided > 0 && is_mbox_separator(rest) {
            return (0, true);
        }
        let mut from = 0;
        while let Some(at) = memmem::find(&rest[from..], b"\nFrom ").map(|at| from + at) {
            if at >= decided {
                break;
            }
            if is_separator(rest, at) {
                return (at + 1, true);
            }
            from = at + 1;
        }
        (decided.max(usize::from(self.ended) * rest.len()), false)
    }

    fn advance(&mut self, bytes: usize) {
        if bytes > 0 {
            self.start += bytes;
            self.at_line = self.buffer[self.start - 1] == b'\n';
        }
    }

    /// Sees to it that more than `least` unread bytes are there, if the input has them.
    fn fill(&mut self, least: usize) -> io::Result<()> {
        if self.ended || self.buffer.len() - self.start > least {
            return Ok(());
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let held = self.buffer.len();
        self.buffer.resize(held + CHUNK, 0);
        let read = read_whole(&mut self.input, &mut self.buffer[held..])?;
        self.buffer.truncate(held + read);
        self.ended = read < CHUNK;
        Ok(())
    }
}

/// Whether the `From ` line after the line end at `at` begins a message: a header field must follow, and
/// before it stands an empty line, or else the line holds a time of day as separators do.
fn is_separator(text: &[u8], at: usize) -> bool {
    let line = &text[at + 1..];
    if !is_mbox_separator(line) {
        return false;
    }
    let before = &text[..at];
    let blank = before.is_empty() || before.ends_with(b"\n") || before.ends_with(b"\n\r");
    let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
    blank || line.windows(5).any(|w| w[2] == b':' && [w[0], w[1], w[3], w[4]].iter().all(u8::is_ascii_digit))
}

/// Takes one `>` off every line that begins with `>From ` after any number of them (mboxrd).
fn unquote(message: Vec<u8>) -> Vec<u8> {
    if memmem::find(&message, b">From ").is_none() {
        return message;
    }
    let mut out = Vec::with_capacity(message.len());
    for line in message.split_inclusive(|&b| b == b'\n') {
        let quotes = line.iter().take_while(|&&b| b == b'>').count();
        let quoted = quotes > 0 && line[quotes..].starts_with(b"From ");
        out.extend_from_slice(if quoted { &line[1..] } else { line });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that gives `step` bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(self.1).min(buffer.len());
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn split(text: &[u8], most: u64, step: usize) -> Vec<Message> {
        let mut mbox = Mbox::new(Slow(text, step), most);
        std::iter::from_fn(|| mbox.next_message().unwrap()).collect()
    }

    fn whole(text: &str) -> Message {
        Message::Whole(text.as_bytes().to_vec())
    }

    const SEPARATOR: &str = "From a@example.com Sun Nov 22 10:00:00 2026\n";

    #[test]
    fn messages_come_apart_at_separators_only() {
        let text = format!(
            "{SEPARATOR}Subject: 1\n\nFrom here on\nis text\n>From quoted\n>>From twice\n\n{SEPARATOR}Subject: 2\n\nbody\n"
        );
        for step in [1, 7, 100_000] {
            assert_eq!(
                split(text.as_bytes(), 1000, step),
                [
                    whole("Subject: 1\n\nFrom here on\nis text\nFrom quoted\n>From twice\n\n"),
                    whole("Subject: 2\n\nbody\n"),
                ]
            );
        }
    }

    #[test]
    fn a_separator_without_an_empty_line_before_it_needs_a_time() {
        let text =
            format!("{SEPARATOR}Subject: 1\n\nbody\n{SEPARATOR}Subject: 2\n\nbody\nFrom x\nSubject: 3\n");
        assert_eq!(split(text.as_bytes(), 1000, 9).len(), 2);
    }

    #[test]
    fn crlf_and_missing_last_line_end() {
        let text = format!("{SEPARATOR}Subject: 1\n\nx\n\n{SEPARATOR}Subject: 2\n\ny").replace('\n', "\r\n");
        assert_eq!(
            split(text.as_bytes(), 1000, 100),
            [whole("Subject: 1\r\n\r\nx\r\n\r\n"), whole("Subject: 2\r\n\r\ny")]
        );
    }

    #[test]
    fn a_long_message_is_stepped_over_and_reading_goes_on() {
        let long = "x".repeat(1_000_000);
        let text = format!("{SEPARATOR}Subject: 1\n\n{long}\n\n{SEPARATOR}Subject: 2\n\nbody\n");
        assert_eq!(split(text.as_bytes(), 1000, 100_000), [Message::TooLong, whole("Subject: 2\n\nbody\n")]);
    }

    #[test]
    fn separators_across_chunk_ends_are_found() {
        for padding in CHUNK - 60..CHUNK + 10 {
            let text = format!("{SEPARATOR}S: 1\n\n{}\n\n{SEPARATOR}S: 2\n\nb\n", "y".repeat(padding));
            assert_eq!(split(text.as_bytes(), 10 << 20, 1 << 20).len(), 2, "padding {padding}");
        }
    }

    #[test]
    fn nothing_holds_no_message() {
        assert_eq!(split(b"", 10, 1), []);
        assert_eq!(split(b"\n\n", 10, 1), []);
    }
}
