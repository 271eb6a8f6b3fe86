//! The rows of a catalogue file, and one file laid over another.

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Place, Result};

use super::service::{Alignment, Category, Certainty, PublishRecord, Service, ServiceId, Setup, SignKind};

/// Where a value stands: a file of the document, and a line counted from one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) file: usize,
    pub(super) line: u64,
}

/// A text and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Stated {
    pub(super) text: String,
    pub(super) spot: Spot,
}

/// The service to show for a sign that several claim.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) kind: SignKind,
    pub(super) sign: Stated,
    pub(super) primary: Stated,
}

/// One `[[sender]]`: what it states and nothing else.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) spot: Spot,
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) category: Option<Category>,
    pub(super) home: Option<String>,
    pub(super) family: Option<String>,
    pub(super) generic: Option<bool>,
    pub(super) runs_on: Option<Vec<Stated>>,
    pub(super) align: Option<(Alignment, Alignment)>,
    pub(super) setup: Option<Setup>,
    pub(super) place: Option<String>,
    pub(super) note: Option<String>,
    pub(super) publish: Option<Vec<PublishRecord>>,
    pub(super) confidence: Option<Certainty>,
    pub(super) signs: [Option<Vec<Stated>>; 11],
}

/// The rows of one catalogue file, or of several laid over each other.
#[derive(Debug, Default)]
pub(super) struct Document {
    files: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) shared: Vec<Shared>,
    pub(super) common: Vec<Stated>,
}

impl Row {
    pub(super) fn signs(&self, kind: SignKind) -> &[Stated] {
        self.signs[kind as usize].as_deref().unwrap_or_default()
    }

    /// Takes over what `other` states.
    fn overlay(&mut self, other: Self) {
        fn take<T>(mine: &mut Option<T>, other: Option<T>) {
            if other.is_some() {
                *mine = other;
            }
        }
        take(&mut self.name, other.name);
        take(&mut self.category, other.category);
        take(&mut self.home, other.home);
        take(&mut self.family, other.family);
        take(&mut self.generic, other.generic);
        take(&mut self.runs_on, other.runs_on);
        take(&mut self.align, other.align);
        take(&mut self.setup, other.setup);
        take(&mut self.place, other.place);
        take(&mut self.note, other.note);
        take(&mut self.publish, other.publish);
        take(&mut self.confidence, other.confidence);
        for (mine, other) in self.signs.iter_mut().zip(other.signs) {
            take(mine, other);
        }
    }
}

impl Document {
    pub(super) fn new(file: &str) -> Self {
        Self { files: vec![file.to_owned()], ..Self::default() }
    }

    /// Lays another file over this one.
    pub(super) fn overlay(&mut self, other: Self) {
        let file = self.files.len();
        self.files.extend(other.files);
        for mut row in other.rows {
            row.moved_to(file);
            match self.rows.iter_mut().find(|mine| mine.id == row.id) {
                Some(mine) => mine.overlay(row),
                None => self.rows.push(row),
            }
        }
        for mut shared in other.shared {
            shared.sign.spot.file = file;
            shared.primary.spot.file = file;
            self.shared.retain(|mine| mine.kind != shared.kind || mine.sign.text != shared.sign.text);
            self.shared.push(shared);
        }
        for mut common in other.common {
            common.spot.file = file;
            self.common.push(common);
        }
    }

    /// The key of each row.
    pub(super) fn ids(&self) -> Result<HashMap<Box<str>, ServiceId>> {
        let mut ids = HashMap::with_capacity(self.rows.len());
        for (at, row) in self.rows.iter().enumerate() {
            let key =
                u16::try_from(at).map_err(|_| self.error(row.spot, "more senders than a catalogue holds"))?;
            ids.insert(row.id.as_str().into(), ServiceId(key));
        }
        Ok(ids)
    }

    /// The service a row describes.
    pub(super) fn service(&self, row: Row, ids: &HashMap<Box<str>, ServiceId>) -> Result<Service> {
        let missing = |key| self.error(row.spot, format!("this sender has no {key}"));
        let known = |id: &str, spot| {
            ids.get(id).copied().ok_or_else(|| self.error(spot, format!("`{id}` is no known sender")))
        };
        let runs_on = row.runs_on.iter().flatten().map(|stated| known(&stated.text, stated.spot));
        let (spf_align, dkim_align) = row.align.unwrap_or((Alignment::Unknown, Alignment::Unknown));
        Ok(Service {
            key: known(&row.id, row.spot)?,
            runs_on: runs_on.collect::<Result<_>>()?,
            name: row.name.ok_or_else(|| missing("name"))?,
            category: row.category.ok_or_else(|| missing("category"))?,
            id: row.id,
            home: row.home,
            family: row.family,
            generic: row.generic.unwrap_or(false),
            spf_align,
            dkim_align,
            setup: row.setup.unwrap_or(Setup::Customer),
            place: row.place,
            note: row.note,
            publish: row.publish.unwrap_or_default(),
            confidence: row.confidence.unwrap_or(Certainty::Medium),
            signs: row.signs.map(|signs| signs.into_iter().flatten().map(|sign| sign.text).collect()),
        })
    }

    /// The id to show for a sign that several claim.
    pub(super) fn primary(&self, kind: SignKind, sign: &str) -> Option<&String> {
        let found = self.shared.iter().find(|shared| shared.kind == kind && shared.sign.text == sign);
        found.map(|shared| &shared.primary.text)
    }

    pub(super) fn error(&self, spot: Spot, reason: impl Into<String>) -> Error {
        let file = self.files.get(spot.file).map(String::as_str).unwrap_or_default();
        Error::new(ErrorKind::Catalogue, reason).at_line(spot.line).within(&Place::new(file))
    }
}

impl Row {
    fn moved_to(&mut self, file: usize) {
        self.spot.file = file;
        let signs = self.signs.iter_mut().flatten().flatten();
        signs.chain(self.runs_on.iter_mut().flatten()).for_each(|stated| stated.spot.file = file);
    }
}
