//! Takes one input apart, whatever is in what, down to reports.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use super::budget::{Budget, unwrap_io};
use super::event::{Event, OtherKind};
use super::mail::decode_base64;
use super::markup::guess;
use super::members::{Members, SharedDamage, read_whole};
use super::mime::MailHead;
use super::names::{NamedKind, names_a_report};
use super::packing::Packing;
use super::report_sink::{Around, Handover, ReportSink};
use super::sniff::{HEAD_BYTES, Kind, is_office_document, sniff};
use super::tools::Tools;
use super::unpack_mail::emlx_message;
use super::unread::Unread;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::limits::{Limit, Limits};
use crate::model::{NoteCode, Notes, Origin};
use crate::xml;

/// Reports above this many bytes are read by several threads and handed on in pieces.
pub(super) const LARGE: usize = 4 << 20;

/// The state of taking one input apart.
pub(super) struct Unpacker<'a> {
    pub(super) limits: Rc<Limits>,
    pub(super) tools: Rc<Tools>,
    pub(super) budget: Budget,
    steps: Vec<String>,
    pub(super) archive_depth: u32,
    /// Messages around the current bytes.
    pub(super) mail_depth: u32,
    /// Archives around the mail in hand: only those inside it say something of the report.
    pub(super) archives_around_mail: u32,
    pub(super) head: MailHead,
    /// What the containers around the current bytes have to say of them.
    pub(super) notes: Vec<(NoteCode, &'static str, Option<String>)>,
    damages: Vec<SharedDamage>,
    /// Whether anything came out that says what the input was.
    pub(super) found: bool,
    /// Whether anything came out of the message in hand that settles what was meant by it.
    pub(super) settled: bool,
    /// What was met in the message in hand and not read.
    pub(super) unread: Option<Unread>,
    emit: &'a mut dyn FnMut(Event),
}

/// What bytes were if nothing came out of them.
pub(super) type What = Cow<'static, str>;

impl<'a> Unpacker<'a> {
    /// Starts on the input called `name`.
    pub(super) fn new(tools: &Rc<Tools>, place: &Place, emit: &'a mut dyn FnMut(Event)) -> Self {
        Self {
            limits: Rc::clone(&tools.limits),
            tools: Rc::clone(tools),
            budget: Budget::new(&tools.limits),
            steps: place.steps().to_vec(),
            archive_depth: 0,
            mail_depth: 0,
            archives_around_mail: 0,
            head: MailHead::default(),
            notes: Vec::new(),
            damages: Vec::new(),
            found: false,
            settled: false,
            unread: None,
            emit,
        }
    }

    /// Takes a whole input apart and says of it, if nothing came out, that it is no report.
    pub(super) fn input(&mut self, data: Data<'_>, name: Option<&str>) {
        let result = self.data(data, name, Strictness::Whole);
        self.finish(result);
    }

    /// Ends an input: an error is told, and an input that gave nothing is no report.
    pub(super) fn finish(&mut self, result: Result<What>) {
        match result {
            Err(error) => self.reject(error),
            Ok(what) if !self.found => self.other(OtherKind::NotAReport, &what),
            Ok(_) => {}
        }
    }

    pub(super) fn data(&mut self, data: Data<'_>, name: Option<&str>, strict: Strictness) -> Result<What> {
        match data {
            Data::Bytes(bytes) => self.bytes(bytes, name, strict),
            Data::Stream(stream) => self.stream(stream, name, strict),
            Data::File(file) => {
                let mut head = vec![0; 8];
                let read = read_whole(file, &mut head).map_err(read_error)?;
                head.truncate(read);
                file.seek(SeekFrom::Start(0)).map_err(read_error)?;
                if sniff(&head) == Kind::Zip {
                    self.note_name(Kind::Zip, name);
                    return self.zip(io::BufReader::new(file));
                }
                self.stream(file, name, strict)
            }
        }
    }

