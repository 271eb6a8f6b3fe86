//! Zip and tar, the only module that names their crates.

use std::io::{self, Read, Seek};
use std::ops::ControlFlow;

use zip::ZipReadOptions;
use zip::read::{Config, ZipFileEntry};
use zip::result::{ZipError, ZipResult};
// Called unstable, so the version is pinned. The stable reader holds one member of each name only.
use zip::unstable::read::ZipIterable;

use super::budget::unwrap_io;
use super::members::{SharedDamage, read_whole};
use super::sniff::{Kind, sniff};
use super::unpack::{Data, Strictness, Unpacker, What, read_error};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limit;
use crate::model::NoteCode;

impl Unpacker<'_> {
    /// Takes every member of a zip archive apart, those too that share a name with another.
    pub(super) fn zip<R: Read + Seek>(&mut self, input: R) -> Result<What> {
        self.nested(|this| {
            // Walks the directory instead of holding it: a small mail can carry one of millions of members.
            let mut archive = ZipIterable::try_new(input, Config::default()).map_err(zip_error)?;
            this.budget.enter_many(archive.len() as u64)?;
            if overlap(archive.files().map_err(zip_error)?) {
                return Err(Error::new(
                    ErrorKind::DamagedArchive,
                    "its members overlap, as in an archive made to exhaust whoever unpacks it",
                ));
            }
            let members = archive.len();
            let files = archive.files().map_err(zip_error)?;
            while let Some(entry) = files.next() {
                match entry {
                    Ok(entry) => this.zip_member(entry, files.reader_mut()),
                    Err(error) => this.reject(zip_error(error)),
                }
            }
            Ok(match members {
                0 => "an empty zip archive".into(),
                _ => "a zip archive without a report".into(),
            })
        })
    }

    fn zip_member<R: Read + Seek>(&mut self, entry: ZipFileEntry<'_>, input: &mut R) {
        let name = member_name(entry.name_raw());
        if entry.is_dir() && entry.size() == 0 || is_bookkeeping(&name) {
            return;
        }
        let short = name.rsplit(['/', '\\']).next().unwrap_or(&name).to_owned();
        self.step(name, |this| {
            if entry.encrypted() {
                return Err(Error::new(
                    ErrorKind::EncryptedArchive,
                    "it is locked with a password; unpack it by hand and read what comes out",
                ));
            }
            let member = entry.with_reader(input, ZipReadOptions::default()).map_err(zip_error)?;
            let damage = SharedDamage::default();
            let mut stream =
                this.budget.clone().meter(Lenient { inner: member, damage: damage.clone(), ended: false });
            this.with_damage(damage, |this| {
                this.data(Data::Stream(&mut stream), Some(&short), Strictness::Member)
            })
        });
    }

    /// Takes every file in a tar apart that is itself inside something.
    pub(super) fn tar<R: Read>(&mut self, mut input: R) -> Result<What> {
        self.nested(|this| {
            tar_members(&mut input, &mut |member| {
                this.budget.enter()?;
                let short = member.name.rsplit('/').next().unwrap_or(&member.name).to_owned();
                let limits = this.limits.clone();
                this.step(member.name, |this| {
                    if member.size > limits.input_bytes {
                        return Err(Error::limit(Limit::InputBytes, &limits));
                    }
                    this.data(Data::Stream(member.data), Some(&short), Strictness::Member)
                });
                Ok(ControlFlow::Continue(()))
            })?;
            Ok("a tar without a report".into())
        })
    }
}

/// A file in a tar.
pub(super) struct TarMember<'m> {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) data: &'m mut dyn Read,
}

