//! JSON whose every object is a promise: documented fields in a fixed order, and a schema number.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};
use serde_json::value::RawValue;

use crate::printable::is_hidden;

/// The version of every JSON object that whosends prints. It changes when a field changes its meaning or goes.
pub const SCHEMA: u32 = 1;

/// Writes one value on one line.
pub fn line<T: Serialize>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    self::value(out, value)?;
    out.write_all(b"\n")
}

/// Writes one value over several lines, for people and for diffs.
pub fn pretty<T: Serialize>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    let formatter = Visible(serde_json::ser::PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    out.write_all(b"\n")
}

/// A value that stands on one line even where others are spread over several.
pub fn inline<T: Serialize>(value: &T) -> Result<Box<RawValue>, serde_json::Error> {
    serde_json::value::to_raw_value(value)
}

/// Writes one value and nothing after it.
pub fn value<T: Serialize>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    value
        .serialize(&mut Serializer::with_formatter(&mut *out, Visible(serde_json::ser::CompactFormatter)))?;
    Ok(())
}

/// As [`inline`], for values with strangers' text in them.
pub fn inline_visible<T: Serialize>(value: &T) -> io::Result<Box<RawValue>> {
    RawValue::from_string(text(value)?).map_err(io::Error::other)
}

/// One value as text, for a cell of another format.
pub fn text<T: Serialize>(value: &T) -> io::Result<String> {
    let mut text = Vec::new();
    self::value(&mut text, value)?;
    String::from_utf8(text).map_err(io::Error::other)
}

/// Writes characters that a terminal would obey, or hide, as `\uXXXX`: the same text to whoever parses it.
struct Visible<F>(F);

impl<F: Formatter> Formatter for Visible<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, hidden)) = rest.char_indices().find(|&(_, character)| is_hidden(character)) {
            out.write_all(&rest.as_bytes()[..at])?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + hidden.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        self.0.write_char_escape(out, escape)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_same_and_the_terminal_is_safe() {
        let text = "a\"\\\u{9b}\u{202e}\n\u{e0041}é";
        let mut out = Vec::new();
        line(&mut out, &text).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, "\"a\\\"\\\\\\u009b\\u202e\\n\\udb40\\udc41é\"\n");
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
    }

    #[test]
    fn several_lines_are_indented() {
        let mut out = Vec::new();
        pretty(&mut out, &serde_json::json!({"a": [1, {}]})).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "{\n  \"a\": [\n    1,\n    {}\n  ]\n}\n");
    }
}
