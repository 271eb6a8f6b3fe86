//! What the commands are answered.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::support::*;
use crate::model::words::{Policy, Verdict};
use crate::model::{Day, Domains, FileStamp, Filter, NoteCode, Notes, Period, ReadFile, RecordBatch, Scope};
use crate::store::{Incoming, KeptDecision, Location, NoteFilter, ReportFilter, Store};

/// Sixty reports of four domains over ten days, two of them without a period, one of a week.
fn mixed() -> Vec<Sample> {
    let mut random = Random::new(5);
    let domains = ["example.com", "mail.example.com", "example.org", "xample.com"];
    (0..60)
        .map(|number: u64| {
            let records = (0..1 + random.below(6)).map(|_| {
                let mut one = record(random.below(20) as u8, 1 + random.below(9));
                if random.below(3) == 0 {
                    one.source = format!("2001:db8::{:x}", random.below(5)).parse().expect("an address");
                }
                let verdicts = [Some("pass"), Some("fail"), Some("perhaps"), None];
                one.combination.dkim = verdicts[random.below(4) as usize].and_then(Verdict::from_stated);
                one.combination.spf = verdicts[random.below(4) as usize].and_then(Verdict::from_stated);
                one
            });
            let mut report = sample(&number.to_string(), records.collect::<Vec<_>>());
            report.header.policy.domain = name(domains[random.below(4) as usize]);
            report.header.metadata.org_name = Some(format!("receiver{}.example", random.below(3)));
            let begin = BEGIN + random.below(10) as i64 * 86_400;
            report.header.metadata.begin = (number % 30 != 7).then_some(begin);
            report.header.metadata.end = Some(begin + if number == 9 { 7 * 86_400 } else { 86_399 });
            report
        })
        .collect()
}

fn asked(domain: &str) -> Domains {
    Domains::asked(Some(name(domain)))
}

fn within(domains: Domains, from: Option<i64>, to: Option<i64>) -> Filter {
    let day = |day: Option<i64>| day.map(|day| Day::of(BEGIN).plus(day));
    Filter { domains, period: Period { from: day(from), to: day(to) } }
}

fn filters() -> Vec<Filter> {
    let mut filters = Vec::new();
    let scopes = [Scope::All, Scope::domain(name("mail.example.com")), Scope::Domains([].into())];
    for domain in [None, Some("example.com"), Some("mail.example.com"), Some("nowhere.example")] {
        for (from, to) in
            [(None, None), (Some(3), Some(5)), (Some(4), None), (None, Some(4)), (Some(5), Some(4))]
        {
            for scope in scopes.clone() {
                filters.push(within(Domains { scope, asked: domain.map(name) }, from, to));
            }
        }
    }
    filters
}

/// Whether a filter means a sample, worked out from the samples alone.
fn means(filter: &Filter, sample: &Sample) -> bool {
    let of = &sample.header.policy.domain;
    let Domains { scope, asked } = &filter.domains;
    let domain = asked.as_ref().is_none_or(|asked| of.is_within(asked.as_str()))
        && match scope {
            Scope::All => true,
            Scope::Domains(domains) => domains.iter().any(|domain| of.is_within(domain.as_str())),
        };
    let period = match (sample.header.metadata.day(), filter.period) {
        (_, Period { from: None, to: None }) => true,
        (None, _) => false,
        (Some(day), Period { from, to }) => {
            from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to)
        }
    };
    domain && period
}

