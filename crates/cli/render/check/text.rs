//! The same for people: what stands in DNS, then what is wrong with it, the worst first.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;
use whosends_core::analysis::selectors::Used;
use whosends_core::dns::check::{
    AdvisedRecord, Check, DkimView, Finding, KeyState, MxView, Posture, Severity,
};
use whosends_core::dns::record::dkim::{KeyKind, PublicKey};
use whosends_core::dns::spf::{MOST_LOOKUPS, MOST_VOID_LOOKUPS, State};

use super::many::{self, MANY};
use super::{Answer, Domain, Status};
use crate::render::answer::{Screen, Show};
use crate::render::number::{count, grouped, percent};
use crate::render::paint::{Paint, Tone};
use crate::render::printable::printable;

/// The columns before what is said of an area.
const AREA: usize = 18;
/// The columns before what is said of a finding.
const FINDING: usize = 11;
/// The longest string of a TXT record (RFC 1035 section 3.3).
const LONGEST_STRING: usize = 255;

/// What is shown together.
pub(super) struct Group {
    title: &'static str,
    /// The title in capitals, as a column has it.
    pub(super) column: &'static str,
    /// The areas of its findings.
    pub(super) areas: &'static [&'static str],
    /// What stands in DNS.
    lines: fn(&Domain) -> Vec<String>,
}

pub(super) const GROUPS: [Group; 6] = [
    Group { title: "SPF", column: "SPF", areas: &["spf"], lines: spf },
    Group { title: "DMARC", column: "DMARC", areas: &["dmarc"], lines: dmarc },
    Group { title: "DKIM", column: "DKIM", areas: &["dkim"], lines: dkim },
    Group { title: "MX", column: "MX", areas: &["mx"], lines: mx },
    Group { title: "TLS", column: "TLS", areas: &["mta-sts", "tls-rpt", "dane"], lines: tls },
    Group {
        title: "Zone",
        column: "ZONE",
        areas: &["domain", "ns", "soa", "dnssec", "wildcard", "bimi", "parked"],
        lines: zone,
    },
];

impl Show for Answer<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        if self.domains.len() > MANY && !screen.extent.all {
            many::table(self, out, screen)?;
            return self.asked.text(out, screen.paint);
        }
        let Screen { columns: screen, paint, .. } = screen;
        for domain in &self.domains {
            domain.text(out, screen, paint)?;
            writeln!(out)?;
        }
        if self.domains.len() > 1 {
            writeln!(out, "{}", self.sums())?;
        }
        self.asked.text(out, paint)
    }
}

impl Answer<'_> {
    /// How many domains there are of each state.
    pub(super) fn sums(&self) -> String {
        let with = |status| self.domains.iter().filter(|domain| domain.status() == status).count();
        format!(
            "{} domains: {} with errors, {} with warnings, {} not decided, {} in order",
            self.domains.len(),
            with(Status::Error),
            with(Status::Warning),
            with(Status::Undecided),
            with(Status::Fine),
        )
    }
}

impl Domain {
    fn text(&self, out: &mut dyn Write, screen: usize, paint: Paint) -> io::Result<()> {
        let name = printable(&self.posture.domain.to_string()).into_owned();
        writeln!(out, "{}   {}\n", paint.tone(Tone::Head, &name), self.verdict(paint))?;
        for Group { title, areas, lines, .. } in GROUPS {
            let status = self.status_of(areas);
            let word = paint.tone(tone(status), &format!("{:8}", word(status)));
            let mut head = format!("{title:6}  {word}  ");
            for line in lines(self) {
                for part in wrapped(&line, screen.saturating_sub(AREA)) {
                    writeln!(out, "{head}{}", printable(&part))?;
                    head = " ".repeat(AREA);
                }
            }
        }
        self.worst_first().into_iter().try_for_each(|one| finding(one, out, screen, paint))
    }

    /// The state, and how much there is to say.
    fn verdict(&self, paint: Paint) -> String {
        let status = self.status();
        let mut parts = Vec::new();
        let severities = [
            (Severity::Error, "error", "errors"),
            (Severity::Warning, "warning", "warnings"),
            (Severity::Info, "hint", "hints"),
        ];
        for (severity, one, many) in severities {
            match self.count(severity) as u64 {
                0 => {}
                number => parts.push(count(number, one, many)),
            }
        }
        if self.undecided() > 0 {
            parts.push(format!("{} not decided", self.undecided()));
        }
        if parts.is_empty() {
            parts.push("nothing to say".to_owned());
        }
        format!("{}  {}", paint.tone(tone(status), word(status)), parts.join(", "))
    }
}

