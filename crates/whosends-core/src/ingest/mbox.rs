//! Splits an mbox into its messages, holding one at a time.
//!
//! Whether a line that begins with `From ` separates is decided by the shape of the file's own separators, by what
//! follows, and by whether the message in hand is in the middle of a multipart. A line of the file's shape behind a
//! blank line, or behind the last boundary of a multipart, separates whatever mail follows; any other needs a mail's
//! header right behind it, and one of another shape never cuts an open multipart. What has no header of its own is
//! left to the message before.

use std::io::{self, Read};

use memchr::memmem;

use super::members::read_whole;
use super::mime;
use super::separator::{Manner, Shape, following, run_length};

/// Bytes read at a time.
const CHUNK: usize = 256 << 10;
/// Bytes after a possible separator that decide whether it is one.
const LOOKAHEAD: usize = 16 << 10;

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
    /// The shape of the file's own separators: that of its first.
    shape: Option<Shape>,
    /// Bytes that were passed, and how far lines are known to separate nothing.
    passed: u64,
    dead: u64,
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
        Self {
            input,
            buffer: Vec::new(),
            start: 0,
            ended: false,
            at_line: true,
            most,
            shape: None,
            passed: 0,
            dead: 0,
        }
    }

    /// The next message, without its separator line and with quoted `From ` lines restored.
    pub(super) fn next_message(&mut self) -> io::Result<Option<Message>> {
        self.skip_separators()?;
        let mut hand = InHand::default();
        loop {
            self.fill(LOOKAHEAD)?;
            let (end, is_candidate) = self.next_candidate(&hand);
            self.take(end, &mut hand);
            if is_candidate {
                if self.separates(&mut hand) {
                    break;
                }
                self.take(FROM.len(), &mut hand);
            } else if self.ended && self.start == self.buffer.len() {
                break;
            }
        }
        if hand.seen == 0 && self.ended && self.start == self.buffer.len() {
            return Ok(None);
        }
        if hand.seen > self.most {
            return Ok(Some(Message::TooLong));
        }
        Ok(Some(Message::Whole(unquote(hand.message))))
    }

    /// Steps over the `From ` line this message begins with, where it has one, and over what says nothing behind it.
    fn skip_separators(&mut self) -> io::Result<()> {
        self.skip_fillers()?;
        if self.rest().starts_with(FROM) {
            self.skip_line()?;
            self.skip_fillers()?;
        }
        Ok(())
    }

    /// Steps over blank lines and separators.
    fn skip_fillers(&mut self) -> io::Result<()> {
        loop {
            self.fill(LOOKAHEAD)?;
            if self.shape.is_none() && self.rest().starts_with(FROM) {
                self.shape = Some(Shape::of(first_line(self.rest())));
            }
            let rest = self.rest();
            // A line that is cut off by the end of what was read is none yet.
            let whole =
                if self.ended { rest.len() } else { memchr::memrchr(b'\n', rest).map_or(0, |at| at + 1) };
            let run = run_length(&rest[..whole]);
            if run == 0 {
                return Ok(());
            }
            self.advance(run);
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let rest = self.rest();
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

    /// How many unread bytes belong to this message for sure, and whether a line that may separate follows them.
    fn next_candidate(&self, hand: &InHand) -> (usize, bool) {
        let rest = self.rest();
        // What is too near the end of the buffer is decided once more of the file is there.
        let decided = if self.ended { rest.len() } else { rest.len().saturating_sub(LOOKAHEAD) };
        let mut from = 0;
        while let Some(at) = memmem::find(&rest[from..], FROM).map(|at| from + at) {
            if at >= decided {
                break;
            }
            let begins_line = if at == 0 { self.at_line } else { rest[at - 1] == b'\n' };
            let is_behind_dashes =
                if at < 2 { hand.last.ends_with(b"--") && at == 0 } else { rest[at - 2..at] == *b"--" };
            if (begins_line || is_behind_dashes) && self.passed + at as u64 >= self.dead {
                return (at, true);
            }
            from = at + FROM.len();
        }
        (decided, false)
    }

    /// Whether the line at hand separates what was read of this message from another.
    fn separates(&mut self, hand: &mut InHand) -> bool {
        let text = self.rest();
        let text = &text[..text.len().min(LOOKAHEAD)];
        let shape = Shape::of(first_line(text));
        let is_own = self.shape == Some(shape) && shape != Shape::Prose;
        if hand.seen == 0 {
            return false;
        }
        if !self.at_line {
            // No line end was written behind the last boundary of the message before.
            return is_own && hand.is_behind_last_boundary() && following(text, Manner::Lenient).is_mail;
        }
        if !is_own {
            return following(text, Manner::Strict).is_mail && !hand.is_in_multipart();
        }
        let is_behind_end = hand.is_behind_blank_line() || hand.is_behind_last_boundary();
        let found = following(text, Manner::Lenient);
        let separates = found.is_mail || is_behind_end && shape == Shape::Dated && found.is_field;
        if !separates {
            self.dead = self.passed + found.run as u64;
        }
        separates
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Takes bytes to the message in hand.
    fn take(&mut self, bytes: usize, hand: &mut InHand) {
        let end = (self.start + bytes).min(self.buffer.len());
        hand.take(&self.buffer[self.start..end], self.most);
        self.advance(end - self.start);
    }

    fn advance(&mut self, bytes: usize) {
        if bytes > 0 {
            self.start += bytes;
            self.passed += bytes as u64;
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

const FROM: &[u8] = b"From ";

fn first_line(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())]
}

/// The message that is put together.
#[derive(Debug, Default)]
struct InHand {
    message: Vec<u8>,
    seen: u64,
    /// Its last bytes, which are known of one that is not held too.
    last: Vec<u8>,
    /// How far the end of its header was looked for, and the boundary that the header names.
    looked: usize,
    boundary: Option<Option<Vec<u8>>>,
    /// How far the last boundary was looked for, and where what stands behind it begins.
    scanned: usize,
    closed: Option<usize>,
}

impl InHand {
    fn take(&mut self, piece: &[u8], most: u64) {
        self.seen += piece.len() as u64;
        if self.seen <= most {
            self.message.extend_from_slice(piece);
        } else {
            (self.message, self.boundary, self.closed) = (Vec::new(), Some(None), None);
        }
        let tail = &piece[piece.len().saturating_sub(4)..];
        self.last.extend_from_slice(tail);
        self.last.drain(..self.last.len().saturating_sub(4));
    }

    fn is_behind_blank_line(&self) -> bool {
        let before = self.last.strip_suffix(b"\n").unwrap_or(&self.last);
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        before.is_empty() || before.ends_with(b"\n")
    }

    /// Whether nothing but blanks was read since the last boundary of the mail's own multipart.
    fn is_behind_last_boundary(&mut self) -> bool {
        self.look();
        let behind = self.closed.and_then(|closed| self.message.get(closed..));
        behind.is_some_and(|behind| behind.trim_ascii().is_empty())
    }

    /// Whether the last boundary of the mail's own multipart is still to come.
    fn is_in_multipart(&mut self) -> bool {
        self.look();
        matches!(self.boundary, Some(Some(_))) && self.closed.is_none()
    }

    /// Looks through what was read since this was asked last.
    fn look(&mut self) {
        if self.boundary.is_none() {
            let new = &self.message[self.looked..];
            if memmem::find(new, b"\n\n").is_none() && memmem::find(new, b"\n\r\n").is_none() {
                self.looked = self.message.len().saturating_sub(3);
                return;
            }
            self.boundary = Some(mime::boundary(&self.message));
        }
        let Some(Some(boundary)) = &self.boundary else { return };
        let last = [b"\n--", boundary.as_slice(), b"--"].concat();
        if let Some(at) = memmem::rfind(&self.message[self.scanned..], &last) {
            self.closed = Some(self.scanned + at + last.len());
        }
        self.scanned = self.message.len().saturating_sub(last.len());
    }
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
    fn without_an_empty_line_before_it_a_separator_needs_a_header_behind_it() {
        let text = format!(
            "{SEPARATOR}Subject: 1\n\nbody\n{SEPARATOR}Subject: 2\n\nbody\n{SEPARATOR}Domain: x\nFrom x\nTo: 3\n"
        );
        assert_eq!(split(text.as_bytes(), 1000, 9).len(), 3);
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

    /// The subjects of the messages, or their first lines.
    fn subjects(text: &str) -> Vec<String> {
        let of = |message: &Message| {
            let Message::Whole(bytes) = message else { return "too long".to_owned() };
            let text = String::from_utf8_lossy(bytes).into_owned();
            let line = text.lines().find(|line| line.starts_with("Subject: ")).or(text.lines().next());
            line.unwrap_or_default().trim_start_matches("Subject: ").to_owned()
        };
        let whole: Vec<_> = split(text.as_bytes(), 1 << 20, 1 << 20).iter().map(of).collect();
        for step in [1, 13] {
            assert_eq!(split(text.as_bytes(), 1 << 20, step).iter().map(of).collect::<Vec<_>>(), whole);
        }
        let crlf = split(text.replace('\n', "\r\n").as_bytes(), 1 << 20, 1 << 20);
        assert_eq!(crlf.iter().map(of).collect::<Vec<_>>(), whole);
        whole
    }

    const MULTIPART: &str = "Content-Type: multipart/mixed; boundary=\"part\"\n\n--part\n\nwords\n";

    #[test]
    fn any_shape_separates_with_or_without_blank_lines() {
        for separator in ["From ", "From -", "From a@example.com", "From root", SEPARATOR.trim_end()] {
            for gap in ["", "\n"] {
                let one = |number| format!("{separator}\nSubject: {number}\n\nbody {number}\n{gap}");
                let text = [one(1), one(2), one(3)].concat();
                assert_eq!(subjects(&text), ["1", "2", "3"], "{separator:?} {gap:?}");
                // Several in a row, and blank lines behind them, are one.
                let doubled = text.replace(separator, &format!("{separator}\n{separator}\n"));
                assert_eq!(subjects(&doubled), ["1", "2", "3"], "{separator:?} {gap:?}");
            }
        }
    }

    #[test]
    fn prose_does_not_cut_a_message() {
        for line in [
            "From 2026-09-21 00:00:00 UTC to 2026-09-21 23:59:59 UTC\nDomain: example.com\n",
            "From here on\nX-Key: value\n",
            "From a\nword: to\n",
            ">From a@example.com Sun Nov 22 10:00:00 2026\nSubject: x\n",
            " From a@example.com Sun Nov 22 10:00:00 2026\nSubject: x\n",
            // A mail that is quoted in a part.
            "From the list:\nSubject: quoted\n",
            "From -\nSubject: quoted\n",
        ] {
            for before in ["", "\n"] {
                let text = format!(
                    "{SEPARATOR}Subject: 1\n{MULTIPART}{before}{line}\n--part--\n\n{SEPARATOR}Subject: 2\n\nbody\n"
                );
                assert_eq!(subjects(&text), ["1", "2"], "{line}");
            }
        }
    }

    #[test]
    fn a_message_that_was_cut_does_not_swallow_the_next() {
        let text = format!("{SEPARATOR}Subject: 1\n{MULTIPART}\n{SEPARATOR}Subject: 2\n\nbody\n");
        assert_eq!(subjects(&text), ["1", "2"]);
        let text = format!("{SEPARATOR}Subject: 1\n{MULTIPART}{SEPARATOR}Subject: 2\n\nbody\n");
        assert_eq!(subjects(&text), ["1", "2"]);
    }

    #[test]
    fn behind_the_last_boundary_a_separator_needs_no_line_of_its_own() {
        let one = |number| format!("{SEPARATOR}Subject: {number}\n{MULTIPART}--part--");
        assert_eq!(subjects(&[one(1), one(2), one(3)].concat()), ["1", "2", "3"]);
        let other = format!("{SEPARATOR}Subject: 1\n\n--no--From a@example.com\nSubject: 2\n");
        assert_eq!(subjects(&other), ["1"]);
    }

    #[test]
    fn odd_first_lines_and_missing_headers() {
        let text = format!(
            "{SEPARATOR}Subject: 1\n\nbody\n\n{SEPARATOR}X Odd: 1\nSubject: 2\n\nbody\n\n{SEPARATOR}just words\n\n\
             {SEPARATOR}X-Only: this\n\nbody\n\n{SEPARATOR}"
        );
        // Words without a header go back to the message before, and a separator at the end stands for nothing.
        assert_eq!(subjects(&text), ["1", "2", "X-Only: this"]);
        let text = format!("{SEPARATOR}Subject: 1\n\nbody\nFrom x\nTo: y\nSubject: 2\n\nb\n");
        assert_eq!(subjects(&text), ["1", "2"]);
    }

    #[test]
    fn nothing_holds_no_message() {
        assert_eq!(split(b"", 10, 1), []);
        assert_eq!(split(b"\n\n", 10, 1), []);
    }
}
