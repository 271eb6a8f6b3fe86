//! How much of a stranger's input is read before it is refused.

/// The bounds every reader keeps.
///
/// An *input* is one file, one message of an mbox, or one member of a top-level tar; an mbox and a tar as a
/// whole have no bound. The defaults let a report of a million records through and stop a bomb early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one input as it lies on disk.
    pub input_bytes: u64,
    /// Bytes of one mail, or of an archive found inside another container: these have to be held in memory.
    pub held_bytes: u64,
    /// Bytes after decompression, shared by everything inside one input.
    pub unpacked_bytes: u64,
    /// Members, MIME parts and archives opened within one input; a mail in an archive has its own.
    pub entries: u64,
    /// Archives within archives; never more than 64.
    pub archive_depth: u32,
    /// Messages attached to messages; never more than 64.
    pub mail_depth: u32,
    /// XML elements within elements.
    pub xml_depth: u32,
    /// Bytes of one text value in a report.
    pub text_bytes: u64,
    /// Records in one report.
    pub records: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 1 << 30,
            held_bytes: 128 << 20,
            unpacked_bytes: 4 << 30,
            entries: 100_000,
            archive_depth: 3,
            mail_depth: 16,
            xml_depth: 64,
            text_bytes: 64 << 10,
            records: 20_000_000,
        }
    }
}

/// Which of the [`Limits`] an input went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::input_bytes`]
    InputBytes,
    /// [`Limits::held_bytes`]
    HeldBytes,
    /// [`Limits::unpacked_bytes`]
    UnpackedBytes,
    /// [`Limits::entries`]
    Entries,
    /// [`Limits::archive_depth`]
    ArchiveDepth,
    /// [`Limits::mail_depth`]
    MailDepth,
    /// [`Limits::xml_depth`]
    XmlDepth,
    /// [`Limits::text_bytes`]
    TextBytes,
    /// [`Limits::records`]
    Records,
}

impl Limit {
    /// Every limit, in the order of [`Limits`].
    pub const ALL: [Self; 9] = [
        Self::InputBytes,
        Self::HeldBytes,
        Self::UnpackedBytes,
        Self::Entries,
        Self::ArchiveDepth,
        Self::MailDepth,
        Self::XmlDepth,
        Self::TextBytes,
        Self::Records,
    ];

    /// The name that stands in errors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InputBytes => "input-bytes",
            Self::HeldBytes => "held-bytes",
            Self::UnpackedBytes => "unpacked-bytes",
            Self::Entries => "entries",
            Self::ArchiveDepth => "archive-depth",
            Self::MailDepth => "mail-depth",
            Self::XmlDepth => "xml-depth",
            Self::TextBytes => "text-bytes",
            Self::Records => "records",
        }
    }

    /// What it set in `limits`.
    #[must_use]
    pub const fn value(self, limits: &Limits) -> u64 {
        match self {
            Self::InputBytes => limits.input_bytes,
            Self::HeldBytes => limits.held_bytes,
            Self::UnpackedBytes => limits.unpacked_bytes,
            Self::Entries => limits.entries,
            Self::ArchiveDepth => limits.archive_depth as u64,
            Self::MailDepth => limits.mail_depth as u64,
            Self::XmlDepth => limits.xml_depth as u64,
            Self::TextBytes => limits.text_bytes,
            Self::Records => limits.records,
        }
    }
}
