//! The sending services that are known.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use whosends_core::senders::catalogue::SignKind;
use whosends_core::senders::{Catalogue, Service};

use super::answer::{Csv, Json, Ndjson, Screen, Show};
use super::csv as sheet;
use super::json::{self as object, SCHEMA};
use super::paint::{Paint, Tone};
use super::printable::printable;
use super::table::{Column, Set, Table};

/// The services that were asked for.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// In the order of the catalogue.
    pub(crate) services: Vec<&'a Service>,
    /// The services they run on.
    pub(crate) catalogue: &'a Catalogue,
    /// Whether one was named, and is shown in full.
    pub(crate) in_full: bool,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    senders: Vec<Known<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    #[serde(flatten)]
    known: Known<'a>,
}

/// A service.
#[derive(Serialize)]
struct Known<'a> {
    id: &'a str,
    name: &'a str,
    category: &'static str,
    home: Option<&'a str>,
    family: Option<&'a str>,
    runs_on: Vec<&'a str>,
    dkim_align: &'static str,
    spf_align: &'static str,
    place: Option<&'a str>,
    note: Option<&'a str>,
    signs: BTreeMap<&'static str, &'a [String]>,
}

fn known<'a>(service: &'a Service, catalogue: &'a Catalogue) -> Known<'a> {
    Known {
        id: &service.id,
        name: &service.name,
        category: service.category.as_str(),
        home: service.home.as_deref(),
        family: service.family.as_deref(),
        runs_on: service.runs_on.iter().map(|&other| catalogue.service(other).id.as_str()).collect(),
        dkim_align: service.dkim_align.as_str(),
        spf_align: service.spf_align.as_str(),
        place: service.place.as_deref(),
        note: service.note.as_deref(),
        signs: signs(service).map(|(kind, signs)| (kind.as_str(), signs)).collect(),
    }
}

/// The signs of a service by their kind, where it has any.
fn signs(service: &Service) -> impl Iterator<Item = (SignKind, &[String])> {
    let all = SignKind::ALL.into_iter().map(|kind| (kind, service.signs(kind)));
    all.filter(|(_, signs)| !signs.is_empty())
}

impl Json for Answer<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let senders = self.services.iter().map(|service| known(service, self.catalogue)).collect();
        object::pretty(out, &Object { schema: SCHEMA, senders })
    }
}

impl Ndjson for Answer<'_> {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        self.services.iter().try_for_each(|service| {
            object::line(out, &Line { schema: SCHEMA, known: known(service, self.catalogue) })
        })
    }
}

impl Csv for Answer<'_> {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        sheet::header(out, &["id", "name", "category", "home", "family", "dkim_align", "spf_align"])?;
        self.services.iter().try_for_each(|service| {
            let cells = [
                sheet::Cell::Text(&service.id),
                sheet::Cell::Text(&service.name),
                sheet::Cell::Text(service.category.as_str()),
                sheet::Cell::text(service.home.as_deref()),
                sheet::Cell::text(service.family.as_deref()),
                sheet::Cell::Text(service.dkim_align.as_str()),
                sheet::Cell::Text(service.spf_align.as_str()),
            ];
            sheet::row(out, &cells)
        })
    }
}

impl Show for Answer<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        if let ([one], true) = (&self.services[..], self.in_full) {
            return self::one(out, one, self.catalogue, screen.paint);
        }
        let mut table = Table::new(&[
            Column("ID", Set::Left),
            Column("NAME", Set::KeepStart),
            Column("CATEGORY", Set::Left),
            Column("DKIM", Set::Left),
            Column("SPF", Set::Left),
        ]);
        for service in &self.services {
            table.row(vec![
                service.id.as_str().into(),
                service.name.as_str().into(),
                service.category.as_str().into(),
                service.dkim_align.as_str().into(),
                service.spf_align.as_str().into(),
            ]);
        }
        table.write(out, screen.columns, screen.paint)
    }
}

/// Writes one service for people.
fn one(out: &mut dyn Write, service: &Service, catalogue: &Catalogue, paint: Paint) -> io::Result<()> {
    writeln!(out, "{}   {}", paint.tone(Tone::Head, &printable(&service.name)), service.category)?;
    let runs_on: Vec<_> = service.runs_on.iter().map(|&id| catalogue.service(id).name.as_str()).collect();
    let mut line = |title: &str, text: &str| writeln!(out, "{title:<18}{}", printable(text));
    line("id", &service.id)?;
    service.home.iter().try_for_each(|home| line("home", home))?;
    service.family.iter().try_for_each(|family| line("family", family))?;
    if !runs_on.is_empty() {
        line("runs on", &runs_on.join(", "))?;
    }
    line("DKIM aligns", service.dkim_align.as_str())?;
    line("SPF aligns", service.spf_align.as_str())?;
    service.place.iter().try_for_each(|place| line("set up in", place))?;
    service.note.iter().try_for_each(|note| line("note", note))?;
    signs(service).try_for_each(|(kind, signs)| line(kind.as_str(), &signs.join(", ")))
}
