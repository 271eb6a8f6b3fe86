//! Holds the way of the data to the code: who may name whom, how long things may be, and that no test is
//! forgotten.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

/// Rooms of the core, and what each may use of the others.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("error", &["limits"]),
    ("limits", &[]),
    ("xml", &["model", "limits", "error"]),
    ("ingest", &["xml", "model", "limits", "error"]),
    ("written", &[]),
    ("store", &["model", "error", "written"]),
    ("dns", &["model", "error"]),
    ("senders", &["model", "error", "dns"]),
    ("analysis", &["model", "dns", "senders"]),
    ("answers", &["model", "limits", "error", "ingest", "store", "dns", "senders", "analysis"]),
];

/// Crates that only one room, or one file of it, may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("rusqlite", &["store/"]),
    ("quick_xml", &["xml/"]),
    ("encoding_rs", &["xml/"]),
    ("mail_parser", &["ingest/mime.rs"]),
    ("zip", &["ingest/archive.rs"]),
    ("tar", &["ingest/archive.rs", "ingest/sniff.rs"]),
    ("flate2", &["ingest/inflate.rs", "ingest/gunzip.rs"]),
    ("hickory_resolver", &["dns/live.rs", "dns/live/"]),
    ("tokio", &["dns/live.rs", "dns/live/"]),
];

/// Longest function, and most lines of code in a file, tests and tables apart.
const FUNCTION_LINES: usize = 60;
const FILE_LINES: usize = 400;

/// Files that are one long declaration.
const TABLES: &[&str] = &["cli/args/mod.rs"];

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

fn core() -> PathBuf {
    root().join("crates/whosends-core/src")
}

fn is_test_file(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
        || path.file_stem().is_some_and(|stem| stem.to_str().is_some_and(|stem| stem.ends_with("tests")))
}

/// A file's lines up to its tests, without comments.
fn code(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .map(|line| line.trim_end().to_owned())
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect()
}

#[test]
fn rooms_name_only_what_comes_before_them() {
    let mut wrong = Vec::new();
    for (room, may_use) in MAY_USE {
        for path in sources(&core()) {
            let inside = path.strip_prefix(core()).unwrap();
            let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
            if first.trim_end_matches(".rs") != *room || is_test_file(inside) {
                continue;
            }
            for (number, line) in code(&path).iter().enumerate() {
                for (other, _) in
                    MAY_USE.iter().filter(|(other, _)| other != room && !may_use.contains(other))
                {
                    let named = [
                        format!("crate::{other}::"),
                        format!("crate::{other};"),
                        format!("crate::{{{other}"),
                    ];
                    if named.iter().any(|name| line.contains(name)) {
                        wrong.push(format!(
                            "{}, code line {}: `{room}` may not use `{other}`",
                            inside.display(),
                            number + 1
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_dependency_has_one_room() {
    let mut wrong = Vec::new();
    for path in sources(&core()) {
        let inside = path.strip_prefix(core()).unwrap().to_str().unwrap().replace('\\', "/");
        if is_test_file(Path::new(&inside)) {
            continue;
        }
        for line in code(&path) {
            for (name, rooms) in ONLY_IN {
                let named = line.contains(&format!("use {name}::"))
                    || line.contains(&format!(" {name}::"))
                    || line.contains(&format!("({name}::"));
                if named && !rooms.iter().any(|room| inside.starts_with(room)) {
                    wrong.push(format!("{inside} names {name}: {line}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rendering_knows_no_store_no_files_and_no_arguments() {
    for path in sources(&root().join("crates/cli/render")) {
        for line in code(&path) {
            for word in ["whosends_core::store", "std::fs", "clap::", "crate::args", "crate::command"] {
                assert!(!line.contains(word), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn files_and_functions_stay_short() {
    let mut wrong = Vec::new();
    for path in sources(&root().join("crates")) {
        let name = path.strip_prefix(root().join("crates")).unwrap().to_str().unwrap().replace('\\', "/");
        if is_test_file(Path::new(&name)) {
            continue;
        }
        let code = code(&path);
        if code.len() > FILE_LINES && !TABLES.contains(&name.as_str()) {
            wrong.push(format!("{name}: {} lines of code", code.len()));
        }
        for (begin, length) in functions(&code) {
            if length > FUNCTION_LINES {
                wrong.push(format!("{name}: {length} lines in `{}`", code[begin].trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where functions begin, and how many lines each has: to the closing brace at the same indent, as rustfmt
/// writes it.
fn functions(code: &[String]) -> Vec<(usize, usize)> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_function = |line: &str| {
        let line = line.trim_start();
        ["fn ", "pub fn ", "pub(crate) fn ", "pub(super) fn ", "const fn ", "pub const fn "]
            .iter()
            .any(|start| line.starts_with(start))
    };
    code.iter()
        .enumerate()
        .filter(|(_, line)| is_function(line) && !line.ends_with(';') && !line.ends_with('}'))
        .map(|(begin, line)| {
            let close = " ".repeat(indent(line)) + "}";
            let length = code[begin..].iter().position(|line| *line == close).map_or(1, |at| at + 1);
            (begin, length)
        })
        .collect()
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
