//! One report.

use super::super::{FIRST, Random};
use super::text::Text;
use super::world::{
    self, DOMAINS, Domain, RECIPIENTS, REPORTERS, Reporter, SENDERS, SMALL_HOSTS, Sender, Style,
};
use super::{MESSAGES, drawn, one_of};

/// Days that reports are about.
const DAYS: u64 = 90;
/// Bytes of text that are handed over at once.
const PIECE: usize = 64 * 1024;

/// What a report is about, before its records.
pub(crate) struct Report {
    random: Random,
    number: u64,
    pub(super) reporter: &'static Reporter,
    small_host: Option<u64>,
    domain: usize,
    begin: i64,
    records: u64,
}

/// What a report adds up to.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Sums {
    pub(crate) reports: u64,
    pub(crate) records: u64,
    pub(crate) messages: u64,
    /// Bytes of its text.
    pub(crate) text: u64,
}

impl Report {
    /// The report of that number with so many records.
    pub(crate) fn new(seed: u64, number: u64, records: u64) -> Self {
        let mut random = Random::of(seed, number, 2);
        let reporter = one_of(&mut random, &REPORTERS, |reporter| reporter.share);
        let small_host = (reporter.name == "host").then(|| random.below(SMALL_HOSTS));
        let name = one_of(&mut random, &DOMAINS, |domain| domain.share).name;
        let domain = DOMAINS.iter().position(|domain| domain.name == name).unwrap_or(0);
        let begin = FIRST + random.below(DAYS) as i64 * 86_400;
        Self { random, number, reporter, small_host, domain, begin, records }
    }

    pub(super) const fn domain(&self) -> &'static Domain {
        &DOMAINS[self.domain]
    }

    /// The reporter's name, and its host.
    pub(super) fn names(&self) -> (String, String) {
        let Reporter { name, host, .. } = *self.reporter;
        match self.small_host {
            Some(number) => (format!("{name}{number}.example"), format!("{name}{number}.example")),
            None => (name.to_owned(), host.to_owned()),
        }
    }

    /// The name of the file that holds it, without an ending.
    pub(super) fn file_name(&self) -> String {
        format!("{}!{}!{}!{}", self.names().1, self.domain().name, self.begin, self.begin + 86_399)
    }

    pub(super) fn report_id(&self) -> String {
        format!("{:08x}.{}", self.number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff, self.number)
    }

    /// Hands its text over in pieces.
    pub(crate) fn write(mut self, piece: &mut dyn FnMut(&str)) -> Sums {
        let style = self.reporter.style;
        let mut text = Text::new(style);
        let mut sums = Sums { reports: 1, records: self.records, ..Sums::default() };
        text.open("feedback", style.attributes);
        self.header(&mut text);
        let mut hand_over = |part: String| {
            sums.text += part.len() as u64;
            piece(&part);
        };
        for _ in 0..self.records {
            sums.messages += self.record(&mut text);
            if text.len() > PIECE {
                hand_over(text.take());
            }
        }
        text.close("feedback");
        hand_over(text.finish());
        sums
    }

    fn header(&self, text: &mut Text) {
        let (name, host) = self.names();
        let Domain { name: domain, policy, .. } = *self.domain();
        if self.reporter.style.has_version {
            text.value("version", "1.0");
        }
        text.element("report_metadata", "", |text| {
            text.value("org_name", name);
            text.value("email", format_args!("noreply-dmarc@{host}"));
            text.value("report_id", self.report_id());
            text.element("date_range", "", |text| {
                text.value("begin", self.begin);
                text.value("end", self.begin + 86_399);
            });
        });
        text.element("policy_published", "", |text| {
            text.value("domain", domain);
            text.value("adkim", "r");
            text.value("aspf", "r");
            text.value("p", policy);
            text.value("sp", policy);
            text.value("pct", 100);
        });
    }

    /// Writes a record, and says how many messages it counts.
    fn record(&mut self, text: &mut Text) -> u64 {
        let made = Made::new(&mut self.random, self.domain, self.reporter.style);
        made.write(text, self.reporter.style);
        made.count
    }
}

