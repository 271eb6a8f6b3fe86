//! Finds and opens files: the only module here that touches the file system.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Place};
use crate::model::FileStamp;

/// A file to read.
#[derive(Debug)]
pub(super) struct FoundFile {
    pub(super) path: PathBuf,
    pub(super) stamp: FileStamp,
}

impl FoundFile {
    pub(super) fn place(&self) -> Place {
        Place::new(self.path.to_string_lossy())
    }

    /// The last part of the path, where it is text.
    pub(super) fn name(&self) -> Option<&str> {
        self.path.file_name().and_then(|name| name.to_str())
    }

    pub(super) fn open(&self) -> Result<File, Error> {
        open(&self.path)
    }
}

/// Opens what a path leads to.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|error| unreadable(path, error))
}

/// What a [`Walk`] comes to.
#[derive(Debug)]
pub(super) enum Found {
    File(FoundFile),
    /// A pipe, such as a shell's `<(...)`: read once, as it comes.
    Pipe(PathBuf),
    Unreadable(PathBuf, Error),
}

/// The files under some paths: folders are read to their ends in the order of names, links are followed, and
/// what was visited already (by device and inode) is not visited again.
#[derive(Debug)]
pub(super) struct Walk {
    /// What is to be visited, the next last, with whether it was named rather than found in a folder.
    open: Vec<(PathBuf, bool)>,
    visited: HashSet<(u64, u64)>,
}

impl Walk {
    pub(super) fn new(paths: &[PathBuf]) -> Self {
        let open = paths.iter().rev().map(|path| (path.clone(), true)).collect();
        Self { open, visited: HashSet::new() }
    }

    fn visit(&mut self, path: PathBuf, named: bool) -> Option<Found> {
        let meta = match fs::metadata(&path) {
            Ok(meta) => meta,
            Err(error) => {
                let error = unreadable(&path, error);
                return Some(Found::Unreadable(path, error));
            }
        };
        let stamp = stamp(&path, &meta);
        if stamp.inode != 0 && !self.visited.insert((stamp.device, stamp.inode)) {
            return None;
        }
        if meta.is_dir() {
            return match children(&path) {
                Ok(children) => {
                    self.open.extend(children.into_iter().rev().map(|child| (child, false)));
                    None
                }
                Err(error) => {
                    let error = unreadable(&path, error);
                    Some(Found::Unreadable(path, error))
                }
            };
        }
        if !meta.is_file() {
            // One that lies in a folder may have nobody who writes to it, and reading it would never end.
            if named && is_pipe(&meta) {
                return Some(Found::Pipe(path));
            }
            let error = Error::new(ErrorKind::Unreadable, "it is no file and no folder");
            let error = error.within(&Place::new(path.to_string_lossy()));
            return Some(Found::Unreadable(path, error));
        }
        Some(Found::File(FoundFile { path, stamp }))
    }
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        while let Some((path, named)) = self.open.pop() {
            if let Some(found) = self.visit(path, named) {
                return Some(found);
            }
        }
        None
    }
}

/// What is in a folder, by name. Of a Maildir, `tmp` is left out: what is in it was never delivered.
fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    // Names alone: paths are compared part by part, which takes ten times as long.
    let mut names =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<OsString>>>()?;
    names.sort_unstable();
    let has = |name: &str| names.binary_search_by(|found| found.as_os_str().cmp(OsStr::new(name))).is_ok();
    if has("cur") && has("new") {
        names.retain(|name| name != "tmp");
    }
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

#[cfg(unix)]
fn is_pipe(meta: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    meta.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder",
        io::ErrorKind::PermissionDenied => "this user may not read it",
        _ => "it could not be read",
    };
    Error::new(ErrorKind::Unreadable, reason).caused_by(error).within(&Place::new(path.to_string_lossy()))
}

fn stamp(path: &Path, meta: &Metadata) -> FileStamp {
    let modified = meta.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let (device, inode) = identity(meta);
    FileStamp {
        path: path.as_os_str().as_encoded_bytes().to_vec(),
        size: meta.len(),
        modified_ns: modified.and_then(|time| i64::try_from(time.as_nanos()).ok()).unwrap_or_default(),
        inode,
        device,
    }
}

#[cfg(unix)]
fn identity(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (meta.dev(), meta.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}
