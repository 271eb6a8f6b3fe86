//! `whosends PATH` is `whosends ingest PATH`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::Command;
use whosends_core::model::Name;

/// What the first word that is no flag turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// There is none.
    Nothing,
    /// A command, of whose name there is also a file or folder here.
    CommandAndPath(String),
    /// A command.
    Command,
    /// A file or folder, or what looks like one.
    Path,
    /// A domain, of whose name there is no file.
    Domain(String),
    /// None of these.
    Unknown,
}

/// Looks at the first word that is no flag, by what there is on the disk.
pub(crate) fn first(given: &[OsString], command: &Command, is_there: impl Fn(&Path) -> bool) -> First {
    let Some(word) = first_word(given, command) else { return First::Nothing };
    let path = Path::new(word);
    let text = word.to_str();
    if let Some(name) = text.filter(|&text| text == "help" || command.find_subcommand(text).is_some()) {
        return if is_there(path) { First::CommandAndPath(name.to_owned()) } else { First::Command };
    }
    if word == "-" || is_there(path) || path.components().count() > 1 {
        return First::Path;
    }
    let domain =
        text.and_then(Name::from_stated).filter(|name| name.is_domain() && name.as_str().contains('.'));
    domain.map_or(First::Unknown, |name| First::Domain(name.to_string()))
}

/// The arguments with `ingest` before the path.
pub(crate) fn with_ingest(mut given: Vec<OsString>) -> Vec<OsString> {
    given.insert(1.min(given.len()), "ingest".into());
    given
}

/// The first argument that is neither a flag nor the value of one.
fn first_word<'g>(given: &'g [OsString], command: &Command) -> Option<&'g OsStr> {
    let mut rest = given.iter().skip(1);
    while let Some(word) = rest.next() {
        match word.to_str() {
            Some("--") => return rest.next().map(OsString::as_os_str),
            Some(flag) if flag.len() > 1 && flag.starts_with('-') => {
                if takes_a_value(flag, command) {
                    rest.next();
                }
            }
            _ => return Some(word),
        }
    }
    None
}

/// Whether the word behind a flag is its value: of those that any command takes, and of those of `ingest`.
fn takes_a_value(flag: &str, command: &Command) -> bool {
    if flag.contains('=') {
        return false;
    }
    let ingest = command.find_subcommand("ingest").into_iter().flat_map(Command::get_arguments);
    command.get_arguments().chain(ingest).any(|arg| {
        let is_it = match flag.strip_prefix("--") {
            Some(long) => arg.get_long() == Some(long),
            None => flag.chars().nth(1) == arg.get_short() && flag.chars().count() == 2,
        };
        is_it && arg.get_action().takes_values()
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Args;

    fn of(words: &str) -> First {
        let given: Vec<OsString> =
            std::iter::once("whosends").chain(words.split(' ')).map(Into::into).collect();
        let there = ["mail.mbox", "reports", "export", "a.example"];
        first(&given, &Args::command(), |path| there.iter().any(|one| Path::new(one) == path))
    }

    #[test]
    fn the_first_word_is_a_command_a_path_or_a_domain() {
        for path in ["mail.mbox", "-", "./gone", "/tmp/gone", "~/x", "a.example", "-q mail.mbox"] {
            assert_eq!(of(path), First::Path, "{path}");
        }
        for path in [
            "--db x.db mail.mbox",
            "--db=x.db mail.mbox",
            "--jobs 2 mail.mbox",
            "-j 2 mail.mbox",
            "-- mail.mbox",
        ] {
            assert_eq!(of(path), First::Path, "{path}");
        }
        for command in ["sources mail.mbox", "help", "--db mail.mbox ready", "ingest reports"] {
            assert_eq!(of(command), First::Command, "{command}");
        }
        assert_eq!(of("reports"), First::CommandAndPath("reports".to_owned()));
        assert_eq!(of("Example.COM"), First::Domain("example.com".to_owned()));
        for unknown in ["surces", "gone"] {
            assert_eq!(of(unknown), First::Unknown, "{unknown}");
        }
        for nothing in ["--version", "--db x.db", "-h"] {
            assert_eq!(of(nothing), First::Nothing, "{nothing}");
        }
    }
}
