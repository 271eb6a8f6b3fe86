//! A catalogue's text to its rows, each value with the spot it stands at.

use std::collections::HashMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::error::{Error, ErrorKind, Place, Result};

use super::document::{Document, Row, Shared, Spot, Stated};
use super::service::{Alignment, Category, Certainty, PublishRecord, RecordType, Setup, SignKind};

/// Reads a file; `name` is what errors call it.
pub(super) fn read(text: &str, name: &str) -> Result<Document> {
    let reader = Reader { newlines: memchr::memchr_iter(b'\n', text.as_bytes()).collect(), name };
    let table = DeTable::parse(text).map_err(|error| {
        let reason = error.message().lines().collect::<Vec<_>>().join(", ");
        reader.error(error.span().unwrap_or(0..0), reason)
    })?;
    let mut document = Document::new(name);
    for (key, value) in table.get_ref() {
        match key.get_ref().as_ref() {
            "sender" => {
                document.rows =
                    reader.list(value)?.iter().map(|row| reader.row(row)).collect::<Result<_>>()?;
            }
            "shared" => {
                document.shared =
                    reader.list(value)?.iter().map(|shared| reader.shared(shared)).collect::<Result<_>>()?;
            }
            "common-selectors" => document.common = reader.texts(value)?,
            other => return Err(reader.error(key.span(), format!("unknown key `{other}`"))),
        }
    }
    let mut lines = HashMap::new();
    for row in &document.rows {
        if let Some(line) = lines.insert(&row.id, row.spot.line) {
            let reason = format!("the id `{}` stands in line {line} already", row.id);
            return Err(document.error(row.spot, reason));
        }
    }
    Ok(document)
}

type Value<'t> = toml::Spanned<DeValue<'t>>;

struct Reader<'t> {
    newlines: Vec<usize>,
    name: &'t str,
}

