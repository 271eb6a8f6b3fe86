//! What SPF says of a sender.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;
use whosends_core::dns::spf::{MOST_LOOKUPS, MOST_VOID_LOOKUPS, Verdict};

use super::answer::{Json, Screen, Show};
use super::dns::Asked;
use super::json::{self, SCHEMA};
use super::paint::Tone;
use super::printable::printable;

/// What became of a check.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Whose record was asked.
    pub(crate) domain: String,
    /// The address that sends.
    pub(crate) ip: IpAddr,
    /// The envelope sender, where it was named.
    pub(crate) from: Option<String>,
    /// The HELO name, where it was named.
    pub(crate) helo: Option<String>,
    /// The result.
    pub(crate) verdict: Verdict,
    /// The domain's own text, with a fail.
    pub(crate) explanation: Option<String>,
    /// Why it is none, temperror or permerror.
    pub(crate) problem: Option<String>,
    /// The term that matched.
    pub(crate) decided_by: Option<Step>,
    /// The terms that led to its record.
    pub(crate) through: Vec<Step>,
    /// The domain's record.
    pub(crate) record: Option<String>,
    /// Terms that asked DNS.
    pub(crate) lookups: u32,
    /// Those that found nothing.
    pub(crate) void_lookups: u32,
    /// What it cost.
    pub(crate) asked: Asked,
}

/// A term, and the domain in whose record it is.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    /// The domain.
    pub(crate) domain: String,
    /// The term.
    pub(crate) term: String,
}

impl Step {
    /// Whether it hands the question on.
    pub(crate) fn is_redirect(&self) -> bool {
        self.term.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("redirect="))
    }
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    domain: &'a str,
    ip: IpAddr,
    from: Option<&'a str>,
    helo: Option<&'a str>,
    result: &'static str,
    explanation: Option<&'a str>,
    problem: Option<&'a str>,
    decided_by: Option<&'a Step>,
    through: &'a [Step],
    record: Option<&'a str>,
    lookups: u32,
    void_lookups: u32,
    #[serde(flatten)]
    asked: &'a Asked,
}

impl Json for Checked {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        json::pretty(
            out,
            &Object {
                schema: SCHEMA,
                domain: &self.domain,
                ip: self.ip,
                from: self.from.as_deref(),
                helo: self.helo.as_deref(),
                result: self.verdict.as_str(),
                explanation: self.explanation.as_deref(),
                problem: self.problem.as_deref(),
                decided_by: self.decided_by.as_ref(),
                through: &self.through,
                record: self.record.as_deref(),
                lookups: self.lookups,
                void_lookups: self.void_lookups,
                asked: &self.asked,
            },
        )
    }
}

impl Show for Checked {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let paint = screen.paint;
        let verdict = paint.tone(tone(self.verdict), self.verdict.as_str());
        let domain = paint.tone(Tone::Head, &printable(&self.domain));
        writeln!(out, "{domain}   {}   {verdict}: {}\n", self.ip, meaning(self.verdict))?;
        let mut line = |title: &str, text: &str| {
            writeln!(out, "{}  {}", paint.tone(Tone::Dim, &format!("{title:8}")), printable(text))
        };
        if let Some(problem) = &self.problem {
            line("because", problem)?;
        }
        if let Some(record) = &self.record {
            line("record", record)?;
        }
        for step in &self.through {
            line("through", &format!("{}   in {}", step.term, step.domain))?;
        }
        match &self.decided_by {
            Some(step) => line("decided", &format!("{}   in {}", step.term, step.domain))?,
            None if self.problem.is_none() => line("decided", "no term matches")?,
            None => {}
        }
        if let Some(explanation) = &self.explanation {
            line("explains", explanation)?;
        }
        let (lookups, void) = (self.lookups, self.void_lookups);
        line("lookups", &format!("{lookups} of {MOST_LOOKUPS}, void {void} of {MOST_VOID_LOOKUPS}"))?;
        self.asked.text(out, paint)
    }
}

const fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Fail | Verdict::PermError => Tone::Bad,
        Verdict::SoftFail | Verdict::Neutral | Verdict::None | Verdict::TempError | Verdict::Undecided => {
            Tone::Warn
        }
    }
}

const fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "it may send as the domain",
        Verdict::Fail => "it may not send as the domain",
        Verdict::SoftFail => "it probably may not send as the domain",
        Verdict::Neutral => "the record says nothing of it",
        Verdict::None => "there is no record to tell by",
        Verdict::TempError => "not decided, as DNS did not answer",
        Verdict::PermError => "the record can't be used",
        Verdict::Undecided => "the message decides: name its sender and its HELO name",
    }
}
