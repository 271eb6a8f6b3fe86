//! What holds for every command: flags over environment over the configuration file over defaults.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Deserialize;
use whosends_core::store::Location;

use crate::args::{Global, LimitSettings, When};
use crate::failure::Failure;
use crate::own_file;

/// The configuration file. Its keys have the names of the flags.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    db: Option<PathBuf>,
    color: Option<When>,
    senders: Option<PathBuf>,
    asn_db: Option<PathBuf>,
    limits: LimitSettings,
}

/// What holds for every command.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Which database; none where nothing says where it could be.
    pub(crate) database: Option<Location>,
    /// Whether the database was named on the command line.
    pub(crate) database_is_named: bool,
    /// When to colour.
    pub(crate) color: When,
    /// A file of services beside the built-in ones, or over them.
    pub(crate) senders: Option<PathBuf>,
    /// A file that tells the networks of addresses.
    pub(crate) asn_db: Option<PathBuf>,
    /// Who runs the command, as the system calls them.
    pub(crate) user: Option<String>,
    /// Limits from the file, under those of the flags.
    pub(crate) limits: LimitSettings,
}

impl Settings {
    /// Puts flags, environment and file together.
    pub(crate) fn load(global: &Global) -> Result<Self, Failure> {
        let named = global.config.clone().or_else(|| environment("WHOSENDS_CONFIG").map(PathBuf::from));
        let file = read(named.as_deref())?;
        let db = global.db.clone().or_else(|| environment("WHOSENDS_DB").map(PathBuf::from)).or(file.db);
        let database = match db {
            Some(path) if path.as_os_str() == ":memory:" => Some(Location::Memory),
            Some(path) => Some(Location::File(path)),
            None => default_database().map(Location::File),
        };
        let color = match global.color {
            Some(color) => Some(color),
            None => color_of_environment()?.or(file.color),
        };
        let senders = global.senders.clone().or_else(|| environment("WHOSENDS_SENDERS").map(PathBuf::from));
        let senders = senders.or(file.senders);
        let asn_db = global.asn_db.clone().or_else(|| environment("WHOSENDS_ASN_DB").map(PathBuf::from));
        let asn_db = asn_db.or(file.asn_db);
        let user = environment("USER").or_else(|| environment("LOGNAME"));
        let user = user.map(|user| user.to_string_lossy().into_owned());
        Ok(Self {
            database,
            database_is_named: global.db.is_some(),
            color: color.unwrap_or_default(),
            senders,
            asn_db,
            user,
            limits: file.limits,
        })
    }
}

fn color_of_environment() -> Result<Option<When>, Failure> {
    let Some(stated) = environment("WHOSENDS_COLOR") else { return Ok(None) };
    let stated = stated.to_string_lossy();
    When::from_str(&stated, true).map(Some).map_err(|_| {
        Failure::new(format!("WHOSENDS_COLOR is `{stated}`")).because("it can be `auto`, `always` or `never`")
    })
}

/// Reads the file that was named, or else the one in its customary place where there is one.
fn read(named: Option<&Path>) -> Result<File, Failure> {
    let customary = match named {
        Some(_) => None,
        None => folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("whosends/config.toml")),
    };
    let Some(path) = named.or(customary.as_deref()) else { return Ok(File::default()) };
    match own_file::text(path, 16) {
        Ok(text) => parse(&text, path),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(File::default()),
        Err(error) => Err(Failure::new(format!("cannot read {}", path.display())).because(error)),
    }
}

fn parse(text: &str, path: &Path) -> Result<File, Failure> {
    let mut file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        Failure::new(format!("{}:{line}", path.display()))
            .because(error.message())
            .hint("the keys are `db`, `color`, `senders`, `asn-db` and, under `[limits]`, the names of the limit flags")
    })?;
    // A path in the file is meant from where the file lies, not from where the command runs.
    if let (Some(db), Some(folder)) = (&file.db, path.parent())
        && db.as_os_str() != ":memory:"
    {
        file.db = Some(folder.join(db));
    }
    for named in [&mut file.senders, &mut file.asn_db] {
        if let (Some(path), Some(folder)) = (&*named, path.parent()) {
            *named = Some(folder.join(path));
        }
    }
    Ok(file)
}

fn default_database() -> Option<PathBuf> {
    Some(folder("XDG_DATA_HOME", ".local/share")?.join("whosends/whosends.db"))
}

/// A folder of the XDG base directories: what the variable says where it is absolute, else below the home
/// folder.
fn folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let stated = environment(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    stated.or_else(|| Some(PathBuf::from(environment("HOME")?).join(below_home)))
}

#[expect(clippy::disallowed_methods, reason = "this is where the command line reads the environment")]
fn environment(variable: &str) -> Option<OsString> {
    env::var_os(variable).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use whosends_core::limits::Limits;

    use super::*;

    fn refused(text: &str) -> String {
        match parse(text, Path::new("c.toml")).unwrap_err() {
            Failure::Said(complaint) => format!("{complaint:?}"),
            Failure::ClosedPipe => panic!("not a pipe"),
        }
    }

    #[test]
    fn keys_are_the_flags() {
        let text = "db = 'w.db'\ncolor = 'never'\nasn-db = 'n.mmdb'\n[limits]\nmax-held-bytes = '1MiB'\nmax-entries = 5\n";
        let file = parse(text, Path::new("/etc/whosends/c.toml")).unwrap();
        assert_eq!(file.db.as_deref(), Some(Path::new("/etc/whosends/w.db")));
        assert_eq!(file.asn_db.as_deref(), Some(Path::new("/etc/whosends/n.mmdb")));
        assert_eq!(file.color, Some(When::Never));
        let mut limits = Limits::default();
        file.limits.apply(&mut limits);
        assert_eq!((limits.held_bytes, limits.entries), (1 << 20, 5));
        assert_eq!(limits.records, Limits::default().records);
    }

    #[test]
    fn a_wrong_key_or_value_is_named_with_its_line() {
        let unknown = refused("db = 'x'\n\ncolour = 'never'\n");
        assert!(unknown.contains("c.toml:3") && unknown.contains("colour"), "{unknown}");
        let limit = refused("[limits]\nmax-entires = 5\n");
        assert!(limit.contains("c.toml:2") && limit.contains("max-entires"), "{limit}");
        let size = refused("[limits]\nmax-entries = -5\n");
        assert!(size.contains("c.toml:2") && size.contains("-5"), "{size}");
    }
}