/// A record before it is written.
struct Made {
    address: std::net::IpAddr,
    count: u64,
    disposition: &'static str,
    /// Why the policy was not followed.
    reason: Option<&'static str>,
    /// Whether an aligned signature is good, and an aligned envelope.
    dkim: bool,
    spf: bool,
    header_from: String,
    envelope_from: String,
    envelope_to: Option<String>,
    /// The owner's selector, and what its signature came to.
    signature: Option<(String, &'static str)>,
    signer: Option<(&'static str, &'static str)>,
    spf_result: &'static str,
}

impl Made {
    fn new(random: &mut Random, domain: usize, style: Style) -> Self {
        let Domain { name, policy, .. } = DOMAINS[domain];
        let mut at = random.below(SENDERS.iter().map(|sender| sender.share).sum());
        let fits = SENDERS.iter().position(|sender| match at.checked_sub(sender.share) {
            Some(left) => {
                at = left;
                false
            }
            None => true,
        });
        let number = fits.unwrap_or(0);
        let Sender { signer, keys, envelope, signs, spf, .. } = SENDERS[number];
        let signature = (keys > 0 && (signs > 0 || random.below(3) == 0)).then(|| {
            let result = if random.below(100) < signs { "pass" } else { "fail" };
            (format!("s{number}k{}", random.below(keys)), result)
        });
        let spf_passes = random.below(100) < spf;
        let subdomain = random.below(12) == 0;
        let (dkim, spf) = (matches!(signature, Some((_, "pass"))), spf_passes && envelope.is_none());
        let (disposition, reason) = match (dkim || spf, policy, random.below(10)) {
            (true, ..) | (_, "none", _) => ("none", None),
            (false, _, 0) => ("none", Some("local_policy")),
            (false, policy, _) => (policy, None),
        };
        Self {
            address: world::address(random, number, domain),
            count: drawn(random, &MESSAGES),
            disposition,
            reason,
            dkim,
            spf,
            header_from: if subdomain { format!("news.{name}") } else { name.to_owned() },
            envelope_from: envelope.unwrap_or(name).to_owned(),
            envelope_to: style
                .has_envelope_to
                .then(|| format!("recipient{}.example", random.below(RECIPIENTS))),
            signature,
            signer,
            spf_result: if spf_passes {
                "pass"
            } else {
                ["fail", "softfail", "none"][random.below(3) as usize]
            },
        }
    }

    fn write(&self, text: &mut Text, style: Style) {
        let verdict = |passes| if passes { "pass" } else { "fail" };
        text.element("record", "", |text| {
            text.element("row", "", |text| {
                text.value("source_ip", self.address);
                text.value("count", self.count);
                text.element("policy_evaluated", "", |text| {
                    text.value("disposition", self.disposition);
                    text.value("dkim", verdict(self.dkim));
                    text.value("spf", verdict(self.spf));
                    if let Some(reason) = self.reason {
                        text.element("reason", "", |text| text.value("type", reason));
                    }
                });
            });
            text.element("identifiers", "", |text| {
                if let Some(to) = &self.envelope_to {
                    text.value("envelope_to", to);
                }
                if style.has_envelope_from {
                    text.value("envelope_from", &self.envelope_from);
                }
                text.value("header_from", &self.header_from);
            });
            text.element("auth_results", "", |text| self.results(text, style));
        });
    }

    fn results(&self, text: &mut Text, style: Style) {
        let mut dkim = |domain: &str, selector: &str, result: &str| {
            text.element("dkim", "", |text| {
                text.value("domain", domain);
                if style.selector_first {
                    text.value("selector", selector);
                }
                text.value("result", result);
                if !style.selector_first {
                    text.value("selector", selector);
                }
            });
        };
        if let Some((selector, result)) = &self.signature {
            dkim(&self.header_from, selector, result);
        }
        if let Some((domain, selector)) = self.signer {
            dkim(domain, selector, "pass");
        }
        text.element("spf", "", |text| {
            text.value("domain", &self.envelope_from);
            if style.has_scope {
                text.value("scope", "mfrom");
            }
            text.value("result", self.spf_result);
        });
    }
}
