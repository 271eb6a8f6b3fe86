//! What real reporters do differently: each is read as it is meant, with the note it deserves.

use NoteCode::*;

use super::sample::{SOUND, first_record, part, with, without_records};
use super::*;
use crate::error::ErrorKind;
use crate::limits::Limit;
use crate::model::Reason;
use crate::model::words::{
    Disposition, DkimResult, OverrideType, Policy, SpfResult, SpfScope, Testing, Verdict,
};

/// The only document in a text, read.
fn read(text: impl AsRef<[u8]>) -> (Ending, Vec<Record>) {
    let mut documents = all(text.as_ref(), &Limits::default());
    assert_eq!(documents.len(), 1, "{}", text.as_ref().escape_ascii());
    documents.remove(0).unwrap_or_else(|error| panic!("{error}\n{}", text.as_ref().escape_ascii()))
}

/// Why the only document in a text gave nothing.
fn refusal(text: impl AsRef<[u8]>) -> Error {
    let mut documents = all(text.as_ref(), &Limits::default());
    assert_eq!(documents.len(), 1);
    documents.remove(0).map(|(ending, _)| told(&[Ok((ending, Vec::new()))])).unwrap_err()
}

/// Reads a spoilt sample that must give just these notes, and the records of the sample.
fn same_records(text: &str, expected: &[NoteCode]) -> Ending {
    let (ending, records) = read(text);
    assert_eq!(codes(&ending), expected, "{text}");
    assert_eq!(records, read(SOUND).1, "{text}");
    assert_eq!(ending.records_skipped, 0);
    ending
}

/// The first note's path, raw text and line.
fn first_note(ending: &Ending) -> (&str, Option<&str>, Option<u64>) {
    let note = &ending.notes.as_slice()[0];
    (&note.path, note.raw.as_deref(), note.line)
}

/// The first record of the sample with a change, and the notes on it.
fn first(what: &str, instead: &str) -> (Record, Vec<NoteCode>) {
    let (ending, mut records) = read(with(what, instead));
    assert_eq!(records.len(), 2, "{instead}");
    (records.swap_remove(0), codes(&ending))
}

#[test]
fn everything_a_sound_report_says_is_kept() {
    let (ending, records) = read(SOUND);
    assert!(ending.notes.is_empty() && !ending.truncated);
    let header = &ending.header;
    assert_eq!(header.version.as_deref(), Some("1.0"));
    assert_eq!(header.namespace, None);
    let metadata = &header.metadata;
    assert_eq!(metadata.org_name.as_deref(), Some("Receiver Example"));
    assert_eq!(metadata.email.as_deref(), Some("dmarc@receiver.example"));
    assert_eq!(metadata.extra_contact_info.as_deref(), Some("https://receiver.example/dmarc"));
    assert_eq!(metadata.report_id.as_deref(), Some("1795219200.7"));
    assert_eq!((metadata.begin, metadata.end), (Some(1_795_219_200), Some(1_795_305_599)));
    let policy = &header.policy;
    assert_eq!(policy.domain.as_str(), "example.com");
    assert_eq!((policy.p.clone(), policy.sp.clone()), (Some(Policy::Quarantine), Some(Policy::None)));
    assert_eq!((policy.np.clone(), policy.testing.clone()), (None, None));
    assert_eq!((policy.pct, policy.fo.as_deref()), (Some(100), Some("0:d")));
    assert_eq!(records.len(), 2);
    let said = &records[0].combination;
    assert_eq!((records[0].source.to_string().as_str(), records[0].count), ("192.0.2.1", 12));
    assert_eq!(said.disposition, Some(Disposition::None));
    assert_eq!((said.dkim.clone(), said.spf.clone()), (Some(Verdict::Pass), Some(Verdict::Fail)));
    let comment = Some("a list & more".to_owned());
    assert_eq!(said.reasons, [Reason { kind: Some(OverrideType::Forwarded), comment }]);
    let names = [&said.header_from, &said.envelope_from, &said.envelope_to];
    let names = names.map(|name| name.as_ref().map(ToString::to_string).unwrap());
    assert_eq!(names, ["news.example.com", "bounce.example.net", "receiver.example"]);
    let dkim = &said.auth_dkim[0];
    assert_eq!((dkim.selector.as_deref(), &dkim.result), (Some("s1"), &Some(DkimResult::Pass)));
    assert_eq!(dkim.human_result, None);
    assert_eq!(said.auth_spf[0].scope, Some(SpfScope::MailFrom));
    let spf = &records[1].combination.auth_spf[0];
    assert_eq!((&spf.scope, &spf.result), (&None, &Some(SpfResult::SoftFail)));
}

