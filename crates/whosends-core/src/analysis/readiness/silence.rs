//! Whether a domain sends at all. That it does not is a finding with a proof, never the mere lack of mail that passes:
//! an owner whose own server is not set up yet looks just like one who sends nothing, until somebody looks closer.

use crate::model::words::Verdict;
use crate::model::{Combination, Name};
use crate::senders::{Advice, Class, Decision, SourceKey};

use super::coverage::Coverage;
use super::currency::Currency;
use super::gates::{GateState, Thresholds};
use super::situation::ScoredSource;
use crate::analysis::organisation::organisation;

/// From how many messages a source that nobody explains may be the owner's.
const MESSAGES: u64 = 50;
/// From how many days on.
const DAYS: u32 = 7;
/// From how many days on a source that the owner's SPF record refuses may be a server that the record forgets: half of
/// a month.
const STEADY_DAYS: u32 = 15;
/// The most addresses of such a server.
const STEADY_ADDRESSES: usize = 3;

/// What the database knows of a domain's mail, whenever it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ever {
    /// Messages that passed for the domain, by DKIM or SPF.
    pub passed: u64,
    /// Messages with a signature in the owner's name, whatever became of it.
    pub signed: u64,
}

impl Ever {
    /// Adds messages of a combination. The order of adding does not matter.
    pub fn add(&mut self, domain: &Name, combination: &Combination, messages: u64) {
        let own = organisation(domain);
        let mut signers = combination.auth_dkim.iter().filter_map(|signature| signature.domain.as_ref());
        let signs = signers.any(|name| organisation(name) == own);
        let count = |sum: &mut u64, counts: bool| {
            *sum = sum.saturating_add(if counts { messages } else { 0 });
        };
        count(&mut self.passed, passes(combination));
        count(&mut self.signed, signs);
    }

    /// Whether nothing was ever seen that only an owner's mail has.
    #[must_use]
    pub const fn shows_nothing(self) -> bool {
        self.passed == 0 && self.signed == 0
    }
}

/// Whether a combination passes for its author domain, by the reporter's word.
pub(super) fn passes(combination: &Combination) -> bool {
    [&combination.dkim, &combination.spf].into_iter().any(|verdict| *verdict == Some(Verdict::Pass))
}

/// What DNS says about whether a domain sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DnsSilence {
    /// Nobody asked.
    #[default]
    Unasked,
    /// It was asked, and did not answer enough.
    Unanswered,
    /// It takes mail, SPF passes somebody, or there is a key.
    SpeaksAgainst,
    /// Nothing there speaks for mail.
    Quiet {
        /// Whether SPF says that nobody sends: `v=spf1 -all`.
        refuses_all: bool,
        /// Whether a null MX beside it declares that the domain has no mail at all (RFC 7505).
        declared: bool,
    },
}

/// What proves that a domain sends no mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A null MX and `v=spf1 -all` in DNS say so, and no report says otherwise.
    Declared,
    /// Reports of enough days and reporters show nothing of the owner's; DNS was asked and does not speak against it,
    /// or was not asked.
    Reports {
        /// Whether DNS was asked.
        dns_asked: bool,
    },
}

/// A source whose failing mail may be the owner's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The source.
    pub source: SourceKey,
    /// Its messages of the quarter.
    pub messages: u64,
    /// The days of the month with mail from it.
    pub days: u32,
    /// What to set up first.
    pub advice: Advice,
}

/// What is known of the mail that is a domain's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnMail {
    /// There is some that passes, or that the owner says is theirs.
    Passes,
    /// Nothing passes so far, and nothing proves that there is none. The sources may be the owner's, the largest first.
    NothingPasses(Vec<Suspect>),
    /// There is none.
    None(Proof),
}

