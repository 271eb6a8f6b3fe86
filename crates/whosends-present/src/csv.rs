//! CSV (RFC 4180) whose cells can neither become formulas nor control a terminal.

use std::io::{self, Write};

use crate::printable::printable;

/// One cell.
#[derive(Debug, Clone)]
pub enum Cell<'a> {
    /// Nothing is known.
    Empty,
    /// Text, ours or a stranger's.
    Text(&'a str),
    /// A whole number; it stands as it is, with its sign.
    Number(i128),
    /// A number between 0 and 1.
    Rate(f64),
}

impl<'a> Cell<'a> {
    /// Text where there is some.
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Empty, Self::Text)
    }

    /// A number where there is one.
    pub fn number<N: Into<i128>>(number: Option<N>) -> Self {
        number.map_or(Self::Empty, |number| Self::Number(number.into()))
    }

    /// A rate where there is one.
    pub fn rate(rate: Option<f64>) -> Self {
        rate.map_or(Self::Empty, Self::Rate)
    }
}

/// Writes one line.
pub fn row(out: &mut dyn Write, row: &[Cell<'_>]) -> io::Result<()> {
    cells(out, row)?;
    out.write_all(b"\n")
}

/// Writes cells of a line that may go on.
pub fn cells(out: &mut dyn Write, cells: &[Cell<'_>]) -> io::Result<()> {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        match cell {
            Cell::Empty => {}
            Cell::Number(number) => write!(out, "{number}")?,
            Cell::Rate(rate) => write!(out, "{rate}")?,
            Cell::Text(text) => write_text(out, text)?,
        }
    }
    Ok(())
}

/// Writes the line of column names.
pub fn header(out: &mut dyn Write, names: &[&str]) -> io::Result<()> {
    row(out, &names.iter().copied().map(Cell::Text).collect::<Vec<_>>())
}

/// Text as a cell: hidden characters as `\u{..}`, and an apostrophe before what a spreadsheet would run.
///
/// Text that looks like a negative number is guarded too: a number of ours comes as [`Cell::Number`], so
/// whatever begins with a sign here was written by a stranger. A spreadsheet that parts cells at semicolons
/// must find no formula either.
fn write_text(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let guard = if is_formula(text) { "'" } else { "" };
    let mut text = printable(text);
    if text.contains(';') {
        let guarded =
            |part: &str| if part.starts_with(FORMULA) { format!("'{part}") } else { part.to_owned() };
        let mut parts = text.split(';');
        let first = parts.next().unwrap_or_default().to_owned();
        text = parts.fold(first, |cell, part| cell + ";" + &guarded(part)).into();
    }
    if text.contains([',', '"']) {
        return write!(out, "\"{guard}{}\"", text.replace('"', "\"\""));
    }
    write!(out, "{guard}{text}")
}

/// What makes a formula of a cell, in the ASCII and the full-width form.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet would take the text for a formula, by its first character that is no white space.
fn is_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(FORMULA)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cells: &[Cell<'_>]) -> String {
        let mut out = Vec::new();
        row(&mut out, cells).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let cells = [
            Cell::Text("Receiver, \"Inc\""),
            Cell::text(None),
            Cell::Text("a b"),
            Cell::Number(-5),
            Cell::rate(Some(0.5)),
        ];
        assert_eq!(written(&cells), "\"Receiver, \"\"Inc\"\"\",,a b,-5,0.5\n");
    }

    #[test]
    fn no_cell_becomes_a_formula_or_a_line() {
        for (stated, cell) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@SUM(1,2)", "\"'@SUM(1,2)\""),
            ("+1", "'+1"),
            ("-1+1", "'-1+1"),
            (" =1", "' =1"),
            ("＝1", "'＝1"),
            ("\t=1", r"'\u{9}=1"),
            ("\r=1", r"'\u{d}=1"),
            ("a\n=1", r"a\u{a}=1"),
            ("a=1", "a=1"),
            ("a;=1;b; -all", "a;'=1;b; -all"),
            (";;@x", ";;'@x"),
            ("\x1b[2J", r"\u{1b}[2J"),
        ] {
            assert_eq!(written(&[Cell::Text(stated)]), format!("{cell}\n"));
        }
    }
}
