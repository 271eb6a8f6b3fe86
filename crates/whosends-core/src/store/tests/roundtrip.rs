//! What is stored comes back as it was.

use std::ops::ControlFlow;

use super::support::*;
use crate::model::words::{
    AlignmentMode, DiscoveryMethod, Disposition, DkimResult, OverrideType, Policy, SpfResult, SpfScope,
    Testing, Verdict,
};
use crate::model::{Combination, DkimAuth, Name, Reason, Record, Scope, SpfAuth};
use crate::store::{ReportFilter, Store};

/// Texts that tempt: empty, quotes, JSON, controls, bidi, astral, long.
const TEXTS: [&str; 12] = [
    "",
    " ",
    "plain",
    "example.com",
    "a\"b\\c",
    "{\"domain\":null}",
    "null",
    "line\nend\r\ttab",
    "nul\0inside",
    "\u{202e}txt.exe",
    "🐱 münchen.example",
    "very long very long very long very long very long very long very long very long very long very long",
];

fn text(random: &mut Random) -> Option<String> {
    (random.below(4) > 0).then(|| TEXTS[random.below(TEXTS.len() as u64) as usize].to_owned())
}

fn stated_name(random: &mut Random) -> Option<Name> {
    Name::from_stated(&text(random)?)
}

/// A known word, an unknown one or none.
fn word<T>(random: &mut Random, known: &[&str], read: impl Fn(&str) -> Option<T>) -> Option<T> {
    match random.below(3) {
        0 => read(known[random.below(known.len() as u64) as usize]),
        1 => read(TEXTS[random.below(TEXTS.len() as u64) as usize]),
        _ => None,
    }
}

fn list<T>(random: &mut Random, make: impl Fn(&mut Random) -> T) -> Vec<T> {
    (0..random.below(4)).map(|_| make(random)).collect()
}

fn combination(random: &mut Random) -> Combination {
    Combination {
        disposition: word(random, &["none", "pass", "quarantine", "reject"], Disposition::from_stated),
        dkim: word(random, &["pass", "fail"], Verdict::from_stated),
        spf: word(random, &["pass", "fail"], Verdict::from_stated),
        reasons: list(random, |random| Reason {
            kind: word(random, &["forwarded", "local_policy", "other"], OverrideType::from_stated),
            comment: text(random),
        }),
        header_from: stated_name(random),
        envelope_from: stated_name(random),
        envelope_to: stated_name(random),
        auth_dkim: list(random, |random| DkimAuth {
            domain: stated_name(random),
            selector: text(random),
            result: word(random, &["pass", "temperror", "policy"], DkimResult::from_stated),
            human_result: text(random),
        }),
        auth_spf: list(random, |random| SpfAuth {
            domain: stated_name(random),
            scope: word(random, &["mfrom", "helo"], SpfScope::from_stated),
            result: word(random, &["pass", "softfail"], SpfResult::from_stated),
            human_result: text(random),
        }),
    }
}

fn any_sample(random: &mut Random, id: u64) -> Sample {
    let records: Vec<Record> = (0..random.below(5))
        .map(|_| {
            let source = match random.below(2) {
                0 => (random.below(1 << 32) as u32).to_be_bytes().into(),
                _ => std::net::Ipv6Addr::from(u128::from(random.below(u64::MAX)) << random.below(64)).into(),
            };
            Record { source, count: random.below(1 << 40), combination: combination(random) }
        })
        .collect();
    let mut report = sample(&id.to_string(), records);
    report.truncated = random.below(4) == 0;
    let header = &mut report.header;
    header.version = text(random);
    header.namespace = text(random);
    header.metadata.org_name = text(random);
    header.metadata.email = text(random);
    header.metadata.extra_contact_info = text(random);
    header.metadata.generator = text(random);
    header.metadata.errors = list(random, |random| text(random).unwrap_or_default());
    header.metadata.begin = (random.below(4) > 0).then(|| random.below(1 << 40) as i64 - (1 << 30));
    header.metadata.end = (random.below(4) > 0).then(|| random.below(1 << 40) as i64 - (1 << 30));
    let policies = ["none", "quarantine", "reject"];
    header.policy.domain = stated_name(random).unwrap_or_else(|| name("example.com"));
    header.policy.p = word(random, &policies, Policy::from_stated);
    header.policy.sp = word(random, &policies, Policy::from_stated);
    header.policy.np = word(random, &policies, Policy::from_stated);
    header.policy.adkim = word(random, &["r", "s"], AlignmentMode::from_stated);
    header.policy.aspf = word(random, &["r", "s"], AlignmentMode::from_stated);
    header.policy.pct = (random.below(2) == 0).then(|| random.below(1 << 32) as u32);
    header.policy.fo = text(random);
    header.policy.testing = word(random, &["y", "n"], Testing::from_stated);
    header.policy.discovery_method = word(random, &["psl", "treewalk"], DiscoveryMethod::from_stated);
    report
}

fn read_back(store: &Store, report_id: &str) -> Sample {
    let filter = ReportFilter { report_id: Some(report_id.to_owned()), ..ReportFilter::default() };
    let id = store.reports(&filter).expect("read")[0].id;
    let detail = store.report(&Scope::All, id).expect("read").expect("found");
    let mut records = Vec::new();
    let mut visit = |record: &Record| {
        records.push(record.clone());
        ControlFlow::Continue(())
    };
    store.report_records(&Scope::All, id, &mut visit).expect("read");
    Sample { header: detail.header, truncated: detail.row.truncated, damaged: false, records }
}

#[test]
fn every_field_survives() {
    let mut random = Random::new(3);
    let samples: Vec<Sample> = (0..400).map(|id| any_sample(&mut random, id)).collect();
    let mut store = memory();
    add_all(&mut store, &samples);
    for (id, sample) in samples.iter().enumerate() {
        let found = read_back(&store, &id.to_string());
        assert_eq!(found.header, sample.header);
        assert_eq!(found.truncated, sample.truncated);
        assert_eq!(found.records, sample.records);
    }
    let exported = export(&store);
    assert_eq!(exported.len(), samples.iter().map(|sample| sample.records.len()).sum::<usize>());
    for record in exported {
        let id: usize = record.report.report_id.as_deref().expect("an id").parse().expect("a number");
        let sample = &samples[id];
        assert_eq!(record.report.reporter, sample.header.metadata.org_name);
        assert_eq!(
            (record.report.begin, record.report.end),
            (sample.header.metadata.begin, sample.header.metadata.end)
        );
        assert_eq!(record.report.policy, sample.header.policy);
        let same = |one: &Record| {
            one.source == record.source_ip
                && one.count == record.count
                && one.combination == *record.combination
        };
        assert!(sample.records.iter().any(same));
    }
    assert_sound(&store);
}

#[test]
fn odd_json_is_an_error_or_absent_and_never_a_panic() {
    let mut store = memory();
    add_all(&mut store, &[sample("1", [record(1, 1)])]);
    for (json, sound) in [
        ("{}", true),
        ("{\"dkim\":[null,1,{}],\"spf\":null,\"more\":1}", true),
        ("{\"dkim\":7}", false),
        ("[", false),
        ("", false),
    ] {
        store.connection.execute("UPDATE profile SET auth = ?1", [json]).expect("set");
        let read = store.export(&crate::model::Filter::default(), &mut |_| ControlFlow::Continue(()));
        assert_eq!(read.is_ok(), sound, "{json}");
    }
}
