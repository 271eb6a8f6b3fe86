//! Files of the user's own that are read whole: settings, catalogues, kept conversations.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads a file of at most so many MiB: a device that never ends is no such file.
pub(crate) fn bytes(path: &Path, mebibytes: u64) -> io::Result<Vec<u8>> {
    let most = mebibytes << 20;
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it is larger than {mebibytes} MiB")));
    }
    Ok(bytes)
}

/// As [`bytes`], of a file that is text.
pub(crate) fn text(path: &Path, mebibytes: u64) -> io::Result<String> {
    String::from_utf8(bytes(path, mebibytes)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "stream did not contain valid UTF-8"))
}
