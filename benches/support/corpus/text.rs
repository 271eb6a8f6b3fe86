//! XML in the way of a reporter.

use std::fmt::{Arguments, Display, Write as _};

use super::world::Style;

/// A report's text as it is written.
pub(super) struct Text {
    style: Style,
    depth: usize,
    text: String,
}

impl Text {
    pub(super) fn new(style: Style) -> Self {
        let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{}", style.line);
        Self { style, depth: 0, text }
    }

    /// Everything that is written, gone from here: a large report is taken away in pieces.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    pub(super) const fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// An element, its attributes, and what `inside` writes.
    pub(super) fn element(&mut self, name: &str, attributes: &str, inside: impl FnOnce(&mut Self)) {
        self.open(name, attributes);
        inside(self);
        self.close(name);
    }

    pub(super) fn open(&mut self, name: &str, attributes: &str) {
        self.line(format_args!("<{name}{attributes}>"));
        self.depth += 1;
    }

    pub(super) fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.line(format_args!("</{name}>"));
    }

    /// An element that holds a value.
    pub(super) fn value(&mut self, name: &str, value: impl Display) {
        self.line(format_args!("<{name}>{value}</{name}>"));
    }

    fn line(&mut self, what: Arguments<'_>) {
        for _ in 0..self.depth {
            self.text.push_str(self.style.indent);
        }
        // A string takes whatever is written to it.
        let _ = self.text.write_fmt(what);
        self.text.push_str(self.style.line);
    }
}
