//! What is in what: every report in a container comes out of it.

use std::fs;
use std::io::{Cursor, Write as _};

use whosends_core::error::ErrorKind;
use whosends_core::ingest::{Event, OtherKind, unpack};
use whosends_core::limits::{Limit, Limits};
use zip::write::SimpleFileOptions;

use crate::support::{Folder, root};

fn sample(name: &str) -> Vec<u8> {
    fs::read(root().join("samples/containers").join(name)).unwrap()
}

fn events(name: &str, bytes: Vec<u8>) -> Vec<Event> {
    let mut events = Vec::new();
    unpack(name, bytes, &Limits::default(), &mut |event| events.push(event));
    events
}

/// How many reports come out, and how many things are said of whatever else.
fn reports(name: &str, bytes: Vec<u8>) -> (usize, usize) {
    let events = events(name, bytes);
    let reports = events.iter().filter(|event| matches!(event, Event::Report(_))).count();
    let mails = events.iter().filter(|event| matches!(event, Event::Mail)).count();
    (reports, events.len() - reports - mails)
}

fn zip<'m>(members: impl IntoIterator<Item = (String, &'m [u8])>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn members_of_one_name_are_all_read() {
    let report = sample("report.xml");
    let other = String::from_utf8(report.clone()).unwrap().replace("<report_id>", "<report_id>x");
    let mut archive = zip([("a.xml".to_owned(), &report[..]), ("b.xml".to_owned(), other.as_bytes())]);
    for at in 0..archive.len() - 5 {
        if &archive[at..at + 5] == b"b.xml" {
            archive[at] = b'a';
        }
    }
    assert_eq!(reports("two.zip", archive), (2, 0));
}

#[test]
fn a_zipped_mailbox_of_any_length_is_read_and_is_nothing_odd() {
    let mail = sample("multipart.eml");
    let mailbox =
        [b"From a@example.com Sun Nov 22 10:00:00 2026\n", &mail[..], b"\n"].concat().repeat(40_000);
    let mut found = 0;
    let archive = zip([("Takeout/Mail/DMARC.mbox".to_owned(), &mailbox[..])]);
    unpack("takeout.zip", archive, &Limits::default(), &mut |event| match event {
        Event::Report(report) => {
            assert!(report.notes.is_empty(), "{:?}", report.notes);
            found += 1;
        }
        Event::Mail => {}
        other => panic!("{other:?}"),
    });
    assert_eq!(found, 40_000);
    let mails = zip((0..12_000).map(|number| (format!("mail/{number}.eml"), &mail[..])));
    assert_eq!(reports("mails.zip", mails), (12_000, 0));
}

/// A tar's header with another kind of member, and the checksum that goes with it.
fn of_kind(mut tar: Vec<u8>, kind: u8) -> Vec<u8> {
    tar[156] = kind;
    tar[148..156].fill(b' ');
    let sum: u32 = tar[..512].iter().map(|&byte| u32::from(byte)).sum();
    tar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    tar
}

#[test]
fn every_file_in_every_tar_is_read() {
    let tar = sample("report.tar");
    let (each, rest) = reports("one.tar", tar.clone());
    assert!(each > 0 && rest == 0);
    assert_eq!(reports("two.tar", [tar.clone(), tar.clone()].concat()), (2 * each, 0));
    assert_eq!(reports("junk.tar", [&tar[..], b"\r\n"].concat()), (each, 0));
    for kind in [b'7', b'S', b'\0'] {
        assert_eq!(reports("kind.tar", of_kind(tar.clone(), kind)), (each, 0), "{kind}");
    }
}

#[test]
fn a_tar_without_a_file_is_no_report() {
    let said = events("folder.tar", of_kind(sample("report.tar"), b'5'));
    assert!(matches!(&said[..], [Event::Other { kind: OtherKind::NotAReport, .. }]), "{said:?}");
}

#[test]
fn mails_in_mails_end_at_the_limit_and_not_the_process() {
    let plain = b"Content-Type: message/rfc822\r\n\r\n".repeat(300_000);
    let octets = b"From: a@example.com\nContent-Type: application/octet-stream\n\n".repeat(20_000);
    let upper = b"CONTENT-TYPE: MESSAGE/RFC822\n\n".repeat(300_000);
    let limit = |bytes: Vec<u8>| {
        events("deep.eml", bytes).into_iter().any(
            |event| matches!(event, Event::Rejected(error) if error.kind() == ErrorKind::Limit(Limit::MailDepth)),
        )
    };
    assert!(limit(plain) && limit(octets) && limit(upper));
    let wrapped = format!(
        "Subject: x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{}",
        // "Content-Type: message/rfc822\r\n\r\n" and one more line end, to have no padding
        "Q29udGVudC1UeXBlOiBtZXNzYWdlL3JmYzgyMg0KDQoK".repeat(200_000)
    );
    assert!(limit(wrapped.into_bytes()));
}

#[test]
fn a_forwarded_failure_report_is_one() {
    let report =
        String::from_utf8(fs::read(root().join("samples/other/failure-report.eml")).unwrap()).unwrap();
    let forwarded = format!("Subject: Fwd\nContent-Type: message/rfc822\n\n{report}");
    let said = events("forwarded.eml", forwarded.into_bytes());
    assert!(
        matches!(&said[..], [Event::Mail, Event::Other { kind: OtherKind::FailureReport, .. }]),
        "{said:?}"
    );
}

#[cfg(unix)]
#[test]
fn an_unreadable_path_does_not_make_the_next_file_new() {
    let folder = Folder::new();
    folder.write("in/b.xml", sample("report.xml"));
    std::os::unix::fs::symlink("nowhere", folder.path("in/a.xml")).unwrap();
    assert_eq!(folder.run("ingest in").go().status(), Some(3));
    let again = folder.run("ingest in --json").go();
    let did: serde_json::Value = serde_json::from_str(&again.stdout()).unwrap();
    assert_eq!((&did["skipped_unchanged"], &did["files"]), (&1.into(), &0.into()), "{did}");
}
