//! The reports of a day.

use std::fmt::Write as _;

use super::super::FIRST;
use super::mail::Mail;
use super::{Owner, Policy, Random};

/// Someone who reports.
#[derive(Clone, Copy)]
pub(crate) struct Reporter {
    name: &'static str,
    host: &'static str,
    /// Of a thousand messages, how many it takes in.
    share: u64,
    /// Of a hundred days, on how many its report is missing.
    missing: u64,
}

const REPORTERS: [(&str, &str, u64); 7] = [
    ("google.com", "google.com", 400),
    ("Yahoo", "yahoo.com", 170),
    ("Enterprise Outlook", "protection.outlook.com", 160),
    ("Outlook.com", "outlook.com", 110),
    ("comcast.net", "comcast.net", 40),
    ("GMX", "gmx.net", 40),
    ("Mail.Ru", "mail.ru", 30),
];

/// All, or a few; with holes, or without.
pub(super) fn some(random: &mut Random) -> Vec<Reporter> {
    let most = match random.below(10) {
        0 => 1,
        1 => 2,
        _ => 4 + random.below(4) as usize,
    };
    let missing = [0, 2, 10, 25][random.below(4) as usize];
    let reporters = REPORTERS.iter().take(most);
    reporters.map(|&(name, host, share)| Reporter { name, host, share, missing }).collect()
}

/// What each reporter that reports on this day says of the day's mail.
pub(super) fn of(owner: &Owner, random: &mut Random, mail: &[Mail], day: u64) -> Vec<(String, String)> {
    let mut reports = Vec::new();
    for reporter in &owner.reporters {
        let is_missing = random.below(100) < reporter.missing;
        let mut records = String::new();
        for sent in mail {
            let count = (sent.count * reporter.share + random.below(1_000)) / 1_000;
            if count > 0 {
                record(&mut records, owner, sent, count);
            }
        }
        if !is_missing && !records.is_empty() {
            let begin = FIRST + day as i64 * 86_400;
            let name = format!("{}!{}!{begin}!{}.xml", reporter.host, owner.domain, begin + 86_399);
            reports.push((name, feedback(owner, reporter, begin, &records)));
        }
    }
    reports
}

fn feedback(owner: &Owner, reporter: &Reporter, begin: i64, records: &str) -> String {
    let Owner { domain, .. } = owner;
    let Reporter { name, host, .. } = reporter;
    // The schema of RFC 7489 makes sp mandatory: most write p where the record has none.
    let (p, sp) = (owner.policy(false).as_str(), owner.policy(true).as_str());
    format!(
        "<?xml version=\"1.0\"?>\n<feedback><report_metadata><org_name>{name}</org_name>\
         <email>noreply-dmarc@{host}</email><report_id>{domain}.{begin}</report_id>\
         <date_range><begin>{begin}</begin><end>{}</end></date_range></report_metadata>\
         <policy_published><domain>{domain}</domain><adkim>r</adkim><aspf>r</aspf>\
         <p>{p}</p><sp>{sp}</sp><pct>100</pct></policy_published>{records}</feedback>\n",
        begin + 86_399
    )
}

fn record(text: &mut String, owner: &Owner, sent: &Mail, count: u64) {
    let verdict = |passes: bool| if passes { "pass" } else { "fail" };
    let (dkim, spf) = (sent.dkim_passes(&owner.domain), sent.spf_passes(&owner.domain));
    let policy = owner.policy(sent.header_from != owner.domain);
    let disposition = if dkim || spf { Policy::None } else { policy }.as_str();
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "<record><row><source_ip>{}</source_ip><count>{count}</count><policy_evaluated>\
         <disposition>{disposition}</disposition><dkim>{}</dkim><spf>{}</spf></policy_evaluated></row>\
         <identifiers><envelope_from>{}</envelope_from><header_from>{}</header_from></identifiers><auth_results>",
        sent.address,
        verdict(dkim),
        verdict(spf),
        sent.envelope_from,
        sent.header_from,
    );
    for (domain, selector, result) in &sent.dkim {
        let _ = write!(
            text,
            "<dkim><domain>{domain}</domain><selector>{selector}</selector><result>{result}</result></dkim>"
        );
    }
    let _ = write!(
        text,
        "<spf><domain>{}</domain><scope>mfrom</scope><result>{}</result></spf></auth_results></record>",
        sent.envelope_from, sent.spf
    );
}