#[test]
fn what_rfc_9990_adds_is_kept_without_a_note() {
    let text = with("<feedback>", "<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\" xmlns:v=\"urn:v\">")
        .replace(
            "    <date_range>",
            "    <generator>Writer 2.0</generator><error lang='en'>one</error><error>two</error>
    <date_range>",
        )
        .replace(
            "    <pct>100</pct>",
            "    <np>reject</np><testing>y</testing><discovery_method>treewalk</discovery_method>
    <version_published>1</version_published>",
        )
        .replace(
            "  </policy_published>",
            "  </policy_published>
  <extension><v:record><v:row/></v:record></extension><extensions><extension name='x'/></extensions>",
        )
        .replace("</record>", "<v:source>x</v:source><own xmlns='urn:own'><row/></own></record>")
        .replace("<comment>", "<comment xml:lang='de'>");
    let ending = same_records(&text, &[]);
    assert_eq!(ending.header.namespace.as_deref(), Some("urn:ietf:params:xml:ns:dmarc-2.0"));
    assert_eq!(ending.header.metadata.errors, ["one", "two"]);
    assert_eq!(ending.header.metadata.generator.as_deref(), Some("Writer 2.0"));
    let policy = &ending.header.policy;
    assert_eq!((policy.np.clone(), policy.pct), (Some(Policy::Reject), None));
    assert_eq!(policy.testing, Some(Testing::Yes));
    assert_eq!(policy.discovery_method.as_ref().map(|word| word.as_str()), Some("treewalk"));
}

#[test]
fn what_may_differ_gives_no_note() {
    let prefixed = SOUND.replace("</", "</ns0:").replace('<', "<ns0:").replace("<ns0:/ns0:", "</ns0:");
    let prefixed = prefixed.replace("<ns0:?", "<?").replace("<ns0:feedback>", "<ns0:feedback xmlns:ns0='u'>");
    assert_eq!(same_records(&prefixed, &[]).header.namespace.as_deref(), Some("u"));
    // AOL: a prefix on the root only.
    let root_only = SOUND.replace("feedback>", "ns1:feedback>");
    same_records(&root_only, &[]);
    same_records(&SOUND.replace('\n', "\r\n"), &[]);
    same_records(&SOUND.replace('\n', ""), &[]);
    same_records(&format!("\u{feff}{SOUND}"), &[]);
    same_records(&with("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>", ""), &[]);
    same_records(&with("UTF-8\" ?>", "UTF-8\" standalone=\"yes\"?><?pi x?><!-- <feedback> -- -->"), &[]);
    same_records(&with("<count>12<", "<count><!-- a -->\n 1<![CDATA[2 ]]> <"), &[]);
    same_records(&with("<selector>s1<", "<selector>&#115;&#x31;<"), &[]);
    same_records(
        &with("<feedback>", "<feedback xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' >"),
        &[],
    );
    same_records(&with("</dkim>", "</dkim >"), &[]);
    let metadata = part(SOUND, "  <report_metadata>", "</report_metadata>\n");
    let moved = SOUND.replacen(metadata, "", 1).replace("</feedback>", &format!("{metadata}</feedback>"));
    same_records(&moved, &[]);
    let row = part(SOUND, "    <row>", "</row>\n");
    let moved = SOUND.replacen(row, "", 1).replacen("</record>", &format!("{row}</record>"), 1);
    same_records(&moved, &[]);
}

