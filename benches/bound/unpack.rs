//! Attachments to report texts, in buffers that are used again and again.

use libdeflater::Decompressor;
use memchr::{memchr, memmem};

use crate::mime::Encoding;

/// The largest report that is inflated in one piece.
const LARGEST: usize = 64 * 1024 * 1024;
/// No deflated byte comes to more.
const RATIO: usize = 1032;

/// What each byte stands for in base64; 64 for what it doesn't know.
const SIX_BITS: [u8; 256] = {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut table, mut at) = ([64; 256], 0);
    while at < 64 {
        table[ALPHABET[at] as usize] = at as u8;
        at += 1;
    }
    table
};

/// Buffers of a thread.
pub(crate) struct Unpacker {
    inflater: Decompressor,
    joined: Vec<u8>,
    packed: Vec<u8>,
    text: Vec<u8>,
}

impl Default for Unpacker {
    fn default() -> Self {
        Self { inflater: Decompressor::new(), joined: Vec::new(), packed: Vec::new(), text: Vec::new() }
    }
}

impl Unpacker {
    /// The text of the report that a body holds, if it is whole.
    pub(crate) fn text<'a>(&'a mut self, body: &'a [u8], encoding: Encoding) -> Option<&'a [u8]> {
        let packed = match encoding {
            Encoding::Plain => body,
            Encoding::Base64 => {
                decode(body, &mut self.joined, &mut self.packed)?;
                &self.packed
            }
        };
        let len = match packed {
            [0x1f, 0x8b, ..] => {
                let claim = u32::from_le_bytes(*packed.last_chunk()?) as usize;
                let text = room(&mut self.text, packed.len(), claim)?;
                self.inflater.gzip_decompress(packed, text).ok()?
            }
            [b'P', b'K', ..] => {
                let member = Member::first(packed)?;
                let text = room(&mut self.text, member.packed.len(), member.claim)?;
                let len = self.inflater.deflate_decompress(member.packed, text).ok()?;
                if libdeflater::crc32(&text[..len]) != member.crc {
                    return None;
                }
                len
            }
            _ => return packed.trim_ascii_start().starts_with(b"<").then_some(packed),
        };
        Some(&self.text[..len])
    }
}

/// The front of a buffer that holds a text of the claimed size, unless that can't be.
fn room(buffer: &mut Vec<u8>, packed: usize, claim: usize) -> Option<&mut [u8]> {
    if claim > LARGEST || claim > packed.saturating_mul(RATIO) {
        return None;
    }
    if buffer.len() < claim {
        buffer.resize(claim, 0);
    }
    buffer.get_mut(..claim)
}

/// The first member of a zip archive.
struct Member<'z> {
    packed: &'z [u8],
    claim: usize,
    crc: u32,
}

impl<'z> Member<'z> {
    /// It stands in the directory at the end: the local header may leave its sizes out.
    fn first(zip: &'z [u8]) -> Option<Self> {
        let two =
            |bytes: &[u8], at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize);
        let four = |bytes: &[u8], at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
        let end = zip.get(memmem::rfind(zip, b"PK\x05\x06")?..)?;
        let entry = zip.get(four(end, 16)? as usize..)?;
        if two(entry, 10)? != 8 {
            return None;
        }
        let local = zip.get(four(entry, 42)? as usize..)?;
        let packed = local.get(30 + two(local, 26)? + two(local, 28)?..)?;
        let packed = packed.get(..four(entry, 20)? as usize)?;
        Some(Self { packed, claim: four(entry, 24)? as usize, crc: four(entry, 16)? })
    }
}

/// Decodes lines of base64; none where something else stands among them.
fn decode(body: &[u8], joined: &mut Vec<u8>, bytes: &mut Vec<u8>) -> Option<()> {
    joined.clear();
    let mut rest = body;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        joined.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    let whole = joined.len() - joined.iter().rev().take_while(|&&byte| byte == b'=').count();
    let (fours, tail) = joined[..whole].as_chunks::<4>();
    bytes.clear();
    bytes.resize(fours.len() * 3, 0);
    let mut unknown = 0;
    for (four, three) in fours.iter().zip(bytes.as_chunks_mut::<3>().0) {
        let [a, b, c, d] = four.map(|byte| SIX_BITS[byte as usize]);
        unknown |= a | b | c | d;
        *three = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    }
    let mut bits = 0_u32;
    for &byte in tail {
        let six = SIX_BITS[byte as usize];
        unknown |= six;
        bits = bits << 6 | u32::from(six);
    }
    match tail.len() {
        2 => bytes.push((bits >> 4) as u8),
        3 => bytes.extend([(bits >> 10) as u8, (bits >> 2) as u8]),
        _ => {}
    }
    (unknown & 64 == 0).then_some(())
}
