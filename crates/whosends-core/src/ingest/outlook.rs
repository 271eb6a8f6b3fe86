//! Outlook's messages, which are compound files ([MS-OXMSG]); the only module that names the crate for these.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use cfb::CompoundFile;

use super::meant::Sign;
use super::unpack::{Strictness, Unpacker, What, read_error};
use super::unread::Unsupported;
use crate::error::{Error, Result};
use crate::limits::Limit;

/// Names of streams and storages: `__substg1.0_`, then a property's number and type ([MS-OXMSG] section 2.2).
const SUBJECT: &str = "__substg1.0_0037001F";
const LONG_NAME: &str = "__substg1.0_3707001F";
const SHORT_NAME: &str = "__substg1.0_3704001F";
const DATA: &str = "__substg1.0_37010102";
/// A message that is attached to another.
const EMBEDDED: &str = "__substg1.0_3701000D";
const ATTACHMENT: &str = "__attach_version1.0_";

/// Bytes of a subject or name that are read.
const TEXT_BYTES: u64 = 2048;

type File<'f> = CompoundFile<Cursor<&'f [u8]>>;

impl Unpacker<'_> {
    /// Takes the attachments out of a message of Outlook's.
    pub(super) fn outlook(&mut self, bytes: &[u8], name: Option<&str>, strict: Strictness) -> Result<What> {
        let Ok(mut file) = CompoundFile::open(Cursor::new(bytes)) else {
            return self.unread(Unsupported::OutlookMessage, name, strict);
        };
        self.outlook_message(&mut file, Path::new("/"))
    }

    /// Takes one message apart, that is the file or is attached to another in it.
    fn outlook_message(&mut self, file: &mut File<'_>, at: &Path) -> Result<What> {
        self.budget.check_depth(self.mail_depth, Limit::MailDepth)?;
        let subject = text(file, &at.join(SUBJECT));
        let attachments: Vec<PathBuf> = file
            .read_storage(at)
            .map_err(read_error)?
            .filter(|entry| entry.is_storage() && entry.name().starts_with(ATTACHMENT))
            .map(|entry| entry.path().to_owned())
            .collect();
        self.budget.enter_many(attachments.len() as u64)?;
        self.mail_depth += 1;
        let result = self.meant(Sign::of(subject.as_deref(), None, None), |this| {
            for (attachment, number) in attachments.iter().zip(1..) {
                let name = [LONG_NAME, SHORT_NAME].iter().find_map(|name| text(file, &attachment.join(name)));
                let step = name.clone().unwrap_or_else(|| format!("attachment {number}"));
                this.step(step, |this| this.outlook_attachment(file, attachment, name.as_deref()));
            }
        });
        self.mail_depth -= 1;
        result
    }

    fn outlook_attachment(&mut self, file: &mut File<'_>, at: &Path, name: Option<&str>) -> Result<What> {
        let embedded = at.join(EMBEDDED);
        if file.is_storage(&embedded) {
            return self.outlook_message(file, &embedded);
        }
        let Ok(stream) = file.open_stream(at.join(DATA)) else {
            return Ok("an attachment without data".into());
        };
        let most = self.limits.held_bytes;
        let mut data = Vec::new();
        self.budget.meter(stream).take(most.saturating_add(1)).read_to_end(&mut data).map_err(read_error)?;
        if data.len() as u64 > most {
            return Err(Error::limit(Limit::HeldBytes, &self.limits));
        }
        self.bytes(&data, name, Strictness::Member)
    }
}

/// The text of a stream in UTF-16.
fn text(file: &mut File<'_>, at: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    file.open_stream(at).ok()?.take(TEXT_BYTES).read_to_end(&mut bytes).ok()?;
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
    let text: String = char::decode_utf16(units)
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .filter(|character| *character != '\0')
        .collect();
    Some(text).filter(|text| !text.is_empty())
}
