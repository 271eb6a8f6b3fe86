//! Reports written as a few words a line, and stored through the library.
//!
//! ```text
//! report Receiver_One example.com 2026-11-20 p=none
//!   192.0.2.1 100 pass/fail dkim=service.example spf=bounce.service.example
//!   note word_case record/row Pass
//! ```
//!
//! A line that begins with `report` has the reporter, the policy domain and the day (`-` for none), then what the
//! policy and the report state. An indented line is a record: address, messages, aligned DKIM and SPF (`-` where
//! not stated), and what passed unless `:result` says otherwise. The selector is `s1`, unless the domain of `dkim` is
//! written as `selector._domainkey.domain`. `_` stands for a space in a reporter's name and in
//! a comment.

use std::path::Path;

use whosends_core::model::period::parse_day;
use whosends_core::model::words::{
    AlignmentMode, Disposition, DkimResult, OverrideType, Policy, SpfResult, Testing, Verdict,
};
use whosends_core::model::{
    Combination, DkimAuth, Header, Metadata, Name, NoteCode, Notes, Origin, PolicyPublished, Reason, Record,
    RecordBatch, SpfAuth,
};
use whosends_core::store::{Ended, Incoming, Location, Store};

/// When the reports are stored: 2026-11-22 at noon.
pub(crate) const NOW: i64 = 1_795_348_800;

/// Stores the reports in a database, which is made where there is none.
pub(crate) fn store(database: &Path, text: &str) {
    let mut store = Store::open(&Location::File(database.to_owned())).unwrap();
    let mut writer = store.writer(NOW).unwrap();
    for (at, report) in parse(text).iter().enumerate() {
        let ending = Ended {
            header: &report.header,
            truncated: report.truncated,
            records_skipped: report.skipped,
            notes: &report.notes,
        };
        let origin = Origin {
            place: format!("reports.mbox › message {}", at + 1),
            mail_from: Some("noreply@receiver.example".to_owned()),
            message_id: Some(format!("<{}@receiver.example>", at + 1)),
        };
        let batch: RecordBatch = report.records.iter().cloned().collect();
        writer.add(&Incoming { ending, batch: &batch, origin: &origin }).unwrap();
    }
    writer.commit().unwrap();
}

struct Stated {
    header: Header,
    records: Vec<Record>,
    notes: Notes,
    truncated: bool,
    skipped: u64,
}

fn parse(text: &str) -> Vec<Stated> {
    let mut reports: Vec<Stated> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["report", reporter, domain, day, ref stated @ ..] => {
                let number = reports.len() + 1;
                reports.push(report(reporter, domain, day, stated, number));
            }
            ["note", code, path, raw] => note(&mut reports.last_mut().unwrap().notes, code, path, raw),
            [address, count, verdicts, ref stated @ ..] => {
                let header = reports.last().unwrap().header.policy.domain.clone();
                let record = record(address, count, verdicts, stated, header);
                reports.last_mut().unwrap().records.push(record);
            }
            _ => panic!("no report and no record: {line}"),
        }
    }
    reports
}

fn report(reporter: &str, domain: &str, day: &str, stated: &[&str], number: usize) -> Stated {
    let begin = parse_day(day).map(|day| day.start());
    let mut report = Stated {
        header: Header {
            version: None,
            namespace: None,
            metadata: Metadata {
                org_name: (reporter != "-").then(|| reporter.replace('_', " ")),
                report_id: Some(format!("id-{number}")),
                begin,
                end: begin.map(|begin| begin + 86_399),
                ..Default::default()
            },
            policy: PolicyPublished::of(Name::from_stated(domain).unwrap()),
        },
        records: Vec::new(),
        notes: Notes::default(),
        truncated: false,
        skipped: 0,
    };
    for stated in stated {
        let (key, value) = stated.split_once('=').unwrap_or((stated, ""));
        let Header { metadata, policy, .. } = &mut report.header;
        match key {
            "p" => policy.p = Policy::from_stated(value),
            "sp" => policy.sp = Policy::from_stated(value),
            "np" => policy.np = Policy::from_stated(value),
            "t" => policy.testing = Testing::from_stated(value),
            "aspf" => policy.aspf = AlignmentMode::from_stated(value),
            "pct" => policy.pct = value.parse().ok(),
            "adkim" => policy.adkim = AlignmentMode::from_stated(value),
            "id" => metadata.report_id = Some(value.to_owned()),
            "email" => metadata.email = Some(value.to_owned()),
            "days" => metadata.end = begin.map(|begin| begin + value.parse::<i64>().unwrap() * 86_400 - 1),
            "truncated" => report.truncated = true,
            "skipped" => report.skipped = value.parse().unwrap(),
            _ => panic!("unknown word {key}"),
        }
    }
    report
}

fn note(notes: &mut Notes, code: &str, path: &str, raw: &str) {
    let code = match code {
        "word_case" => NoteCode::WordCase,
        "unusable_count" => NoteCode::UnusableCount,
        "truncated" => NoteCode::Truncated,
        _ => panic!("unknown note {code}"),
    };
    notes.add(code, path, Some(raw), Some(12));
}

fn record(address: &str, count: &str, verdicts: &str, stated: &[&str], domain: Name) -> Record {
    let (dkim, spf) = verdicts.split_once('/').unwrap();
    let verdict = |text: &str| if text == "-" { None } else { Verdict::from_stated(text) };
    let mut said = Combination {
        disposition: Some(Disposition::None),
        dkim: verdict(dkim),
        spf: verdict(spf),
        header_from: Some(domain),
        ..Default::default()
    };
    for stated in stated {
        let (key, value) = stated.split_once('=').unwrap();
        let (name, result) = value.split_once(':').unwrap_or((value, "pass"));
        match key {
            "from" => said.header_from = Name::from_stated(value),
            "disposition" => said.disposition = Disposition::from_stated(value),
            "reason" => {
                let kind = OverrideType::from_stated(name);
                said.reasons.push(Reason { kind, comment: Some(result.replace('_', " ")) });
            }
            "dkim" => {
                let (selector, domain) = name.split_once("._domainkey.").unwrap_or(("s1", name));
                said.auth_dkim.push(DkimAuth {
                    domain: Name::from_stated(domain),
                    selector: Some(selector.to_owned()),
                    result: DkimResult::from_stated(result),
                    human_result: None,
                });
            }
            "spf" => said.auth_spf.push(SpfAuth {
                domain: Name::from_stated(name),
                scope: None,
                result: SpfResult::from_stated(result),
                human_result: None,
            }),
            _ => panic!("unknown word {key}"),
        }
    }
    Record { source: address.parse().unwrap(), count: count.parse().unwrap(), combination: said }
}
