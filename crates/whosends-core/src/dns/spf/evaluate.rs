//! `check_host()` (RFC 7208 section 4) as a pure function over answers.

use super::super::answer::Answer;
use super::super::answers::Inquiry;
use super::super::name::DnsName;
use super::super::query::{Query, RecordType};
use super::super::record::printable;
use super::macros::{MacroString, Place, Scope};
use super::message::{Message, checkable};
use super::net::Net;
use super::problem::{Problem, Verdict};
use super::record::{DomainSpec, Mechanism, Prefixes, SpfRecord, Term, TermBody};
use super::validated::{address_type, macro_name, validated};
use super::{MOST_LOOKUPS, MOST_NAMES, MOST_VOID_LOOKUPS, ahead, records_of};

/// Where even a check beyond the limits ends: a tree of records is cut there too.
const FAR_BEYOND: u32 = 64;

/// What came out of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The result.
    pub verdict: Verdict,
    /// The text of the domain's own explanation, with a fail only; `None` stands for the default one.
    pub explanation: Option<String>,
    /// The way to the term that decided: the `include`s and `redirect`s passed, then the term itself. Where
    /// no term matched it holds the `redirect`s alone.
    pub decided_by: Vec<Step>,
    /// Why it is none, temperror or permerror.
    pub problem: Option<Problem>,
    /// Terms evaluated that ask DNS; eleven where that broke the limit.
    pub lookups: u32,
    /// How many of those found nothing.
    pub void_lookups: u32,
}

/// A term on the way to a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whose record it is in, as spelt on the way, made printable.
    pub domain: String,
    /// The term, made printable.
    pub term: String,
}

/// Checks `message` against the record of `domain`. Returns `None` while answers are missing: they are
/// noted in `inquiry`, together with what will probably be needed next.
///
/// Lookups, void lookups and the result are decided in the order of the RFC; what is fetched ahead never
/// counts. Any text may be given as domain: what can have no record gives [`Verdict::None`].
#[must_use]
pub fn evaluate(inquiry: &Inquiry<'_>, message: &Message, domain: &[u8]) -> Option<Evaluation> {
    checked(inquiry, message, domain, Limits { lookups: MOST_LOOKUPS, void_lookups: MOST_VOID_LOOKUPS })
}

/// The same as if receivers looked on where the limits are exceeded: which term of a record that asks too often
/// would match. Only what no record ever needs is still cut.
#[must_use]
pub fn evaluate_beyond_limits(inquiry: &Inquiry<'_>, message: &Message, domain: &[u8]) -> Option<Evaluation> {
    checked(inquiry, message, domain, Limits { lookups: FAR_BEYOND, void_lookups: FAR_BEYOND })
}

/// How many terms may ask DNS, and how many of them in vain.
#[derive(Clone, Copy)]
struct Limits {
    lookups: u32,
    void_lookups: u32,
}

fn checked(inquiry: &Inquiry<'_>, message: &Message, domain: &[u8], limits: Limits) -> Option<Evaluation> {
    ahead::fetch(inquiry, message, domain);
    let mut check =
        Check { inquiry, message, limits, lookups: 0, void_lookups: 0, included: 0, open: Vec::new() };
    let outcome = check.domain(domain);
    let outcome = check.with_what_is_open(outcome);
    let (lookups, void_lookups) = (check.lookups, check.void_lookups);
    let ended = |verdict, problem| Evaluation {
        verdict,
        explanation: None,
        decided_by: Vec::new(),
        problem,
        lookups,
        void_lookups,
    };
    Some(match outcome {
        Ok(ruling) => {
            let explanation = match ruling.explanation {
                Some((spec, of)) if ruling.verdict == Verdict::Fail => check.explain(&spec, &of)?,
                _ => None,
            };
            let (decided_by, verdict) = (ruling.steps, ruling.verdict);
            Evaluation { explanation, decided_by, ..ended(verdict, None) }
        }
        Err(Stop::Missing) => return None,
        Err(Stop::NoRecord(problem)) => ended(Verdict::None, Some(problem)),
        Err(Stop::Temporary(problem)) => ended(Verdict::TempError, Some(problem)),
        Err(Stop::Permanent(problem)) => ended(Verdict::PermError, Some(problem)),
        Err(Stop::Open(problem)) => ended(Verdict::Undecided, Some(problem)),
    })
}

