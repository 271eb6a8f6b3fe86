//! Holds the way of the data to the code: who may name whom, how long things may be, and that no test is
//! forgotten.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

/// What a planted violation of each kind comes to.
mod planted;
mod seen;

/// The folders of the crates, and the crates' names.
const CRATES: &[(&str, &str)] = &[
    ("whosends-core/src", "whosends_core"),
    ("whosends-present/src", "whosends_present"),
    ("cli", "whosends"),
];

/// The rooms, and which of the others each may use. What is in no room may use them all.
const MAY_USE: &[(&str, &[&str])] = &[
    ("whosends_core::model", &[]),
    ("whosends_core::error", &["whosends_core::limits"]),
    ("whosends_core::limits", &[]),
    ("whosends_core::xml", &["whosends_core::model", "whosends_core::limits", "whosends_core::error"]),
    (
        "whosends_core::ingest",
        &["whosends_core::xml", "whosends_core::model", "whosends_core::limits", "whosends_core::error"],
    ),
    ("whosends_core::written", &[]),
    ("whosends_core::store", &["whosends_core::model", "whosends_core::error", "whosends_core::written"]),
    ("whosends_core::dns", &["whosends_core::model", "whosends_core::error"]),
    ("whosends_core::senders", &["whosends_core::model", "whosends_core::error", "whosends_core::dns"]),
    ("whosends_core::analysis", &["whosends_core::model", "whosends_core::dns", "whosends_core::senders"]),
    (
        "whosends_core::answers",
        &[
            "whosends_core::model",
            "whosends_core::limits",
            "whosends_core::error",
            "whosends_core::ingest",
            "whosends_core::store",
            "whosends_core::dns",
            "whosends_core::senders",
            "whosends_core::analysis",
        ],
    ),
    (
        "whosends_present",
        &[
            "whosends_core::model",
            "whosends_core::limits",
            "whosends_core::error",
            "whosends_core::dns",
            "whosends_core::senders",
            "whosends_core::analysis",
        ],
    ),
    (
        "whosends::render",
        &[
            "whosends_present",
            "whosends_core::model",
            "whosends_core::limits",
            "whosends_core::error",
            "whosends_core::ingest",
            "whosends_core::written",
            "whosends_core::dns",
            "whosends_core::senders",
            "whosends_core::analysis",
            "whosends_core::answers",
        ],
    ),
];

/// Crates, and parts of the standard library, that only these modules may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("rusqlite", &["whosends_core::store"]),
    ("quick_xml", &["whosends_core::xml"]),
    ("encoding_rs", &["whosends_core::xml"]),
    ("mail_parser", &["whosends_core::ingest::mime"]),
    ("cfb", &["whosends_core::ingest::outlook"]),
    ("zip", &["whosends_core::ingest::archive"]),
    ("tar", &["whosends_core::ingest::archive", "whosends_core::ingest::sniff"]),
    ("flate2", &["whosends_core::ingest::inflate"]),
    ("bzip2", &["whosends_core::ingest::packing"]),
    ("lzma_rust2", &["whosends_core::ingest::packing"]),
    ("ruzstd", &["whosends_core::ingest::packing"]),
    ("hickory_resolver", &["whosends_core::dns::live"]),
    ("tokio", &["whosends_core::dns::live"]),
    ("serde", &["whosends_present", "whosends"]),
    ("clap", &["whosends"]),
    ("std::env", &["whosends"]),
];

/// What a module never names.
const NEVER: &[(&str, &[&str])] = &[
    ("whosends_present", &["std::fs", "std::time", "anstream", "anstyle", "terminal_size", "unicode_width"]),
    ("whosends::render", &["std::fs", "clap", "whosends::args", "whosends::command"]),
];

/// Longest function, and most lines of code in a file, tests and tables apart.
const FUNCTION_LINES: usize = 60;
const FILE_LINES: usize = 400;

/// Files that are one long declaration.
const TABLES: &[&str] = &["cli/args/mod.rs"];

/// What is wrong with a file: its path below `crates`, and its text.
fn violations(path: &str, text: &str) -> Vec<String> {
    if is_test_file(path) {
        return Vec::new();
    }
    let module = module(path);
    let seen = seen::see(&module, text);
    let mut wrong = seen.hidden;
    for named in &seen.named {
        wrong.extend(misplaced(&module, &named.path).map(|why| format!("line {}: {why}", named.line)));
    }
    wrong.dedup();
    if seen.lines > FILE_LINES && !TABLES.contains(&path) {
        wrong.push(format!("{} lines of code", seen.lines));
    }
    let long = seen.functions.iter().filter(|function| function.lines > FUNCTION_LINES);
    wrong.extend(long.map(|function| format!("{} lines in `{}`", function.lines, function.name)));
    wrong.into_iter().map(|why| format!("{path}: {why}")).collect()
}

/// Why a module may not name this path.
fn misplaced(module: &str, path: &str) -> Option<String> {
    let room = MAY_USE.iter().find(|(room, _)| below(module, room));
    let other = MAY_USE.iter().find(|(other, _)| below(path, other));
    if let (Some((room, may_use)), Some((other, _))) = (room, other)
        && other != room
        && !may_use.contains(other)
    {
        return Some(format!("`{room}` may not use `{other}`"));
    }
    if let Some((name, _)) = ONLY_IN
        .iter()
        .find(|(name, rooms)| below(path, name) && !rooms.iter().any(|room| below(module, room)))
    {
        return Some(format!("`{module}` may not name `{name}`"));
    }
    NEVER
        .iter()
        .filter(|(room, _)| below(module, room))
        .flat_map(|(_, names)| *names)
        .find(|name| below(path, name))
        .map(|name| format!("`{module}` may not name `{name}`"))
}

/// Whether a path is this one or lies below it.
fn below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The module that a file below `crates` is.
fn module(path: &str) -> String {
    let (folder, name) = CRATES
        .iter()
        .find(|(folder, _)| Path::new(path).starts_with(folder))
        .unwrap_or_else(|| panic!("{path} is in no crate of the table"));
    let inside = path[folder.len()..].trim_start_matches('/').trim_end_matches(".rs");
    let parts = inside.split('/').filter(|part| !["mod", "lib", "main"].contains(part));
    [*name].into_iter().chain(parts).collect::<Vec<_>>().join("::")
}

fn is_test_file(path: &str) -> bool {
    path.trim_end_matches(".rs").split('/').any(is_test_module)
}

/// Whether a module of this name holds tests alone, if it has a file of its own.
fn is_test_module(name: &str) -> bool {
    name.ends_with("tests") || name == "testing"
}

fn sources(below: &Path) -> Vec<PathBuf> {
    let mut open = vec![below.to_owned()];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn rooms_name_only_what_they_may_and_stay_short() {
    let crates = root().join("crates");
    let mut wrong = Vec::new();
    for path in sources(&crates) {
        let inside = path.strip_prefix(&crates).unwrap().to_str().unwrap().replace('\\', "/");
        wrong.extend(violations(&inside, &fs::read_to_string(&path).unwrap()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_test_file_is_forgotten() {
    let here = root().join("tests/integration");
    let main = fs::read_to_string(here.join("main.rs")).unwrap();
    for path in fs::read_dir(&here).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name != "main" && name != "snapshots" {
            assert!(main.contains(&format!("mod {name};")), "tests/integration/main.rs does not name {name}");
        }
    }
    let stray: Vec<_> = fs::read_dir(root().join("tests"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    assert!(stray.is_empty(), "one test binary: {stray:?}");
}
