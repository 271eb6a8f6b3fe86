//! Compares the readers with what other implementations make of the same records.

use super::dkim::DkimKey;
use super::dmarc::{DmarcRecord, Standing};
use super::mta_sts::{MtaStsPolicy, MtaStsRecord};
use super::tls_rpt::TlsRptRecord;
use crate::dns::spf::SpfRecord;
use crate::dns::testing::shared;

/// The lines of a table: its line number, the record and what its source says of it.
fn table(name: &str) -> Option<Vec<(usize, Vec<u8>, String)>> {
    let text = std::fs::read_to_string(shared("corpus/dns-records")?.join(name)).unwrap();
    let rows = text.lines().enumerate().skip(1).map(|(index, line)| {
        let (record, rest) = line.split_once('\t').unwrap_or((line, ""));
        let record = record.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
        (index + 1, record.into_bytes(), rest.split('\t').next().unwrap_or_default().to_owned())
    });
    Some(rows.collect())
}

/// Fails unless `accepts` agrees with a table but for these lines, each of which has its reason.
fn agree(name: &str, accepts: impl Fn(&[u8]) -> bool, but: &[(usize, &str)]) {
    let Some(rows) = table(name) else { return };
    let mut differing = Vec::new();
    for (line, record, verdict) in &rows {
        let accepted = accepts(record);
        let agrees = match verdict.as_str() {
            "valid" => accepted,
            "error" => !accepted,
            _ => true,
        };
        if !agrees {
            differing.push(*line);
            eprintln!("{name}:{line}: {verdict}: {}", super::printable(record));
        }
    }
    let expected: Vec<_> = but.iter().map(|(line, _)| *line).collect();
    assert_eq!(differing, expected, "{name}, of {} records", rows.len());
}

fn dmarc(text: &[u8]) -> bool {
    DmarcRecord::parse(text)
        .is_some_and(|record| record.standing() != Standing::Void && record.problems.is_empty())
}

fn dkim(text: &[u8]) -> bool {
    DkimKey::parse(text).problems.is_empty()
}

fn mta_sts(text: &[u8]) -> bool {
    if text.starts_with(b"v=") {
        MtaStsRecord::parse(text).is_some_and(|record| record.problems.is_empty())
    } else {
        MtaStsPolicy::parse(text).problems.is_empty()
    }
}

fn tls_rpt(text: &[u8]) -> bool {
    TlsRptRecord::parse(text).is_some_and(|record| record.problems.is_empty())
}

#[test]
fn dmarc_records() {
    agree(
        "dmarc-records-mox.tsv",
        dmarc,
        &[
            (10, "`p` need not stand second since RFC 9989 section 4.8"),
            (38, "an unreadable `sp` leaves a record that counts as `p=none`: used, but not sound"),
            (42, "`0` and `1` in `fo` exclude each other since RFC 9989 section 4.7"),
        ],
    );
    agree(
        "dmarc-records-opendmarc.tsv",
        dmarc,
        &[
            (6, "`n` is no policy: words are not cut"),
            (13, "`rf` is ignored since RFC 9989"),
            (18, "a mailto address without an `@` leads nowhere"),
            (19, "a mailto address without an `@` leads nowhere"),
            (20, "`rf` is ignored since RFC 9989"),
        ],
    );
    let trailing = "an item behind a last comma is empty: ignored, but not sound";
    agree("dmarc-records-mail-auth.tsv", dmarc, &[(4, trailing), (7, trailing)]);
    agree("dmarc-records-mail-dmarc.tsv", dmarc, &[]);
}

#[test]
fn dkim_keys() {
    agree(
        "dkim-key-records-mox.tsv",
        dkim,
        &[(5, "blanks behind the last separator harm nobody: verifiers accept them")],
    );
    agree("dkim-key-records-mail-auth.tsv", dkim, &[]);
}

#[test]
fn mta_sts_records_and_policies() {
    agree("mtasts-records-mox.tsv", mta_sts, &[]);
}

#[test]
fn tls_rpt_records() {
    agree("tlsrpt-records-mox.tsv", tls_rpt, &[]);
}

#[test]
fn spf_records() {
    // Line 6 holds domains of a single label, which RFC 7208 section 7.1 and its suite refuse.
    let Some(rows) = table("spf-records-mox.tsv") else { return };
    let read = |record: &[u8]| SpfRecord::parse(record).map(|record| record.faults().is_empty());
    let sound: Vec<_> = rows.iter().filter(|row| read(&row.1) == Some(true)).map(|row| row.0).collect();
    assert_eq!(sound, [3, 4, 5, 7, 19, 28]);
    let others: Vec<_> = rows.iter().filter(|row| read(&row.1).is_none()).map(|row| row.0).collect();
    assert_eq!(others, [2]);
}

#[test]
fn keys_of_signed_mail() {
    let Some(folder) = shared("corpus/dns-records/mail-auth-dkim") else { return };
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for line in String::from_utf8_lossy(&bytes).lines().filter(|line| line.contains("._domainkey.")) {
            let Some((_, record)) = line.split_once(' ').filter(|(_, record)| record.starts_with("v=DKIM1"))
            else {
                continue;
            };
            assert_eq!(DkimKey::parse(record.as_bytes()).problems, [], "{line}");
            read += 1;
        }
    }
    assert!(read >= 5, "{read} keys");
}
