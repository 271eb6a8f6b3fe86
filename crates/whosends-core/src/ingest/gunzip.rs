//! Gzip as it arrives by mail: several members, junk after the last one, wrong checksums, cut ends.

use std::cell::RefCell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use crc32fast::Hasher as Crc;

use super::budget::unwrap_io;
use super::inflate::Inflate;
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

/// Reads gzip data (RFC 1952) leniently: what can be unpacked comes out, and the damage is kept aside.
#[derive(Debug)]
pub(super) struct Gunzip<R: BufRead> {
    state: State<R>,
    members: u32,
    damage: SharedDamage,
}

#[derive(Debug)]
enum State<R: BufRead> {
    /// Before a member's header.
    Between(R),
    Member {
        decoder: Inflate<R>,
        crc: Crc,
    },
    Done,
}

impl<R: BufRead> Gunzip<R> {
    pub(super) fn new(input: R, damage: SharedDamage) -> Self {
        Self { state: State::Between(input), members: 0, damage }
    }

    fn broken(&self, why: impl Into<String>) {
        let mut damage = self.damage.borrow_mut();
        damage.notes.add(NoteCode::TruncatedArchive, "gzip", None, None);
        damage.broken = Some(why.into());
    }

    /// Takes up the next member; what is no member after the first is junk.
    fn begin(&mut self, mut input: R) -> io::Result<()> {
        let rest = fill(&mut input)?;
        if rest.is_empty() {
            return Ok(());
        }
        if self.members > 0 && !rest.starts_with(&[0x1f]) {
            self.damage.borrow_mut().notes.add(NoteCode::TrailingBytes, "gzip", None, None);
            return Ok(());
        }
        match skip_header(&mut input) {
            Ok(()) => {
                self.members += 1;
                self.state = State::Member { decoder: Inflate::new(input), crc: Crc::new() };
            }
            Err(_) if self.members > 0 => {
                self.damage.borrow_mut().notes.add(NoteCode::TrailingBytes, "gzip", None, None);
            }
            Err(error) => self.broken(format!("its gzip header is damaged ({error})")),
        }
        Ok(())
    }

    /// Checks a member's trailer: the checksum of what came out (RFC 1952 section 2.3.1).
    fn end(&mut self, mut input: R, crc: &Crc) -> io::Result<()> {
        let mut trailer = [0; 8];
        if read_whole(&mut input, &mut trailer)? < trailer.len() {
            self.broken("it ends before its checksum");
            return Ok(());
        }
        let [a, b, c, d, ..] = trailer;
        if u32::from_le_bytes([a, b, c, d]) != crc.clone().finalize() {
            self.damage.borrow_mut().notes.add(NoteCode::ChecksumMismatch, "gzip", None, None);
        }
        self.state = State::Between(input);
        Ok(())
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Done => return Ok(0),
                State::Between(input) => self.begin(input)?,
                State::Member { mut decoder, mut crc } => match decoder.read(buffer) {
                    Ok(0) => self.end(decoder.into_inner(), &crc)?,
                    Ok(read) => {
                        crc.update(&buffer[..read]);
                        self.state = State::Member { decoder, crc };
                        return Ok(read);
                    }
                    Err(error) => match unwrap_io(error) {
                        Err(ours) => return Err(io::Error::other(ours)),
                        Ok(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                            self.broken("it ends in the middle of its compressed data");
                        }
                        Ok(error) => self.broken(error.to_string()),
                    },
                },
            }
        }
    }
}

/// Steps over a member's header (RFC 1952 section 2.3).
fn skip_header<R: BufRead>(input: &mut R) -> io::Result<()> {
    const HCRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let mut fixed = [0; 10];
    input.read_exact(&mut fixed)?;
    if fixed[..3] != [0x1f, 0x8b, 8] {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no gzip of deflated data"));
    }
    let flags = fixed[3];
    if flags & EXTRA != 0 {
        let mut length = [0; 2];
        input.read_exact(&mut length)?;
        skip(input, u64::from(u16::from_le_bytes(length)))?;
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            skip_text(input)?;
        }
    }
    if flags & HCRC != 0 {
        skip(input, 2)?;
    }
    Ok(())
}

fn skip<R: BufRead>(input: &mut R, bytes: u64) -> io::Result<()> {
    let skipped = io::copy(&mut input.take(bytes), &mut io::sink())?;
    if skipped < bytes { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// Steps over text that ends with a zero byte.
fn skip_text<R: BufRead>(input: &mut R) -> io::Result<()> {
    const LONGEST: u64 = 64 << 10;
    let mut left = LONGEST;
    while left > 0 {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let end = memchr::memchr(0, chunk);
        let used = end.map_or(chunk.len(), |end| end + 1);
        left = left.saturating_sub(used as u64);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "a name of more than 64 KiB"))
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
        let mut reader = Gunzip::new(bytes, Rc::clone(&damage));
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