/// One finding: what is the case, what shows it, what to do, and the records to publish.
fn finding(finding: &Finding, out: &mut dyn Write, screen: usize, paint: Paint) -> io::Result<()> {
    let status = Status::of(finding);
    let (shown, tone) = match status {
        Status::Fine => ("hint", Tone::Dim),
        _ => (word(status), tone(status)),
    };
    let id = finding.check.id();
    let subject = printable(&finding.subject);
    let rfc = paint.tone(Tone::Dim, &format!("({})", finding.check.rfc()));
    let head = paint.tone(tone, &format!("{shown:9}"));
    writeln!(out, "\n{head}  {}  {subject}  {rfc}", paint.tone(Tone::Head, id))?;
    let indent = " ".repeat(FINDING);
    let mut say = |text: &str| {
        wrapped(text, screen.saturating_sub(FINDING))
            .iter()
            .try_for_each(|line| writeln!(out, "{indent}{}", printable(line)))
    };
    say(&finding.message)?;
    finding.evidence.iter().try_for_each(|line| say(&format!("· {line}")))?;
    let Some(advice) = &finding.advice else { return Ok(()) };
    if !advice.text.is_empty() {
        say(&format!("→ {}", advice.text))?;
    }
    // A record is never broken over lines: it is there to be copied.
    advice.records.iter().try_for_each(|record| {
        writeln!(out, "{indent}{}", paint.tone(Tone::Hint, &printable(&zone_line(record))))
    })
}

/// A record as a zone file has it.
pub(in crate::render) fn zone_line(record: &AdvisedRecord) -> String {
    let owner = format!("{}.", record.owner.trim_end_matches('.'));
    if record.kind != "TXT" {
        return format!("{owner} {} {}", record.kind, record.value);
    }
    let letters: Vec<char> = record.value.chars().collect();
    let strings = letters.chunks(LONGEST_STRING).map(|part| {
        let part: String = part.iter().collect();
        format!("\"{}\"", part.replace('"', "\\\""))
    });
    format!("{owner} TXT {}", strings.collect::<Vec<_>>().join(" "))
}

pub(super) const fn tone(status: Status) -> Tone {
    match status {
        Status::Fine => Tone::Good,
        Status::Undecided | Status::Warning => Tone::Warn,
        Status::Error => Tone::Bad,
    }
}

pub(super) const fn word(status: Status) -> &'static str {
    match status {
        Status::Undecided => "unknown",
        Status::Fine | Status::Warning | Status::Error => status.as_str(),
    }
}

fn spf(domain: &Domain) -> Vec<String> {
    let posture = &domain.posture;
    let view = &posture.spf;
    if let State::Failed(failure) = view.tree.state {
        return vec![format!("not decided: {failure}")];
    }
    let mut lines = records(&view.records, "no record");
    if view.record().is_some() {
        let (lookups, void) = (view.tree.lookups(), view.tree.void_lookups());
        lines.push(format!("lookups {lookups} of {MOST_LOOKUPS}, void {void} of {MOST_VOID_LOOKUPS}"));
    }
    lines
}

fn dmarc(domain: &Domain) -> Vec<String> {
    let posture = &domain.posture;
    let view = &posture.dmarc;
    if let Some((domain, failure)) = &view.discovery.undecided {
        let mut lines = view.records.clone();
        lines.push(format!("not decided: _dmarc.{domain}: {failure}"));
        return lines;
    }
    let Some(applied) = &view.discovery.policy else { return records(&view.records, "no record") };
    let mut lines = records(&view.record().into_iter().collect::<Vec<_>>(), "no record");
    let effective = view.effective().map_or_else(|| "no policy".to_owned(), |policy| policy.to_string());
    lines.push(format!("{effective}, from _dmarc.{}", applied.published.domain));
    lines
}

fn dkim(domain: &Domain) -> Vec<String> {
    let posture = &domain.posture;
    let mut lines: Vec<_> = posture.dkim.iter().map(|view| key(view) + &used(domain, view)).collect();
    let unanswered = posture.guesses.unanswered as u64;
    if lines.is_empty() {
        lines.push(if is_open(posture, Check::DkimDnsError) {
            "not known: no selector could be tried".to_owned()
        } else {
            "no key found by the names that were tried".to_owned()
        });
    }
    if unanswered > 0 {
        let names = count(unanswered, "common selector", "common selectors");
        lines.push(format!("{names} not known: DNS did not answer for them"));
    }
    lines
}

/// What reports saw of a selector, to stand behind its key. Where they saw mail of other selectors, a key that
/// nobody used is one that could go.
fn used(domain: &Domain, view: &DkimView) -> String {
    match domain.used(&view.selector.name) {
        Some(used) => seen(used),
        None if !domain.seen.is_empty() && matches!(view.state, KeyState::Found(..)) => {
            "; not used in 90 days of reports".to_owned()
        }
        None => String::new(),
    }
}

