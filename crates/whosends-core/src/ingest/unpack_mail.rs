//! Takes mail apart: single messages, and mbox files inside other things.

use std::io::Read;
use std::rc::Rc;

use super::event::{Event, OtherKind};
use super::mail::{Leaf, LeafKind, Mail};
use super::mbox::{Mbox, Message};
use super::names::NamedKind;
use super::sniff::{HEAD_BYTES, sniff};
use super::unpack::{Strictness, Unpacker, What, read_error};
use crate::error::{Error, Result};
use crate::limits::Limit;
use crate::model::NoteCode;

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
    fn mail_parts(&mut self, bytes: &[u8], has_head: bool) -> Result<What> {
        self.budget.check_depth(self.mail_depth, Limit::MailDepth)?;
        let mail = Mail::parse(bytes, &self.limits, &self.budget)?;
        if has_head {
            self.head = mail.head();
        }
        if mail.is_failure_report() {
            self.other(OtherKind::FailureReport, "a failure report");
            return Ok("a failure report".into());
        }
        self.mail_depth += 1;
        for (leaf, number) in mail.leaves().zip(1..) {
            self.leaf(&leaf, number);
        }
        self.mail_depth -= 1;
        Ok("a mail without a report".into())
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
        self.step(name, |this| match leaf.kind {
            LeafKind::Message => this.mail_parts(&leaf.bytes, false),
            LeafKind::Prose => this.bytes(&leaf.bytes, leaf.name.as_deref(), Strictness::Prose),
            LeafKind::Other => this.bytes(&leaf.bytes, leaf.name.as_deref(), Strictness::Member),
        });
        self.notes.truncate(notes);
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
