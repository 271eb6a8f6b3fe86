//! The two ways out of the process: data on stdout, everything else on stderr. Nothing else prints.

use std::io::{self, IsTerminal, Write};

use anstream::stream::{AsLockedWrite, RawStream};
use anstream::{AutoStream, ColorChoice};

use crate::args::When;
use crate::format::WriteAs;
use crate::render::answer::{Extent, Screen, Show};
use crate::render::paint::{Paint, Tone};

/// Columns where nobody says how many there are.
const COLUMNS: usize = 80;

/// Where a command writes.
pub(crate) struct Streams {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    out_paint: Paint,
    err_paint: Paint,
    out_is_terminal: bool,
    err_is_terminal: bool,
    loudness: Loudness,
}

/// How much is said on stderr besides what went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loudness {
    /// Nothing.
    Quiet,
    /// What was done.
    Customary,
    /// Also how.
    Verbose,
}

impl Streams {
    /// The process's own streams.
    pub(crate) fn standard(color: When, loudness: Loudness) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let (out_color, err_color) = (wants_color(color, &out), wants_color(color, &err));
        Self {
            out_is_terminal: out.is_terminal(),
            err_is_terminal: err.is_terminal(),
            out_paint: Paint::new(out_color),
            err_paint: Paint::new(err_color),
            out: Box::new(io::BufWriter::with_capacity(64 << 10, colored(out, out_color))),
            err: colored(err, err_color),
            loudness,
        }
    }

    /// Where data goes. It is buffered: what has to be seen at once is flushed by the writer.
    pub(crate) fn out(&mut self) -> &mut dyn Write {
        &mut *self.out
    }

    /// Writes an answer in the format that was chosen, and as much of it as is wanted where a person reads it.
    pub(crate) fn write<A: ?Sized, F: WriteAs<A>>(
        &mut self,
        answer: &A,
        format: F,
        extent: Extent,
    ) -> io::Result<()> {
        let screen = Screen { columns: self.columns(), paint: self.out_paint, extent };
        format.write(answer, &mut *self.out, screen)
    }

    /// Writes an answer for people.
    pub(crate) fn show<A: Show>(&mut self, answer: &A) -> io::Result<()> {
        let screen = Screen { columns: self.columns(), paint: self.out_paint, extent: Extent::default() };
        answer.show(&mut *self.out, screen)
    }

    /// Writes out what is still held.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Tells the user something on stderr, unless they asked for quiet.
    pub(crate) fn say(&mut self, text: &str) {
        if !self.is_quiet() {
            self.line(text);
        }
    }

    /// Tells the user how something is done, if they asked for that.
    pub(crate) fn detail(&mut self, text: &str) {
        if self.loudness == Loudness::Verbose {
            let text = self.err_paint.tone(Tone::Dim, text);
            self.line(&text);
        }
    }

    /// Tells the user what went wrong; quiet does not hide it.
    pub(crate) fn error(&mut self, text: &str) {
        let label = self.err_paint.tone(Tone::Bad, "error:");
        self.line(&format!("{label} {text}"));
    }

    /// Tells the user what may surprise them; quiet does not hide it.
    pub(crate) fn warning(&mut self, text: &str) {
        let label = self.err_paint.tone(Tone::Warn, "warning:");
        self.line(&format!("{label} {text}"));
    }

    /// Tells the user what to do next; quiet does not hide it.
    pub(crate) fn hint(&mut self, text: &str) {
        let label = self.err_paint.tone(Tone::Hint, "hint:");
        self.line(&format!("{label} {text}"));
    }

    fn line(&mut self, text: &str) {
        // There is nowhere left to say that stderr is closed.
        let _ = self.out.flush();
        let _ = writeln!(self.err, "{text}");
    }

    /// How to colour what goes to stdout.
    pub(crate) const fn paint(&self) -> Paint {
        self.out_paint
    }

    /// How to colour what goes to stderr.
    pub(crate) const fn err_paint(&self) -> Paint {
        self.err_paint
    }

    /// Whether a person reads stderr, so that progress can be shown there.
    pub(crate) const fn err_is_terminal(&self) -> bool {
        self.err_is_terminal
    }

    /// Whether the user asked for quiet.
    pub(crate) fn is_quiet(&self) -> bool {
        self.loudness == Loudness::Quiet
    }

    /// How many columns a table on stdout may take.
    pub(crate) fn columns(&self) -> usize {
        if !self.out_is_terminal {
            return COLUMNS;
        }
        terminal_size::terminal_size().map_or(COLUMNS, |(width, _)| usize::from(width.0)).max(COLUMNS / 2)
    }
}

/// Whether to colour a stream: the flag, then `NO_COLOR`, `CLICOLOR_FORCE` and `TERM`, then whether it is a
/// terminal.
fn wants_color<S: RawStream>(color: When, stream: &S) -> bool {
    match color {
        When::Always => true,
        When::Never => false,
        When::Auto => AutoStream::choice(stream) != ColorChoice::Never,
    }
}

/// A stream that passes our colours on. Where there are none it is the bare stream: nothing is searched for
/// escapes, and data arrives as it was written.
fn colored<S: RawStream + AsLockedWrite + 'static>(stream: S, color: bool) -> Box<dyn Write> {
    if color { Box::new(AutoStream::always(stream)) } else { Box::new(stream) }
}
