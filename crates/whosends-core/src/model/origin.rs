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