#[test]
fn before_and_after_the_root() {
    for (text, code) in [
        (format!("\r\n \n{SOUND}"), LeadingText),
        (format!("\u{feff}\n{SOUND}"), LeadingText),
        (format!("\u{feff}\u{feff}{SOUND}"), LeadingText),
        (format!("Content-Type: text/xml\n\n{SOUND}"), LeadingText),
        (with("<feedback>", "report:\n<feedback>"), LeadingText),
        (with("<feedback>", "<meta/><feedback>"), LeadingText),
        (format!("{SOUND}\0\0\0"), TrailingText),
        (format!("{SOUND}</html>"), TrailingText),
        (format!("{SOUND}<br/>"), TrailingText),
        (format!("{SOUND}--boundary<"), TrailingText),
        (with("<feedback>", "<xs:schema xmlns:xs='u'>\n<feedback>"), Wrapped),
        (with("<feedback>", "<report><feedback>").replace("</feedback>", "</feedback></report>"), Wrapped),
        (
            with("<feedback>", "<feedback><feedback>").replace("</feedback>", "</feedback></feedback>"),
            Wrapped,
        ),
        (with("<feedback>", "<!DOCTYPE feedback SYSTEM 'http://192.0.2.1/x.dtd'><feedback>"), Doctype),
    ] {
        same_records(&text, &[code]);
    }
    let ending = same_records(&format!("\r\nDear sir,\n{SOUND}"), &[LeadingText]);
    assert_eq!(first_note(&ending), ("", Some("Dear sir,"), Some(2)));
}

#[test]
fn entities_are_never_expanded() {
    let bomb =
        "<!DOCTYPE feedback [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\"><!ENTITY x SYSTEM \"file:///etc/x\">]>
<feedback>";
    let text = with("<feedback>", bomb).replace("Receiver Example", "&b;&x; &nbsp;R&amp;D &lt;&#38;");
    let ending = same_records(&text, &[Doctype, UnknownEntity]);
    assert_eq!(ending.header.metadata.org_name.as_deref(), Some("&b;&x; &nbsp;R&D <&"));
    let ending = same_records(&with("Receiver Example", "A & B&C"), &[UnknownEntity]);
    assert_eq!(ending.header.metadata.org_name.as_deref(), Some("A & B&C"));
    let ending =
        same_records(&with("receiver.example/dmarc", "receiver.example/?a=1&b=2;"), &[UnknownEntity]);
    assert_eq!(
        ending.header.metadata.extra_contact_info.as_deref(),
        Some("https://receiver.example/?a=1&b=2;")
    );
}

#[test]
fn encodings() {
    let with_name = with("Receiver Example", "Société Postale");
    let latin = |label: &str| -> Vec<u8> {
        with_name.replace("UTF-8", label).chars().map(|c| u8::try_from(c).unwrap()).collect()
    };
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let name = |bytes: &[u8], expected: &[NoteCode]| {
        let (ending, records) = read(bytes);
        assert_eq!(codes(&ending), expected);
        assert_eq!(records.len(), 2);
        ending.header.metadata.org_name.unwrap()
    };
    assert_eq!(name(&latin("ISO-8859-1"), &[]), "Société Postale");
    assert_eq!(name(&latin("windows-1252"), &[]), "Société Postale");
    assert_eq!(name(&utf16(&with_name.replace("UTF-8", "UTF-16")), &[]), "Société Postale");
    assert_eq!(name(&utf16(&format!("\u{feff}{with_name}")), &[EncodingDeclaration]), "Société Postale");
    let wrong = with_name.replace("UTF-8", "utf-16");
    assert_eq!(name(wrong.as_bytes(), &[EncodingDeclaration]), "Société Postale");
    let unknown = with_name.replace("UTF-8", "x-no-such");
    assert_eq!(name(unknown.as_bytes(), &[EncodingDeclaration]), "Société Postale");
    assert_eq!(name(&latin("UTF-8"), &[InvalidBytes]), "Soci\u{fffd}t\u{fffd} Postale");
    let (ending, _) = read(latin("UTF-8"));
    assert_eq!(first_note(&ending), ("report_metadata/org_name", None, Some(5)));
    assert_eq!(ending.notes.times(), 2);
}

