//! What went wrong, where, and why: an [`Error`] means that an input gave nothing.

use std::fmt;

use crate::limits::{Limit, Limits};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The way to a spot inside nested inputs: `mailbox.mbox › message 3 › report.zip › report.xml:41`.
///
/// The parts are a stranger's text: whoever prints them makes them safe for a terminal first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    steps: Vec<String>,
    line: Option<u64>,
}

impl Place {
    /// The place of a whole input.
    #[must_use]
    pub fn new(step: impl Into<String>) -> Self {
        Self { steps: vec![step.into()], line: None }
    }

    /// The same place, one step further in.
    #[must_use]
    pub fn inside(&self, step: impl Into<String>) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step.into());
        Self { steps, line: None }
    }

    /// The same place at a line, counted from one.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The steps from the outermost inwards.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// Whether nothing is known of the place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.line.is_none()
    }

    /// This place as seen from `outer`.
    fn within(self, outer: &Self) -> Self {
        let mut steps = outer.steps.clone();
        steps.extend(self.steps);
        Self { steps, line: self.line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.steps.join(" › "))?;
        match self.line {
            Some(line) if self.steps.is_empty() => write!(f, "line {line}"),
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}

/// What kind of thing went wrong, to branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file could not be opened or read.
    Unreadable,
    /// One of the [`Limits`] was passed: whoever offers a way to raise it says how.
    Limit(Limit),
    /// An archive is damaged: it can't be unpacked to its end.
    DamagedArchive,
    /// An archive is locked with a password.
    EncryptedArchive,
    /// An archive or mail store of a kind that is not read.
    UnsupportedContainer,
    /// The XML breaks before the first whole record.
    BrokenXml,
    /// A document that looks like part of a report but holds no `feedback` element.
    NoFeedback,
    /// No usable policy domain.
    NoPolicyDomain,
    /// No usable period and no record.
    NothingToKeep,
    /// A fault of this program itself.
    Internal,
    /// The database could not be opened, read or written.
    Database,
    /// There is no database yet where one was looked for.
    NoDatabase,
    /// The disk is full.
    DiskFull,
    /// The database may only be read.
    ReadOnly,
    /// The database was written by a newer release.
    NewerDatabase,
    /// The file is no database of this program.
    NotOurDatabase,
    /// A catalogue of senders breaks one of its rules.
    Catalogue,
}

impl ErrorKind {
    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Limit(_) => "limit",
            Self::DamagedArchive => "damaged_archive",
            Self::EncryptedArchive => "encrypted_archive",
            Self::UnsupportedContainer => "unsupported_container",
            Self::BrokenXml => "broken_xml",
            Self::NoFeedback => "no_feedback",
            Self::NoPolicyDomain => "no_policy_domain",
            Self::NothingToKeep => "nothing_to_keep",
            Self::Internal => "internal",
            Self::Database => "database",
            Self::NoDatabase => "no_database",
            Self::DiskFull => "disk_full",
            Self::ReadOnly => "read_only",
            Self::NewerDatabase => "newer_database",
            Self::NotOurDatabase => "not_our_database",
            Self::Catalogue => "catalogue",
        }
    }
}

/// An input that gave nothing, or a database that would not serve: where, what kind, why.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    place: Place,
    reason: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error with its reason: a lower-case fragment that holds the value in question.
    #[must_use]
    pub fn new(kind: ErrorKind, reason: impl Into<String>) -> Self {
        Self { kind, place: Place::default(), reason: reason.into(), source: None }
    }

    /// The error for an input that went over `limit`.
    #[must_use]
    pub fn limit(limit: Limit, limits: &Limits) -> Self {
        let (name, most) = (limit.name(), limit.value(limits));
        Self::new(ErrorKind::Limit(limit), format!("over the limit of {most} {name}"))
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Puts the error's place inside `outer`.
    #[must_use]
    pub fn within(mut self, outer: &Place) -> Self {
        self.place = self.place.within(outer);
        self
    }

    /// Sets the line, counted from one.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.place.line = Some(line);
        self
    }

    /// What kind of error this is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Where it happened.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Why, without the place; the causes are joined with `: `.
    #[must_use]
    pub fn reason(&self) -> String {
        let mut reason = self.reason.clone();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            reason.push_str(": ");
            reason.push_str(&cause.to_string());
            source = cause.source();
        }
        reason
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.reason())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_from_the_outside_in() {
        let error = Error::new(ErrorKind::BrokenXml, "tag not closed")
            .at_line(41)
            .within(&Place::new("a.mbox").inside("message 3").inside("r.xml"));
        assert_eq!(error.to_string(), "a.mbox › message 3 › r.xml:41: tag not closed");
    }

    #[test]
    fn an_error_says_which_limit_it_was() {
        let error = Error::limit(Limit::ArchiveDepth, &Limits::default());
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::ArchiveDepth));
        assert_eq!(error.reason(), "over the limit of 3 archive-depth");
    }
}
