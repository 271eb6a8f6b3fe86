//! How many messages an mbox holds, beside what Python's `mailbox` makes of it, which many tools rest on.

use std::fs;
use std::path::{Path, PathBuf};

use whosends_core::ingest::{Event, unpack};
use whosends_core::limits::Limits;

use crate::support::{root, shared};

/// Files of which the count differs, and why ours is right. Python cuts at every line that begins with `From `.
const DIFFER: [(&str, &str); 4] = [
    ("f2-body-line-from-here-on.mbox", "prose in a body is no separator"),
    ("f2-body-line-from-period.mbox", "prose in a body is no separator, whatever has a colon behind it"),
    ("f2-two-separators-in-a-row.mbox", "separators in a row stand before one message"),
    ("f2-no-line-end-between-messages.mbox", "a separator right behind the last boundary is one"),
];

fn mailboxes(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            mailboxes(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "mbox") {
            found.push(path);
        }
    }
}

fn of_python(text: &[u8]) -> usize {
    text.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"From ")).count()
}

fn ours(path: &Path, text: Vec<u8>) -> usize {
    let mut mails = 0;
    unpack(&path.to_string_lossy(), text, &Limits::default(), &mut |event| {
        mails += usize::from(matches!(event, Event::Mail));
    });
    mails
}

#[test]
fn counts_differ_from_pythons_only_where_there_is_a_reason() {
    let mut paths = Vec::new();
    mailboxes(&root().join("samples"), &mut paths);
    if let Some(shared) = shared() {
        mailboxes(&shared.join("corpus"), &mut paths);
        mailboxes(&shared.join("cases/reports/inputs"), &mut paths);
    }
    for path in paths {
        let text = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let differs = of_python(&text) != ours(&path, text);
        let reason = DIFFER.iter().find(|(file, _)| *file == name).map(|(_, reason)| *reason);
        assert_eq!(differs, reason.is_some(), "{}", path.display());
    }
}
