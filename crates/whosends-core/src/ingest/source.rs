//! Finds and opens files: the only module here that touches the file system.

use std::collections::HashSet;
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
        File::open(&self.path).map_err(|error| unreadable(&self.path, error))
    }
}

/// What a [`Walk`] comes to.
#[derive(Debug)]
pub(super) enum Found {
    File(FoundFile),
    Unreadable(Error),
}

/// The files under some paths: folders are read to their ends in the order of names, links are followed, and
/// what was visited already (by device and inode) is not visited again.
#[derive(Debug)]
pub(super) struct Walk {
    /// What is to be visited, the next last.
    open: Vec<PathBuf>,
    visited: HashSet<(u64, u64)>,
}

impl Walk {
    pub(super) fn new(paths: &[PathBuf]) -> Self {
        Self { open: paths.iter().rev().cloned().collect(), visited: HashSet::new() }
    }

    fn visit(&mut self, path: PathBuf) -> Option<Found> {
        let meta = match fs::metadata(&path) {
            Ok(meta) => meta,
            Err(error) => return Some(Found::Unreadable(unreadable(&path, error))),
        };
        let stamp = stamp(&path, &meta);
        if stamp.inode != 0 && !self.visited.insert((stamp.device, stamp.inode)) {
            return None;
        }
        if meta.is_dir() {
            return match children(&path) {
                Ok(children) => {
                    self.open.extend(children.into_iter().rev());
                    None
                }
                Err(error) => Some(Found::Unreadable(unreadable(&path, error))),
            };
        }
        if !meta.is_file() {
            let error = Error::new(ErrorKind::Unreadable, "it is no file and no folder");
            return Some(Found::Unreadable(error.within(&Place::new(path.to_string_lossy()))));
        }
        Some(Found::File(FoundFile { path, stamp }))
    }
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        while let Some(path) = self.open.pop() {
            if let Some(found) = self.visit(path) {
                return Some(found);
            }
        }
        None
    }
}

/// What is in a folder, by name. Of a Maildir, `tmp` is left out: what is in it was never delivered.
fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut children =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    children.sort_unstable();
    let is = |name: &str| children.iter().any(|child| child.file_name().is_some_and(|file| file == name));
    if is("cur") && is("new") {
        children.retain(|child| child.file_name().is_none_or(|file| file != "tmp"));
    }
    Ok(children)
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
