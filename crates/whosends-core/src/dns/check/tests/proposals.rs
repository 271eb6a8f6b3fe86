//! Every record that is proposed, over all zones there are, is published in a copy of its zone, and the domain is
//! checked again: the finding is gone, nothing as bad has come, and no two proposals contradict each other.

use std::collections::{BTreeMap, BTreeSet};

use super::own_zones;
use crate::dns::check::zones::{read, targets, zone};
use crate::dns::check::{AdvisedRecord, Check, Finding, Posture, Severity, Target, posture};
use crate::dns::testing::zone::Zone;
use crate::dns::testing::{settle, shared, zone_of};
use crate::dns::{DnsName, RecordData, Text};

fn look(zone: &Zone, target: &Target) -> Posture {
    settle(zone, |inquiry| posture(inquiry, target))
}

fn data(record: &AdvisedRecord) -> RecordData {
    let name =
        |text: &str| DnsName::from_dotted(text.trim_end_matches('.')).unwrap_or_else(|_| DnsName::root());
    match record.kind {
        "TXT" => RecordData::Txt(Text(record.value.as_bytes().chunks(255).map(Into::into).collect())),
        "PTR" => RecordData::Ptr(name(&record.value)),
        "MX" => {
            let (preference, host) = record.value.split_once(' ').unwrap();
            RecordData::Mx { preference: preference.parse().unwrap(), exchange: name(host) }
        }
        other => panic!("{other}"),
    }
}

/// The zone with the records in place of those of the same owners and types.
fn published(zone: &Zone, records: &[AdvisedRecord]) -> Zone {
    let mut zone = zone.clone();
    let mut all: BTreeMap<(&str, &str), Vec<RecordData>> = BTreeMap::new();
    for record in records {
        all.entry((&record.owner, record.kind)).or_default().push(data(record));
    }
    for ((owner, _), records) in all {
        zone.replace(DnsName::from_dotted(owner).unwrap(), records);
    }
    zone
}

fn errors(findings: &[Finding]) -> BTreeSet<Check> {
    let decided = findings.iter().filter(|one| !one.temporary && one.severity == Severity::Error);
    decided.map(|one| one.check).collect()
}

/// What is wrong with what is proposed for a domain, and how many proposals there are.
fn wrong(zone: &Zone, target: &Target) -> (Vec<String>, usize) {
    let before = look(zone, target);
    let proposals = before.findings.iter().filter_map(|finding| {
        let records = &finding.advice.as_ref()?.records;
        (!records.is_empty()).then_some((finding, records))
    });
    let (mut wrong, mut count) = (Vec::new(), 0);
    let mut values: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (finding, records) in proposals {
        count += records.len();
        for record in records {
            values.entry((&record.owner, record.kind)).or_default().insert(&record.value);
        }
        let after = look(&published(zone, records), target);
        let told = |text: String| format!("{}: {} {records:?}: {text}", target.domain, finding.check);
        if after.findings.iter().any(|one| one.check == finding.check && one.subject == finding.subject) {
            wrong.push(told("does not end it".to_owned()));
        }
        let mended = errors(&after.findings).len() < errors(&before.findings).len();
        let least = if mended { Severity::Error } else { Severity::Warning };
        let is_new = |one: &&Finding| {
            let is_so = !before.findings.iter().any(|other| other.check == one.check);
            // The policy was none before, by its absence.
            let named = finding.check == Check::DmarcNoP && one.check == Check::DmarcPolicyNone;
            is_so && one.severity >= least && !named
        };
        let new: Vec<_> = after.findings.iter().filter(is_new).map(|one| one.check.id()).collect();
        if !new.is_empty() {
            wrong.push(told(format!("brings {new:?}")));
        }
    }
    let several = values.into_iter().filter(|(_, values)| values.len() > 1);
    wrong.extend(several.map(|(place, values)| format!("{place:?}: {values:?}")));
    (wrong, count)
}