    /// Takes a stream apart: what is short is held, what is long goes on as a stream where it can.
    fn stream(&mut self, stream: &mut dyn Read, name: Option<&str>, strict: Strictness) -> Result<What> {
        let read = self.tools.read(stream, LARGE).map_err(read_error)?;
        if read.filled().len() > LARGE {
            return self.long(read.take(), stream, name, strict);
        }
        self.bytes(read.filled(), name, strict)
    }

    fn long(
        &mut self,
        head: Vec<u8>,
        rest: &mut dyn Read,
        name: Option<&str>,
        strict: Strictness,
    ) -> Result<What> {
        let kind = sniff(&head[..head.len().min(HEAD_BYTES)]);
        self.note_name(kind, name);
        match kind {
            Kind::Packed(packing) => {
                let input = io::BufReader::with_capacity(64 << 10, head.as_slice().chain(rest));
                self.packed(packing, input, name)
            }
            Kind::Mbox => self.mbox(head.as_slice().chain(rest)),
            Kind::Tar => self.tar(head.as_slice().chain(rest)),
            Kind::Text if matches!(guess(&head), xml::Guess::Report) => {
                Ok(self.large_report(&mut head.as_slice().chain(rest)))
            }
            Kind::Zip
            | Kind::Mail
            | Kind::Emlx
            | Kind::Base64
            | Kind::Compound
            | Kind::Tnef
            | Kind::Cms
            | Kind::Mmdf
            | Kind::Guised(_) => {
                let held = self.hold(head, rest)?;
                self.known_bytes(kind, &held, name, strict)
            }
            // The beginning says all there is to say.
            _ => self.known_bytes(kind, &head, name, strict),
        }
    }

