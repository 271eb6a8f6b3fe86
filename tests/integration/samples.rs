//! Every shipped sample: what it says in its README is what comes of it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use whosends_core::ingest::{Event, FoundReport, OtherKind, unpack};
use whosends_core::limits::Limits;

use crate::support::root;

/// The files below a folder of samples, by name.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let mut open = vec![root().join("samples").join(folder)];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// What comes out of a sample, by its path below `samples/`.
pub(crate) fn events(path: &Path) -> Vec<Event> {
    let mut events = Vec::new();
    let name = path.file_name().unwrap().to_str().unwrap();
    unpack(name, fs::read(path).unwrap(), &Limits::default(), &mut |event| events.push(event));
    events
}

fn describe(path: &Path) -> String {
    let mut text = format!("{}\n", path.strip_prefix(root().join("samples")).unwrap().display());
    for event in events(path) {
        match event {
            Event::Mail => text += "  mail\n",
            Event::Report(found) => describe_report(&mut text, &found),
            Event::Rejected(error) => {
                writeln!(text, "  rejected {}: {error}", error.kind().as_str()).unwrap()
            }
            Event::Other { kind, what, .. } => writeln!(text, "  {kind:?}: {what}").unwrap(),
            other => writeln!(text, "  {other:?}").unwrap(),
        }
    }
    text
}

fn describe_report(text: &mut String, found: &FoundReport) {
    let metadata = &found.header.metadata;
    let shown = |field: &Option<String>| field.clone().unwrap_or_else(|| "-".to_owned());
    write!(text, "  report {} from {}", found.header.policy.domain, shown(&metadata.org_name)).unwrap();
    write!(text, " ({}):", shown(&metadata.report_id)).unwrap();
    write!(text, " {} records, {} messages", found.batch.rows().len(), found.batch.messages()).unwrap();
    if found.records_skipped > 0 {
        write!(text, ", {} skipped", found.records_skipped).unwrap();
    }
    text.push_str(if found.truncated { ", truncated\n" } else { "\n" });
    for note in found.notes.as_slice() {
        write!(text, "    {} {}", note.code.as_str(), note.path).unwrap();
        if let Some(raw) = &note.raw {
            write!(text, " {raw:?}").unwrap();
        }
        if let Some(line) = note.line {
            write!(text, " line {line}").unwrap();
        }
        if note.times > 1 {
            write!(text, " {} times", note.times).unwrap();
        }
        text.push('\n');
    }
}

#[test]
fn sound_reports_give_no_note() {
    insta::assert_snapshot!(files("reports").iter().map(|path| describe(path)).collect::<String>());
    for path in files("reports") {
        for event in events(&path) {
            assert!(
                matches!(&event, Event::Report(found) if found.notes.is_empty() && !found.truncated),
                "{}: {event:?}",
                path.display()
            );
        }
    }
}

#[test]
fn odd_reports_are_read_and_say_what_was_odd() {
    insta::assert_snapshot!(files("odd").iter().map(|path| describe(path)).collect::<String>());
}

#[test]
fn refused_files_say_why() {
    insta::assert_snapshot!(files("invalid").iter().map(|path| describe(path)).collect::<String>());
    for path in files("invalid") {
        assert!(events(&path).iter().all(|event| matches!(event, Event::Rejected(_) | Event::Other { .. })));
    }
}

#[test]
fn one_report_in_every_wrapping_is_one_report() {
    let bare = events(&root().join("samples/containers/report.xml"));
    let [Event::Report(bare)] = &bare[..] else { panic!("{bare:?}") };
    let mut seen = 0;
    for path in files("containers") {
        for event in events(&path) {
            if let Event::Report(found) = event {
                let kept = &found.header.metadata;
                if kept.report_id == bare.header.metadata.report_id {
                    assert_eq!(found.header, bare.header, "{}", path.display());
                    assert_eq!(found.batch.content(), bare.batch.content(), "{}", path.display());
                    assert_eq!(found.batch.combinations(), bare.batch.combinations(), "{}", path.display());
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 20, "only {seen} wrappings");
    insta::assert_snapshot!(files("containers").iter().map(|path| describe(path)).collect::<String>());
}

#[test]
fn line_ends_do_not_matter_in_mail() {
    for path in files("containers").iter().chain(&files("other")) {
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        let text = fs::read(path).unwrap();
        let lf: Vec<u8> = text.iter().copied().filter(|&b| b != b'\r').collect();
        let crlf: Vec<u8> =
            lf.iter().flat_map(|&b| if b == b'\n' { vec![b'\r', b'\n'] } else { vec![b] }).collect();
        let [lf, crlf] = [lf, crlf].map(|text| {
            let mut all = String::new();
            unpack("mail.eml", text, &Limits::default(), &mut |event| match event {
                Event::Report(found) => describe_report(&mut all, &found),
                other => writeln!(all, "{other:?}").unwrap(),
            });
            all
        });
        assert_eq!(lf, crlf, "{}", path.display());
    }
}

#[test]
fn other_mail_is_recognised() {
    let kinds: Vec<(String, OtherKind)> = files("other")
        .iter()
        .flat_map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            events(path).into_iter().filter_map(move |event| match event {
                Event::Other { kind, .. } => Some((name.clone(), kind)),
                Event::Mail => None,
                other => panic!("{name}: {other:?}"),
            })
        })
        .collect();
    let expected = [
        ("failure-report.eml", OtherKind::FailureReport),
        ("plain-mail.eml", OtherKind::NotAReport),
        ("tls-rpt.eml", OtherKind::TlsReport),
        ("tls-rpt.json", OtherKind::TlsReport),
    ];
    assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));
}

#[test]
fn every_sample_is_explained() {
    let readme = fs::read_to_string(root().join("samples/README.md")).unwrap();
    for folder in ["reports", "odd", "invalid", "containers", "other"] {
        for path in files(folder) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let in_folder = path.strip_prefix(root().join("samples")).unwrap();
            let in_folder = in_folder.components().next().unwrap().as_os_str().to_str().unwrap();
            assert!(readme.contains(name), "samples/README.md does not mention {in_folder}/{name}");
        }
    }
}
