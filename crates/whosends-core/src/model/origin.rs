//! Where a report came from, and which files were read.

/// Where a report came from. Reports can be forged (RFC 9990 section 8.2): this is what there is to judge by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The input and the way through it: `mailbox.mbox › message 3 › report.zip › report.xml`.
    pub place: String,
    /// The From address of the mail that carried it.
    pub mail_from: Option<String>,
    /// The Message-ID of that mail.
    pub message_id: Option<String>,
}

/// What tells that a file was read before and has not changed since.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileStamp {
    /// The path as the system writes it.
    pub path: Vec<u8>,
    /// Bytes.
    pub size: u64,
    /// Time of the last change in nanoseconds since 1970.
    pub modified_ns: i64,
    /// The number of the file on its device, or 0 where there is none.
    pub inode: u64,
    /// The device, or 0 where there is none.
    pub device: u64,
}

/// A file that was read to its end, and whether reading it again would give the same.
///
/// Only [`ingest`](crate::ingest) makes one, so that a file of which something was refused for a limit or for missing
/// rights can't be remembered as done with: it is read again the next time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReadFile {
    stamp: FileStamp,
    again: bool,
}

impl ReadFile {
    /// A file of which everything was read.
    pub(crate) const fn whole(stamp: FileStamp) -> Self {
        Self { stamp, again: false }
    }

    /// The same, of which something was left that another reading may give.
    pub(crate) fn marked_unfinished(self) -> Self {
        Self { again: true, ..self }
    }

    /// Which file it was, and in which state.
    #[must_use]
    pub const fn stamp(&self) -> &FileStamp {
        &self.stamp
    }

    /// Whether another reading may give more: with a higher limit, other rights, or because this one was stopped.
    #[must_use]
    pub const fn is_to_be_read_again(&self) -> bool {
        self.again
    }
}
