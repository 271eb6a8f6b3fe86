//! What is recognised and not read, with what to do instead.

use super::unpack::{Strictness, Unpacker, What};
use crate::error::{Error, ErrorKind, Result};

/// Containers that are recognised and not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsupported {
    OutlookStore,
    OutlookMessage,
    OutlookExpress,
    OutlookAttachments,
    UnixMailbox,
    EncryptedMail,
    EncryptedText,
    Lzma,
    SevenZip,
    Rar,
    Compress,
}

impl Unsupported {
    /// What it is and what to do instead.
    pub(super) const fn advice(self) -> &'static str {
        match self {
            Self::OutlookStore => {
                "an Outlook data file (.pst or .ost) can't be read; export the folder as .eml files or as an mbox \
                 (drag it into Thunderbird, or use `readpst -r FILE`) and read that"
            }
            Self::OutlookMessage => {
                "an Outlook message (.msg) can't be read; save it as .eml, or save its attachment and read that"
            }
            Self::OutlookExpress => {
                "an Outlook Express mailbox (.dbx) can't be read; export its messages as .eml files, or use \
                 `readdbx`, and read what comes out"
            }
            Self::OutlookAttachments => {
                "Outlook's own packing of attachments (winmail.dat, TNEF) can't be read here, it may be damaged; \
                 unpack it with `tnef winmail.dat` and read what comes out"
            }
            Self::UnixMailbox => {
                "a mailbox in the mbx format can't be read; export it as an mbox or as .eml files and read that"
            }
            Self::EncryptedMail => {
                "a mail that is encrypted with S/MIME can't be read; open it in the mail program that holds the \
                 key, save its attachment and read that"
            }
            Self::EncryptedText => {
                "a mail that is encrypted with PGP can't be read; decrypt it with `gpg -d` and read what comes out"
            }
            Self::Lzma => {
                "LZMA is no report compression and can't be read; unpack it with `unlzma` and read what comes out"
            }
            Self::SevenZip => "a 7z archive can't be read; unpack it with `7z x` and read what comes out",
            Self::Rar => "a RAR archive can't be read; unpack it with `unrar x` and read what comes out",
            Self::Compress => {
                "a compress (.Z) file can't be read; unpack it with `uncompress` and read what comes out"
            }
        }
    }

    pub(super) fn error(self) -> Error {
        Error::new(ErrorKind::UnsupportedContainer, self.advice())
    }

    /// The container whose first bytes these are.
    pub(super) fn by_magic(head: &[u8]) -> Option<Self> {
        const MAGIC: &[(&[u8], Unsupported)] = &[
            (b"!BDN", Unsupported::OutlookStore),
            (b"\xcf\xad\x12\xfe\xc5\xfd\x74\x6f", Unsupported::OutlookExpress),
            (b"*mbx*\r\n", Unsupported::UnixMailbox),
            (b"-----BEGIN PGP MESSAGE-----", Unsupported::EncryptedText),
            (b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff", Unsupported::Lzma),
            (b"7z\xbc\xaf\x27\x1c", Unsupported::SevenZip),
            (b"Rar!\x1a\x07", Unsupported::Rar),
            (b"\x1f\x9d", Unsupported::Compress),
        ];
        MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, container)| *container)
    }
}

/// What was met in a mail and not read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unread {
    pub(super) container: Unsupported,
    /// Whether its name says that it has to do with DMARC.
    pub(super) is_named: bool,
}

impl Unpacker<'_> {
    /// What is not read is told where it may have been meant as a report; inside a mail, the mail decides.
    pub(super) fn unread(
        &mut self,
        container: Unsupported,
        name: Option<&str>,
        strict: Strictness,
    ) -> Result<What> {
        if strict >= Strictness::Whole {
            return Err(container.error());
        }
        let is_named = name.is_some_and(|name| name.to_ascii_lowercase().contains("dmarc"));
        let unread = self.unread.get_or_insert(Unread { container, is_named });
        if is_named && !unread.is_named {
            *unread = Unread { container, is_named };
        }
        Ok("an archive of a kind that is not read".into())
    }
}
