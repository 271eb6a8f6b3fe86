//! The outermost layer: which inputs a file or stream is made of.
//!
//! An mbox and a tar, packed by gzip or not, hold many inputs, and each of those has its limits to itself; so
//! have neither a bound of its own. Anything else is one input.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use super::archive::{self, TarMember};
use super::event::Event;
use super::mbox::{Mbox, Message};
use super::members::{Members, SharedDamage};
use super::packing::Packing;
use super::sniff::{HEAD_BYTES, Kind, sniff};
use super::tools::Tools;
use super::unpack::{Data, LARGE, Unpacker, read_error};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::limits::{Limit, Limits};

/// One input of a store, or a whole input.
pub(super) enum Piece<'p> {
    /// A message of an mbox.
    Message { store: Place, number: u64, message: Message },
    /// Anything else.
    Member { place: Place, name: Option<String>, data: Whole<'p> },
}

/// A whole input's data.
pub(super) enum Whole<'p> {
    Bytes(Vec<u8>),
    File(File),
    Stream(&'p mut dyn Read),
}

/// Takes each piece of a store as it comes.
pub(super) type Visit<'v> = dyn FnMut(Piece<'_>) -> ControlFlow<()> + 'v;

/// An opened file or stream.
pub(super) struct Top<'t> {
    limits: &'t Limits,
    place: &'t Place,
    name: Option<&'t str>,
    source: Source<'t>,
}

enum Source<'t> {
    Bytes(Vec<u8>),
    File(File, u64),
    Stream(Box<dyn Read + 't>),
}

impl<'t> Top<'t> {
    /// Takes a file up: a short one is read at once.
    pub(super) fn open(
        limits: &'t Limits,
        place: &'t Place,
        name: Option<&'t str>,
        size: u64,
        mut file: File,
    ) -> Result<Self> {
        let source = if size > LARGE as u64 {
            Source::File(file, size)
        } else {
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
            // The file may have grown since its size was asked for.
            file.by_ref().take(LARGE as u64 + 1).read_to_end(&mut bytes).map_err(read_error)?;
            if bytes.len() > LARGE {
                file.seek(SeekFrom::Start(0)).map_err(read_error)?;
                Source::File(file, size)
            } else {
                Source::Bytes(bytes)
            }
        };
        Ok(Self { limits, place, name, source })
    }

    /// Takes a stream up.
    pub(super) fn stream(
        limits: &'t Limits,
        place: &'t Place,
        name: Option<&'t str>,
        stream: impl Read + 't,
    ) -> Self {
        Self { limits, place, name, source: Source::Stream(Box::new(stream)) }
    }

