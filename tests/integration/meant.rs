//! Mail that was meant to bring a report and can't be read is told; ordinary mail is left alone.

use whosends_core::error::ErrorKind;
use whosends_core::ingest::{Event, OtherKind, unpack};
use whosends_core::limits::Limits;

use crate::samples::events as events_of;
use crate::support::root;

const SUBJECT: &str =
    "Report Domain: example.com Submitter: receiver.example Report-ID: <r-1@receiver.example>";
const REPORT_NAME: &str = "receiver.example!example.com!1741132800!1741219199.xml.gz";
const CMS_TYPES: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07";

fn events(name: &str, bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    unpack(name, bytes.to_vec(), &Limits::default(), &mut |event| {
        if !matches!(event, Event::Mail) {
            events.push(event);
        }
    });
    events
}

fn packed() -> Vec<u8> {
    std::fs::read(root().join("samples/containers/report.xml.gz")).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (number, group) in bytes.chunks(3).enumerate() {
        if number % 19 == 0 {
            text.push('\n');
        }
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let is_padding = place > group.len();
            let character = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if is_padding { '=' } else { char::from(character) });
        }
    }
    text
}

fn uuencoded(name: &str, bytes: &[u8]) -> String {
    let character = |bits: u32| if bits & 63 == 0 { '`' } else { char::from(b' ' + (bits & 63) as u8) };
    let mut text = format!("begin 644 {name}\n");
    for line in bytes.chunks(45) {
        text.push(character(line.len() as u32));
        for group in line.chunks(3) {
            let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
                << (8 * (3 - group.len()));
            text.extend([18, 12, 6, 0].map(|shift| character(bits >> shift)));
        }
        text.push('\n');
    }
    text + "`\nend\n"
}

/// A mail with a text and one attachment in base64.
fn mail(subject: &str, from: &str, media_type: &str, name: &str, attachment: &[u8]) -> String {
    format!(
        "From: {from}\nTo: a@example.com\nSubject: {subject}\nDate: Thu, 06 Mar 2025 06:00:00 +0000\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=part\n\n--part\nContent-Type: text/plain\n\nSee below.\n--part\n\
         Content-Type: {media_type}; name=\"{name}\"\nContent-Transfer-Encoding: base64\n{}\n--part--\n",
        base64(attachment)
    )
}

fn ber(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&[tag, 0x84], &(content.len() as u32).to_be_bytes()[..], &content].concat()
}

/// A mail as one block of S/MIME: signed (2) or encrypted (3).
fn smime(kind: u8, mail: &[u8]) -> Vec<u8> {
    let name = |last: u8| ber(6, &[CMS_TYPES, &[last]]);
    let content = ber(0xa0, &[&ber(4, &[mail])]);
    let data = ber(0x30, &[b"\x02\x01\x01", &ber(0x31, &[]), &ber(0x30, &[&name(1), &content])]);
    ber(0x30, &[&name(kind), &ber(0xa0, &[&data])])
}

fn winmail(name: &[u8], attachment: &[u8]) -> Vec<u8> {
    let mut file = b"\x78\x9f\x3e\x22\x01\0".to_vec();
    for (id, data) in [(0x9002_u16, &b"x"[..]), (0x8010, name), (0x800f, attachment)] {
        file.push(2);
        file.extend(id.to_le_bytes());
        file.extend(b"\x06\0");
        file.extend((data.len() as u32).to_le_bytes());
        file.extend([data, b"\0\0"].concat());
    }
    file
}