fn seen(used: Used) -> String {
    let passed = percent(used.passed, used.messages);
    let messages = match used.messages {
        1 => "1 message".to_owned(),
        number => format!("{} messages", grouped(number)),
    };
    let last = used.last.map_or_else(String::new, |day| format!(", last {day}"));
    format!("; in reports: {messages}, {passed} passed{last}")
}

fn key(view: &DkimView) -> String {
    let what = match &view.state {
        KeyState::Found(_, key) => match (&key.kind, &key.key) {
            (_, PublicKey::Rsa { bits, .. }) => format!("rsa, {bits} bits"),
            (_, PublicKey::Ed25519 { .. }) => "ed25519".to_owned(),
            (_, PublicKey::Revoked) => "revoked".to_owned(),
            (KeyKind::Unknown(word), _) => format!("a key of the unknown type {word}"),
            _ => "no key that can be read".to_owned(),
        },
        KeyState::Several(records) => format!("{} records", records.len()),
        KeyState::Wildcard => "nothing but a wildcard".to_owned(),
        KeyState::NotFound => "not found".to_owned(),
        KeyState::Failed(failure) => format!("not decided: {failure}"),
    };
    match &view.alias {
        Some(alias) => format!("{}: {what}, at {alias}", view.selector.name),
        None => format!("{}: {what}", view.selector.name),
    }
}

fn mx(domain: &Domain) -> Vec<String> {
    let posture = &domain.posture;
    match &*posture.mx {
        [] if is_open(posture, Check::MxDnsError) => vec!["not known".to_owned()],
        [] => vec!["no mail host".to_owned()],
        [only] if only.exchange.is_root() => vec!["takes no mail".to_owned()],
        hosts => hosts.iter().map(host).collect(),
    }
}

fn host(host: &MxView) -> String {
    let line = format!("{} {}", host.preference, host.exchange);
    if host.knows_addresses() { line } else { format!("{line}: addresses not known") }
}

/// Whether DNS did not answer what a check had to know.
fn is_open(posture: &Posture, check: Check) -> bool {
    posture.findings.iter().any(|finding| finding.check == check && finding.is_open())
}

fn tls(domain: &Domain) -> Vec<String> {
    let posture = &domain.posture;
    let view = &posture.transport;
    let mode = view.policy.as_ref().and_then(|policy| policy.mode).map(|mode| mode.as_str());
    let mta_sts = match (view.mta_sts.as_deref(), mode) {
        (None, _) => "MTA-STS not known",
        (Some([]), _) => "no MTA-STS",
        (_, Some(mode)) => &format!("MTA-STS {mode}"),
        (_, None) => "MTA-STS announced",
    };
    let tls_rpt = match view.tls_rpt.as_deref() {
        None => "TLS-RPT not known",
        Some([]) => "no TLS-RPT",
        Some(_) => "TLS-RPT",
    };
    let with_tlsa = posture.mx.iter().filter(|host| !host.tlsa.is_empty()).count();
    let dane = match with_tlsa {
        0 if is_open(posture, Check::DaneDnsError) => "DANE not known".to_owned(),
        0 => "no DANE".to_owned(),
        number => format!("DANE at {number} of {}", count(posture.mx.len() as u64, "host", "hosts")),
    };
    vec![format!("{mta_sts}, {tls_rpt}, {dane}")]
}

fn zone(domain: &Domain) -> Vec<String> {
    let posture = &domain.posture;
    let exists = match posture.exists {
        Some(true) => "the domain exists",
        Some(false) => "the domain does not exist",
        None => "not known whether the domain exists",
    };
    let mut lines = vec![exists.to_owned()];
    match &posture.bimi {
        Some(records) => lines.extend(records.iter().map(|record| format!("BIMI {record}"))),
        None => lines.push("BIMI not known".to_owned()),
    }
    lines
}

fn records(found: &[String], none: &str) -> Vec<String> {
    if found.is_empty() { vec![none.to_owned()] } else { found.to_vec() }
}

/// The text in lines of at most `width` columns, broken at blanks alone.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_alone() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrapped("v=spf1 include:very.long.example -all", 8),
            ["v=spf1", "include:very.long.example", "-all"]
        );
        assert_eq!(wrapped("", 8), [""]);
    }

    #[test]
    fn a_record_can_be_copied_into_a_zone_file() {
        let record =
            |kind, value: &str| AdvisedRecord { owner: "example.com".into(), kind, value: value.into() };
        assert_eq!(zone_line(&record("TXT", "v=spf1 -all")), "example.com. TXT \"v=spf1 -all\"");
        assert_eq!(zone_line(&record("MX", "0 .")), "example.com. MX 0 .");
        let long = zone_line(&record("TXT", &"x".repeat(300)));
        assert!(long.ends_with(&format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45))), "{long}");
        assert_eq!(zone_line(&record("TXT", "a\"b")), "example.com. TXT \"a\\\"b\"");
    }
}