#[test]
fn control_characters() {
    let ending = same_records(&with("Receiver Example", "a\0b\u{8}c"), &[InvalidCharacters]);
    assert_eq!(ending.header.metadata.org_name.as_deref(), Some("a\u{fffd}b\u{fffd}c"));
    let ending = same_records(&with("Receiver Example", "a&#0;b&#xD800;c"), &[InvalidCharacters]);
    assert_eq!(ending.header.metadata.org_name.as_deref(), Some("a\u{fffd}b\u{fffd}c"));
    let (ending, records) = read(with("<count>12<", "<count>1\u{0}2<"));
    assert_eq!((codes(&ending), records.len()), (vec![InvalidCharacters, UnusableCount], 1));
}

#[test]
fn markup_and_stray_text() {
    let ending = same_records(&with("dmarc@receiver.example", "<dmarc@receiver.example>"), &[MarkupInValue]);
    assert_eq!(ending.header.metadata.email.as_deref(), Some("<dmarc@receiver.example>"));
    let ending = same_records(&with("Receiver Example", "a <b>bold</b> name<br/>"), &[MarkupInValue]);
    assert_eq!(ending.header.metadata.org_name.as_deref(), Some("a <b>bold</b> name<br/>"));
    let (record, codes) = first("<header_from>news.example.com<", "<header_from>bad<news.example.com<");
    assert_eq!(codes, [MarkupInValue, NotADomain]);
    assert_eq!(record.combination.header_from.unwrap().as_str(), "bad<news.example.com");
    let ending = same_records(&with("</sp>", "</sp>11"), &[StrayText]);
    assert_eq!(first_note(&ending), ("policy_published", Some("11"), Some(19)));
    same_records(&with("<dkim>\n", "<dkim>{result}\n"), &[StrayText]);
}

#[test]
fn names_of_elements() {
    let upper = |text: &str| {
        let mut inside = false;
        let flip = |c: char| {
            inside = (inside || c == '<') && c != '>';
            if inside { c.to_ascii_uppercase() } else { c }
        };
        text.chars().map(flip).collect::<String>()
    };
    let (declaration, body) = SOUND.split_once('\n').unwrap();
    same_records(&format!("{declaration}\n{}", upper(body)), &[ElementCase]);
    same_records(&SOUND.replace("feedback>", "Feedback>"), &[ElementCase]);
    for (name, other) in [
        ("identifiers", "identities"),
        ("date_range", "data_range"),
        ("source_ip", "source-ip"),
        ("policy_evaluated", "policyEvaluated"),
        ("org_name", "organization"),
    ] {
        let ending =
            same_records(&SOUND.replace(&format!("{name}>"), &format!("{other}>")), &[MisspeltElement]);
        assert_eq!(first_note(&ending).1, Some(other));
    }
    let ending = same_records(&with("<row>", "<foo><bar>1</bar><row/></foo><row>"), &[UnknownElement]);
    assert_eq!(first_note(&ending), ("record/foo", None, Some(24)));
    same_records(&with("<fo>", "<rua>mailto:a@example.com</rua><fo>"), &[UnknownElement]);
    let wrapped = with("<record>", "<records><record>").replace("</feedback>", "</records></feedback>");
    same_records(&wrapped, &[MalformedXml, UnknownElement]);
}

#[test]
fn empty_is_absent() {
    let (ending, _) = read(with("<sp>none</sp>", "<sp/>"));
    assert_eq!((ending.header.policy.sp, ending.notes.is_empty()), (None, true));
    let (record, codes) = first("<type>forwarded</type>", "<type></type>");
    assert_eq!((&record.combination.reasons[0].kind, codes), (&None, vec![]));
    let reason = part(SOUND, "<reason>", "</reason>");
    for empty in ["<reason/>", "<reason></reason>", "<reason><type> </type><comment/></reason>"] {
        let (record, codes) = first(reason, empty);
        assert!(record.combination.reasons.is_empty() && codes.is_empty());
    }
    let (record, codes) = first(part(first_record(), "<auth_results>", "</auth_results>"), "<auth_results/>");
    assert!(record.combination.auth_dkim.is_empty() && codes.is_empty());
    let dkim = part(SOUND, "<dkim>\n", "</dkim>");
    let (record, codes) = first(dkim, "<dkim><domain/><selector></selector><result/></dkim>");
    assert!(record.combination.auth_dkim.is_empty() && codes.is_empty());
    let optional = with(part(SOUND, "<email>", "</extra_contact_info>"), "")
        .replace(part(SOUND, "<adkim>", "</aspf>"), "")
        .replace(part(SOUND, "<sp>", "</fo>"), "")
        .replace("<version>1.0</version>", "");
    let ending = same_records(&optional, &[]);
    let policy = ending.header.policy;
    assert_eq!((policy.sp, policy.adkim, policy.aspf, policy.pct, policy.fo), (None, None, None, None, None));
}

