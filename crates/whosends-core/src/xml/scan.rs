//! Drives quick-xml over the text that is at hand, and gets on where it can't.
//!
//! A tag never holds a `<` (XML 1.0 section 3.1). quick-xml looks for the closing `>` only, so that one stray
//! `<` or quote would swallow all up to the next fitting mark. A tag with a `<` in it is therefore cut there,
//! and reading begins anew at that `<`. From then on quick-xml is given the text in slices from one `<` to
//! the next, so that even a file of nothing but broken tags is read in one pass.

use std::ops::ControlFlow;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::Sink;
use super::interpret::{Interpreter, Stop};
use super::window::{Spot, Window};
use crate::limits::Limits;

/// Reads the tokens of a document, window by window.
#[derive(Debug)]
pub(super) struct Scanner {
    /// The bytes that a tag, comment or other piece of markup may have.
    token_bytes: usize,
    /// Whether markup was broken somewhere, from where on each tag is looked at by itself.
    careful: bool,
    /// How sections begin that don't end before the data does.
    endless: Vec<&'static str>,
    /// How far into the window the reading came.
    pub(super) at: usize,
}

/// How the reading of a slice ended.
enum Read {
    /// All of it was read.
    All,
    /// What begins here ends beyond the text at hand.
    More(usize),
    /// What begins at the first place is no token; reading goes on at the second.
    Broken(usize, usize),
}

/// A part of the window that is given to quick-xml.
struct Slice {
    from: usize,
    to: usize,
    /// Whether only the first token of it is wanted.
    is_one: bool,
}

/// What begins a section whose end has to be looked for.
const SECTIONS: [&str; 4] = ["<!--", "<![CDATA[", "<!DOCTYPE", "<?"];

/// The bytes after which it is clear which of [`SECTIONS`] begins.
const TELLING: usize = 9;

/// The section that begins here.
fn section(text: &str) -> Option<&'static str> {
    let begins = |opener: &&&str| {
        text.as_bytes().get(..opener.len()).is_some_and(|head| head.eq_ignore_ascii_case(opener.as_bytes()))
    };
    SECTIONS.iter().find(begins).copied()
}

/// Whether a text begins like a start or end tag.
fn is_tag(text: &str) -> bool {
    text.as_bytes().get(1).is_some_and(|second| !matches!(second, b'!' | b'?'))
}

/// The next `<` after a place in a text.
fn next_markup(text: &str, after: usize) -> Option<usize> {
    let rest = text.as_bytes().get(after + 1..)?;
    memchr::memchr(b'<', rest).map(|at| after + 1 + at)
}

impl Scanner {
    /// The least that [`Self::token_bytes`] is.
    const LEAST_TOKEN_BYTES: u64 = 4 << 20;

    /// A scanner at the beginning.
    pub(super) fn new(limits: &Limits) -> Self {
        let most = limits.text_bytes.max(Self::LEAST_TOKEN_BYTES);
        Self {
            token_bytes: usize::try_from(most).unwrap_or(usize::MAX),
            careful: false,
            endless: Vec::new(),
            at: 0,
        }
    }

    /// Whether nothing that was read changes how the rest is read.
    pub(super) const fn is_untroubled(&self) -> bool {
        !self.careful && self.endless.is_empty()
    }

    /// Reads what can be read of a window, all of it where it is the last one, and gives how much that was.
    pub(super) fn scan<S: Sink + ?Sized>(
        &mut self,
        window: &Window<'_>,
        is_last: bool,
        into: &mut Interpreter<'_, S>,
    ) -> ControlFlow<Stop, usize> {
        let text = window.text();
        self.at = 0;
        while self.at < text.len() {
            let from = self.at;
            if !self.careful {
                self.at = text.len();
                self.at = into.plain(window, from)?;
                if self.at > from {
                    continue;
                }
            }
            let read = if text[from..].starts_with('\u{feff}') {
                // quick-xml drops a mark at the front of a slice; here it is just a character.
                into.text("\u{feff}", window.spot(from));
                self.at += '\u{feff}'.len_utf8();
                continue;
            } else {
                match self.slice(text, from, is_last) {
                    Ok(slice) => {
                        self.at = slice.to;
                        self.read(window, &slice, is_last, into)?
                    }
                    Err(read) => read,
                }
            };
            match read {
                Read::All => {}
                Read::More(start) => {
                    self.at = start;
                    return ControlFlow::Continue(start);
                }
                Read::Broken(start, next) => {
                    self.careful = true;
                    self.at = next;
                    let (raw, spot) = (&text[start..next], window.spot(start));
                    into.pass(window.spot(next).mark(), spot);
                    if is_last && next == text.len() { into.tail(raw, spot) } else { into.junk(raw, spot) }
                }
            }
        }
        ControlFlow::Continue(text.len())
    }

    /// The slice to read next, or how its reading would end.
    fn slice(&self, text: &str, from: usize, is_last: bool) -> Result<Slice, Read> {
        let to = text.len();
        if !self.careful {
            // What follows the token may be plain again.
            return Ok(Slice { from, to, is_one: true });
        }
        let rest = &text[from..];
        let next = next_markup(text, from);
        if rest.starts_with('<') && !is_tag(rest) {
            if rest.len() < TELLING && !is_last {
                return Err(Read::More(from));
            }
            return match section(rest) {
                Some(section) if !self.endless.contains(&section) => Ok(Slice { from, to, is_one: true }),
                _ if next.is_none() && !is_last && rest.len() <= self.token_bytes => Err(Read::More(from)),
                _ => Err(Read::Broken(from, next.unwrap_or(to))),
            };
        }
        match next {
            Some(next) => Ok(Slice { from, to: next, is_one: false }),
            None if is_last || rest.len() > self.token_bytes => Ok(Slice { from, to, is_one: false }),
            None => Err(Read::More(from)),
        }
    }

