//! Many domains: a line each, for people and for spreadsheets.

use std::io::{self, Write};

use whosends_core::dns::check::{KeyState, Severity};

use super::text::{GROUPS, tone, word};
use super::{Answer, Domain, Status};
use crate::render::answer::{Csv, Screen};
use crate::render::csv;
use crate::render::paint::Tone;
use crate::render::table::{Cell, Column, Set, Table};

/// More domains than these are shown in a line each, unless everything is wanted.
pub(super) const MANY: usize = 5;

/// Writes a line for each domain, the worst first.
pub(super) fn table(answer: &Answer<'_>, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
    let mut columns = vec![Column("DOMAIN", Set::KeepEnd), Column("POLICY", Set::Left)];
    columns.extend(GROUPS.iter().map(|group| Column(group.column, Set::Left)));
    columns.push(Column("WORST", Set::KeepStart));
    let mut table = Table::new(&columns);
    let mut domains = answer.domains.clone();
    domains.sort_by_key(|domain| (std::cmp::Reverse(domain.status()), domain.posture.domain.to_string()));
    for domain in domains {
        let mut cells = vec![Cell::from(domain.posture.domain.to_string()), policy(domain).into()];
        cells.extend(GROUPS.iter().map(|group| {
            let status = domain.status_of(group.areas);
            Cell::from(word(status)).tone(tone(status))
        }));
        cells.push(first(domain).into());
        table.row(cells);
    }
    table.write(out, screen.columns, screen.paint)?;
    let more = "`--full` shows the records and findings of each, and `whosends check DOMAIN` those of one";
    writeln!(out, "\n{}\n{}\n", answer.sums(), screen.paint.tone(Tone::Dim, more))
}

/// The policy that applies.
fn policy(domain: &Domain) -> String {
    let view = &domain.posture.dmarc;
    match (view.effective(), view.has_policy()) {
        (Some(policy), _) => policy.to_string(),
        (None, Some(false)) => "no record".to_owned(),
        (None, Some(true)) => "no policy".to_owned(),
        (None, None) => "not known".to_owned(),
    }
}

/// The worst finding, and how many others are as bad.
fn first(domain: &Domain) -> String {
    let findings = domain.worst_first();
    let Some(worst) = findings.first().filter(|worst| Status::of(worst) != Status::Fine) else {
        return String::new();
    };
    let alike = findings.iter().filter(|one| Status::of(one) == Status::of(worst)).count();
    match alike - 1 {
        0 => worst.check.id().to_owned(),
        more => format!("{} +{more}", worst.check.id()),
    }
}

const CSV: [&str; 19] = [
    "domain",
    "status",
    "exists",
    "errors",
    "warnings",
    "hints",
    "undecided",
    "effective_policy",
    "spf",
    "dmarc",
    "dkim",
    "mx",
    "tls",
    "zone",
    "spf_record",
    "dmarc_record",
    "dmarc_location",
    "dkim_keys",
    "findings",
];

impl Csv for Answer<'_> {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &CSV)?;
        self.domains.iter().try_for_each(|domain| line(domain, out))
    }
}

fn line(domain: &Domain, out: &mut dyn Write) -> io::Result<()> {
    let posture = &domain.posture;
    let number = |number: usize| csv::Cell::Number(number as i128);
    let name = posture.domain.to_string();
    let exists = posture.exists.map(|exists| if exists { "yes" } else { "no" });
    let effective = posture.dmarc.effective().map(|policy| policy.to_string());
    let record = posture.dmarc.record();
    let applied = posture.dmarc.discovery.policy.as_ref();
    let location = applied.map(|applied| format!("_dmarc.{}", applied.published.domain));
    let keys = posture.dkim.iter().filter(|view| matches!(view.state, KeyState::Found(..))).count();
    let findings: Vec<_> = domain
        .worst_first()
        .into_iter()
        .filter(|finding| Status::of(finding) != Status::Fine)
        .map(|finding| finding.check.id())
        .collect();
    let findings = findings.join(" ");
    let mut cells = vec![csv::Cell::Text(&name), csv::Cell::Text(domain.status().as_str())];
    cells.push(csv::Cell::text(exists));
    cells.extend([Severity::Error, Severity::Warning, Severity::Info].map(|one| number(domain.count(one))));
    cells.extend([number(domain.undecided()), csv::Cell::text(effective.as_deref())]);
    cells.extend(GROUPS.iter().map(|group| csv::Cell::Text(domain.status_of(group.areas).as_str())));
    cells.extend([posture.spf.record(), record.as_deref(), location.as_deref()].map(csv::Cell::text));
    cells.extend([number(keys), csv::Cell::Text(&findings)]);
    csv::row(out, &cells)
}
