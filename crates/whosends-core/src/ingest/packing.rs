//! How one thing is packed: gzip, which reports come in, and what people archive them with. The only module that names
//! the crates of the latter.

use std::io::{self, BufRead, Read};

use bzip2::bufread::BzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::gunzip::GzipMember;
use crate::error::{Error, ErrorKind};

/// A way to compress a stream of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Bzip2,
    Xz,
    Zstandard,
}

impl Packing {
    const ALL: [Self; 4] = [Self::Gzip, Self::Bzip2, Self::Xz, Self::Zstandard];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstandard => "zstd",
        }
    }

    /// What members begin with.
    const fn magic(self) -> &'static [u8] {
        match self {
            Self::Gzip => b"\x1f\x8b",
            Self::Bzip2 => b"BZh",
            Self::Xz => b"\xfd7zXZ\0",
            Self::Zstandard => b"\x28\xb5\x2f\xfd",
        }
    }

    /// What data is packed with that begins with `head`.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let is_skippable = is_skippable(head) && head.get(1..4) == Some(b"\x2a\x4d\x18");
        let begins = |packing: Self| head.starts_with(packing.magic());
        Self::ALL.into_iter().find(|&packing| begins(packing)).or(is_skippable.then_some(Self::Zstandard))
    }

    /// Whether another member may begin with `rest`, of which there may be no more than a byte yet.
    pub(super) fn may_begin(self, rest: &[u8]) -> bool {
        rest.first() == self.magic().first() || self == Self::Zstandard && is_skippable(rest)
    }

    /// A file's name without what the packing adds to it.
    pub(super) fn name_inside(self, name: &str) -> Option<&str> {
        let ending = match self {
            Self::Gzip => ".gz",
            Self::Bzip2 => ".bz2",
            Self::Xz => ".xz",
            Self::Zstandard => ".zst",
        };
        name.strip_suffix(ending)
    }

    fn needs_too_much(self, bytes: u64) -> io::Error {
        let name = self.as_str();
        io::Error::other(Error::new(
            ErrorKind::UnsupportedContainer,
            format!(
                "it is packed with {name} so that unpacking it takes more than {bytes} bytes of memory; unpack it \
                 with `{name} -d` and read what comes out"
            ),
        ))
    }
}

/// Whether a frame of Zstandard may begin that holds nothing of the data (RFC 8878 section 3.1.2).
fn is_skippable(rest: &[u8]) -> bool {
    rest.first().is_some_and(|first| (0x50..=0x5f).contains(first))
}

/// A member on its way out.
pub(super) enum Member<R: BufRead> {
    Gzip(GzipMember<R>),
    Bzip2(Box<BzDecoder<Watched<R>>>),
    /// With the bytes of memory that it may need.
    Xz(Box<XzReader<Watched<R>>>, u64),
    Zstandard(Box<Frame<R>>),
}

/// What follows a member.
pub(super) enum Rest<R> {
    Input(R),
    /// The same, behind a checksum or a length that is not that of what came out.
    WrongChecksum(R),
    /// Nothing: the input ended before the member's end.
    Cut,
}

impl<R: BufRead> Member<R> {
    /// Begins a member that may need so many bytes of memory.
    ///
    /// # Errors
    /// As `input`; where no member begins there; and one of ours where it needs more memory.
    pub(super) fn begin(packing: Packing, input: R, held_bytes: u64) -> io::Result<Self> {
        Ok(match packing {
            Packing::Gzip => Self::Gzip(GzipMember::begin(input)?),
            // Its blocks are of at most 900 kB.
            Packing::Bzip2 => Self::Bzip2(Box::new(BzDecoder::new(Watched::new(input)))),
            Packing::Xz => {
                let kib = u32::try_from(held_bytes >> 10).unwrap_or(u32::MAX - 1);
                Self::Xz(Box::new(XzReader::new_mem_limit(Watched::new(input), false, kib)), held_bytes)
            }
            Packing::Zstandard => Self::Zstandard(Box::new(Frame::begin(Watched::new(input))?)),
        })
    }

    /// Ends a member that was read to its end.
    ///
    /// # Errors
    /// As the input.
    pub(super) fn end(self) -> io::Result<Rest<R>> {
        Ok(match self {
            Self::Gzip(member) => return member.end(),
            Self::Bzip2(member) => Rest::Input(member.into_inner().inner),
            Self::Xz(member, _) => Rest::Input(member.into_inner().inner),
            Self::Zstandard(member) => Rest::Input(member.input.inner),
        })
    }
}

impl<R: BufRead> Read for Member<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(member) => member.read(buffer),
            Self::Bzip2(member) => {
                let read = member.read(buffer);
                member.get_mut().explain(read)
            }
            Self::Xz(member, held_bytes) => match member.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::OutOfMemory => {
                    Err(Packing::Xz.needs_too_much(*held_bytes))
                }
                read => member.inner_mut().explain(read),
            },
            Self::Zstandard(member) => member.read(buffer),
        }
    }
}

/// A frame of Zstandard (RFC 8878 section 3.1.1).
pub(super) struct Frame<R> {
    input: Watched<R>,
    decoder: FrameDecoder,
}

impl<R: BufRead> Frame<R> {
    /// The window that every reader should be able to hold (RFC 8878 section 3.1.1.1.2), and all that is needed for
    /// what was not packed with `--long` or `--ultra`.
    const WINDOW: u64 = 8 << 20;

    fn begin(mut input: Watched<R>) -> io::Result<Self> {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(Self::WINDOW);
        loop {
            match decoder.init(&mut input) {
                Ok(()) => return Ok(Self { input, decoder }),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut (&mut input).take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(FrameDecoderError::WindowSizeTooBig { .. }) => {
                    return Err(Packing::Zstandard.needs_too_much(Self::WINDOW));
                }
                Err(error) => return input.explain(Err(io::Error::other(error))),
            }
        }
    }
}

impl<R: BufRead> Read for Frame<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
            let decoded = self.decoder.decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1));
            if let Err(error) = decoded {
                return self.input.explain(Err(io::Error::other(error)));
            }
        }
        self.decoder.read(buffer)
    }
}

/// An input whose errors and end are seen through whatever a library makes of them.
pub(super) struct Watched<R> {
    inner: R,
    error: Option<io::Error>,
    has_ended: bool,
}

impl<R> Watched<R> {
    const fn new(inner: R) -> Self {
        Self { inner, error: None, has_ended: false }
    }

    /// What a library read, or why it could not: the input's own error comes first.
    fn explain<T>(&mut self, read: io::Result<T>) -> io::Result<T> {
        read.map_err(|error| match self.error.take() {
            Some(ours) => ours,
            None if self.has_ended => io::ErrorKind::UnexpectedEof.into(),
            None => error,
        })
    }
}

/// Keeps an error and gives one of its kind for the library.
fn keep(slot: &mut Option<io::Error>, error: io::Error) -> io::Error {
    let told = error.kind().into();
    *slot = Some(error);
    told
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).map_err(|error| keep(&mut self.error, error))?;
        self.has_ended |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let Self { inner, error, has_ended } = self;
        match inner.fill_buf() {
            Ok(rest) => {
                *has_ended |= rest.is_empty();
                Ok(rest)
            }
            Err(failed) => Err(keep(error, failed)),
        }
    }

    fn consume(&mut self, bytes: usize) {
        self.inner.consume(bytes);
    }
}