    /// Reads the tokens of a slice.
    fn read<S: Sink + ?Sized>(
        &mut self,
        window: &Window<'_>,
        slice: &Slice,
        is_last: bool,
        into: &mut Interpreter<'_, S>,
    ) -> ControlFlow<Stop, Read> {
        let text = window.text();
        let mut reader = Reader::from_str(&text[slice.from..slice.to]);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        config.allow_unmatched_ends = true;
        config.check_end_names = false;
        loop {
            let start = slice.from + position(&reader);
            // Looked at where it lies: moving an event costs as much as a tenth of reading it.
            let event = reader.read_event();
            let end = slice.from + position(&reader);
            let is_taken = match &event {
                Ok(Event::Eof) => return ControlFlow::Continue(Read::All),
                Ok(Event::Text(piece)) if self.is_cut_reference(piece, end == text.len() && !is_last) => {
                    return ControlFlow::Continue(Read::More(start));
                }
                Ok(event) => self.token(event, end - start, window.spot(start), into)?,
                Err(_) => false,
            };
            if !is_taken {
                return self.fault(window, (start, end), is_last, into);
            }
            if slice.is_one {
                self.at = end;
                return ControlFlow::Continue(Read::All);
            }
        }
    }

    /// Whether the window's end may have cut a reference. One longer than a value may be is none.
    fn is_cut_reference(&self, piece: &str, at_windows_end: bool) -> bool {
        at_windows_end && piece.starts_with('&') && piece.len() <= self.token_bytes
    }

    /// Passes a token on; `false` where it is a tag with a `<` in it.
    fn token<S: Sink + ?Sized>(
        &self,
        event: &Event<'_>,
        length: usize,
        spot: Spot<'_>,
        into: &mut Interpreter<'_, S>,
    ) -> ControlFlow<Stop, bool> {
        if !into.invalid.is_empty() && !is_torn(event) {
            into.pass(spot.after(length).mark(), spot);
        }
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                let is_empty = matches!(event, Event::Empty(_));
                if let Some(element) = into.expects(tag) {
                    into.open(element, is_empty, spot)?;
                } else if is_torn(event) {
                    return ControlFlow::Continue(false);
                } else {
                    self.bound(length, spot, into)?;
                    into.start(tag, is_empty, spot)?;
                }
            }
            Event::End(tag) => {
                if into.ends(tag) {
                    into.close(spot)?;
                } else if is_torn(event) {
                    return ControlFlow::Continue(false);
                } else {
                    self.bound(length, spot, into)?;
                    into.end(tag, spot)?;
                }
            }
            Event::Text(piece) if piece.starts_with('&') => into.ampersand(piece, spot),
            Event::Text(piece) => into.text(piece, spot),
            Event::GeneralRef(name) => into.reference(name, spot),
            other => {
                self.bound(length, spot, into)?;
                match other {
                    Event::CData(piece) => into.text(piece, spot),
                    Event::Decl(_) => into.declaration(spot),
                    Event::DocType(stated) => into.doctype(stated, spot),
                    _ => {}
                }
            }
        }
        ControlFlow::Continue(true)
    }

    /// Stops where a token has more bytes than may be.
    fn bound<S: Sink + ?Sized>(
        &self,
        length: usize,
        spot: Spot<'_>,
        into: &mut Interpreter<'_, S>,
    ) -> ControlFlow<Stop> {
        if length > self.token_bytes {
            return into.long_token(self.token_bytes, spot);
        }
        ControlFlow::Continue(())
    }

    /// Decides what to do where no token could be read at `start`; `end` is how far quick-xml looked.
    fn fault<S: Sink + ?Sized>(
        &mut self,
        window: &Window<'_>,
        (start, end): (usize, usize),
        is_last: bool,
        into: &mut Interpreter<'_, S>,
    ) -> ControlFlow<Stop, Read> {
        let text = window.text();
        let token = &text[start..];
        let next = next_markup(text, start);
        if let Some(next) = next
            && is_tag(token)
        {
            return ControlFlow::Continue(Read::Broken(start, next));
        }
        let is_open = end == text.len();
        if is_open || next.is_none() {
            self.bound(token.len(), window.spot(start), into)?;
        }
        if !is_last && (is_open || next.is_none() || token.len() < TELLING) {
            return ControlFlow::Continue(Read::More(start));
        }
        if is_open {
            self.endless.extend(section(token));
        }
        ControlFlow::Continue(Read::Broken(start, next.unwrap_or(text.len())))
    }
}

/// Whether a tag has a `<` in it.
fn is_torn(event: &Event<'_>) -> bool {
    match event {
        Event::Start(_) | Event::Empty(_) | Event::End(_) => event.as_bytes().contains(&b'<'),
        _ => false,
    }
}

/// How many bytes of its slice a reader has read.
fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}