#[test]
fn what_is_missing_is_said() {
    for (element, path) in [
        ("<org_name>Receiver Example</org_name>", "report_metadata/org_name"),
        ("<report_id>1795219200.7</report_id>", "report_metadata/report_id"),
        ("<p>quarantine</p>", "policy_published/p"),
    ] {
        let ending = same_records(&with(element, ""), &[MissingElement]);
        assert_eq!(first_note(&ending).0, path);
    }
    for (element, path) in [
        ("<disposition>none</disposition>", "record/row/policy_evaluated/disposition"),
        ("<dkim>pass</dkim>", "record/row/policy_evaluated/dkim"),
        ("<spf>fail</spf>", "record/row/policy_evaluated/spf"),
        ("<header_from>news.example.com</header_from>", "record/identifiers/header_from"),
        ("<result>pass</result>\n        <human", "record/auth_results/dkim/result"),
    ] {
        let instead = if element.ends_with("<human") { "<human" } else { "" };
        let (ending, records) = read(with(element, instead));
        assert_eq!((codes(&ending), records.len()), (vec![MissingElement], 2));
        assert_eq!(first_note(&ending).0, path);
    }
    let (record, codes) = first(part(SOUND, "<dkim>pass", "</spf>"), "<dkim/><spf></spf>");
    assert_eq!((record.combination.dkim, record.combination.spf), (None, None));
    assert_eq!(codes, [MissingElement]);
    let (record, codes) = first(part(first_record(), "<policy_evaluated>", "</policy_evaluated>"), "");
    assert_eq!((record.combination.disposition, codes), (None, vec![MissingElement]));
}

#[test]
fn words() {
    let (record, codes) = first("<dkim>pass</dkim>", "<dkim>Pass</dkim>");
    assert_eq!((record.combination.dkim, codes), (Some(Verdict::Pass), vec![WordCase]));
    let (record, codes) = first("<dkim>pass</dkim>", "<dkim>Neutral</dkim>");
    assert_eq!(record.combination.dkim, Some(Verdict::Unknown("neutral".into())));
    assert_eq!(codes, [UnknownWord]);
    for word in ["hardfail", "unknown", "error"] {
        let (record, codes) =
            first("<result>pass</result>\n      </spf>", &format!("<result>{word}</result></spf>"));
        assert_eq!(record.combination.auth_spf[0].result, Some(SpfResult::Unknown(word.into())));
        assert_eq!(codes, [UnknownWord]);
    }
    let (record, codes) = first("<disposition>none", "<disposition>pass");
    assert_eq!((record.combination.disposition, codes), (Some(Disposition::Pass), vec![]));
    for word in
        ["sampled_out", "policy_test_mode", "trusted_forwarder", "mailing_list", "local_policy", "other"]
    {
        let (record, codes) = first("<type>forwarded<", &format!("<type>{word}<"));
        assert_eq!(record.combination.reasons[0].kind.as_ref().unwrap().as_str(), word);
        assert!(codes.is_empty());
    }
    let (record, codes) = first("<type>forwarded<", "<type>arc<");
    assert_eq!(record.combination.reasons[0].kind, Some(OverrideType::Unknown("arc".into())));
    assert_eq!(codes, [UnknownWord]);
    let (ending, _) = read(with("<p>quarantine<", "<p>Whatever<"));
    assert_eq!(ending.header.policy.p, Some(Policy::Unknown("whatever".into())));
}

