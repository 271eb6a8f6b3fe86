//! Broken, cut and hostile reports: what is whole is kept, nothing is invented, the rest is refused.

use NoteCode::*;

use super::sample::{SOUND, first_record, part, with, without_records};
use super::*;
use crate::error::ErrorKind;
use crate::limits::Limit;

#[test]
fn what_is_fatal() {
    for (text, kind) in [
        (String::new(), ErrorKind::NoFeedback),
        ("this is a file".into(), ErrorKind::NoFeedback),
        ("<html><body><p>Sorry".into(), ErrorKind::NoFeedback),
        (first_record().to_owned(), ErrorKind::NoFeedback),
        (with("<domain>example.com</domain>", ""), ErrorKind::NoPolicyDomain),
        (with("<domain>example.com<", "<domain>not a domain<"), ErrorKind::NoPolicyDomain),
        (with(part(SOUND, "<policy_published>", "</policy_published>"), ""), ErrorKind::NoPolicyDomain),
        (without_records().replace("1795", "x"), ErrorKind::NothingToKeep),
        ("<feedback/>".into(), ErrorKind::NoPolicyDomain),
        (SOUND[..SOUND.find("</record>").unwrap()].to_owned(), ErrorKind::BrokenXml),
        (without_records().replace("</feedback>", "<rec"), ErrorKind::BrokenXml),
        (
            without_records().replace("</feedback>", "</auth_results></record></feedback>"),
            ErrorKind::BrokenXml,
        ),
        (with("</record>", "").replacen("</record>", "", 1), ErrorKind::BrokenXml),
    ] {
        assert_eq!(refusal(&text).kind(), kind, "{text}");
    }
    let html = refusal("<!DOCTYPE html><html><body>");
    assert!(html.to_string().contains("html"), "{html}");
    let broken = refusal(without_records().replace("</feedback>", "</spf>\n</feedback>"));
    assert_eq!(broken.to_string(), "line 23: an end tag that closes nothing: </spf>");
}

#[test]
fn a_report_without_records_or_period_is_kept() {
    let (ending, records) = read(without_records());
    assert_eq!((codes(&ending), records.len()), (vec![NoRecords], 0));
    let (ending, records) =
        read(SOUND.replace("<begin>1795219200<", "<begin>x<").replace("<end>1795305599<", "<end>y<"));
    assert_eq!((ending.header.metadata.begin, ending.header.metadata.end), (None, None));
    assert_eq!((codes(&ending), records.len()), (vec![UnusableTime], 2));
    let none_usable = SOUND.replace("<count>", "<count>-");
    let (ending, records) = read(&none_usable);
    assert_eq!((codes(&ending), records.len(), ending.records_skipped), (vec![UnusableCount], 0, 2));
}

#[test]
fn a_truncated_report_keeps_its_whole_records() {
    let sound = read(SOUND).1;
    let whole = SOUND.find("</record>").unwrap() + "</record>".len();
    for end in [whole, whole + 20, SOUND.rfind("</record>").unwrap()] {
        let (ending, records) = read(&SOUND[..end]);
        assert!(ending.truncated);
        assert_eq!((codes(&ending), &records[..]), (vec![Truncated], &sound[..1]));
        assert_eq!(ending.records_skipped, 0);
    }
    let (ending, records) = read(&SOUND[..SOUND.rfind("</feedback").unwrap()]);
    assert!(ending.truncated && records == sound);
}