impl Reader<'_> {
    fn spot(&self, span: &Range<usize>) -> Spot {
        let before = self.newlines.partition_point(|&newline| newline < span.start);
        Spot { file: 0, line: before as u64 + 1 }
    }

    fn error(&self, span: Range<usize>, reason: impl Into<String>) -> Error {
        Error::new(ErrorKind::Catalogue, reason).at_line(self.spot(&span).line).within(&Place::new(self.name))
    }

    fn wrong(&self, value: &Value<'_>, wanted: &str) -> Error {
        self.error(value.span(), format!("this should be {wanted}, not {}", value.get_ref().type_str()))
    }

    fn list<'v, 't>(&self, value: &'v Value<'t>) -> Result<&'v [Value<'t>]> {
        let list = value.get_ref().as_array().ok_or_else(|| self.wrong(value, "a list"))?;
        Ok(list)
    }

    fn table<'v, 't>(&self, value: &'v Value<'t>) -> Result<&'v DeTable<'t>> {
        value.get_ref().as_table().ok_or_else(|| self.wrong(value, "a table"))
    }

    fn text(&self, value: &Value<'_>) -> Result<String> {
        let text = value.get_ref().as_str().ok_or_else(|| self.wrong(value, "a text"))?;
        match text.trim() {
            "" => Err(self.error(value.span(), "this text is empty")),
            text => Ok(text.to_owned()),
        }
    }

    fn stated(&self, value: &Value<'_>) -> Result<Stated> {
        Ok(Stated { text: self.text(value)?.to_ascii_lowercase(), spot: self.spot(&value.span()) })
    }

    fn texts(&self, value: &Value<'_>) -> Result<Vec<Stated>> {
        self.list(value)?.iter().map(|text| self.stated(text)).collect()
    }

    fn numbers(&self, value: &Value<'_>) -> Result<Vec<Stated>> {
        let number = |value: &Value<'_>| {
            let text = value.get_ref().as_integer().map(|number| number.as_str().to_owned());
            match text {
                Some(text) if text.parse::<u32>().is_ok_and(|asn| asn > 0) => {
                    Ok(Stated { text, spot: self.spot(&value.span()) })
                }
                _ => Err(self.error(value.span(), "this should be the number of a network (ASN)")),
            }
        };
        self.list(value)?.iter().map(number).collect()
    }

    fn choice<T>(&self, value: &Value<'_>, words: &[&str], read: fn(&str) -> Option<T>) -> Result<T> {
        let word = self.text(value)?;
        read(&word)
            .ok_or_else(|| self.error(value.span(), format!("`{word}` is none of {}", words.join(", "))))
    }

    fn row(&self, value: &Value<'_>) -> Result<Row> {
        let mut row = Row { spot: self.spot(&value.span()), ..Row::default() };
        for (key, value) in self.table(value)? {
            match key.get_ref().as_ref() {
                "id" => row.id = self.text(value)?,
                "name" => row.name = Some(self.text(value)?),
                "category" => {
                    row.category = Some(self.choice(value, Category::WORDS, Category::from_word)?);
                }
                "home" => row.home = Some(self.text(value)?),
                "family" => row.family = Some(self.text(value)?),
                "generic" => {
                    let flag = value.get_ref().as_bool();
                    row.generic = Some(flag.ok_or_else(|| self.wrong(value, "true or false"))?);
                }
                "runs-on" => row.runs_on = Some(self.texts(value)?),
                "align" => row.align = Some(self.align(value)?),
                "setup" => row.setup = Some(self.choice(value, Setup::WORDS, Setup::from_word)?),
                "where" => row.place = Some(self.text(value)?),
                "note" => row.note = Some(self.text(value)?),
                "publish" => {
                    let records = self.list(value)?.iter().map(|record| self.publish(record));
                    row.publish = Some(records.collect::<Result<_>>()?);
                }
                "confidence" => {
                    row.confidence = Some(self.choice(value, Certainty::WORDS, Certainty::from_word)?);
                }
                "asn" => row.signs[SignKind::Asn as usize] = Some(self.numbers(value)?),
                other => match SignKind::from_word(other) {
                    Some(kind) => row.signs[kind as usize] = Some(self.texts(value)?),
                    None => return Err(self.error(key.span(), format!("unknown key `{other}`"))),
                },
            }
        }
        if row.id.is_empty() {
            return Err(self.error(value.span(), "this sender has no id"));
        }
        Ok(row)
    }

    fn align(&self, value: &Value<'_>) -> Result<(Alignment, Alignment)> {
        let (mut spf, mut dkim) = (Alignment::Unknown, Alignment::Unknown);
        for (key, value) in self.table(value)? {
            let can = self.choice(value, Alignment::WORDS, Alignment::from_word)?;
            match key.get_ref().as_ref() {
                "spf" => spf = can,
                "dkim" => dkim = can,
                other => return Err(self.error(key.span(), format!("unknown key `{other}`"))),
            }
        }
        Ok((spf, dkim))
    }

    fn publish(&self, value: &Value<'_>) -> Result<PublishRecord> {
        let table = self.table(value)?;
        let [owner, kind] = self.required(value, ["owner", "type"])?;
        self.known_keys(table, &["owner", "type", "value"])?;
        Ok(PublishRecord {
            owner: self.text(owner)?,
            kind: self.choice(kind, RecordType::WORDS, RecordType::from_word)?,
            value: table.get("value").map(|value| self.text(value)).transpose()?,
        })
    }

    fn shared(&self, value: &Value<'_>) -> Result<Shared> {
        let [kind, sign, primary] = self.required(value, ["kind", "sign", "primary"])?;
        self.known_keys(self.table(value)?, &["kind", "sign", "primary"])?;
        Ok(Shared {
            kind: self.choice(kind, SignKind::WORDS, SignKind::from_word)?,
            sign: self.stated(sign)?,
            primary: self.stated(primary)?,
        })
    }

    /// The values of keys that a table has to have.
    fn required<'v, 't, const N: usize>(
        &self,
        value: &'v Value<'t>,
        keys: [&str; N],
    ) -> Result<[&'v Value<'t>; N]> {
        let table = self.table(value)?;
        let mut values = [value; N];
        for (slot, key) in values.iter_mut().zip(keys) {
            let missing = || self.error(value.span(), format!("the key `{key}` is missing"));
            *slot = table.get(key).ok_or_else(missing)?;
        }
        Ok(values)
    }

    fn known_keys(&self, table: &DeTable<'_>, known: &[&str]) -> Result<()> {
        match table.iter().find(|(key, _)| !known.contains(&key.get_ref().as_ref())) {
            Some((key, _)) => Err(self.error(key.span(), format!("unknown key `{}`", key.get_ref()))),
            None => Ok(()),
        }
    }
}