#[test]
fn names() {
    let name = |stated: &str, expected: &str, codes_: &[NoteCode]| {
        let (record, codes) = first("<header_from>news.example.com<", &format!("<header_from>{stated}<"));
        assert_eq!(record.combination.header_from.unwrap().as_str(), expected);
        assert_eq!(codes, codes_);
    };
    name("News.Example.COM.", "news.example.com", &[]);
    name("münchen.example", "xn--mnchen-3ya.example", &[]);
    name("pages.example.com, Example.com", "pages.example.com, example.com", &[NotADomain]);
    name("user@example.com", "user@example.com", &[NotADomain]);
    let (ending, _) = read(with("<domain>example.com<", "<domain> Example.COM. <"));
    assert_eq!((ending.header.policy.domain.as_str(), ending.notes.is_empty()), ("example.com", true));
}

#[test]
fn signatures_and_scopes() {
    let dkim = part(SOUND, "<dkim>\n", "</dkim>");
    for (text, result) in [
        ("<dkim><result>none</result></dkim>", DkimResult::None),
        ("<dkim><domain/><selector/><result>fail</result></dkim>", DkimResult::Fail),
    ] {
        let (record, codes) = first(dkim, text);
        let dkim = &record.combination.auth_dkim[0];
        assert_eq!((&dkim.domain, &dkim.selector, &dkim.result), (&None, &None, &Some(result)));
        assert!(codes.is_empty());
    }
    let (record, codes) = first("<scope>mfrom</scope>", "<scope>helo</scope>");
    assert_eq!((&record.combination.auth_spf[0].scope, codes), (&Some(SpfScope::Helo), vec![]));
    let both = format!("{dkim}{dkim}<spf><result>none</result></spf>");
    let (record, codes) = first(dkim, &both);
    assert_eq!((record.combination.auth_dkim.len(), record.combination.auth_spf.len()), (2, 2));
    assert!(codes.is_empty());
}

#[test]
fn addresses() {
    for stated in [
        "[192.0.2.1]",
        "192.0.2.1/32",
        "::ffff:192.0.2.1",
        "192.0.2.1:25",
        "192.0.2.1 (mx.example.com)",
        "[192.0.2.1]:25",
    ] {
        let ending = same_records(&with(">192.0.2.1<", &format!(">{stated}<")), &[OddAddress]);
        assert_eq!(first_note(&ending), ("record/row/source_ip", Some(stated), Some(25)));
    }
    same_records(&with(">192.0.2.1<", ">\n  192.0.2.1\n<"), &[]);
    for (stated, raw) in
        [(">192.0r.2.1<", Some("192.0r.2.1")), ("><", None), (">mx.example.com<", Some("mx.example.com"))]
    {
        let (ending, records) = read(with(">192.0.2.1<", stated));
        assert_eq!((codes(&ending), records.len()), (vec![UnusableAddress], 1));
        assert_eq!(first_note(&ending).1, raw);
        assert_eq!(ending.records_skipped, 1);
    }
}

#[test]
fn counts() {
    let count = |stated: &str| read(with("<count>12<", &format!("<count>{stated}<")));
    let (ending, records) = count("0");
    assert_eq!((records[0].count, ending.notes.is_empty()), (0, true));
    let (ending, records) = count("1000000000001");
    assert_eq!((records[0].count, codes(&ending)), (1_000_000_000_001, vec![HugeCount]));
    for stated in ["-5", "1,000", "1.5", "", "many", "18446744073709551615", "1 2"] {
        let (ending, records) = count(stated);
        assert_eq!((codes(&ending), records.len(), ending.records_skipped), (vec![UnusableCount], 1, 1));
        assert_eq!(
            first_note(&ending),
            (
                "record/row/count",
                Some(stated).filter(|raw| !raw.is_empty()),
                Some(if stated.is_empty() { 23 } else { 26 })
            )
        );
    }
    let row = part(SOUND, "<source_ip>", "</count>");
    let (ending, records) = read(with(row, "<source_ip/><count></count>"));
    assert_eq!(
        (codes(&ending), records.len(), ending.records_skipped),
        (vec![UnusableAddress, UnusableCount], 1, 1)
    );
}