/// Visits every file in a tar, and in those that follow it.
pub(super) fn tar_members(
    mut input: &mut dyn Read,
    visit: &mut dyn FnMut(TarMember<'_>) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let mut head = Some(Vec::new());
    while let Some(begun) = head {
        let archive = tar::Archive::new(begun.as_slice().chain(&mut *input));
        if tar_archive(archive, visit)?.is_break() {
            return Ok(());
        }
        head = next_tar(&mut input)?;
    }
    Ok(())
}

fn tar_archive<R: Read>(
    mut archive: tar::Archive<R>,
    visit: &mut dyn FnMut(TarMember<'_>) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    // Raw entries: the crate would hold a long name of any length.
    for entry in archive.entries().map_err(tar_error)?.raw(true) {
        let mut entry = entry.map_err(tar_error)?;
        let kind = entry.header().entry_type();
        // A sparse file is a file too: its holes are left out of what is read.
        if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
            continue;
        }
        let name = member_name(&entry.path_bytes());
        let size = entry.header().entry_size().unwrap_or(u64::MAX);
        if visit(TarMember { name, size, data: &mut entry })?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The first block of the tar that follows the zeros at the end of another, as `cat` joins them.
fn next_tar(input: &mut &mut dyn Read) -> Result<Option<Vec<u8>>> {
    let mut block = vec![0; 512];
    while read_whole(input, &mut block).map_err(tar_error)? == block.len() {
        if block.iter().any(|&byte| byte != 0) {
            return Ok((sniff(&block) == Kind::Tar).then_some(block));
        }
    }
    Ok(None)
}

/// Whether members of a zip archive lie over one another.
fn overlap<'e>(entries: impl Iterator<Item = ZipResult<ZipFileEntry<'e>>>) -> bool {
    /// Bytes of a member's own header besides its names.
    const HEADER: u64 = 30;
    let mut members: Vec<(u64, u64)> = entries
        .filter_map(Result::ok)
        .map(|entry| {
            let length = HEADER.saturating_add(entry.compressed_size());
            (entry.header_start(), entry.header_start().saturating_add(length))
        })
        .collect();
    members.sort_unstable();
    members.windows(2).any(|two| two[0].1 > two[1].0)
}

/// A member's data of which the readable part comes out, and the damage is kept aside.
struct Lenient<R> {
    inner: R,
    damage: SharedDamage,
    ended: bool,
}

impl<R: Read> Read for Lenient<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        match self.inner.read(buffer) {
            Ok(read) => Ok(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.ended = true;
                if let Some(method) = method_in(&error) {
                    return Err(io::Error::other(unknown_method(method)));
                }
                let error = unwrap_io(error).map_err(io::Error::other)?;
                let mut damage = self.damage.borrow_mut();
                // The whole data was read when its checksum is compared.
                if error.to_string().contains("checksum") {
                    damage.notes.add(NoteCode::ChecksumMismatch, "zip", None, None);
                } else {
                    damage.notes.add(NoteCode::TruncatedArchive, "zip", None, None);
                    damage.broken = Some(error.to_string());
                }
                Ok(0)
            }
        }
    }
}

/// A member's name for people: what is no UTF-8 is replaced, and what is very long is cut.
fn member_name(raw: &[u8]) -> String {
    String::from_utf8_lossy(&raw[..raw.len().min(400)]).into_owned()
}

/// Whether a member is what archivers add on their own.
fn is_bookkeeping(name: &str) -> bool {
    name.starts_with("__MACOSX/") && name.contains("/._")
        || name.ends_with("/.DS_Store")
        || name == ".DS_Store"
}

/// A member packed in a way that no reporter uses (APPNOTE 4.4.5).
fn unknown_method(method: u16) -> Error {
    let name = match method {
        1 => "shrink",
        2..=5 => "reduce",
        6 => "implode",
        9 => "Deflate64",
        12 => "bzip2",
        14 => "LZMA",
        93 => "Zstandard",
        95 => "xz",
        98 => "PPMd",
        _ => "a method nobody knows",
    };
    let reason = format!(
        "a zip archive packed with {name} is no report's and can't be read; unpack it with `7z x` and read what comes out"
    );
    Error::new(ErrorKind::UnsupportedContainer, reason)
}

/// The method of compression that an error says is not known.
fn method_in(error: &io::Error) -> Option<u16> {
    match error.get_ref()?.downcast_ref::<ZipError>()? {
        ZipError::CompressionMethodNotSupported(method) => Some(*method),
        _ => None,
    }
}

fn zip_error(error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => match unwrap_io(error) {
            Err(ours) => ours,
            Ok(error) => Error::new(ErrorKind::DamagedArchive, "a damaged zip archive").caused_by(error),
        },
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            Error::new(ErrorKind::EncryptedArchive, "it is locked with a password")
        }
        ZipError::CompressionMethodNotSupported(method) => unknown_method(method),
        error @ ZipError::UnsupportedArchive(_) => {
            Error::new(ErrorKind::UnsupportedContainer, "a zip archive of a kind that is not read")
                .caused_by(error)
        }
        error => Error::new(ErrorKind::DamagedArchive, "a damaged zip archive").caused_by(error),
    }
}

fn tar_error(error: io::Error) -> Error {
    match read_error(error) {
        ours if ours.kind() != ErrorKind::Unreadable => ours,
        error => Error::new(ErrorKind::DamagedArchive, "a damaged tar archive").caused_by(error),
    }
}