#[test]
fn every_reading_agrees_on_every_filter() {
    let samples = mixed();
    let mut store = memory();
    add_all(&mut store, &samples);
    for filter in filters() {
        let meant: Vec<&Sample> = samples.iter().filter(|sample| means(&filter, sample)).collect();
        let records: usize = meant.iter().map(|sample| sample.records.len()).sum();
        let sum = |passed: fn(Option<&Verdict>, Option<&Verdict>) -> bool| -> u64 {
            let all = meant.iter().flat_map(|sample| &sample.records);
            all.filter(|one| passed(one.combination.dkim.as_ref(), one.combination.spf.as_ref()))
                .map(|one| one.count)
                .sum()
        };
        let messages = sum(|_, _| true);

        let mut rows = Vec::new();
        store.traffic(&filter, |row| rows.push(*row)).expect("read");
        assert_eq!(rows.len(), records, "{filter:?}");
        assert_eq!(rows.iter().map(|row| row.messages).sum::<u64>(), messages);

        let mut exported = (0, 0);
        let mut visit = |record: &crate::store::ExportRecord| {
            exported = (exported.0 + 1, exported.1 + record.count);
            ControlFlow::Continue(())
        };
        store.export(&filter, &mut visit).expect("read");
        assert_eq!(exported, (records, messages));

        let domains = store.domains(&filter).expect("read");
        let total = |field: fn(&crate::store::DomainSummary) -> u64| domains.iter().map(field).sum::<u64>();
        assert_eq!(total(|domain| domain.reports), meant.len() as u64);
        assert_eq!(total(|domain| domain.records), records as u64);
        assert_eq!(total(|domain| domain.messages), messages);
        assert_eq!(total(|domain| domain.dkim_pass), sum(|dkim, _| dkim == Some(&Verdict::Pass)));
        assert_eq!(total(|domain| domain.spf_pass), sum(|_, spf| spf == Some(&Verdict::Pass)));
        let either = |dkim: Option<&Verdict>, spf: Option<&Verdict>| {
            dkim == Some(&Verdict::Pass) || spf == Some(&Verdict::Pass)
        };
        assert_eq!(total(|domain| domain.dmarc_pass), sum(either));
        let failed = |dkim: Option<&Verdict>, spf: Option<&Verdict>| {
            dkim == Some(&Verdict::Fail) && spf == Some(&Verdict::Fail)
        };
        assert_eq!(messages - total(|domain| domain.dmarc_pass + domain.dmarc_unknown), sum(failed));
        let undated = meant.iter().filter(|sample| sample.header.metadata.begin.is_none()).count();
        assert_eq!(total(|domain| domain.undated_reports), undated as u64);

        let listed = ReportFilter { filter: filter.clone(), ..ReportFilter::default() };
        assert_eq!(store.reports(&listed).expect("read").len(), meant.len());
    }
}

#[test]
fn rows_stand_for_what_was_stored() {
    let samples = mixed();
    let mut store = memory();
    add_all(&mut store, &samples);
    let mut rows = Vec::new();
    store.traffic(&Filter::default(), |row| rows.push(*row)).expect("read");
    let addresses = store.addresses(rows.iter().map(|row| row.address)).expect("read");
    let combinations = store.combinations(rows.iter().map(|row| row.combination)).expect("read");
    let domains = store.domain_names(rows.iter().map(|row| row.domain)).expect("read");
    let reporters = store.reporters(rows.iter().map(|row| row.reporter)).expect("read");
    let mut found: Vec<String> = rows
        .iter()
        .map(|row| {
            format!(
                "{:?} {} {} {:?} {} {} {:?}",
                row.day,
                row.multi_day,
                domains[&row.domain],
                reporters[&row.reporter].name(),
                addresses[&row.address],
                row.messages,
                combinations[&row.combination],
            )
        })
        .collect();
    let mut stored: Vec<String> = samples
        .iter()
        .flat_map(|sample| sample.records.iter().map(move |record| (sample, record)))
        .map(|(Sample { header, .. }, record)| {
            format!(
                "{:?} {} {} {:?} {} {} {:?}",
                header.metadata.day(),
                header.metadata.is_multi_day(),
                header.policy.domain,
                header.metadata.org_name.as_deref(),
                record.source,
                record.count,
                record.combination,
            )
        })
        .collect();
    found.sort();
    stored.sort();
    assert_eq!(found, stored);
}

