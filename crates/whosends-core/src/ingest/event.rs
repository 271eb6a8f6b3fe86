//! What comes out of an input.

use crate::error::{Error, Place};
use crate::model::{FileStamp, Header, Notes, Origin, ReadFile, RecordBatch};

/// A report whose records are in `batch`, or in the [`Event::Records`] before it and in `batch`.
#[derive(Debug)]
pub struct FoundReport {
    /// Everything but the records.
    pub header: Header,
    /// Whether the document ends before its end.
    pub truncated: bool,
    /// Records that could not be added up.
    pub records_skipped: u64,
    /// What was odd, in the document and in the containers around it.
    pub notes: Notes,
    /// The records, or the last of them.
    pub batch: RecordBatch,
    /// Where it came from.
    pub origin: Origin,
}

/// Other things that share a mailbox with aggregate reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OtherKind {
    /// An SMTP TLS report (RFC 8460).
    TlsReport,
    /// A failure report of any feedback type (RFC 5965, RFC 9991).
    FailureReport,
    /// An input that is no report and holds none.
    NotAReport,
}

/// One thing that came out of an input, in the order it was met.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A mail was taken apart.
    Mail,
    /// A whole report.
    Report(Box<FoundReport>),
    /// Records of a large report, whose header comes with [`Event::LargeReport`].
    Records(Box<RecordBatch>),
    /// The end of a large report: the records since the last report belong to it.
    LargeReport(Box<FoundReport>),
    /// The large report gave nothing in the end: the records since the last report are to be forgotten.
    /// An [`Event::Rejected`] says why.
    LargeReportLost,
    /// Something that should have held a report and gave none.
    Rejected(Error),
    /// Something else, with what it looks like.
    Other {
        /// What kind.
        kind: OtherKind,
        /// Where it was.
        place: Place,
        /// What it looks like, as a short phrase.
        what: String,
    },
    /// A file was read to its end. It says whether it is to be read again although it has not changed.
    FileRead(ReadFile),
    /// An input came to its end that is no file to remember: standard input, a pipe, a path that could not be opened. It
    /// holds the path, or what stands for one.
    InputRead(Vec<u8>),
    /// A file was left alone: it is as it was when it was read before.
    FileUnchanged(FileStamp),
    /// Nothing came for a while: an input takes long. It may come between any two others.
    Waiting,
}
