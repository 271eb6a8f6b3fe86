//! Decisions as a TOML file, to be kept in version control.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use whosends_core::model::Name;
use whosends_core::senders::{Catalogue, Decision, SourceKey};
use whosends_core::store::KeptDecision;

use super::{Context, sender};
use crate::failure::Failure;
use crate::render::number::rfc3339;
use crate::render::printable::is_hidden;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 16 << 20;

const HEAD: &str = "\
# What was decided about the senders of domains. `whosends mark --import FILE` takes it in.
";

/// Writes decisions.
pub(super) fn write(out: &mut dyn Write, decisions: &[KeptDecision]) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    for made in decisions {
        writeln!(out, "\n[[decision]]")?;
        let at = rfc3339(made.made_at);
        for (key, value) in [
            ("domain", Some(made.domain.as_str())),
            ("sender", Some(&made.sender)),
            ("decision", Some(&made.decision)),
            ("note", made.note.as_deref()),
            ("by", made.made_by.as_deref()),
            ("at", at.as_deref()),
        ] {
            if let Some(value) = value {
                writeln!(out, "{key} = {}", quoted(value))?;
            }
        }
        if made.with_services {
            writeln!(out, "with-services = true")?;
        }
    }
    Ok(())
}

/// A text as a basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            character if is_hidden(character) => {
                // Writing to a `String` can't fail.
                let _ = write!(quoted, "\\U{:08X}", u32::from(character));
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    decision: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    domain: Spanned<String>,
    sender: Spanned<String>,
    decision: Spanned<String>,
    note: Option<String>,
    by: Option<String>,
    at: Option<Spanned<String>>,
    #[serde(default, rename = "with-services")]
    with_services: bool,
}

/// Reads decisions. `kept` are those of the database: one of these about a sender that is not known any more may
/// come back.
pub(super) fn read(
    path: &Path,
    context: &Context<'_>,
    catalogue: &Catalogue,
    kept: &[KeptDecision],
) -> Result<Vec<KeptDecision>, Failure> {
    let is_stdin = path.as_os_str() == "-";
    let name = if is_stdin { "stdin".to_owned() } else { path.display().to_string() };
    let text =
        text_of(path, is_stdin).map_err(|why| Failure::new(format!("cannot read {name}")).because(why))?;
    Import { text: &text, name: &name, context, catalogue, kept }.decisions()
}

fn text_of(path: &Path, is_stdin: bool) -> io::Result<String> {
    let mut text = String::new();
    let read = match is_stdin {
        true => io::stdin().lock().take(LONGEST + 1).read_to_string(&mut text)?,
        false => File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?,
    };
    if read as u64 > LONGEST {
        return Err(io::Error::other("it is larger than 16 MiB"));
    }
    Ok(text)
}

struct Import<'a> {
    text: &'a str,
    name: &'a str,
    context: &'a Context<'a>,
    catalogue: &'a Catalogue,
    kept: &'a [KeptDecision],
}

impl Import<'_> {
    fn decisions(&self) -> Result<Vec<KeptDecision>, Failure> {
        let document: Document = toml::from_str(self.text)
            .map_err(|error| self.at(error.span().map_or(0, |span| span.start)).because(error.message()))?;
        let mut seen = HashSet::new();
        let mut decisions = Vec::new();
        for entry in document.decision {
            let at = entry.sender.span().start;
            let made = self.decision(entry)?;
            if !seen.insert((made.domain.clone(), made.sender.clone())) {
                let why = format!("{} already decides about `{}` further up", made.domain, made.sender);
                return Err(self.at(at).because(why));
            }
            decisions.push(made);
        }
        Ok(decisions)
    }

    fn decision(&self, entry: Entry) -> Result<KeptDecision, Failure> {
        let wrong = |value: &Spanned<String>, why: &str| {
            Err(self.at(value.span().start).because(format!("`{}` is {why}", value.get_ref())))
        };
        let Some(domain) = Name::from_stated(entry.domain.get_ref()).filter(Name::is_domain) else {
            return wrong(&entry.domain, "no domain name");
        };
        let Some(decision) = Decision::from_word(entry.decision.get_ref()) else {
            return wrong(
                &entry.decision,
                "no decision; it can be authorised, unauthorised, forwarder or ignore",
            );
        };
        let made_at = match &entry.at {
            None => self.context.now,
            Some(at) => match at.get_ref().parse::<jiff::Timestamp>() {
                Ok(time) => time.as_second(),
                Err(_) => return wrong(at, "no time; write it like 2026-11-22T12:00:00Z"),
            },
        };
        let sender = self.sender(&domain, &entry.sender)?;
        let made_by = entry.by.or_else(|| self.context.settings.user.clone());
        let (decision, with_services) = (decision.as_str().to_owned(), entry.with_services);
        Ok(KeptDecision { domain, sender, decision, note: entry.note, made_by, made_at, with_services })
    }

    /// The sender in the form that is kept.
    fn sender(&self, domain: &Name, stated: &Spanned<String>) -> Result<String, Failure> {
        let text = stated.get_ref();
        if let Some(key) = SourceKey::parse(self.catalogue, text)
            && !matches!(key, SourceKey::Wave(_))
        {
            return Ok(key.text(self.catalogue));
        }
        if self.kept.iter().any(|made| made.domain == *domain && made.sender == *text) {
            return Ok(text.clone());
        }
        let key = sender::to_mark(self.catalogue, text);
        let key = key.map_err(|failure| failure.within(&self.place(stated.span().start)))?;
        Ok(key.text(self.catalogue))
    }

    /// A failure at a place in the text.
    fn at(&self, offset: usize) -> Failure {
        Failure::new(self.place(offset))
    }

    fn place(&self, offset: usize) -> String {
        let before = self.text.get(..offset).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        format!("{}:{line}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_reads_back() {
        for text in ["plain", "a \"quoted\" \\ one", "two\nlines\t\u{9b}\u{202e}", "é"] {
            let table: toml::Table = toml::from_str(&format!("x = {}", quoted(text))).unwrap();
            assert_eq!(table["x"].as_str(), Some(text));
        }
    }
}