    /// Visits every piece.
    ///
    /// # Errors
    ///
    /// Fails where the store itself can't be read on, or the whole is one input and over its limit.
    pub(super) fn pieces(self, visit: &mut Visit<'_>) -> Result<()> {
        let Self { limits, place, name, source } = self;
        let store = Store { limits, place };
        match source {
            Source::Bytes(bytes) => {
                if store.bytes(&bytes, visit)? {
                    return Ok(());
                }
                if bytes.len() as u64 > limits.input_bytes {
                    return Err(Error::limit(Limit::InputBytes, limits));
                }
                store.whole(name, Whole::Bytes(bytes), visit);
            }
            Source::File(mut file, size) => {
                let head = head_of(&mut file)?;
                if let Some(kind) = StoreKind::of(&head) {
                    return store.visit(kind, &mut BufReader::with_capacity(1 << 20, file), visit);
                }
                if size > limits.input_bytes {
                    return Err(Error::limit(Limit::InputBytes, limits));
                }
                store.whole(name, Whole::File(file), visit);
            }
            Source::Stream(mut stream) => {
                let mut head = Vec::new();
                stream.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(read_error)?;
                let kind = StoreKind::of(&head);
                let stream = io::Cursor::new(head).chain(stream);
                match kind {
                    Some(kind) => {
                        return store.visit(kind, &mut BufReader::with_capacity(1 << 20, stream), visit);
                    }
                    None => {
                        let mut stream = Capped { inner: stream, left: limits.input_bytes, limits };
                        store.whole(name, Whole::Stream(&mut stream), visit);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether a file is a store of many inputs; it is left at its beginning.
pub(super) fn is_store(file: &mut File) -> Result<bool> {
    Ok(StoreKind::of(&head_of(file)?).is_some())
}

/// A file's first bytes; it is left at its beginning.
fn head_of(file: &mut File) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(read_error)?;
    file.seek(SeekFrom::Start(0)).map_err(read_error)?;
    Ok(head)
}

/// What holds many inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StoreKind {
    Mbox,
    Tar,
    Packed(Packing, Packed),
}

/// What is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packed {
    Mbox,
    Tar,
}

impl StoreKind {
    fn of(head: &[u8]) -> Option<Self> {
        match sniff(&head[..head.len().min(HEAD_BYTES)]) {
            Kind::Mbox => Some(Self::Mbox),
            Kind::Tar => Some(Self::Tar),
            Kind::Packed(packing) => {
                // A tar is known by its first 512 bytes, an mbox by its first lines.
                let mut start = Vec::new();
                let limits = Limits::default();
                let unpacked = Members::new(packing, head, &limits, SharedDamage::default());
                let _ = unpacked.take(1024).read_to_end(&mut start);
                match sniff(&start) {
                    Kind::Mbox => Some(Self::Packed(packing, Packed::Mbox)),
                    Kind::Tar => Some(Self::Packed(packing, Packed::Tar)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// A store on its way to its pieces.
struct Store<'t> {
    limits: &'t Limits,
    place: &'t Place,
}

impl Store<'_> {
    /// Visits the pieces of `bytes` if they are a store, and says whether they are.
    fn bytes(&self, bytes: &[u8], visit: &mut Visit<'_>) -> Result<bool> {
        match StoreKind::of(bytes) {
            Some(kind) => self.visit(kind, &mut &bytes[..], visit).map(|()| true),
            None => Ok(false),
        }
    }

    fn whole(&self, name: Option<&str>, data: Whole<'_>, visit: &mut Visit<'_>) {
        let _ = visit(Piece::Member { place: self.place.clone(), name: name.map(str::to_owned), data });
    }

    fn visit(&self, kind: StoreKind, input: &mut dyn io::BufRead, visit: &mut Visit<'_>) -> Result<()> {
        match kind {
            StoreKind::Mbox => self.mbox(input, visit),
            StoreKind::Tar => self.tar(input, visit),
            StoreKind::Packed(packing, packed) => {
                let damage = SharedDamage::default();
                let mut unpacked = BufReader::with_capacity(
                    1 << 20,
                    Members::new(packing, input, self.limits, damage.clone()),
                );
                match packed {
                    Packed::Mbox => self.mbox(&mut unpacked, visit)?,
                    Packed::Tar => self.tar(&mut unpacked, visit)?,
                }
                let broken = damage.borrow().broken.clone();
                match broken {
                    Some(why) => Err(Error::new(ErrorKind::DamagedArchive, why)),
                    None => Ok(()),
                }
            }
        }
    }

    fn mbox(&self, input: &mut dyn Read, visit: &mut Visit<'_>) -> Result<()> {
        let mut mbox = Mbox::new(input, self.limits.held_bytes.min(self.limits.input_bytes));
        let mut number = 0;
        while let Some(message) = mbox.next_message().map_err(read_error)? {
            number += 1;
            if visit(Piece::Message { store: self.place.clone(), number, message }).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn tar(&self, input: &mut dyn Read, visit: &mut Visit<'_>) -> Result<()> {
        let mut any = false;
        archive::tar_members(input, &mut |member| {
            any = true;
            self.tar_member(member, visit)
        })?;
        if !any {
            // Something has to be said of it.
            self.whole(None, Whole::Bytes(Vec::new()), visit);
        }
        Ok(())
    }

    /// A member is an input; an mbox in a tar, as mail services hand mailboxes out, is again many.
    fn tar_member(&self, member: TarMember<'_>, visit: &mut Visit<'_>) -> Result<ControlFlow<()>> {
        let TarMember { name, size, data } = member;
        let place = self.place.inside(name.as_str());
        let short = name.rsplit('/').next().unwrap_or(&name);
        let mut head = Vec::new();
        (&mut *data).take(LARGE as u64 + 1).read_to_end(&mut head).map_err(read_error)?;
        if sniff(&head[..head.len().min(HEAD_BYTES)]) == Kind::Mbox {
            Store { limits: self.limits, place: &place }.mbox(&mut head.as_slice().chain(data), visit)?;
            return Ok(ControlFlow::Continue(()));
        }
        let name = Some(short.to_owned());
        if size > self.limits.input_bytes {
            let error = Error::limit(Limit::InputBytes, self.limits);
            let mut refused = Refused(Some(error));
            return Ok(visit(Piece::Member { place, name, data: Whole::Stream(&mut refused) }));
        }
        Ok(if head.len() <= LARGE {
            visit(Piece::Member { place, name, data: Whole::Bytes(head) })
        } else {
            visit(Piece::Member { place, name, data: Whole::Stream(&mut head.as_slice().chain(data)) })
        })
    }
}

/// Takes one input apart that is held in memory, and gives what comes out to `emit`. Its `name` stands in places;
/// what it is gets decided by its content.
///
/// ```
/// use whosends_core::ingest::{Event, unpack};
/// use whosends_core::limits::Limits;
///
/// let mut seen = Vec::new();
/// unpack("holiday.jpg", b"\xff\xd8\xff\xe0".to_vec(), &Limits::default(), &mut |event| seen.push(event));
/// assert!(matches!(&seen[..], [Event::Other { what, .. }] if what == "a JPEG picture"));
/// ```
pub fn unpack(name: &str, bytes: Vec<u8>, limits: &Limits, emit: &mut dyn FnMut(Event)) {
    let tools = Tools::new(limits, 1, &Arc::default());
    let place = Place::new(name);
    let top = Top { limits, place: &place, name: Some(name), source: Source::Bytes(bytes) };
    let result = top.pieces(&mut |piece| {
        read_piece(&tools, piece, emit);
        ControlFlow::Continue(())
    });
    if let Err(error) = result {
        emit(Event::Rejected(error.within(&place)));
    }
}

/// Takes a piece apart.
pub(super) fn read_piece(tools: &Rc<Tools>, piece: Piece<'_>, emit: &mut dyn FnMut(Event)) {
    match piece {
        Piece::Message { store, number, message } => read_message(tools, &store, number, message, emit),
        Piece::Member { place, name, data } => {
            let name = name.as_deref();
            guarded(tools, &place, emit, |unpacker| match data {
                Whole::Bytes(bytes) => unpacker.input(Data::Bytes(&bytes), name),
                Whole::File(mut file) => unpacker.input(Data::File(&mut file), name),
                Whole::Stream(stream) => unpacker.input(Data::Stream(stream), name),
            });
        }
    }
}

/// Takes a message of an mbox apart.
pub(super) fn read_message(
    tools: &Rc<Tools>,
    store: &Place,
    number: u64,
    message: Message,
    emit: &mut dyn FnMut(Event),
) {
    let place = store.inside(format!("message {number}"));
    let limits = &tools.limits;
    guarded(tools, &place, emit, |unpacker| match message {
        Message::Whole(bytes) => unpacker.message(&bytes),
        Message::TooLong => {
            let limit =
                if limits.input_bytes < limits.held_bytes { Limit::InputBytes } else { Limit::HeldBytes };
            unpacker.reject(Error::limit(limit, limits));
        }
    });
}

/// Takes an input apart so that a fault of ours, or of a library, costs that input and not the run.
fn guarded(
    tools: &Rc<Tools>,
    place: &Place,
    emit: &mut dyn FnMut(Event),
    inside: impl FnOnce(&mut Unpacker<'_>),
) {
    let outcome = catch_unwind(AssertUnwindSafe(|| inside(&mut Unpacker::new(tools, place, emit))));
    if outcome.is_err() {
        let reason = "whosends failed on it, which is its own fault; please report it with this input";
        emit(Event::Rejected(Error::new(ErrorKind::Internal, reason).within(place)));
    }
}

/// A stream that fails once more than its limit was read.
struct Capped<'l, R> {
    inner: R,
    left: u64,
    limits: &'l Limits,
}

impl<R: Read> Read for Capped<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(Error::limit(Limit::InputBytes, self.limits))),
        }
        Ok(read)
    }
}

/// A stream that only fails.
struct Refused(Option<Error>);

impl Read for Refused {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), |error| Err(io::Error::other(error)))
    }
}