impl OwnMail {
    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::NothingPasses(_) => "nothing_passes",
            Self::None(_) => "none",
        }
    }

    /// What proves that there is none.
    #[must_use]
    pub const fn proof(&self) -> Option<Proof> {
        match self {
            Self::None(proof) => Some(*proof),
            Self::Passes | Self::NothingPasses(_) => None,
        }
    }
}

/// What a domain's silence is judged by.
pub(super) struct Silence<'a> {
    /// What the database ever knew.
    pub(super) ever: Ever,
    /// Messages of the quarter that passed.
    pub(super) passed: u64,
    /// The sources of all mail of the domain and of those below it.
    pub(super) sources: &'a [ScoredSource<'a>],
    /// How well the domain is covered.
    pub(super) coverage: &'a Coverage,
    /// Whether the owner, or DNS, names anybody who sends.
    pub(super) is_expected: bool,
    /// What DNS says.
    pub(super) dns: DnsSilence,
    /// How old the data is.
    pub(super) currency: Currency,
    /// What to do about a source.
    pub(super) advise: &'a dyn Fn(&ScoredSource<'_>) -> Advice,
}

impl Silence<'_> {
    /// What is known of the domain's own mail, by what a step needs.
    pub(super) fn own_mail(&self, needs: &Thresholds) -> OwnMail {
        if self.passed > 0 {
            return OwnMail::Passes;
        }
        let suspects = self.suspects();
        let is_covered = needs.data_gates(self.coverage).iter().all(|gate| gate.state == GateState::Holds);
        let is_clean = self.ever.shows_nothing() && suspects.is_empty() && !self.is_expected;
        match self.dns {
            // What proved it once proves nothing today.
            _ if self.currency.is_outdated() => OwnMail::NothingPasses(suspects),
            DnsSilence::Quiet { declared: true, .. } if is_clean => OwnMail::None(Proof::Declared),
            DnsSilence::Quiet { .. } if is_clean && is_covered => {
                OwnMail::None(Proof::Reports { dns_asked: true })
            }
            DnsSilence::Unasked if is_clean && is_covered => {
                OwnMail::None(Proof::Reports { dns_asked: false })
            }
            _ => OwnMail::NothingPasses(suspects),
        }
    }

    /// The sources whose failing mail may be the owner's, and of which the owner has not said that it is not. That SPF
    /// refuses everybody explains no steady source: the record may be the mistake. A null MX beside it declares that
    /// it is none (RFC 7505).
    fn suspects(&self) -> Vec<Suspect> {
        let declared = matches!(self.dns, DnsSilence::Quiet { declared: true, .. });
        let mut suspects: Vec<_> = self
            .sources
            .iter()
            .filter(|source| matches!(source.judgement.decision, None | Some(Decision::Authorised)))
            .filter(|source| is_unexplained(source) || (!declared && is_steady(source)))
            .map(|source| Suspect {
                source: source.source.clone(),
                messages: source.traffic.quarter.all(),
                days: source.traffic.recent_days(),
                advice: (self.advise)(source),
            })
            .collect();
        suspects.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.source.cmp(&b.source)));
        suspects
    }
}

/// A source that is known to be the owner's, or of mail that nobody placed, or that passes on mail which somebody must
/// have sent first.
fn is_unexplained(source: &ScoredSource<'_>) -> bool {
    let quarter = &source.traffic.quarter;
    let doubtful = quarter.of(Class::Unknown).saturating_add(quarter.of(Class::Forwarder));
    quarter.of(Class::Misaligned) > 0 || doubtful >= MESSAGES || source.traffic.doubtful_days() >= DAYS
}

/// A source whose mail the owner's SPF record refuses, day for day from the same few addresses: an own server may look
/// like that.
pub(super) fn is_steady(source: &ScoredSource<'_>) -> bool {
    let traffic = source.traffic;
    traffic.quarter.of(Class::Unauthorised) >= MESSAGES
        && traffic.recent_days() >= STEADY_DAYS
        && traffic.addresses() <= STEADY_ADDRESSES
}
