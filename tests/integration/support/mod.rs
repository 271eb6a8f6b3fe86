//! What the tests share.

use std::path::PathBuf;

pub(crate) mod dns;
pub(crate) mod mmdb;
pub(crate) mod reports;
pub(crate) mod run;

pub(crate) use run::Folder;

/// The repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder with real reports and the corpus generator, which are not part of this repository; says that
/// the test skipped where there is none.
#[expect(clippy::disallowed_methods, reason = "the folder is named in the environment")]
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("WHOSENDS_SHARED").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: WHOSENDS_SHARED is unset");
    }
    folder
}