#[test]
fn the_views_give_the_same_numbers() {
    let mut store = memory();
    add_all(&mut store, &mixed());
    // Variants that do not count are in no view.
    add_all(&mut store, &[sample("v", [record(1, 5), record(2, 5)]), sample("v", [record(1, 5)])]);
    let mut expected = BTreeMap::new();
    let mut lines = Vec::new();
    for one in export(&store) {
        let day = one.report.begin.map(|begin| Day::of(begin).to_string());
        *expected
            .entry((one.report.policy.domain.to_string(), day.clone(), one.source_ip.to_string()))
            .or_insert(0) += one.count as i64;
        lines.push(format!("{:?} {:?} {} {}", one.report.report_id, day, one.source_ip, one.count));
    }
    let connection = &store.connection;
    let mut statement = connection
        .prepare("SELECT policy_domain, day, source_ip, sum(messages) FROM v_sources_daily GROUP BY 1, 2, 3")
        .expect("a view");
    let found = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?)));
    let found: BTreeMap<(String, Option<String>, String), i64> =
        found.expect("read").collect::<Result<_, _>>().expect("read");
    assert_eq!(found, expected);

    let mut statement =
        connection.prepare("SELECT report_id, day, source_ip, count FROM v_records").expect("a view");
    let found = statement.query_map([], |row| {
        let (id, day): (Option<String>, Option<String>) = (row.get(0)?, row.get(1)?);
        Ok(format!("{id:?} {day:?} {} {}", row.get::<_, String>(2)?, row.get::<_, i64>(3)?))
    });
    let mut found: Vec<String> = found.expect("read").collect::<Result<_, _>>().expect("read");
    found.sort();
    lines.sort();
    assert_eq!(found, lines);

    for domain in store.domains(&Filter::default()).expect("read") {
        let sql = "SELECT sum(reports), sum(messages), sum(dmarc_pass), max(day) FROM v_domains_daily \
             WHERE policy_domain = ?1";
        let (reports, messages, pass, last): (i64, i64, i64, String) = connection
            .query_row(sql, [domain.domain.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .expect("read");
        let sums = [domain.reports, domain.messages, domain.dmarc_pass].map(|sum| sum as i64);
        assert_eq!([reports, messages, pass], sums);
        assert_eq!(Some(last), domain.last_day.map(|day| day.to_string()));
    }
    let reports: i64 =
        connection.query_row("SELECT count(*) FROM v_reports", [], |row| row.get(0)).expect("read");
    assert_eq!(reports as u64, store.info().expect("read").reports);
}

#[test]
fn the_export_does_not_depend_on_the_order_of_arrival() {
    let mut samples = mixed();
    let mut expected = memory();
    add_all(&mut expected, &samples);
    let mut random = Random::new(2);
    for _ in 0..3 {
        random.shuffle(&mut samples);
        let mut store = memory();
        add_all(&mut store, &samples);
        assert_eq!(export(&store), export(&expected));
        assert_eq!(dump(&store), dump(&expected));
    }
    let begins: Vec<_> = export(&expected).iter().map(|record| record.report.begin).collect();
    assert!(begins.is_sorted_by_key(|begin| begin.unwrap_or(i64::MAX)));
    assert_eq!(begins.last(), Some(&None));
}

#[test]
fn a_visitor_may_end_the_export() {
    let mut store = memory();
    add_all(&mut store, &mixed());
    let mut seen = 0;
    let mut visit = |_: &crate::store::ExportRecord| {
        seen += 1;
        if seen == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    store.export(&Filter::default(), &mut visit).expect("read");
    assert_eq!(seen, 5);
}

#[test]
fn the_newest_day_is_not_in_the_future() {
    let mut store = memory();
    let day = Day::of(BEGIN);
    assert_eq!(store.newest_day(&Domains::ALL, day).expect("read"), None);
    let mut future = sample("future", [record(1, 1)]);
    future.header.metadata.begin = Some(BEGIN + 400 * 86_400);
    let mut below = sample("below", [record(1, 1)]);
    below.header.policy.domain = name("a.example.com");
    below.header.metadata.begin = Some(BEGIN + 86_400);
    add_all(&mut store, &[sample("now", [record(1, 1)]), future, below]);
    assert_eq!(store.newest_day(&Domains::ALL, day.plus(2)).expect("read"), Some(day.plus(1)));
    assert_eq!(store.newest_day(&asked("example.com"), day).expect("read"), Some(day));
    assert_eq!(store.newest_day(&asked("a.example.com"), day).expect("read"), None);
    assert_eq!(store.newest_day(&Domains::ALL, day.plus(999)).expect("read"), Some(day.plus(400)));
    assert_eq!(Period::ending(day, 30), Period { from: Some(day.plus(-29)), to: Some(day) });
}

#[test]
fn a_domain_shows_the_newest_policy_in_the_period() {
    let mut store = memory();
    let mut newer = sample("2", [record(1, 1)]);
    newer.header.metadata.begin = Some(BEGIN + 86_400);
    newer.header.policy.p = Some(Policy::Reject);
    add_all(&mut store, &[newer, sample("1", [record(1, 1)])]);
    let policy = |filter: &Filter| store.domains(filter).expect("read")[0].policy.p.clone();
    assert_eq!(policy(&Filter::default()), Some(Policy::Reject));
    assert_eq!(policy(&within(Domains::ALL, None, Some(0))), Some(Policy::None));
}

#[test]
fn reports_are_found_by_what_they_say() {
    let mut store = memory();
    add_all(&mut store, &mixed());
    let list = |filter: ReportFilter| store.reports(&filter).expect("read");
    let all = list(ReportFilter::default());
    let begins: Vec<_> = all.iter().map(|row| row.begin).collect();
    assert!(begins.is_sorted_by_key(|begin| std::cmp::Reverse(begin.unwrap_or(i64::MIN))));
    let first = list(ReportFilter { limit: Some(4), ..ReportFilter::default() });
    assert_eq!(first.len(), 4);
    assert!(first.iter().zip(&all).all(|(one, other)| one.begin == other.begin));
    let by = list(ReportFilter { reporter: Some("RECEIVER1".into()), ..ReportFilter::default() });
    let expected = all.iter().filter(|row| row.reporter.name() == Some("receiver1.example")).count();
    assert!(expected > 0);
    assert_eq!(by.len(), expected);
    let one = list(ReportFilter { report_id: Some("9".into()), ..ReportFilter::default() });
    assert!(one.len() == 1 && one[0].multi_day);
    assert_eq!(store.report(&Scope::All, crate::store::ReportId(i64::MAX)).expect("read"), None);
}

#[test]
fn the_newest_reports_are_found_however_far_apart_they_are() {
    let mut store = memory();
    let reports = [0, 1, 5, 40, 400, 800].map(|age| {
        let mut report = sample(&age.to_string(), [record(1, 1)]);
        report.header.metadata.begin = Some(BEGIN - age * 86_400);
        report.header.metadata.end = Some(BEGIN - age * 86_400 + 86_399);
        report
    });
    let mut undated = sample("undated", [record(1, 1)]);
    undated.header.metadata.begin = None;
    add_all(&mut store, &reports);
    add_all(&mut store, &[undated]);
    let ids = |limit: Option<u64>| -> Vec<_> {
        let found = store.reports(&ReportFilter { limit, ..ReportFilter::default() }).expect("read");
        found.into_iter().map(|row| row.report_id.expect("an id")).collect()
    };
    let all = ids(None);
    assert_eq!(all, ["0", "1", "5", "40", "400", "800", "undated"]);
    for limit in 0..10 {
        assert_eq!(ids(Some(limit)), all[..all.len().min(limit as usize)], "{limit}");
    }
}

#[test]
fn notes_are_summed_by_reporter_and_code() {
    let mut store = memory();
    let mut writer = store.writer(BEGIN).expect("a writer");
    for (id, times) in [("1", 3), ("2", 1)] {
        let report = sample(id, [record(1, 1)]);
        let mut notes = Notes::default();
        for line in 0..times {
            notes.add(NoteCode::WordCase, "record/row", Some("Pass"), Some(line + 4));
        }
        notes.add(NoteCode::UnknownElement, "feedback/odd", None, None);
        let batch: RecordBatch = report.records.iter().cloned().collect();
        let incoming = Incoming { ending: report.ended(&notes), batch: &batch, origin: &origin("a") };
        writer.add(&incoming).expect("added");
    }
    writer.commit().expect("committed");
    drop(writer);
    let rows = store.notes(&NoteFilter::default()).expect("read");
    let seen: Vec<_> = rows.iter().map(|row| (row.code.as_str(), row.reports, row.times)).collect();
    assert_eq!(seen, [("unknown_element", 2, 2), ("word_case", 2, 4)]);
    assert_eq!((rows[1].example.raw.as_deref(), rows[1].example.line), (Some("Pass"), Some(4)));
    let detail = store.report(&Scope::All, rows[1].example.report).expect("read").expect("found");
    assert_eq!((detail.row.notes, detail.notes.len(), detail.notes[0].times), (4, 2, 3));
    let only = NoteFilter { code: Some("word_case".into()), ..NoteFilter::default() };
    assert_eq!(store.notes(&only).expect("read").len(), 1);
    let nobody = NoteFilter { reporter: Some("nobody".into()), ..NoteFilter::default() };
    assert_eq!(store.notes(&nobody).expect("read"), []);
}

#[test]
fn an_unchanged_file_is_known() {
    let mut store = memory();
    let stamp =
        FileStamp { path: b"/mail/\xff.eml".to_vec(), size: 10, modified_ns: -5, inode: u64::MAX, device: 3 };
    let mut writer = store.writer(BEGIN).expect("a writer");
    assert!(!writer.is_unchanged(&stamp).expect("read"));
    writer.file_read(&ReadFile::whole(stamp.clone())).expect("written");
    assert!(writer.is_unchanged(&stamp).expect("read"));
    writer.commit().expect("committed");
    let changed = [
        FileStamp { path: b"/mail/\xfe.eml".to_vec(), ..stamp.clone() },
        FileStamp { size: 11, ..stamp.clone() },
        FileStamp { modified_ns: -4, ..stamp.clone() },
        FileStamp { inode: 1, ..stamp.clone() },
        FileStamp { device: 4, ..stamp.clone() },
    ];
    for other in &changed {
        assert!(!writer.is_unchanged(other).expect("read"));
    }
    drop(writer);
    let known = store.known_files().expect("read");
    assert!(known.contains(&stamp));
    assert!(!changed.iter().any(|other| known.contains(other)));
    // Newer reading rules read it again.
    store.connection.execute("UPDATE file SET parser_version = 0", []).expect("set back");
    assert!(!store.known_files().expect("read").contains(&stamp));
}

#[test]
fn a_backup_is_a_database() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file("a.db")).expect("opened");
    add_all(&mut store, &mixed());
    let to = folder.0.join("b.db");
    store.backup(&to).expect("copied");
    let copy = Store::open_existing(&Location::File(to.clone())).expect("opened");
    assert_eq!(dump(&copy), dump(&store));
    assert_sound(&copy);
    drop(copy);
    let before = std::fs::read(&to).expect("read");
    store.backup(&to).expect_err("there is one already");
    assert!(std::fs::read(&to).expect("read") == before);
    store.backup(&folder.0.join("no/such/folder/b.db")).expect_err("no folder");
}

