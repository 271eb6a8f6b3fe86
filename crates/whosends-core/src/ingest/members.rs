//! Compressed data as it arrives by mail: several members, junk after the last one, wrong checksums, cut ends.

use std::cell::RefCell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use super::budget::unwrap_io;
use super::packing::{Member, Packing, Rest};
use crate::limits::Limits;
use crate::model::{NoteCode, Notes};

/// What went wrong in compressed data of which something could still be read.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// What to say of it on a report that was read all the same.
    pub(super) notes: Notes,
    /// Why the data ends before its end.
    pub(super) broken: Option<String>,
}

/// A [`Damage`] shared by a reader and whoever looks at it afterwards.
pub(super) type SharedDamage = Rc<RefCell<Damage>>;

/// Reads compressed data leniently: what can be unpacked comes out, and the damage is kept aside.
pub(super) struct Members<R: BufRead> {
    packing: Packing,
    /// The most bytes that a member may make its reader hold.
    held_bytes: u64,
    state: State<R>,
    members: u32,
    damage: SharedDamage,
}

enum State<R: BufRead> {
    /// Before a member's header.
    Between(R),
    Member(Member<R>),
    Done,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(packing: Packing, input: R, limits: &Limits, damage: SharedDamage) -> Self {
        Self { packing, held_bytes: limits.held_bytes, state: State::Between(input), members: 0, damage }
    }

    fn note(&self, code: NoteCode) {
        self.damage.borrow_mut().notes.add(code, self.packing.as_str(), None, None);
    }

    fn broken(&self, why: impl Into<String>) {
        self.note(NoteCode::TruncatedArchive);
        self.damage.borrow_mut().broken = Some(why.into());
    }

    /// Takes up the next member; what is no member after the first is junk.
    fn begin(&mut self, mut input: R) -> io::Result<()> {
        let rest = fill(&mut input)?;
        if rest.is_empty() {
            return Ok(());
        }
        if self.members > 0 && !self.packing.may_begin(rest) {
            self.note(NoteCode::TrailingBytes);
            return Ok(());
        }
        match Member::begin(self.packing, input, self.held_bytes) {
            Ok(member) => {
                self.members += 1;
                self.state = State::Member(member);
            }
            Err(error) => match unwrap_io(error) {
                Err(ours) => return Err(io::Error::other(ours)),
                Ok(_) if self.members > 0 => self.note(NoteCode::TrailingBytes),
                Ok(error) => {
                    self.broken(format!("its {} header is damaged ({error})", self.packing.as_str()))
                }
            },
        }
        Ok(())
    }

    fn end(&mut self, member: Member<R>) -> io::Result<()> {
        match member.end()? {
            Rest::Input(input) => self.state = State::Between(input),
            Rest::WrongChecksum(input) => {
                self.note(NoteCode::ChecksumMismatch);
                self.state = State::Between(input);
            }
            Rest::Cut => self.broken("it ends before its checksum"),
        }
        Ok(())
    }

    /// What could be read stays; a fault of ours, as a limit that is reached, goes on.
    fn fail(&self, error: io::Error) -> io::Result<()> {
        match unwrap_io(error) {
            Err(ours) => return Err(io::Error::other(ours)),
            Ok(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.broken("it ends in the middle of its compressed data");
            }
            Ok(error) => self.broken(error.to_string()),
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Done => return Ok(0),
                State::Between(input) => self.begin(input)?,
                State::Member(mut member) => match member.read(buffer) {
                    Ok(0) => self.end(member)?,
                    Ok(read) => {
                        self.state = State::Member(member);
                        return Ok(read);
                    }
                    Err(error) => self.fail(error)?,
                },
            }
        }
    }
}

/// [`BufRead::fill_buf`] that goes on after an interruption.
fn fill<R: BufRead>(input: &mut R) -> io::Result<&[u8]> {
    loop {
        match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(_) => break,
        }
    }
    input.fill_buf()
}

/// Reads until `buffer` is full or the input ends, and says how much was read.
pub(super) fn read_whole<R: Read>(input: &mut R, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn gunzip(bytes: &[u8]) -> (Vec<u8>, Damage) {
        let damage = SharedDamage::default();
        let mut out = Vec::new();
        let mut reader = Members::new(Packing::Gzip, bytes, &Limits::default(), Rc::clone(&damage));
        reader.read_to_end(&mut out).unwrap();
        drop(reader);
        (out, Rc::try_unwrap(damage).unwrap().into_inner())
    }

    #[test]
    fn members_are_joined_and_junk_is_noted() {
        let (out, damage) = gunzip(&[gzip(b"one "), gzip(b"two")].concat());
        assert_eq!(out, b"one two");
        assert!(damage.notes.is_empty());
        let (out, damage) = gunzip(&[gzip(b"one").as_slice(), b"\r\n"].concat());
        assert_eq!(out, b"one");
        assert!(damage.notes.has(NoteCode::TrailingBytes) && damage.broken.is_none());
    }

    #[test]
    fn a_wrong_checksum_is_noted_and_the_data_kept() {
        let mut bytes = gzip(b"some text");
        let at = bytes.len() - 6;
        bytes[at] ^= 1;
        let (out, damage) = gunzip(&bytes);
        assert_eq!(out, b"some text");
        assert!(damage.notes.has(NoteCode::ChecksumMismatch) && damage.broken.is_none());
    }

    #[test]
    fn every_cut_ends_without_an_error_and_says_so() {
        let text: Vec<u8> = (0..2000u32).flat_map(|i| i.to_string().into_bytes()).collect();
        let bytes = gzip(&text);
        for cut in 1..bytes.len() {
            let (out, damage) = gunzip(&bytes[..cut]);
            assert!(damage.broken.is_some(), "cut at {cut}");
            assert!(text.starts_with(&out));
        }
    }
}
