//! Documents, encodings and elements as real reporters write them: each is read as it is meant, with the note
//! it deserves.

use NoteCode::*;

use super::sample::{SOUND, first_record, part, with};
use super::*;
use crate::model::Reason;
use crate::model::words::{
    Disposition, DkimResult, OverrideType, Policy, SpfResult, SpfScope, Testing, Verdict,
};

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
        .replace(
            "</record>",
            "<v:version>2</v:version><v:source>x</v:source><own xmlns='urn:own'><row/></own></record>",
        )
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
    let extended = prefixed.replace("<ns0:record>", "<ns0:extension><ns0:row/></ns0:extension><ns0:record>");
    same_records(&extended, &[]);
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
    for (start, end, codes) in [
        ("<count>", "</Count>", &[MalformedXml][..]),
        ("<n:count xmlns:n='http://dmarc.org/dmarc-xml/0.1'>", "</count>", &[MalformedXml]),
        ("<COUNT>", "</count>", &[MalformedXml, ElementCase]),
        ("<n:count xmlns:n='urn:ietf:params:xml:ns:dmarc-2.0'>", "</n:count>", &[]),
        ("<count >", "</count >", &[]),
    ] {
        same_records(&with("<count>12</count>", &format!("{start}12{end}")), codes);
    }
    same_records(&with("<feedback>", "<n:feedback>"), &[MalformedXml]);
    // What is passed over leaves nothing behind for the next of its kind.
    let row = part(SOUND, "<row>", "</row>");
    let again = format!("{row}{}", row.replace("row>", "ROW>"));
    let (ending, records) = read(with(row, &again));
    assert_eq!((records, codes(&ending)), (read(SOUND).1, vec![ElementCase, RepeatedElement]));
    let ending = same_records(&with("<row>", "<foo><bar>1</bar><row/></foo><row>"), &[UnknownElement]);
    assert_eq!(first_note(&ending), ("record/foo", None, Some(24)));
    same_records(&with("<fo>", "<rua>mailto:a@example.com</rua><fo>"), &[UnknownElement]);
    let wrapped = with("<record>", "<records><record>").replace("</feedback>", "</records></feedback>");
    same_records(&wrapped, &[UnknownElement]);
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
    let (ending, records) = read(with(row, &format!("{row}{second}")));
    assert_eq!((records, codes(&ending)), (read(SOUND).1, vec![RepeatedElement]));
    assert_eq!(ending.records_skipped, 1, "the messages of the second row are lost");
    same_records(&with("<count>12</count>", "<count>12</count><count>13</count>"), &[RepeatedElement]);
    let spf = part(first_record(), "<spf>\n", "</spf>");
    same_records(&with(spf, &format!("</auth_results><auth_results>{spf}")), &[RepeatedElement]);
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
