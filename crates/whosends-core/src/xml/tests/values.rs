//! Values as real reporters write them: each is read as it is meant, with the note it deserves.

use NoteCode::*;

use super::sample::{SOUND, first_record, part, with};
use super::*;
use crate::model::words::{Disposition, DkimResult, OverrideType, Policy, SpfResult, SpfScope, Verdict};

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
    name("user@example.com", "example.com", &[OddName]);
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
    for stated in ["-5", "1,00", "1.5", "", "many", "18446744073709551615", "1 2"] {
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
    assert_eq!(begin("0"), (Some(0), vec![OddTime]));
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
fn reasons_beside_their_place() {
    let reason = part(SOUND, "<reason>", "</reason>");
    let evaluated = "</policy_evaluated>";
    let kind = |text: String, expected: &[NoteCode]| {
        let (ending, records) = read(&text);
        assert_eq!(codes(&ending), expected, "{text}");
        assert_eq!((records.len(), ending.records_skipped), (2, 0), "{text}");
        let reasons = &records[0].combination.reasons;
        assert_eq!(
            reasons.iter().map(|reason| reason.kind.clone()).collect::<Vec<_>>(),
            [Some(OverrideType::Forwarded)]
        );
    };
    kind(with(reason, "<reason>forwarded</reason>"), &[MisplacedValue]);
    kind(with(reason, "<reason> forwarded <comment>a list</comment></reason>"), &[MisplacedValue]);
    kind(with(reason, "<reason><comment>a list</comment>forwarded</reason>"), &[MisplacedValue]);
    kind(with(reason, "<reason type='forwarded'/>"), &[MisplacedValue]);
    kind(with(reason, "<reason type='forwarded'><comment>a list</comment></reason>"), &[MisplacedValue]);
    kind(with(reason, &format!("<reasons>{reason}</reasons>")), &[UnknownElement]);
    let without = with(reason, "");
    for place in [evaluated, "<row>", "<identifiers>", "<auth_results>", "</auth_results>", "</identifiers>"]
    {
        let text = if place == evaluated { format!("{place}{reason}") } else { format!("{reason}{place}") };
        kind(without.replacen(place, &text, 1), &[MisplacedValue]);
    }
}

#[test]
fn policy_domains_that_are_no_hosts() {
    let domain = |stated: &str| {
        let (ending, _) = read(with(
            "<domain>example.com</domain>\n    <adkim>",
            &format!("<domain>{}</domain><adkim>", stated.replace('<', "&lt;")),
        ));
        (ending.header.policy.domain.as_str().to_owned(), codes(&ending))
    };
    assert_eq!(domain("*.example.com"), ("example.com".to_owned(), vec![NotADomain, OddName]));
    assert_eq!(domain("-a.example.com"), ("-a.example.com".to_owned(), vec![NotADomain]));
    assert_eq!(domain("<a@example.com>"), ("example.com".to_owned(), vec![OddName]));
}
