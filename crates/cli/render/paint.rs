//! Colour, which never carries meaning alone.

use anstyle::{AnsiColor, Style};

/// What a piece of text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A name that heads what follows.
    Head,
    /// A column's title, or something of less weight.
    Dim,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
    /// What to do next.
    Hint,
    /// Nothing special.
    Plain,
}

impl Tone {
    /// How good a share is: the bands are mostly passing, partly, and mostly failing.
    pub(crate) fn rated(rate: Option<f64>) -> Self {
        match rate {
            None => Self::Dim,
            Some(rate) if rate >= 0.95 => Self::Good,
            Some(rate) if rate > 0.5 => Self::Warn,
            Some(_) => Self::Bad,
        }
    }
}

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint(bool);

impl Paint {
    /// Colours where `color` is set.
    pub(crate) const fn new(color: bool) -> Self {
        Self(color)
    }

    /// The text in the colour of its tone.
    pub(crate) fn tone(self, tone: Tone, text: &str) -> String {
        if !self.0 || tone == Tone::Plain || text.is_empty() {
            return text.to_owned();
        }
        let style = style(tone);
        format!("{style}{text}{style:#}")
    }
}

const fn style(tone: Tone) -> Style {
    match tone {
        Tone::Head => Style::new().bold(),
        Tone::Dim => Style::new().dimmed(),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Warn => AnsiColor::Yellow.on_default(),
        Tone::Bad => AnsiColor::Red.on_default(),
        Tone::Hint => AnsiColor::Cyan.on_default(),
        Tone::Plain => Style::new(),
    }
}
