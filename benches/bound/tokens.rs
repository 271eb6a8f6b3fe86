//! Report texts, tag by tag, by hand: every field of the header and the records, made usable, and sums.

use std::hint::black_box;
use std::iter::Sum;
use std::net::IpAddr;

use memchr::memchr;

/// What was read.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Totals {
    pub(crate) reports: u64,
    pub(crate) records: u64,
    pub(crate) messages: u64,
    /// Mails in which no report was found.
    pub(crate) unread: u64,
}

impl Sum for Totals {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            reports: sum.reports + one.reports,
            records: sum.records + one.records,
            messages: sum.messages + one.messages,
            unread: sum.unread + one.unread,
        })
    }
}

/// The element that a field stands in, as far as fields of one name differ by it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Other,
    Policy,
    Evaluated,
    Results,
    Dkim,
    Spf,
}

/// A text, and whether it holds anything that stands for something else.
#[derive(Default, Clone, Copy)]
#[expect(dead_code, reason = "a consumer would read it")]
struct Text<'t> {
    text: &'t [u8],
    is_escaped: bool,
}

/// A verdict, result or disposition.
#[derive(Default, Clone, Copy)]
enum Word {
    #[default]
    Unknown,
    Pass,
    Fail,
    SoftFail,
    Neutral,
    None,
    TempError,
    PermError,
    Policy,
    Quarantine,
    Reject,
}

/// One DKIM or SPF result.
#[derive(Default)]
struct Outcome<'t> {
    domain: Text<'t>,
    /// The selector or the scope.
    which: Text<'t>,
    result: Word,
}

/// The fields of a record.
#[derive(Default)]
struct Record<'t> {
    source: Option<IpAddr>,
    count: u64,
    disposition: Word,
    dkim: Word,
    spf: Word,
    header_from: Text<'t>,
    envelope_from: Text<'t>,
    envelope_to: Text<'t>,
    reason: Text<'t>,
    comment: Text<'t>,
    auth_dkim: Vec<Outcome<'t>>,
    auth_spf: Vec<Outcome<'t>>,
    current: Outcome<'t>,
}

impl Record<'_> {
    fn clear(&mut self) {
        let (mut auth_dkim, mut auth_spf) =
            (std::mem::take(&mut self.auth_dkim), std::mem::take(&mut self.auth_spf));
        auth_dkim.clear();
        auth_spf.clear();
        *self = Self { auth_dkim, auth_spf, ..Self::default() };
    }
}

/// The fields of a header.
#[derive(Default)]
struct Header<'t> {
    org_name: Text<'t>,
    report_id: Text<'t>,
    begin: u64,
    end: u64,
    domain: Text<'t>,
    policy: Text<'t>,
    subdomain_policy: Text<'t>,
}

/// A text with what was read of it.
#[derive(Default)]
struct Reading<'t> {
    header: Header<'t>,
    record: Record<'t>,
}

/// Reads a text, or the part of it that is at hand; says up to where it was used, which is the end of a record.
pub(crate) fn read(text: &[u8], totals: &mut Totals) -> usize {
    let (mut reading, mut within, mut used) = (Reading::default(), Within::Other, 0);
    let (mut at, mut opened) = (0, 0);
    while let Some(start) = memchr(b'<', &text[at..]) {
        let start = at + start + 1;
        let Some(len) = memchr(b'>', &text[start..]) else { break };
        let tag = &text[start..start + len];
        at = start + len + 1;
        let Some(name) = tag.strip_prefix(b"/") else {
            opened = at;
            within = open(tag, within);
            continue;
        };
        match name {
            b"record" => {
                totals.records += 1;
                totals.messages += reading.record.count;
                black_box(&reading.record);
                reading.record.clear();
                used = at;
            }
            b"feedback" => {
                totals.reports += 1;
                black_box(&reading.header);
                reading.header = Header::default();
                used = at;
            }
            _ => within = reading.close(name, text[opened..start - 1].trim_ascii(), within),
        }
    }
    used
}

/// Where what follows a tag stands.
fn open(name: &[u8], within: Within) -> Within {
    match (name, within) {
        (b"policy_published", _) => Within::Policy,
        (b"policy_evaluated", _) => Within::Evaluated,
        (b"auth_results", _) => Within::Results,
        (b"dkim", Within::Results) => Within::Dkim,
        (b"spf", Within::Results) => Within::Spf,
        _ => within,
    }
}

impl<'t> Reading<'t> {
    /// Takes an element that ends, and says where what follows stands.
    fn close(&mut self, name: &[u8], text: &'t [u8], within: Within) -> Within {
        let Self { header, record } = self;
        match (within, name) {
            (Within::Evaluated, b"disposition") => record.disposition = word(text),
            (Within::Evaluated, b"dkim") => record.dkim = word(text),
            (Within::Evaluated, b"spf") => record.spf = word(text),
            (Within::Evaluated, b"type") => record.reason = stated(text),
            (Within::Evaluated, b"comment") => record.comment = stated(text),
            (Within::Dkim, b"dkim") => {
                record.auth_dkim.push(std::mem::take(&mut record.current));
                return Within::Results;
            }
            (Within::Spf, b"spf") => {
                record.auth_spf.push(std::mem::take(&mut record.current));
                return Within::Results;
            }
            (Within::Dkim | Within::Spf, b"domain") => record.current.domain = stated(text),
            (Within::Dkim | Within::Spf, b"result") => record.current.result = word(text),
            (Within::Dkim, b"selector") | (Within::Spf, b"scope") => record.current.which = stated(text),
            (Within::Other, b"source_ip") => {
                record.source = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
            }
            (Within::Other, b"count") => record.count = number(text),
            (Within::Other, b"header_from") => record.header_from = stated(text),
            (Within::Other, b"envelope_from") => record.envelope_from = stated(text),
            (Within::Other, b"envelope_to") => record.envelope_to = stated(text),
            (Within::Other, b"org_name") => header.org_name = stated(text),
            (Within::Other, b"report_id") => header.report_id = stated(text),
            (Within::Other, b"begin") => header.begin = number(text),
            (Within::Other, b"end") => header.end = number(text),
            (Within::Policy, b"domain") => header.domain = stated(text),
            (Within::Policy, b"p") => header.policy = stated(text),
            (Within::Policy, b"sp") => header.subdomain_policy = stated(text),
            (_, b"policy_published" | b"policy_evaluated" | b"auth_results") => return Within::Other,
            _ => {}
        }
        within
    }
}

fn stated(text: &[u8]) -> Text<'_> {
    Text { text, is_escaped: memchr(b'&', text).is_some() }
}

fn word(text: &[u8]) -> Word {
    match text {
        b"pass" => Word::Pass,
        b"fail" => Word::Fail,
        b"softfail" => Word::SoftFail,
        b"neutral" => Word::Neutral,
        b"none" => Word::None,
        b"temperror" => Word::TempError,
        b"permerror" => Word::PermError,
        b"policy" => Word::Policy,
        b"quarantine" => Word::Quarantine,
        b"reject" => Word::Reject,
        _ => Word::Unknown,
    }
}

fn number(text: &[u8]) -> u64 {
    text.iter().fold(0, |sum, &digit| sum.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0'))))
}