#[test]
fn broken_structure_costs_the_record_it_is_in() {
    let sound = read(SOUND).1;
    // The record is whole, whatever its tags look like.
    for (what, instead) in [
        ("</row>", ""),
        ("</auth_results>", ""),
        ("</spf>\n    </auth_results>", ""),
        ("</policy_evaluated>", "</policy_evaluted>"),
        ("<org_name>Receiver Example</org_name>", "<org_name>Receiver Example"),
        ("</report_metadata>", ""),
        ("</policy_published>", ""),
        ("<header_from>news.example.com</header_from>", "<header_from>news.example.com"),
    ] {
        same_records(&with(what, instead), &[MalformedXml]);
    }
    // Two records may have run together, or what is needed of it may be cut.
    for (what, instead) in [
        ("</record>", ""),
        ("<row>", "<row <"),
        ("<count>12</count>", "<count>12"),
        ("<source_ip>192.0.2.1</source_ip>", "<source_ip>192.0.2.1"),
        ("<row>", ""),
        ("<identifiers>", ""),
        ("<policy_evaluated>", "<policy_evaluated\""),
        ("</identifiers>", "</ident"),
        ("</count>", "</co"),
    ] {
        let text = with(what, instead);
        let (ending, records) = read(&text);
        assert!(ending.notes.has(MalformedXml), "{instead}");
        assert_eq!((&records[..], ending.records_skipped), (&sound[1..], 1), "{text}\n{:?}", ending.notes);
        assert!(!ending.truncated);
    }
}

#[test]
fn sections_that_never_end() {
    let sound = read(SOUND).1;
    for opener in ["<!-- ", "<![CDATA[", "<? ", "<!DOCTYPE x [", "<!x", "<a b=\"", "<a b='"] {
        let (ending, records) = read(with("  <record>", &format!("{opener}\n  <record>")));
        assert_eq!(codes(&ending), [MalformedXml], "{opener}");
        assert_eq!(records, sound, "{opener}");
    }
}

#[test]
fn limits() {
    let limits = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        limits
    };
    let kind = |text: &str, limits: &Limits| match all(text.as_bytes(), limits).remove(0) {
        Ok(_) => None,
        Err(error) => Some(error.kind()),
    };
    let one = limits(|limits| limits.records = 1);
    assert_eq!(kind(SOUND, &one), Some(ErrorKind::Limit(Limit::Records)));
    assert_eq!(kind(SOUND, &limits(|limits| limits.records = 2)), None);
    let deep = with("<row>", &format!("{}<row>", "<x>".repeat(200_000)));
    assert_eq!(kind(&deep, &Limits::default()), Some(ErrorKind::Limit(Limit::XmlDepth)));
    for opener in ["<reason>", "<feedback>", "<record>", "<count>", "<!--", "<", "</", "<a<", "&", "<![x"] {
        for text in [opener.repeat(200_000), with("<row>", &opener.repeat(200_000))] {
            let _ = all(text.as_bytes(), &Limits::default());
        }
    }
    let giant = with("<row>", &format!("<!--{}--><row>", "x".repeat(5 << 20)));
    assert_eq!(kind(&giant, &Limits::default()), Some(ErrorKind::Limit(Limit::TextBytes)));
    let attribute = with("<row>", &format!("<row a='{}'>", "x".repeat(5 << 20)));
    assert_eq!(kind(&attribute, &Limits::default()), Some(ErrorKind::Limit(Limit::TextBytes)));
}