#[test]
fn damage_is_found() {
    for damage in [
        "DELETE FROM record WHERE id = 3",
        "UPDATE record SET count = count + 1 WHERE id = 3",
        "INSERT INTO record (address, count, combination) VALUES (1, 1, 1)",
        "UPDATE domain_day SET messages = messages + 1 WHERE domain = 1",
        "DELETE FROM domain_day WHERE domain = 1",
        "DELETE FROM combination WHERE id = 1",
        "DELETE FROM profile WHERE id = 1",
        "DELETE FROM traffic WHERE domain = 1",
        "UPDATE traffic SET rows = substr(rows, 2) WHERE domain = 1",
        "UPDATE traffic SET day = day + 1000 WHERE domain = 1",
        "DELETE FROM address",
        "UPDATE report SET counts = 0 WHERE id = 1",
        "UPDATE report SET first_record = first_record + 1 WHERE id = 5",
    ] {
        let mut store = memory();
        add_all(&mut store, &mixed());
        assert_sound(&store);
        store.connection.execute(damage, []).expect("damaged");
        assert_ne!(store.check().expect("checked"), Vec::<String>::new(), "{damage}");
    }
}

#[test]
fn outside_of_the_scope_there_is_no_report_no_decision_and_no_conversation() {
    let mut store = memory();
    add_all(&mut store, &mixed());
    let made = |domain| KeptDecision {
        domain: name(domain),
        sender: "own".into(),
        decision: "authorised".into(),
        note: None,
        made_by: None,
        made_at: BEGIN,
        with_services: false,
    };
    store.keep_decisions(&[made("example.com"), made("mail.example.com")]).expect("kept");
    store.keep_conversation("example.com", "[]", BEGIN).expect("kept");
    let scope = Scope::domain(name("mail.example.com"));
    let mut seen = 0;
    for row in store.reports(&ReportFilter::default()).expect("read") {
        let inside = row.domain.is_within("mail.example.com");
        seen += usize::from(inside);
        assert_eq!(store.report(&scope, row.id).expect("read").is_some(), inside);
        let mut records = 0;
        let mut visit = |_: &crate::model::Record| {
            records += 1;
            ControlFlow::Continue(())
        };
        store.report_records(&scope, row.id, &mut visit).expect("read");
        assert!(inside || records == 0);
    }
    assert!(seen > 0);
    assert_eq!(store.decisions(&scope).expect("read"), [made("mail.example.com")]);
    assert_eq!(store.policy_domains(&scope).expect("read"), [name("mail.example.com")]);
    assert_eq!(store.conversation(&scope, "example.com").expect("read"), None);
    assert_eq!(store.conversations(&scope, "example.com").expect("read"), []);
    let mut rows = 0;
    let period = Period::ALL;
    store.traffic_naming(&scope, &[name("example.com")], period, |_| rows += 1).expect("read");
    assert_eq!(rows, 0);
}