/// A message of Outlook's with this attachment, in another such message or not.
fn outlook(subject: &str, name: &str, attachment: &[u8], inside: bool) -> Vec<u8> {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    let around = if inside { "/__attach_version1.0_#00000000/__substg1.0_3701000D" } else { "" };
    let at = format!("{around}/__attach_version1.0_#00000000");
    file.create_storage_all(&at).unwrap();
    for (stream, bytes) in [
        (format!("{around}/__substg1.0_0037001F"), wide(subject)),
        (format!("{at}/__substg1.0_3707001F"), wide(name)),
        (format!("{at}/__substg1.0_37010102"), attachment.to_vec()),
    ] {
        std::io::Write::write_all(&mut file.create_stream(stream).unwrap(), &bytes).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// What can't be read, with a word of what is said of it.
fn unreadable() -> Vec<(&'static str, &'static str, Vec<u8>, &'static str)> {
    let cut = std::fs::read(root().join("samples/invalid/outlook.msg")).unwrap();
    vec![
        ("application/vnd.ms-outlook", "report.msg", cut, "Outlook"),
        ("application/ms-tnef", "winmail.dat", b"\x78\x9f\x3e\x22\x01\0cut".to_vec(), "winmail.dat"),
        ("application/pkcs7-mime", "smime.p7m", smime(3, b"secret"), "encrypted with S/MIME"),
        (
            "application/octet-stream",
            "a.asc",
            b"-----BEGIN PGP MESSAGE-----\n\nhQ\n".to_vec(),
            "encrypted with PGP",
        ),
        ("application/x-7z-compressed", "r.7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "7z"),
        ("application/vnd.rar", "r.rar", b"Rar!\x1a\x07\x01\0".to_vec(), "RAR"),
        (
            "application/x-lzma",
            "r.lzma",
            b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0".to_vec(),
            "LZMA",
        ),
    ]
}

/// The one thing said, which has to be a rejection.
fn rejection(name: &str, bytes: &[u8]) -> String {
    let said = events(name, bytes);
    match &said[..] {
        [Event::Rejected(error)] => error.to_string(),
        _ => panic!("{name}: {said:?}"),
    }
}

#[test]
fn what_was_meant_as_a_report_and_can_not_be_read_is_told_with_what_to_do() {
    for (media_type, name, bytes, word) in unreadable() {
        let attached = |subject: &str, from: &str, name: &str| mail(subject, from, media_type, name, &bytes);
        let by_subject = attached(SUBJECT, "a@receiver.example", name);
        let inside = format!("Subject: look at this\nContent-Type: message/rfc822\n\n{by_subject}");
        for meant in [
            attached(&format!("Fwd: {SUBJECT}"), "a@example.org", name),
            attached("see below", "dmarc@receiver.example", name),
            attached("see below", "noreply-dmarc-support@google.com", name),
            attached("see below", "a@receiver.example", &format!("dmarc-{name}")),
            attached("see below", "a@receiver.example", REPORT_NAME),
            by_subject,
            inside,
        ] {
            let reason = rejection(name, meant.as_bytes());
            assert!(reason.contains(word), "{name}: {reason}");
        }
        let ordinary = attached("minutes of the meeting", "a@receiver.example", name);
        let said = events(name, ordinary.as_bytes());
        assert!(matches!(&said[..], [Event::Other { kind: OtherKind::NotAReport, .. }]), "{name}: {said:?}");
    }
}

#[test]
fn a_report_that_says_nothing_of_its_period_has_that_of_its_file_name_or_its_mail() {
    let xml = std::fs::read_to_string(root().join("samples/containers/report.xml")).unwrap();
    let undated =
        [&xml[..xml.find("<date_range>").unwrap()], &xml[xml.find("</date_range>").unwrap() + 13..]].concat();
    let period = |name: &str, bytes: &[u8]| match &events(name, bytes)[..] {
        [Event::Report(found)] => {
            (found.header.metadata.begin, found.header.metadata.end, found.notes.as_slice().len())
        }
        other => panic!("{other:?}"),
    };
    let (begin, end, notes) = period("report.xml", undated.as_bytes());
    assert_eq!((begin, end), (None, None));
    let named = period("r.example!example.com!1741132800!1741219199.xml", undated.as_bytes());
    assert_eq!(named, (Some(1_741_132_800), Some(1_741_219_199), notes + 1));
    let mail = mail("x", "a@receiver.example", "text/xml", "report.xml", undated.as_bytes());
    let forwarded = format!("Date: Thu, 20 Mar 2025 06:00:00 +0000\nContent-Type: message/rfc822\n\n{mail}");
    for mail in [mail, forwarded] {
        assert_eq!(period("a.eml", mail.as_bytes()), (Some(1_741_132_800), Some(1_741_219_199), notes + 1));
    }
}

#[test]
fn a_report_mail_without_a_report_is_told() {
    for body in
        ["Content-Type: text/plain\n\nHello", "Content-Type: text/html\n\n<p>&lt;feedback&gt;</p>", "\n"]
    {
        let mail = format!("From: a@receiver.example\nSubject: {SUBJECT}\n{body}\n");
        assert!(rejection("empty.eml", mail.as_bytes()).contains("its subject says"));
    }
    // An answer to one is ordinary mail.
    let answer = format!("From: a@example.com\nSubject: Re: {SUBJECT}\n\nThanks\n");
    assert!(matches!(&events("answer.eml", answer.as_bytes())[..], [Event::Other { .. }]));
}

#[test]
fn what_an_unusual_wrapping_holds_is_read() {
    let gzip = packed();
    let attached = mail("see below", "a@receiver.example", "application/gzip", REPORT_NAME, &gzip);
    let wide = |width: usize, text: &str| -> Vec<u8> {
        text.chars().flat_map(|c| u32::from(c).to_le_bytes()[..width].to_vec()).collect()
    };
    let xml = std::fs::read_to_string(root().join("samples/containers/report.xml")).unwrap();
    let prose =
        |text: &str| format!("From: a@receiver.example\nSubject: see below\n\nHello,\n{text}").into_bytes();
    let block = |mail: &str| mail_of_block(&smime(2, mail.as_bytes()));
    let no_boundary = attached.replace("; boundary=part", "");
    let other_boundary = attached.replace("boundary=part", "boundary=other");
    let mut cases = vec![
        ("uuencoded", prose(&uuencoded(REPORT_NAME, &gzip))),
        ("signed", block(&attached)),
        (
            "winmail",
            mail(
                "x",
                "a@example.org",
                "application/ms-tnef",
                "winmail.dat",
                &winmail(b"REPORT~1.GZ\0", &gzip),
            )
            .into(),
        ),
        ("no boundary", no_boundary.into()),
        ("another boundary", other_boundary.into()),
        ("cr.eml", attached.replace('\n', "\r").into()),
        ("crcrlf.eml", attached.replace('\n', "\r\r\n").into()),
        (
            "cr.mbox",
            format!("From a@example.com Sun Nov 22 10:00:00 2026\n{attached}").replace('\n', "\r").into(),
        ),
        (
            "crcrlf.mbox",
            format!("From a@example.com Sun Nov 22 10:00:00 2026\n{attached}").replace('\n', "\r\r\n").into(),
        ),
        ("utf-16.eml", [b"\xff\xfe", &wide(2, &attached)[..]].concat()),
        ("utf-16 without a mark.eml", wide(2, &attached)),
        ("utf-32.eml", wide(4, &attached)),
        ("utf-32.xml", [b"\xff\xfe\0\0", &wide(4, &xml)[..]].concat()),
        ("mmdf", [b"\x01\x01\x01\x01\n", attached.as_bytes(), b"\x01\x01\x01\x01\n"].concat()),
    ];
    for inside in [false, true] {
        let message = outlook("x", REPORT_NAME, &gzip, inside);
        cases.push((
            "attached.eml",
            mail("x", "a@example.org", "application/vnd.ms-outlook", "a.msg", &message).into(),
        ));
        cases.push(("report.msg", message));
    }
    let zip = std::fs::read(root().join("samples/containers/report.zip")).unwrap();
    for before in ["\n", "\r\n", "\u{feff}", "\0\0"] {
        cases.push(("before a gzip", [before.as_bytes(), &gzip].concat()));
        cases.push(("before a zip", [before.as_bytes(), &zip].concat()));
    }
    for (name, bytes) in cases {
        let said = events(name, &bytes);
        assert!(matches!(&said[..], [Event::Report(_)]), "{name}: {said:?}");
    }
}

fn mail_of_block(block: &[u8]) -> Vec<u8> {
    format!(
        "From: a@receiver.example\nSubject: x\nContent-Type: application/pkcs7-mime; smime-type=signed-data; \
         name=smime.p7m\nContent-Transfer-Encoding: base64\n{}\n",
        base64(block)
    )
    .into_bytes()
}

#[test]
fn what_is_cut_or_damaged_ends_and_stays_within_its_limits() {
    let gzip = packed();
    let attached = mail(SUBJECT, "a@receiver.example", "application/gzip", REPORT_NAME, &gzip);
    for whole in [
        smime(2, attached.as_bytes()),
        winmail(b"REPORT~1.GZ\0", &gzip),
        uuencoded(REPORT_NAME, &gzip).into_bytes(),
        outlook(SUBJECT, REPORT_NAME, &gzip, true),
    ] {
        for end in (0..whole.len()).step_by(whole.len() / 60 + 1) {
            let cut = mail(SUBJECT, "a@receiver.example", "application/octet-stream", "x", &whole[..end]);
            assert!(!events("cut.eml", cut.as_bytes()).is_empty());
            let mut damaged = whole.clone();
            damaged[end] ^= 0xff;
            events("damaged", &damaged);
        }
    }
    // A block in a block, and so on, ends at the depth that mail may have.
    let mut block = b"From: a@example.com\n\nx".to_vec();
    for _ in 0..200 {
        block = [b"From: a@example.com\nContent-Type: application/pkcs7-mime\n\n", &smime(2, &block)[..]]
            .concat();
    }
    let said = events("deep.eml", &block);
    assert!(
        matches!(&said[..], [Event::Rejected(error)] if matches!(error.kind(), ErrorKind::Limit(_))),
        "{said:?}"
    );
    // As many files as a mail may have parts.
    let many = format!("From: a@example.com\n\n{}", "begin 644 x\nend\n".repeat(200_000));
    let said = events("many.eml", many.as_bytes());
    assert!(
        matches!(said.last(), Some(Event::Rejected(error)) if matches!(error.kind(), ErrorKind::Limit(_))),
        "{:?}",
        said.last()
    );
}

#[test]
fn what_a_bounce_brings_back_was_sent_and_not_received() {
    let report = mail(SUBJECT, "dmarc@example.com", "application/gzip", REPORT_NAME, &packed());
    for (kind, returned) in [
        ("delivery-status", "message/rfc822"),
        ("disposition-notification", "message/rfc822"),
        ("delivery-status", "text/rfc822-headers"),
    ] {
        let bounce = format!(
            "From: MAILER-DAEMON@example.net\nSubject: Undelivered mail\n\
             Content-Type: multipart/report; report-type={kind}; boundary=b\n\n--b\n\nIt came back.\n--b\n\
             Content-Type: message/{kind}\n\nStatus: 5.1.1\n\n--b\nContent-Type: {returned}\n\n{report}\n--b--\n"
        );
        for bounce in [bounce.clone(), format!("Subject: Fwd\nContent-Type: message/rfc822\n\n{bounce}")] {
            let said = events("bounce.eml", bounce.as_bytes());
            assert!(matches!(&said[..], [Event::Other { kind: OtherKind::NotAReport, .. }]), "{said:?}");
        }
    }
    // Some gateways send their reports in the name of the daemon.
    let sent = report.replace("dmarc@example.com", "MAILER-DAEMON@gateway.example");
    assert!(matches!(&events("sent.eml", sent.as_bytes())[..], [Event::Report(_)]));
}

#[test]
fn ordinary_mail_stays_ordinary() {
    const SUBJECTS: [&str; 10] = [
        "Minutes of the meeting",
        "Monthly report for example.com",
        "Re: Report Domain: example.com Submitter: receiver.example Report-ID: <1@receiver.example>",
        "Automatic reply: Report Domain: example.com Submitter: receiver.example",
        "Your DMARC summary of the week",
        "Report",
        "[dmarc-discuss] Report domain: what does it mean?",
        "Invoice 2026-11",
        "=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
        "",
    ];
    let people =
        ["a@example.org", "Bob <bob@example.com>", "news@dmarcian.example", "MAILER-DAEMON@example.net"];
    let text = |media_type: &str, body: &str| format!("Content-Type: {media_type}\n\n{body}\n");
    let attached = |media_type: &str, name: &str, bytes: &[u8]| {
        let whole = mail("", "", media_type, name, bytes);
        whole[whole.find("Content-Type: multipart").unwrap()..].to_owned()
    };
    let mut bodies = vec![
        text("text/plain", "Hello,\nFrom here on we write about the weather.\n-- \nBob"),
        text("text/html", "<html><body><p>Hello</p></body></html>"),
        text("text/plain; charset=utf-8", "A DMARC report has a <feedback> element, they say."),
        text("text/plain", &uuencoded("cat.txt", b"meow")),
        text("text/plain", "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----"),
        text("text/plain", "begin 644 words and no file"),
        "\n".to_owned(),
        attached("application/pdf", "invoice.pdf", b"%PDF-1.7 x"),
        attached("image/png", "logo.png", b"\x89PNG\r\n\x1a\nx"),
        attached("application/pkcs7-signature", "smime.p7s", &ber(0x30, &[&ber(6, &[CMS_TYPES, &[2]])])),
        attached("text/calendar", "invite.ics", b"BEGIN:VCALENDAR\nEND:VCALENDAR\n"),
        attached("application/ms-tnef", "winmail.dat", &winmail(b"NOTES.TXT\0", b"some notes")),
        attached("application/octet-stream", "noise.bin", b"\0\x01\x02\x03PK noise"),
    ];
    bodies.extend(
        unreadable()
            .iter()
            .filter(|(_, name, ..)| name.len() < 12)
            .take(7)
            .map(|(media_type, name, bytes, _)| attached(media_type, name, bytes)),
    );
    let mut mails = 0;
    for (number, subject) in SUBJECTS.iter().enumerate() {
        for (at, body) in bodies.iter().enumerate() {
            let from = people[(number + at) % people.len()];
            let mail =
                format!("From: {from}\nTo: c@example.com\nSubject: {subject}\nMIME-Version: 1.0\n{body}");
            let said = events("mail.eml", mail.as_bytes());
            assert!(
                matches!(&said[..], [Event::Other { kind: OtherKind::NotAReport, .. }]),
                "{mail}\n{said:?}"
            );
            mails += 1;
        }
    }
    assert_eq!(mails, 200);
    assert!(matches!(&events_of(&root().join("samples/other/plain-mail.eml"))[..], [_, Event::Other { .. }]));
}