fn judge(all: impl Iterator<Item = (Zone, Target)>, least: usize) {
    let (mut faults, mut count, mut domains) = (Vec::new(), 0, 0);
    for (zone, target) in all {
        let (wrong, proposed) = wrong(&zone, &target);
        faults.extend(wrong);
        count += proposed;
        domains += 1;
    }
    eprintln!("{count} records proposed for {domains} domains");
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count >= least, "{count} records proposed for {domains} domains");
}

#[test]
fn every_proposal_for_the_own_zones_helps() {
    judge(own_zones::every().map(|(domain, zone)| (zone, own_zones::target(domain))), 35);
}

#[test]
fn every_proposal_for_the_shared_zones_helps() {
    let Some(folder) = shared("zones") else { return };
    let zone = zone(&folder.join("zone"));
    let rows = read(&folder.join("domains.txt")).into_iter();
    let rows = rows.map(|row| (row[0].clone(), row.get(1).cloned().unwrap_or_default()));
    judge(targets(rows).into_iter().map(|target| (zone.clone(), target)), 30);
}

#[test]
fn every_proposal_for_the_cases_helps() {
    let Some(folder) = shared("cases/dns") else { return };
    let text = std::fs::read_to_string(folder.join("zone")).unwrap();
    // How the server makes up aliases is nothing that a zone says.
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("$SYNTHESIS")).collect();
    let zone = zone_of(&lines.join("\n"));
    let text = std::fs::read_to_string(folder.join("expected.jsonl")).unwrap();
    let domains: BTreeSet<_> = text
        .lines()
        .filter_map(|line| {
            let (_, rest) = line.split_once("\"domain\": \"")?;
            rest.split('"').next().filter(|name| !name.starts_with('@') && *name != "tls-rpt-refused.test")
        })
        .map(|name| (name.to_owned(), "s1".to_owned()))
        .collect();
    judge(targets(domains).into_iter().map(|target| (zone.clone(), target)), 40);
}

/// What a domain of the sound zone is told to publish, with other records in place of its own.
fn proposed(without: &[&str], with: &str) -> BTreeSet<String> {
    let posture = super::check(&super::zone(without, with), "example.com");
    let records =
        posture.findings.into_iter().filter_map(|finding| finding.advice).flat_map(|advice| advice.records);
    records.map(|record| format!("{} {} {}", record.owner, record.kind, record.value)).collect()
}