/// Why a check can't go on.
enum Stop {
    /// An answer is missing: later, from the start.
    Missing,
    NoRecord(Problem),
    Temporary(Problem),
    Permanent(Problem),
    /// What is not known of the message decides.
    Open(Problem),
}

/// What a record said.
struct Ruling {
    verdict: Verdict,
    steps: Vec<Step>,
    /// The `exp` of the record that decided, and that record's domain.
    explanation: Option<(DomainSpec, Vec<u8>)>,
}

struct Check<'i, 'a> {
    inquiry: &'i Inquiry<'a>,
    message: &'i Message,
    limits: Limits,
    lookups: u32,
    void_lookups: u32,
    /// How many includes lead to the record at hand.
    included: u32,
    /// Terms that may match or not, for want of what the message says, each with its result.
    open: Vec<(Verdict, Problem)>,
}

impl<'a> Check<'_, 'a> {
    /// What an outcome comes to beside terms that may match: it holds where they say the same.
    fn with_what_is_open(&mut self, outcome: Result<Ruling, Stop>) -> Result<Ruling, Stop> {
        let verdict = match &outcome {
            Ok(ruling) => Some(ruling.verdict),
            Err(Stop::Missing) => return outcome,
            Err(_) => None,
        };
        match self.open.iter().position(|(said, _)| Some(*said) != verdict) {
            Some(at) => Err(Stop::Open(self.open.swap_remove(at).1)),
            None => outcome,
        }
    }

    /// `check_host()` for one domain. It calls itself for includes and redirects, of which the limit on
    /// lookups allows ten.
    fn domain(&mut self, domain: &[u8]) -> Result<Ruling, Stop> {
        let Some(name) = checkable(domain) else {
            return Err(Stop::NoRecord(Problem::NotADomain { domain: printable(domain) }));
        };
        let answer = self.lookup(&name, RecordType::Txt)?;
        let texts = records_of(answer);
        let record = match texts.as_slice() {
            [] => return Err(Stop::NoRecord(Problem::NoRecord { domain: printable(domain) })),
            [text] => SpfRecord::parse(text),
            _ => {
                let count = texts.len();
                return Err(Stop::Permanent(Problem::SeveralRecords { domain: printable(domain), count }));
            }
        };
        let Some(record) = record else {
            return Err(Stop::NoRecord(Problem::NoRecord { domain: printable(domain) }));
        };
        if let Some(fault) = record.faults().first() {
            let term = record.shown(fault.span());
            return Err(Stop::Permanent(Problem::Syntax {
                domain: printable(domain),
                term,
                fault: fault.kind(),
            }));
        }
        self.record(&record, domain)
    }

    fn record(&mut self, record: &SpfRecord, domain: &[u8]) -> Result<Ruling, Stop> {
        for term in record.terms() {
            let TermBody::Directive(qualifier, mechanism) = &term.body else { continue };
            let step = step(record, term, domain);
            if mechanism.domain_spec().is_some_and(|spec| !self.message.tells(&spec.0)) {
                self.leave_open((*qualifier).into(), mechanism, &step)?;
                continue;
            }
            if let Some(inner) = self.matches(mechanism, &step, domain)? {
                let mut steps = vec![step];
                steps.extend(inner);
                let explanation = record.explanation().map(|spec| (spec.clone(), domain.to_vec()));
                return Ok(Ruling { verdict: (*qualifier).into(), steps, explanation });
            }
        }
        let Some((term, target)) = record.redirect() else {
            return Ok(Ruling { verdict: Verdict::Neutral, steps: Vec::new(), explanation: None });
        };
        let step = step(record, term, domain);
        self.count()?;
        if !self.message.tells(&target.0) {
            return Err(Stop::Open(message_decides(&step)));
        }
        let target = self.target(target, domain)?;
        let mut ruling = self.domain(&target).map_err(|stop| without_record(stop, &step))?;
        ruling.steps.insert(0, step);
        Ok(ruling)
    }

    /// Goes on behind a term of which nobody knows whether it matches. Where it may also end the check in another way
    /// nothing can be said.
    fn leave_open(&mut self, said: Verdict, mechanism: &Mechanism, step: &Step) -> Result<(), Stop> {
        self.count()?;
        let problem = message_decides(step);
        if self.included > 0 || !matches!(mechanism, Mechanism::Exists(_) | Mechanism::A(..)) {
            return Err(Stop::Open(problem));
        }
        self.open.push((said, problem));
        Ok(())
    }

    /// Whether a mechanism matches; the steps are those inside the record that it includes.
    fn matches(
        &mut self,
        mechanism: &Mechanism,
        step: &Step,
        domain: &[u8],
    ) -> Result<Option<Vec<Step>>, Stop> {
        if mechanism.is_counted() {
            self.count()?;
        }
        let matched = match mechanism {
            Mechanism::All => true,
            Mechanism::Range(net) => net.contains(self.message.ip()),
            Mechanism::Include(target) => {
                let target = self.target(target, domain)?;
                self.included += 1;
                let ruling = self.domain(&target).map_err(|stop| without_record(stop, step))?;
                self.included -= 1;
                return Ok((ruling.verdict == Verdict::Pass).then_some(ruling.steps));
            }
            Mechanism::A(target, prefixes) => match self.host(target.as_ref(), domain)? {
                Some(host) => {
                    let answer = self.counted(&host, address_type(self.message.ip()))?;
                    self.has_sender(answer, *prefixes)
                }
                None => false,
            },
            Mechanism::Mx(target, prefixes) => match self.host(target.as_ref(), domain)? {
                Some(host) => self.mx(&host, *prefixes)?,
                None => false,
            },
            Mechanism::Exists(target) => match self.host(Some(target), domain)? {
                Some(host) => !self.counted(&host, RecordType::A)?.is_absent(),
                None => false,
            },
            Mechanism::Ptr(target) => match self.host(target.as_ref(), domain)? {
                Some(host) => self.ptr(&host)?,
                None => false,
            },
        };
        Ok(matched.then(Vec::new))
    }

    fn mx(&mut self, host: &DnsName, prefixes: Prefixes) -> Result<bool, Stop> {
        let exchanges = self.counted(host, RecordType::Mx)?.exchanges();
        if exchanges.len() > MOST_NAMES {
            return Err(Stop::Permanent(Problem::TooManyExchanges { domain: host.to_string() }));
        }
        let kind = address_type(self.message.ip());
        for (_, exchange) in exchanges.into_iter().filter(|(_, exchange)| !exchange.is_root()) {
            if self.has_sender(self.lookup(exchange, kind)?, prefixes) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn ptr(&mut self, host: &DnsName) -> Result<bool, Stop> {
        let found = validated(self.inquiry, self.message.ip()).ok_or(Stop::Missing)?;
        if found.void {
            self.count_void()?;
        }
        Ok(found.names.iter().any(|name| name.is_within(host)))
    }

    /// Whether the sender's address is among those of an answer, as far as the prefix counts. Without any
    /// address nothing matches, even with a prefix of no bit.
    fn has_sender(&self, answer: &Answer, prefixes: Prefixes) -> bool {
        let ip = self.message.ip();
        let prefix = if ip.is_ipv4() { prefixes.v4 } else { prefixes.v6 };
        answer.addresses().any(|found| Net::new(found, prefix).is_some_and(|net| net.contains(ip)))
    }

    /// The domain that a term leads to.
    fn target(&self, spec: &DomainSpec, domain: &[u8]) -> Result<Vec<u8>, Stop> {
        let validated = self.validated_name(&spec.0, domain).ok_or(Stop::Missing)?;
        Ok(spec.target(&Scope { message: self.message, domain, validated: &validated }))
    }

    /// The name that a term asks about; `None` where it spells no name, and so nothing matches
    /// (section 4.8).
    fn host(&self, spec: Option<&DomainSpec>, domain: &[u8]) -> Result<Option<DnsName>, Stop> {
        let target = match spec {
            Some(spec) => self.target(spec, domain)?,
            None => domain.to_vec(),
        };
        Ok(DnsName::from_dotted(target).ok())
    }

    /// The validated name of the sender's address, where `text` uses it; `None` while answers are missing.
    fn validated_name(&self, text: &MacroString, domain: &[u8]) -> Option<Vec<u8>> {
        if text.uses(b"p") { macro_name(self.inquiry, self.message.ip(), domain) } else { Some(Vec::new()) }
    }

    fn count(&mut self) -> Result<(), Stop> {
        self.lookups += 1;
        if self.lookups > self.limits.lookups {
            Err(Stop::Permanent(Problem::TooManyLookups))
        } else {
            Ok(())
        }
    }

    fn count_void(&mut self) -> Result<(), Stop> {
        self.void_lookups += 1;
        let broken = self.void_lookups > self.limits.void_lookups;
        if broken { Err(Stop::Permanent(Problem::TooManyVoidLookups)) } else { Ok(()) }
    }

    /// The answer to a term's own question, which counts as void where it finds nothing. What an `mx`
    /// asks about its hosts does not: the limit is on terms (section 4.6.4).
    fn counted(&mut self, name: &DnsName, kind: RecordType) -> Result<&'a Answer, Stop> {
        let answer = self.lookup(name, kind)?;
        if answer.is_absent() {
            self.count_void()?;
        }
        Ok(answer)
    }

    fn lookup(&self, name: &DnsName, kind: RecordType) -> Result<&'a Answer, Stop> {
        let answer = self.inquiry.records(name, kind).ok_or(Stop::Missing)?;
        match answer.failure() {
            Some(failure) => {
                let query = Query::records(name.clone(), kind);
                Err(Stop::Temporary(Problem::Dns { query, failure }))
            }
            None => Ok(answer),
        }
    }

    /// The explanation of a fail: `Some(None)` where the domain has none that can be used (section 6.2),
    /// `None` while answers are missing.
    fn explain(&self, spec: &DomainSpec, domain: &[u8]) -> Option<Option<String>> {
        let validated = self.validated_name(&spec.0, domain)?;
        let target = spec.target(&Scope { message: self.message, domain, validated: &validated });
        let Ok(name) = DnsName::from_dotted(target) else { return Some(None) };
        let answer = self.inquiry.records(&name, RecordType::Txt)?;
        let mut texts = answer.texts();
        let (Some(text), None) = (texts.next(), texts.next()) else { return Some(None) };
        let Ok(text) = MacroString::parse(&text.joined(), Place::Explanation) else { return Some(None) };
        let validated = self.validated_name(&text, domain)?;
        let expanded = text.expand(&Scope { message: self.message, domain, validated: &validated });
        Some(Some(String::from_utf8_lossy(&expanded).into_owned()))
    }
}

/// What follows from a stop inside an `include` or `redirect`: a target without record is an error there.
fn without_record(stop: Stop, step: &Step) -> Stop {
    match stop {
        Stop::NoRecord(_) => Stop::Permanent(Problem::TargetWithoutRecord {
            domain: step.domain.clone(),
            term: step.term.clone(),
        }),
        stop => stop,
    }
}

fn message_decides(step: &Step) -> Problem {
    Problem::MessageDecides { domain: step.domain.clone(), term: step.term.clone() }
}

fn step(record: &SpfRecord, term: &Term, domain: &[u8]) -> Step {
    Step { domain: printable(domain), term: record.shown(term.span()) }
}
