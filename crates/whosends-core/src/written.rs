//! Files that are written whole or not at all.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Writes a file beside its place and puts it there once it is whole: whoever reads meanwhile finds the old one or the
/// new one. A link is never followed: a stranger's link would lead the writing to a file of the owner's.
///
/// # Errors
/// Fails where there is a link, a folder or a device of that name, or the file can't be written; what was there stays.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mode = match path.symlink_metadata() {
        Ok(found) if found.is_file() => Some(found.permissions()),
        Ok(_) => return Err(io::Error::other("it is no plain file, and is left as it is")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let beside = Beside::new(path, None)?;
    let mut file = OpenOptions::new().write(true).open(&beside.path)?;
    file.write_all(bytes)?;
    if let Some(mode) = mode {
        file.set_permissions(mode)?;
    }
    file.sync_all()?;
    fs::rename(&beside.path, path)?;
    sync_folder(path);
    Ok(())
}

/// A new, empty file beside another, gone when dropped.
#[derive(Debug)]
pub struct Beside {
    /// Where it is for now.
    pub path: PathBuf,
}

impl Beside {
    /// Makes it, for everybody whom the system lets or with a Unix mode of its own.
    ///
    /// # Errors
    /// Fails where the folder can't be written.
    pub fn new(path: &Path, mode: Option<u32>) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Some(name) = path.file_name() else { return Err(io::ErrorKind::IsADirectory.into()) };
        for _ in 0..100 {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let mut beside = OsString::from(".");
            beside.push(name);
            beside.push(format!(".{}-{number}.part", std::process::id()));
            let path = path.with_file_name(beside);
            match create(&path, mode) {
                // A process of the same number left it when it was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(_) => return Ok(Self { path }),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Brings it to the disk, and puts it at a path where nothing is yet.
    ///
    /// # Errors
    /// Fails where something is there, or it can't be written.
    pub fn put(&self, path: &Path) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        match fs::hard_link(&self.path, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                // Not every file system has links.
                if path.symlink_metadata().is_ok() {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                fs::rename(&self.path, path)?;
            }
            result => result?,
        }
        sync_folder(path);
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Makes a file that is not there yet, with a Unix mode of its own where one is given.
///
/// # Errors
/// Fails where something of that name is there, or the folder can't be written.
pub fn create(path: &Path, mode: Option<u32>) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if let Some(mode) = mode {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

/// Makes the folders of a path that are missing, for their owner alone (XDG Base Directory Specification).
///
/// # Errors
/// Fails where one of them can't be made.
pub fn make_private_folders(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Brings a new name to the disk, where the system can.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let _ = File::open(folder.unwrap_or_else(|| Path::new("."))).and_then(|folder| folder.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("whosends-written-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn names(&self) -> Vec<OsString> {
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name()).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = Folder::new("replaced");
        let path = folder.0.join("a.json");
        for text in ["one", "two"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(folder.names(), ["a.json"]);
        replace(&folder.0.join("none/a.json"), b"x").unwrap_err();
        replace(&folder.0, b"x").unwrap_err();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let folder = Folder::new("link");
        let (real, link) = (folder.0.join("real"), folder.0.join("link"));
        fs::write(&real, "mine").unwrap();
        for target in [real.clone(), folder.0.join("nowhere")] {
            std::os::unix::fs::symlink(&target, &link).unwrap();
            replace(&link, b"x").unwrap_err();
            Beside::new(&link, None).unwrap().put(&link).unwrap_err();
            fs::remove_file(&link).unwrap();
        }
        assert_eq!(fs::read_to_string(&real).unwrap(), "mine");
        assert_eq!(folder.names(), ["real"]);
    }
}