#[test]
fn one_record_mends_all_that_is_wrong_and_keeps_the_rest() {
    for (without, with, expected) in [
        ("@ TXT", r#"@ TXT "v=spf1 ptr -all""#, &[][..]),
        ("@ TXT", r#"@ TXT "v=spf1 ip4:10.0.0.0/8 ~all""#, &[]),
        ("@ TXT", r#"@ TXT "v=spf1 redirect=_spf.other.example""#, &[]),
        (
            "@ TXT",
            r#"@ TXT "v=spf1 mx ipv4:10.1.2.3 ipv4:192.0.2.7 ptr""#,
            &["example.com TXT v=spf1 mx ip4:192.0.2.7 ~all"],
        ),
        ("@ TXT", r#"@ TXT "v=spf1 include:nowhere.example moo ?all""#, &[]),
        (
            "@ TXT",
            "@ TXT \"v=spf1 mx -all\"\n@ TXT \"v=spf1 ip4:192.0.2.7 ~all\"",
            &["example.com TXT v=spf1 mx ip4:192.0.2.7 ~all"],
        ),
        // An include whose target is not there would only be the next error.
        ("@ TXT", r#"@ TXT "v=spf1 mx inlude:nowhere.example -all""#, &[]),
        ("_dmarc", r#"_dmarc TXT "v=DMARC1; p=reject; t=y; rua=mailto:d@example.com""#, &[]),
        ("_dmarc", r#"_dmarc TXT "v=DMARC1; p=none; rua=mailto:d@example.com""#, &[]),
        (
            "_dmarc",
            r#"_dmarc TXT "v=DMARC1;; policy=reject; rua=d@example.com; ruf=mailto: f@example.com; fo=0,1""#,
            &[
                "_dmarc.example.com TXT v=DMARC1; p=reject; rua=mailto:d@example.com; ruf=mailto:f@example.com; fo=1",
            ],
        ),
        // Which of two policies was meant nobody knows.
        ("_dmarc", "_dmarc TXT \"v=DMARC1; p=reject\"\n_dmarc TXT \"v=DMARC1; p=none\"", &[]),
        ("_dmarc", "_dmarc CNAME d.other.example.\nd.other.example. TXT \"v=DMARC1; p=rejct\"", &[]),
    ] {
        let found = proposed(&[without], with);
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{with}");
    }
}

#[test]
fn who_sends_is_never_told_to_publish_that_it_sends_nothing() {
    let refuses = |record: &String| {
        record.contains("v=spf1 -all") || record.contains("MX 0 .") || record.ends_with("p=")
    };
    let key = r#"s1._domainkey TXT "v=DKIM1; k=ed25519; p=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=""#;
    let address = "@ A 192.0.2.7\n";
    for with in [
        format!("{address}@ TXT \"v=spf1 ip4:192.0.2.7 -all\""),
        format!("{address}{key}"),
        format!("{address}@ TXT \"v = spf1 ip4:192.0.2.7 -all\""),
        "@ MX 0 .\n@ TXT \"v=spf1 include:p.example -all\"\np.example. TXT \"v=spf1 ip4:192.0.2.9 -all\""
            .to_owned(),
    ] {
        let found = proposed(&["@ MX", "@ TXT", "s1._"], &with);
        assert!(!found.iter().any(refuses), "{with}: {found:?}");
    }
    let parked = proposed(&["@ MX", "@ TXT", "s1._", "_dmarc"], address);
    let expected = [
        "*._domainkey.example.com TXT v=DKIM1; p=",
        "_dmarc.example.com TXT v=DMARC1; p=reject",
        "example.com MX 0 .",
        "example.com TXT v=spf1 -all",
    ];
    assert_eq!(parked.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn no_proposal_makes_a_known_sender_fail() {
    let zone = zone_of(&super::zone(
        &["@ TXT"],
        "@ TXT \"v=spf1 mx ptr -all\"\n7.2.0.192.in-addr.arpa. PTR out\nout A 192.0.2.7",
    ));
    let ptr = |passing: &[&str]| {
        let passing = passing.iter().map(|text| text.parse().unwrap()).collect();
        let target = Target { passing, ..super::target("example.com") };
        look(&zone, &target).findings.iter().any(|one| {
            one.check == Check::SpfPtr && one.advice.as_ref().is_some_and(|advice| !advice.records.is_empty())
        })
    };
    assert!(ptr(&[]) && ptr(&["192.0.2.1"]) && !ptr(&["192.0.2.1", "192.0.2.7"]));
}

#[test]
fn a_key_that_verifiers_can_not_use_is_mended_in_the_own_zone() {
    const KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    let wanted = BTreeSet::from([format!("s1._domainkey.example.com TXT v=DKIM1; k=ed25519; p={KEY}")]);
    for text in [
        format!("\\\"v=DKIM1; k=ed25519; p={KEY}\\\""),
        format!("v=DKIM1; h=sha1; k=ed25519; p={KEY}"),
        format!("v=DKIM1; h=rsa-sha256; k=ed25519; p={KEY}"),
        format!("k=ed25519; v=DKIM1; p={KEY}"),
    ] {
        let there = format!("s1._domainkey TXT \"{text}\"");
        assert_eq!(proposed(&["s1._"], &there), wanted, "{text}");
        // What an alias leads to is somebody else's.
        let alias = format!("s1._domainkey CNAME k.p.example.\nk.p.example. TXT \"{text}\"");
        assert_eq!(proposed(&["s1._"], &alias), BTreeSet::new(), "{text}");
    }
    assert_eq!(proposed(&["s1._"], "s1._domainkey TXT \"v=DKIM1; k=ed25519; p=AAAA\""), BTreeSet::new());
}
