//! Why a command could not do what was asked, and what to type next.

use std::fmt::Display;
use std::io;

use whosends_core::answers::{NoAnswer, Nothing};
use whosends_core::error::{Error, ErrorKind};

use crate::exit::Exit;
use crate::render::period::in_words;
use crate::render::printable::printable;
use crate::streams::Streams;

/// The end of a command that could not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Whoever read our output has had enough, which is fine.
    ClosedPipe,
    /// Something the user has to know.
    Said(Box<Complaint>),
}

/// What failed with its value, why, and the command to run next.
#[derive(Debug)]
pub(crate) struct Complaint {
    what: String,
    why: Option<String>,
    hint: Option<String>,
}

impl Failure {
    /// A failure, which ends the process with [`Exit::Nothing`]. `what` is a lower-case fragment that holds
    /// the value in question.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self::Said(Box::new(Complaint { what: what.into(), why: None, hint: None }))
    }

    /// Says why.
    pub(crate) fn because(self, why: impl Display) -> Self {
        self.change(|complaint| complaint.why = Some(why.to_string()))
    }

    /// Says what to do next.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        self.change(|complaint| complaint.hint = Some(hint))
    }

    /// Says where it was: `place: what`.
    pub(crate) fn within(self, place: &str) -> Self {
        self.change(|complaint| complaint.what = format!("{place}: {}", complaint.what))
    }

    fn change(mut self, change: impl FnOnce(&mut Complaint)) -> Self {
        if let Self::Said(complaint) = &mut self {
            change(complaint);
        }
        self
    }

    /// Prints the failure where it is one, and gives the status to end with.
    pub(crate) fn report(&self, streams: &mut Streams) -> Exit {
        let Self::Said(complaint) = self else { return Exit::Fine };
        streams.error(&complaint.text());
        if let Some(hint) = &complaint.hint {
            streams.hint(&printable(hint));
        }
        Exit::Nothing
    }
}

impl Complaint {
    fn text(&self) -> String {
        let what = printable(&self.what);
        match &self.why {
            Some(why) => format!("{what}: {}", printable(why)),
            None => what.into_owned(),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ClosedPipe;
        }
        Self::new("cannot write the output").because(error)
    }
}

impl From<NoAnswer> for Failure {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Failed(error) => error.into(),
            NoAnswer::Nothing(nothing) => nothing.into(),
            NoAnswer::NoDay { .. } => Self::new(why.to_string()).because("`--since` is after `--until`"),
            _ => Self::new(why.to_string()),
        }
    }
}

impl From<Nothing> for Failure {
    fn from(nothing: Nothing) -> Self {
        let failure = Self::new(nothing.to_string());
        match nothing {
            Nothing::NoReport => failure.hint("`whosends ingest PATH` reads a mailbox of reports"),
            Nothing::UnderDomainAbove { above, .. } => {
                failure.because(format!("its mail is in the reports of {above}")).hint(format!(
                    "`whosends sources {above} --by header_from` tells the mail of each subdomain"
                ))
            }
            Nothing::NoReportOf(_) => {
                failure.hint("`whosends domains --since all` lists the domains there are")
            }
            Nothing::NotInPeriod { domain, period } => {
                let whose = domain.map_or_else(String::new, |domain| format!(" for {domain}"));
                Self::new(format!("no report{whose} in {}", in_words(period)))
                    .hint("`--since all` looks at everything that is stored")
            }
            _ => failure,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let place = error.place().to_string();
        let failure = match heading(error.kind()) {
            Some(heading) if place.is_empty() => Self::new(heading).because(reason(&error)),
            Some(heading) => Self::new(format!("{heading} {place}")).because(reason(&error)),
            None if error.kind() == ErrorKind::NoDatabase => Self::new(format!("no database at {place}")),
            None => Self::new(place).because(reason(&error)),
        };
        match hint(error.kind()) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// Why, with the flag that raises the limit where one was passed.
pub(crate) fn reason(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Limit(limit) => format!("{} (--max-{} raises it)", error.reason(), limit.name()),
        _ => error.reason(),
    }
}

/// What failed, where the place alone does not say it.
const fn heading(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::DiskFull => Some("cannot write to the database"),
        ErrorKind::Database | ErrorKind::ReadOnly | ErrorKind::NewerDatabase | ErrorKind::NotOurDatabase => {
            Some("cannot use the database")
        }
        _ => None,
    }
}

const fn hint(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::NoDatabase => Some("`whosends ingest PATH` makes it from a mailbox of reports"),
        ErrorKind::DiskFull => {
            Some("free some space and run the same command again: nothing is half-written")
        }
        ErrorKind::ReadOnly => Some("name a database that may be written with `--db PATH`"),
        ErrorKind::NewerDatabase => {
            Some("install the newer release, or name another database with `--db PATH`")
        }
        ErrorKind::NotOurDatabase => Some("name another file with `--db PATH`"),
        _ => None,
    }
}
