//! The part of a document's text that is held, and places in it.
//!
//! Lines are counted only where something is odd: a sound report never pays for them.

use std::cell::Cell;

/// A stretch of a document's text.
#[derive(Debug)]
pub(super) struct Window<'t> {
    text: &'t str,
    base: u64,
    /// A position in `text` whose line is known.
    known: Cell<(usize, u64)>,
}

impl<'t> Window<'t> {
    /// The text that begins `base` bytes into the document, on `line`.
    pub(super) const fn new(text: &'t str, base: u64, line: u64) -> Self {
        Self { text, base, known: Cell::new((0, line)) }
    }

    /// The text.
    pub(super) const fn text(&self) -> &'t str {
        self.text
    }

    /// The place `at` bytes into the text.
    pub(super) const fn spot(&self, at: usize) -> Spot<'_> {
        Spot { window: self, at }
    }

    /// The line, counted from one, of the place `at` bytes into the text.
    pub(super) fn line(&self, at: usize) -> u64 {
        let (from, line) = self.known.get();
        let bytes = self.text.as_bytes();
        let at = at.min(bytes.len());
        if at < from {
            // A look back, to where an element began that has ended now.
            return line.saturating_sub(newlines(&bytes[at..from]));
        }
        let line = line.saturating_add(newlines(&bytes[from..at]));
        self.known.set((at, line));
        line
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// A place in a window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'w> {
    window: &'w Window<'w>,
    at: usize,
}

impl Spot<'_> {
    /// Its line, counted from one.
    pub(super) fn line(self) -> u64 {
        self.window.line(self.at)
    }

    /// The same place as a mark.
    pub(super) const fn mark(self) -> Mark {
        Mark { at: self.window.base + self.at as u64, line: None }
    }

    /// The place `bytes` further on.
    pub(super) const fn after(self, bytes: usize) -> Self {
        Self { window: self.window, at: self.at.saturating_add(bytes) }
    }

    /// The line of a mark that was made earlier.
    pub(super) fn line_of(self, mark: Mark) -> u64 {
        match mark.line {
            Some(line) => line,
            None => self.window.line(mark.at.saturating_sub(self.window.base) as usize),
        }
    }
}

/// A place to come back to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    at: u64,
    line: Option<u64>,
}

impl Mark {
    /// The place so many bytes into the document.
    pub(super) const fn new(at: u64) -> Self {
        Self { at, line: None }
    }

    /// How many bytes into the document it lies.
    pub(super) const fn position(self) -> u64 {
        self.at
    }

    /// Works out the line while the text is still held.
    pub(super) fn pin(&mut self, window: &Window<'_>) {
        self.line = Some(window.spot(0).line_of(*self));
    }
}