#[test]
fn periods() {
    let begin = |stated: &str| {
        let (ending, records) = read(with("<begin>1795219200<", &format!("<begin>{stated}<")));
        assert_eq!(records.len(), 2);
        (ending.header.metadata.begin, codes(&ending))
    };
    for stated in ["1795219200.5", "1795219200000", "2026-11-21T00:00:00Z"] {
        assert_eq!(begin(stated), (Some(1_795_219_200), vec![OddTime]), "{stated}");
    }
    for stated in ["-1", "yesterday", ""] {
        assert_eq!(begin(stated), (None, vec![UnusableTime]), "{stated}");
    }
    assert_eq!(begin("1795305600"), (Some(1_795_305_600), vec![PeriodReversed]));
    assert_eq!(begin("1795305599"), (Some(1_795_305_599), vec![]));
    assert_eq!(begin("0"), (Some(0), vec![]));
    let range = part(SOUND, "<date_range>", "</date_range>");
    let (ending, records) = read(with(range, ""));
    assert_eq!((ending.header.metadata.begin, ending.header.metadata.end, records.len()), (None, None, 2));
    assert_eq!(codes(&ending), [UnusableTime]);
}

#[test]
fn numbers() {
    let (ending, _) = read(with("<pct>100<", "<pct>all<"));
    assert_eq!((ending.header.policy.pct, codes(&ending)), (None, vec![UnusableNumber]));
}

#[test]
fn of_repeated_elements_the_first_counts() {
    let policy = part(SOUND, "<policy_published>", "</policy_published>");
    let second = policy.replace("example.com", "example.org").replace("quarantine", "reject");
    let ending = same_records(&with(policy, &format!("{policy}{second}")), &[RepeatedElement]);
    assert_eq!(ending.header.policy, read(SOUND).0.header.policy);
    let ending = same_records(&with(policy, &format!("<policy_published/>{policy}")), &[RepeatedElement]);
    assert_eq!(ending.header.policy.domain.as_str(), "example.com");
    let ending = same_records(&with("<sp>none</sp>", "<sp>none</sp><sp>reject</sp>"), &[RepeatedElement]);
    assert_eq!(ending.header.policy.sp, Some(Policy::None));
    let ending = same_records(
        &with(
            "</report_metadata>",
            "</report_metadata><report_metadata><org_name>Other</org_name></report_metadata>",
        ),
        &[RepeatedElement],
    );
    assert_eq!(ending.header.metadata.org_name.as_deref(), Some("Receiver Example"));
    let row = part(SOUND, "<row>", "</row>");
    let second = row.replace("192.0.2.1", "192.0.2.99");
    same_records(&with(row, &format!("{row}{second}")), &[RepeatedElement]);
    same_records(&with("<count>12</count>", "<count>12</count><count>13</count>"), &[RepeatedElement]);
    let spf = part(first_record(), "<spf>\n", "</spf>");
    same_records(&with(spf, &format!("</auth_results><auth_results>{spf}")), &[RepeatedElement]);
}

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
fn several_documents() {
    let second = SOUND.replace("1795219200.7", "second");
    let documents = all(format!("{SOUND}{second}").as_bytes(), &Limits::default());
    let [Ok((one, first)), Ok((two, last))] = &documents[..] else { panic!("{documents:?}") };
    assert!(one.notes.is_empty());
    assert_eq!(codes(two), [SeveralDocuments]);
    assert_eq!((first, two.header.metadata.report_id.as_deref()), (last, Some("second")));
    // A broken one does not cost the other, on either side.
    let cut = &SOUND[..SOUND.rfind("<row>").unwrap()];
    let documents = all(format!("{cut}{second}").as_bytes(), &Limits::default());
    let [Ok((one, first)), Ok((two, last))] = &documents[..] else { panic!("{documents:?}") };
    assert_eq!((codes(one), one.truncated, first.len()), (vec![Truncated], true, 1));
    assert_eq!((codes(two), two.truncated, last.len()), (vec![SeveralDocuments], false, 2));
    let documents = all(format!("<feedback></feedback>{SOUND}<feedback>").as_bytes(), &Limits::default());
    assert!(matches!(&documents[..], [Err(_), Ok(_), Err(_)]), "{documents:?}");
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
