//! Gzip (RFC 1952).

use std::io::{self, BufRead, Read};

use crc32fast::Hasher as Crc;

use super::inflate::Inflate;
use super::members::read_whole;
use super::packing::Rest;

/// One member of gzip data.
pub(super) struct GzipMember<R> {
    decoder: Inflate<R>,
    crc: Crc,
    /// The bytes that came out, as the trailer counts them: modulo 2^32.
    size: u32,
}

impl<R: BufRead> GzipMember<R> {
    /// # Errors
    /// As `input`, and where no header of a member stands there.
    pub(super) fn begin(mut input: R) -> io::Result<Self> {
        skip_header(&mut input)?;
        Ok(Self { decoder: Inflate::new(input), crc: Crc::new(), size: 0 })
    }

    /// Compares the trailer with what came out (RFC 1952 section 2.3.1).
    pub(super) fn end(self) -> io::Result<Rest<R>> {
        let mut input = self.decoder.into_inner();
        let mut trailer = [0; 8];
        if read_whole(&mut input, &mut trailer)? < trailer.len() {
            return Ok(Rest::Cut);
        }
        let [a, b, c, d, e, f, g, h] = trailer;
        let is_right = u32::from_le_bytes([a, b, c, d]) == self.crc.finalize()
            && u32::from_le_bytes([e, f, g, h]) == self.size;
        Ok(if is_right { Rest::Input(input) } else { Rest::WrongChecksum(input) })
    }
}

impl<R: BufRead> Read for GzipMember<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.crc.update(&buffer[..read]);
        self.size = self.size.wrapping_add(read as u32);
        Ok(read)
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
