//! Tables for people: as wide as what they hold, and never wider than the screen where that can be helped.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::paint::{Paint, Tone};
use super::printable::printable;

/// What stands between two columns.
const GAP: &str = "  ";
/// A column is not cut below this width.
const NARROWEST: usize = 10;

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Set {
    /// To the left, whole
    Left,
    /// To the right, whole: numbers
    Right,
    /// To the left; where there is no room its start stays
    KeepStart,
    /// To the left; where there is no room its end stays: the end of a domain says whose it is
    KeepEnd,
}

/// A column's title and how it is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column(pub(crate) &'static str, pub(crate) Set);

/// One cell: text that is safe to print, and its tone.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A cell with anybody's text, which is made safe here.
    pub(crate) fn new(text: &str) -> Self {
        Self { text: printable(text).into_owned(), tone: Tone::Plain }
    }

    /// The same cell in another tone.
    pub(crate) const fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Rows under titles.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Line>,
}

/// A row, or a line of text among the rows.
#[derive(Debug)]
enum Line {
    Cells(Vec<Cell>),
    Text(Cell),
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row with a cell for every column.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(Line::Cells(cells));
    }

    /// Adds a line of text; it is as long as it is.
    pub(crate) fn text(&mut self, text: Cell) {
        self.rows.push(Line::Text(text));
    }

    /// Writes titles and rows within `screen` columns.
    pub(crate) fn write(&self, out: &mut dyn Write, screen: usize, paint: Paint) -> io::Result<()> {
        let widths = self.widths(screen);
        let titles: Vec<Cell> =
            self.columns.iter().map(|column| Cell::new(column.0).tone(Tone::Dim)).collect();
        self.write_row(out, &titles, &widths, paint)?;
        for row in &self.rows {
            match row {
                Line::Cells(cells) => self.write_row(out, cells, &widths, paint)?,
                Line::Text(Cell { text, tone }) => writeln!(out, "{}", paint.tone(*tone, text))?,
            }
        }
        Ok(())
    }

    fn widths(&self, screen: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| column.0.width()).collect();
        for row in &self.rows {
            let Line::Cells(cells) = row else { continue };
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.text.width());
            }
        }
        let room = screen.saturating_sub(GAP.len() * widths.len().saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            // The widest column that may be cut gives way, one step at a time: the cut ones end equal.
            let widest = (0..widths.len())
                .filter(|&at| matches!(self.columns[at].1, Set::KeepStart | Set::KeepEnd))
                .filter(|&at| widths[at] > NARROWEST)
                .max_by_key(|&at| widths[at]);
            match widest {
                Some(at) => widths[at] = (widths[at] - 1).min(room.max(NARROWEST)),
                None => break,
            }
        }
        widths
    }

    fn write_row(&self, out: &mut dyn Write, row: &[Cell], widths: &[usize], paint: Paint) -> io::Result<()> {
        let mut line = String::new();
        // Spaces are written only when something follows them.
        let mut spaces = 0;
        for ((cell, &width), column) in row.iter().zip(widths).zip(&self.columns) {
            let text = cut(&cell.text, width, column.1);
            let free = width.saturating_sub(text.width());
            let (before, after) = if column.1 == Set::Right { (free, 0) } else { (0, free) };
            if !text.is_empty() {
                line.extend(std::iter::repeat_n(' ', spaces + before));
                line.push_str(&paint.tone(cell.tone, &text));
                spaces = after + GAP.len();
            } else {
                spaces += free + GAP.len();
            }
        }
        writeln!(out, "{line}")
    }
}

/// The text in at most `width` columns, with `…` where something is left out.
fn cut(text: &str, width: usize, set: Set) -> String {
    if text.width() <= width || matches!(set, Set::Left | Set::Right) {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    if set == Set::KeepEnd {
        let end: Vec<char> = fitting(text.chars().rev(), room);
        return std::iter::once('…').chain(end.into_iter().rev()).collect();
    }
    fitting(text.chars(), room).into_iter().chain(std::iter::once('…')).collect()
}

/// The characters from the first on that fit.
fn fitting(characters: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut left = room;
    characters
        .take_while(|character| {
            let width = character.width().unwrap_or(0);
            let fits = width <= left;
            left = left.saturating_sub(width);
            fits
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(table: &Table, screen: usize, color: bool) -> String {
        let mut out = Vec::new();
        table.write(&mut out, screen, Paint::new(color)).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn table() -> Table {
        let mut table = Table::new(&[
            Column("NETWORK", Set::KeepEnd),
            Column("MESSAGES", Set::Right),
            Column("", Set::Left),
        ]);
        table.row(vec!["mail.example.com".into(), "412 310".into(), "x".into()]);
        table.row(vec!["日本.example".into(), "7".into(), "".into()]);
        table
    }

    #[test]
    fn numbers_stand_to_the_right_and_nothing_trails() {
        assert_eq!(
            written(&table(), 80, false),
            "NETWORK           MESSAGES\n\
             mail.example.com   412 310  x\n\
             日本.example             7\n"
        );
    }

    #[test]
    fn the_end_of_a_domain_stays() {
        let lines = written(&table(), 23, false);
        assert!(lines.contains("…ample.com   412 310"), "{lines}");
    }

    #[test]
    fn a_stranger_cannot_break_the_row() {
        let mut table = Table::new(&[Column("NAME", Set::KeepStart)]);
        table.row(vec!["a\x1b[2J\nb".into()]);
        assert_eq!(written(&table, 80, false), "NAME\na\\u{1b}[2J\\u{a}b\n");
    }

    #[test]
    fn colour_changes_no_width() {
        let mut table = table();
        let Line::Cells(cells) = &mut table.rows[0] else { panic!("not cells") };
        cells[1].tone = Tone::Bad;
        let bare = anstream::adapter::strip_str(&written(&table, 80, true)).to_string();
        assert_eq!(bare, written(&table, 80, false));
    }

    #[test]
    fn a_cut_ends_at_a_characters_edge() {
        assert_eq!(cut("日本語", 4, Set::KeepStart), "日…");
        assert_eq!(cut("日本語", 5, Set::KeepEnd), "…本語");
        assert_eq!(cut("abc", 3, Set::KeepEnd), "abc");
    }
}
