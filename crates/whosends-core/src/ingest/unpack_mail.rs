//! Takes mail apart: single messages, and mbox files inside other things.

use std::io::Read;
use std::rc::Rc;

use memchr::memmem;

use super::cms::{self, Content};
use super::event::{Event, OtherKind};
use super::mail::{Leaf, LeafKind, Mail};
use super::mbox::{Mbox, Message};
use super::meant::Sign;
use super::mime::Nature;
use super::names::NamedKind;
use super::recode::plain_line_ends;
use super::sniff::{HEAD_BYTES, Kind, sniff};
use super::tnef;
use super::unpack::{Strictness, Unpacker, What, read_error};
use super::unread::Unsupported;
use super::uuencode;
use crate::error::{Error, Result};
use crate::limits::Limit;
use crate::model::NoteCode;
use crate::xml;

impl Unpacker<'_> {
    /// Takes a message of an mbox apart: it is a mail whatever it looks like.
    pub(super) fn message(&mut self, bytes: &[u8]) {
        let result = self.mail(bytes);
        self.finish(result);
    }

    pub(super) fn mbox<R: Read>(&mut self, input: R) -> Result<What> {
        let mut mbox = Mbox::new(input, self.limits.held_bytes.min(self.limits.input_bytes));
        let mut number = 0_u64;
        while let Some(message) = mbox.next_message().map_err(read_error)? {
            number += 1;
            let limits = Rc::clone(&self.limits);
            self.step(format!("message {number}"), |this| match message {
                Message::Whole(bytes) => this.mail(&bytes),
                Message::TooLong => Err(Error::limit(Limit::HeldBytes, &limits)),
            });
        }
        Ok("an mbox without a message".into())
    }

    /// Takes a mail apart and says of it, if nothing came out, that it holds no report. However many mails an
    /// input holds, each may have as many parts as any other; the bytes unpacked are those of the input.
    pub(super) fn mail(&mut self, bytes: &[u8]) -> Result<What> {
        self.tell(Event::Mail);
        let of_its_own = self.budget.with_entries_of_its_own();
        let budget = std::mem::replace(&mut self.budget, of_its_own);
        let around = std::mem::replace(&mut self.archives_around_mail, self.archive_depth);
        let (head, notes) = (std::mem::take(&mut self.head), std::mem::take(&mut self.notes));
        self.found = false;
        let result = self.mail_parts(bytes, true);
        self.finish(result);
        (self.head, self.notes) = (head, notes);
        self.archives_around_mail = around;
        self.budget = budget;
        self.found = true;
        Ok("a mail".into())
    }

    /// Takes a mail's parts apart, one message deeper.
    pub(super) fn mail_parts(&mut self, bytes: &[u8], has_head: bool) -> Result<What> {
        self.budget.check_depth(self.mail_depth, Limit::MailDepth)?;
        let bytes = plain_line_ends(bytes);
        let mail = Mail::parse(&bytes, &self.limits, &self.budget)?;
        let head = mail.head();
        let (sign, written) = (head.sign, head.date);
        if has_head {
            self.head = head;
        }
        match mail.nature() {
            Nature::Ordinary => {}
            Nature::Notice => {
                return Ok(
                    "a notice of what became of a mail: what it brings back was sent, not received".into()
                );
            }
            Nature::Feedback => {
                self.other(OtherKind::FailureReport, "a failure report");
                return Ok("a failure report".into());
            }
        }
        // Whoever passes a report on does so on another day.
        let passed_on = std::mem::replace(&mut self.head.date, written);
        self.mail_depth += 1;
        let result = self.meant(sign, |this| {
            for (leaf, number) in mail.leaves().zip(1..) {
                this.leaf(&leaf, number);
            }
        });
        self.mail_depth -= 1;
        self.head.date = passed_on;
        result
    }

    /// Takes the inside of a message apart: where nothing came of it and the message was meant to bring a report,
    /// the report was lost.
    pub(super) fn meant(&mut self, sign: Option<Sign>, inside: impl FnOnce(&mut Self)) -> Result<What> {
        let (settled, unread) = (std::mem::take(&mut self.settled), self.unread.take());
        inside(self);
        let missed = Sign::missed(sign, self.unread).filter(|_| !self.settled);
        self.settled |= settled;
        self.unread = unread.or(self.unread);
        missed.map_or_else(|| Ok("a mail without a report".into()), Err)
    }

    fn leaf(&mut self, leaf: &Leaf<'_>, number: u64) {
        let notes = self.notes.len();
        let kind = sniff(&leaf.bytes[..leaf.bytes.len().min(HEAD_BYTES)]);
        if leaf.badly_encoded {
            self.notes.push((NoteCode::TransferEncoding, "mail", None));
        }
        if let Some(media_type) = leaf.media_type.as_deref()
            && NamedKind::of(kind).is_some_and(|kind| !kind.fits_media_type(media_type))
        {
            self.notes.push((NoteCode::ContentTypeMismatch, "mail", Some(media_type.to_owned())));
        }
        let name = leaf.name.clone().unwrap_or_else(|| format!("part {number}"));
        let recoded = (kind == Kind::Text)
            .then(|| leaf.charset.as_deref().and_then(|charset| xml::in_utf8(&leaf.bytes, charset)))
            .flatten();
        let bytes = recoded.as_deref().unwrap_or(&leaf.bytes);
        self.step(name, |this| match leaf.kind {
            LeafKind::Message => this.mail_parts(bytes, false),
            LeafKind::Prose => this.bytes(bytes, leaf.name.as_deref(), Strictness::Prose),
            LeafKind::Other => this.bytes(bytes, leaf.name.as_deref(), Strictness::Member),
        });
        if leaf.kind == LeafKind::Prose || leaf.is_text() {
            self.in_prose(bytes);
        }
        self.notes.truncate(notes);
    }

    /// Takes out what stands in text beside the words.
    fn in_prose(&mut self, text: &[u8]) {
        for file in uuencode::files(text) {
            if let Err(error) = self.budget.enter() {
                return self.reject(error);
            }
            let name = String::from_utf8_lossy(&file.name[..file.name.len().min(320)]).into_owned();
            self.step(name.clone(), |this| {
                this.noted(NoteCode::TransferEncoding, "uuencode", None, |this| {
                    this.bytes(&file.decode(), Some(&name), Strictness::Member)
                })
            });
        }
        if memmem::find(text, b"-----BEGIN PGP MESSAGE-----").is_some() {
            let _ = self.unread(Unsupported::EncryptedText, None, Strictness::Prose);
        }
    }

    /// Takes the attachments out of Outlook's own packing.
    pub(super) fn tnef(&mut self, file: &[u8], name: Option<&str>, strict: Strictness) -> Result<What> {
        let mut any = false;
        self.nested(|this| {
            for (attachment, number) in tnef::attachments(file).zip(1..) {
                this.budget.enter()?;
                any = true;
                let name =
                    String::from_utf8_lossy(&attachment.name[..attachment.name.len().min(320)]).into_owned();
                let step = if name.is_empty() { format!("attachment {number}") } else { name.clone() };
                this.step(step, |this| this.bytes(attachment.data, Some(&name), Strictness::Member));
            }
            Ok(What::default())
        })?;
        match any {
            true => Ok("Outlook's packing of attachments, without a report".into()),
            false => self.unread(Unsupported::OutlookAttachments, name, strict),
        }
    }

    /// Takes the mail out of what is signed with S/MIME.
    pub(super) fn cms(&mut self, block: &[u8], name: Option<&str>, strict: Strictness) -> Result<What> {
        match cms::open(block) {
            Content::Signed(mail) => self.mail_parts(&mail, false),
            Content::Detached => Ok("a signature".into()),
            Content::Other => Ok("a block of S/MIME without a mail".into()),
            Content::Encrypted => self.unread(Unsupported::EncryptedMail, name, strict),
        }
    }

    /// Takes the messages of a mailbox apart that have a line of control characters before and behind each (MMDF).
    pub(super) fn mmdf(&mut self, mailbox: &[u8]) -> Result<What> {
        const SEPARATOR: &[u8] = b"\x01\x01\x01\x01";
        let mut number = 0_u64;
        for message in memmem::find_iter(mailbox, SEPARATOR)
            .chain([mailbox.len()])
            .scan(0, |from, to| {
                let message = &mailbox[(*from).min(to)..to];
                *from = to + SEPARATOR.len();
                Some(message.trim_ascii())
            })
            .filter(|message| !message.is_empty())
        {
            number += 1;
            self.step(format!("message {number}"), |this| this.mail(message));
        }
        Ok("a mailbox without a message".into())
    }
}

/// The message inside Apple Mail's file: its first line says how long it is.
pub(super) fn emlx_message(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.trim_ascii_start();
    let Some(end) = memchr::memchr(b'\n', bytes) else { return bytes };
    let length = std::str::from_utf8(&bytes[..end]).ok().and_then(|line| line.trim().parse::<usize>().ok());
    let message = &bytes[end + 1..];
    &message[..length.unwrap_or(message.len()).min(message.len())]
}