    /// Reads the rest of what has to be held whole.
    fn hold(&self, mut head: Vec<u8>, rest: &mut dyn Read) -> Result<Vec<u8>> {
        let most = self.limits.held_bytes;
        let room = (most + 1).saturating_sub(head.len() as u64);
        rest.take(room).read_to_end(&mut head).map_err(read_error)?;
        if head.len() as u64 > most {
            return Err(Error::limit(Limit::HeldBytes, &self.limits));
        }
        Ok(head)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8], name: Option<&str>, strict: Strictness) -> Result<What> {
        let kind = sniff(&bytes[..bytes.len().min(HEAD_BYTES)]);
        self.note_name(kind, name);
        self.known_bytes(kind, bytes, name, strict)
    }

    fn known_bytes(
        &mut self,
        kind: Kind,
        bytes: &[u8],
        name: Option<&str>,
        strict: Strictness,
    ) -> Result<What> {
        let strict = if name.is_some_and(names_a_report) { Strictness::NamedReport } else { strict };
        match kind {
            Kind::Packed(packing) => self.packed(packing, bytes, name),
            Kind::Zip => self.zip(io::Cursor::new(bytes)),
            Kind::Tar => self.tar(bytes),
            Kind::Text => self.text(bytes, strict),
            // No archive, and never within itself: what is taken for it decodes to gzip, zip or XML.
            Kind::Base64 => self.noted(NoteCode::TransferEncoding, "base64", None, |this| {
                let (decoded, _) = decode_base64(bytes);
                this.bytes(&decoded, name, strict)
            }),
            Kind::TlsReport => {
                self.other(OtherKind::TlsReport, "an SMTP TLS report");
                Ok("an SMTP TLS report".into())
            }
            // Prose inside a mail may look like a mail itself; only what stands alone is read as one.
            Kind::Mail | Kind::Mbox | Kind::Emlx if strict == Strictness::Prose => Ok("text".into()),
            Kind::Mail => self.mail(bytes),
            Kind::Emlx => self.mail(emlx_message(bytes)),
            Kind::Mbox => self.mbox(bytes),
            Kind::Empty if strict == Strictness::NamedReport => {
                Err(self.damage_or(Error::new(ErrorKind::NothingToKeep, "it is empty")))
            }
            Kind::Empty => self.nothing("nothing: it is empty".into()),
            Kind::Compound if is_office_document(bytes) => self.nothing("an old Office document".into()),
            Kind::Compound => self.outlook(bytes, name, strict),
            Kind::Unsupported(container) => self.unread(container, name, strict),
            Kind::Tnef => self.tnef(bytes, name, strict),
            Kind::Cms => self.cms(bytes, name, strict),
            Kind::Mmdf => self.mmdf(bytes),
            // What is left is shorter, or no guise: it does not come back here for ever.
            Kind::Guised(guise) => self.noted(guise.note(), guise.as_str(), None, |this| {
                this.bytes(&guise.taken_off(bytes), name, strict)
            }),
            Kind::Other(what) if strict == Strictness::NamedReport => {
                Err(self.damage_or(Error::new(ErrorKind::NoFeedback, format!("it holds {what}, no report"))))
            }
            Kind::Other(what) => self.nothing(what.into()),
        }
    }

    /// Nothing came out of `what`; where the data around it is damaged, that is why.
    pub(super) fn nothing(&self, what: What) -> Result<What> {
        match self.broken() {
            Some(why) => Err(Error::new(ErrorKind::DamagedArchive, why)),
            None => Ok(what),
        }
    }

    /// `error`, or the damage of the compressed data around it, which explains it better.
    pub(super) fn damage_or(&self, error: Error) -> Error {
        explained(error, self.broken())
    }

    fn broken(&self) -> Option<String> {
        self.damages.iter().rev().find_map(|damage| damage.borrow().broken.clone())
    }

    /// Reads a report that is held.
    pub(super) fn report(&mut self, bytes: &[u8]) {
        if bytes.len() > LARGE {
            self.large_report(&mut { bytes });
            return;
        }
        let tools = Rc::clone(&self.tools);
        let mut handover = Handover::new(self);
        let mut sink = ReportSink::new(false, |parsed| {
            let around = handover.unpacker.around();
            handover.take(parsed, &around);
        });
        xml::read_bytes_with(bytes, &tools.limits, &mut tools.memory.borrow_mut(), &mut sink);
    }

    fn packed<R: io::BufRead>(&mut self, packing: Packing, input: R, name: Option<&str>) -> Result<What> {
        let budget = self.budget.clone();
        budget.enter()?;
        self.nested(|this| {
            let damage = SharedDamage::default();
            let inner_name = name.and_then(|name| packing.name_inside(name));
            let mut stream = budget.meter(Members::new(packing, input, &this.limits, Rc::clone(&damage)));
            let strict =
                if name.is_some_and(names_a_report) { Strictness::NamedReport } else { Strictness::Member };
            this.with_damage(damage, |this| this.stream(&mut stream, inner_name, strict))
        })
        .map(|what| if self.found { what } else { format!("{} of {what}", packing.as_str()).into() })
    }

    /// Runs `inside` on data whose damage is kept in `damage`.
    pub(super) fn with_damage(
        &mut self,
        damage: SharedDamage,
        inside: impl FnOnce(&mut Self) -> Result<What>,
    ) -> Result<What> {
        self.damages.push(damage);
        let result = inside(self);
        self.damages.pop();
        result
    }

    /// Goes one archive deeper.
    pub(super) fn nested(&mut self, inside: impl FnOnce(&mut Self) -> Result<What>) -> Result<What> {
        self.budget.check_depth(self.archive_depth, Limit::ArchiveDepth)?;
        self.archive_depth += 1;
        let notes = self.notes.len();
        if self.archive_depth > self.archives_around_mail + 1 {
            self.notes.push((NoteCode::NestedCompression, "archive", None));
        }
        let result = inside(self);
        self.notes.truncate(notes);
        self.archive_depth -= 1;
        result
    }

    /// Takes one member of a container apart; its errors are told and do not touch its siblings.
    pub(super) fn step(&mut self, name: String, inside: impl FnOnce(&mut Self) -> Result<What>) {
        self.steps.push(name);
        if let Err(error) = inside(self) {
            self.reject(error);
        }
        self.steps.pop();
    }

    /// Runs `inside` with a note that every report in it gets.
    pub(super) fn noted(
        &mut self,
        code: NoteCode,
        path: &'static str,
        raw: Option<String>,
        inside: impl FnOnce(&mut Self) -> Result<What>,
    ) -> Result<What> {
        self.notes.push((code, path, raw));
        let result = inside(self);
        self.notes.pop();
        result
    }

    /// Notes a file name whose extension says something else than the content.
    fn note_name(&mut self, kind: Kind, name: Option<&str>) {
        if let Some(name) = name
            && let Some(kind) = NamedKind::of(kind)
            && !kind.fits_name(name)
        {
            self.notes.push((NoteCode::ExtensionMismatch, "name", Some(name.to_owned())));
        }
    }

    pub(super) fn place(&self) -> Place {
        self.steps.iter().fold(Place::default(), |place, step| place.inside(step.clone()))
    }

    /// The names of the containers around the current bytes, from the outermost inwards.
    pub(super) fn steps(&self) -> &[String] {
        &self.steps
    }

    pub(super) fn origin(&self) -> Origin {
        Origin {
            place: self.place().to_string(),
            mail_from: self.head.from.clone(),
            message_id: self.head.message_id.clone(),
        }
    }

    /// What the containers have to say of a report in them, as far as they were read.
    pub(super) fn around(&self) -> Around {
        let mut notes = Notes::default();
        for (code, path, raw) in &self.notes {
            notes.add(*code, path, raw.as_deref(), None);
        }
        for damage in &self.damages {
            notes.extend(&damage.borrow().notes);
        }
        Around { notes, broken: self.broken() }
    }

    /// Hands an event on that says what the input was.
    pub(super) fn emit(&mut self, event: Event) {
        self.found = true;
        self.settled |= !matches!(event, Event::Other { kind: OtherKind::NotAReport, .. });
        self.tell(event);
    }

    /// Hands an event on.
    pub(super) fn tell(&mut self, event: Event) {
        (self.emit)(event);
    }

    pub(super) fn reject(&mut self, error: Error) {
        let error = error.within(&self.place());
        self.emit(Event::Rejected(error));
    }

    /// Rejects a document, with the damage around it as the reason where there is one.
    pub(super) fn reject_document(&mut self, error: Error, around: &Around) {
        let is_broken = error.kind() == ErrorKind::BrokenXml;
        self.reject(if is_broken { explained(error, around.broken.clone()) } else { error });
    }

    pub(super) fn other(&mut self, kind: OtherKind, what: &str) {
        let place = self.place();
        self.emit(Event::Other { kind, place, what: what.to_owned() });
    }
}

/// An input's data.
pub(super) enum Data<'d> {
    Bytes(&'d [u8]),
    Stream(&'d mut dyn Read),
    File(&'d mut File),
}

/// How sure it is that bytes were meant to be a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strictness {
    /// Text of a mail: it may hold a report, but mostly is prose.
    Prose,
    /// A part of a mail or a member of an archive.
    Member,
    /// An input of its own.
    Whole,
    /// Its file name is a report's: what is not read is a report lost.
    NamedReport,
}

/// `error`, or the damage of the compressed data around it, which explains it better.
fn explained(error: Error, damage: Option<String>) -> Error {
    match damage {
        Some(why) => Error::new(ErrorKind::DamagedArchive, why),
        None => error,
    }
}

/// An error in reading: ours where it is one, else the system's.
pub(super) fn read_error(error: io::Error) -> Error {
    match unwrap_io(error) {
        Err(ours) => ours,
        Ok(error) => Error::new(ErrorKind::Unreadable, "it could not be read").caused_by(error),
    }
}