#[test]
fn long_texts_are_cut_and_nothing_is_invented() {
    let short = Limits { text_bytes: 12, ..Limits::default() };
    let (ending, records) = all(SOUND.as_bytes(), &short).remove(0).unwrap();
    let metadata = &ending.header.metadata;
    assert_eq!(metadata.org_name.as_deref(), Some("Receiver Exa"));
    assert_eq!(records[0].combination.header_from, None);
    assert!(ending.notes.has(TextCut));
    let long = with(">192.0.2.1<", &format!(">{}<", "1".repeat(100_000)));
    let (ending, records) = read(&long);
    assert_eq!(
        (codes(&ending), records.len(), ending.records_skipped),
        (vec![UnusableAddress, TextCut], 1, 1)
    );
    let long = with("<count>12<", &format!("<count>12{}x<", " ".repeat(100_000)));
    let (ending, records) = read(&long);
    assert_eq!((codes(&ending), records.len()), (vec![UnusableCount, TextCut], 1));
    same_records(&with("<count>12<", &format!("<count>{0}12{0}<", " ".repeat(100_000))), &[]);
    let comment = with("a list &amp; more", &"word &amp; ".repeat(20_000));
    let (ending, records) = read(&comment);
    assert_eq!(codes(&ending), [TextCut]);
    let kept = records[0].combination.reasons[0].comment.as_deref().unwrap().len();
    assert!((60_000..=64 << 10).contains(&kept), "{kept}");
    let many = format!("<human_result>{}</human_result>", "x".repeat(60_000));
    let many =
        with("<human_result/>", &format!("</dkim>{}<dkim>", format!("<dkim>{many}</dkim>").repeat(100)));
    let (ending, records) = read(&many);
    assert!(ending.notes.has(TextCut));
    let kept: usize = records[0]
        .combination
        .auth_dkim
        .iter()
        .filter_map(|dkim| dkim.human_result.as_ref())
        .map(String::len)
        .sum();
    assert!(kept <= 1 << 20, "{kept}");
}

#[test]
fn what_is_held_of_a_hostile_report_is_bounded() {
    let error = format!("<error>{}</error>", "x".repeat(60_000));
    let many = format!("<report_metadata>{error}</report_metadata><record/>").repeat(100);
    let (ending, _) = read(with("</feedback>", &format!("{many}</feedback>")));
    assert!(ending.notes.has(TextCut));
    let kept: usize = ending.header.metadata.errors.iter().map(String::len).sum();
    assert!(kept <= 1 << 20, "{kept}");
    let (ending, _) = read(with("<row>", &format!("<{}/><row>", "x".repeat(1 << 20))));
    assert!(first_note(&ending).0.len() < 100);
}

#[test]
fn the_sink_may_stop() {
    struct Picky(Vec<Document>, usize);
    impl Sink for Picky {
        fn record(&mut self, _: Record) -> ControlFlow<()> {
            self.1 += 1;
            ControlFlow::Break(())
        }
        fn document(&mut self, ending: Result<Ending, Error>) -> ControlFlow<()> {
            self.0.push(ending.map(|ending| (ending, Vec::new())));
            ControlFlow::Break(())
        }
    }
    let mut sink = Picky(Vec::new(), 0);
    read_bytes(format!("{SOUND}{SOUND}").as_bytes(), &Limits::default(), &mut sink);
    assert_eq!((sink.0.len(), sink.1), (1, 1));
    assert!(sink.0[0].as_ref().unwrap().0.truncated);
}

#[test]
fn errors_of_the_stream() {
    struct Failing<'b>(&'b [u8], Option<std::io::Error>);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => self.1.take().map_or(Ok(0), Err),
                length => Ok(length),
            }
        }
    }
    let limit = || Error::limit(Limit::UnpackedBytes, &Limits::default());
    let fatal = || Some(std::io::Error::other(limit()));
    let other = || Some(std::io::Error::other("the disk is on fire"));
    let cut = &SOUND.as_bytes()[..SOUND.rfind("<row>").unwrap()];
    let documents = all_of_stream(Failing(cut, fatal()), &Limits::default());
    assert!(matches!(&documents[..], [Err(error)] if error.kind() == ErrorKind::Limit(Limit::UnpackedBytes)));
    let documents = all_of_stream(Failing(cut, other()), &Limits::default());
    assert!(matches!(&documents[..], [Ok((ending, records))] if ending.truncated && records.len() == 1));
    let documents = all_of_stream(Failing(SOUND.as_bytes(), fatal()), &Limits::default());
    assert!(matches!(&documents[..], [Ok(_), Err(_)]), "{documents:?}");
    let documents = all_of_stream(Failing(SOUND.as_bytes(), other()), &Limits::default());
    assert!(matches!(&documents[..], [Ok((ending, _))] if ending.notes.is_empty()));
}
