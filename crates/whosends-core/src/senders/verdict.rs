//! The class of a group, by the rules that need more than one record.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::model::Day;

use super::book::{AddressKey, Book, Pair, PairKey, Traffic};
use super::class::{Class, Rule};
use super::decision::Decision;
use super::evidence::Confidence;
use super::group::{Group, GroupKey, Groups};
use super::source::SourceKey;

/// What makes a group of failing mail somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SpoofSign {
    /// Its addresses use three of the owner's domains or more each, one of which never sends.
    ManyDomains,
    /// It came from many new addresses at once, in one shape.
    Wave,
    /// It uses a domain whose SPF record says that it never sends.
    SilentDomain,
    /// Four fifths of its messages or more are unauthorised one by one.
    SpokenAgainst,
}

/// What decided a group's class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupRule {
    /// The owner's word.
    Decided(Decision),
    /// Nearly all of it passes.
    Passes,
    /// It is known to send for the owner, and too much of it fails.
    Fails,
    /// Its records were passed on, or it exists to pass mail on.
    Relays,
    /// Little mail that never passes SPF, signed with several of the owner's selectors or for several of its
    /// domains: somebody's mailbox forwards it.
    FanIn,
    /// It is a recipient's own gateway.
    RecipientGateway,
    /// Failing mail with these signs against it.
    Spoofing(BTreeSet<SpoofSign>),
    /// Nothing decides it.
    Undecided,
}

#[cfg(feature = "store")]
crate::model::stored::stored!(enum SpoofSign { 0 => ManyDomains, 1 => Wave, 2 => SilentDomain, 3 => SpokenAgainst });
#[cfg(feature = "store")]
crate::model::stored::stored!(enum GroupRule {
    0 => Decided(word),
    1 => Passes,
    2 => Fails,
    3 => Relays,
    4 => FanIn,
    5 => RecipientGateway,
    6 => Spoofing(signs),
    7 => Undecided,
});

impl GroupRule {
    /// Whether it settles the class of records that nothing else decides.
    const fn settles(&self) -> bool {
        matches!(self, Self::FanIn | Self::RecipientGateway | Self::Spoofing(_))
    }

    const fn is_of_strangers(&self) -> bool {
        matches!(self, Self::Spoofing(_))
    }
}

/// What a group is to the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupJudgement {
    /// Its class.
    pub class: Class,
    /// What decided it.
    pub rule: GroupRule,
    /// How sure the class is.
    pub confidence: Confidence,
    /// Whether the owner, its DNS, or ninety days of aligned mail confirm the source.
    pub confirmed: bool,
    /// Whether a part of it fails although most of it passes.
    pub leaks: bool,
    /// What the owner decided about it.
    pub decision: Option<Decision>,
    /// Whether the owner wants it left out.
    pub ignored: bool,
    /// Whether it is too little to be more than a trace.
    pub trace: bool,
    /// The rule that settles what nothing else decides of its records.
    settling: Option<(GroupRule, Confidence)>,
}

/// The class of the records of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    class: Class,
    /// Whether they may be a signature that was replayed, on some days.
    replayed: bool,
}

/// Shares in thousandths, so that no rounding decides a rule.
const ALIGNED: u64 = 980;
const LEAKING: u64 = 900;
const FAILING: u64 = 20;
const MOSTLY: u64 = 800;
const SPOOFED: u64 = 950;
/// The failing messages that make a confirmed source one to put right.
const FAILING_MESSAGES: u64 = 10;
/// Fewer messages are a trace.
const TRACE: u64 = 5;
/// The domains of the owner that make failing mail a campaign.
const MANY_DOMAINS: usize = 3;
/// The most a day that a forwarding mailbox gets.
const FAN_IN_A_DAY: u64 = 50;

/// What the mail of the days that are learned from says of single addresses and groups, by the keys of a book.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The addresses that replayed one of the owner's signatures, and when.
    pub(crate) misused: BTreeSet<(AddressKey, Day)>,
    /// The addresses from which nothing passes in the name of [`MANY_DOMAINS`], one of which never sends.
    pub(crate) campaigners: HashSet<AddressKey>,
    /// The rules that settle records: of other groups, none does.
    pub(crate) rules: HashMap<GroupKey, (GroupRule, Confidence)>,
}

/// Judges groups.
#[derive(Debug)]
pub struct GroupJudge<'g, 'b, 'a> {
    groups: &'g Groups,
    book: &'b Book<'a>,
    /// What was found before in other mail, or in these groups where `is_learning`: then its rules are still unknown.
    findings: Findings,
    is_learning: bool,
}

impl<'g, 'b, 'a> GroupJudge<'g, 'b, 'a> {
    /// Prepares to judge groups by what they themselves show; the book is the one they were added with.
    #[must_use]
    pub fn new(groups: &'g Groups, book: &'b Book<'a>) -> Self {
        let bursts = groups.misused(book);
        let misused = bursts.iter().flat_map(|burst| burst.addresses.iter().map(|&a| (a, burst.day)));
        let (misused, campaigners) = (misused.collect(), groups.campaigners(MANY_DOMAINS));
        let findings = Findings { misused, campaigners, rules: HashMap::new() };
        Self { groups, book, findings, is_learning: true }
    }

    /// Prepares to judge groups of whatever days by what was found in those that are learned from: so a record has one
    /// class, whichever others it is looked at with.
    #[must_use]
    pub const fn informed(groups: &'g Groups, book: &'b Book<'a>, findings: Findings) -> Self {
        Self { groups, book, findings, is_learning: false }
    }

    /// What the groups show, with the rules that settle records.
    #[must_use]
    pub fn findings(self) -> Findings {
        let rules = self.groups.all().iter().filter_map(|&(key, _)| Some((key, self.judge(key).settling?)));
        let rules = rules.collect();
        Findings { rules, ..self.findings }
    }

    /// The source of a group.
    ///
    /// # Panics
    ///
    /// May panic for a key of another book, as [`GroupJudge::judge`].
    #[must_use]
    pub fn source(&self, key: GroupKey) -> &SourceKey {
        &self.book.sources()[key.source.index()]
    }

    /// What a group is to the owner.
    #[must_use]
    pub fn judge(&self, key: GroupKey) -> GroupJudgement {
        let empty = Group::default();
        let group = self.groups.get(key).unwrap_or(&empty);
        let source = self.source(key);
        let owner = self.book.judge().owner;
        let author = group.author.map_or("", |combination| self.book.author(combination));
        let decision = owner.decision(author, source);
        let confirmed = decision == Some(Decision::Authorised)
            || match source {
                SourceKey::Own => true,
                SourceKey::Service(service) => owner.has_confirmed(author, *service),
                SourceKey::Host(_) | SourceKey::Network(_) | SourceKey::Block(_) | SourceKey::Wave(_) => {
                    false
                }
            };
        let (class, rule, confidence) = match decision {
            Some(Decision::Unauthorised) => decided(Class::Unauthorised, Decision::Unauthorised),
            Some(Decision::Forwarder) => decided(Class::Forwarder, Decision::Forwarder),
            _ => self.by_rule(key, group, confirmed),
        };
        let aligned = share(group.classes.of(Class::Aligned), group.messages());
        let settling = match self.is_learning {
            true => rule.settles().then(|| (rule.clone(), confidence)),
            false => self.findings.rules.get(&key).cloned(),
        };
        GroupJudgement {
            class,
            rule,
            confidence,
            confirmed,
            leaks: class == Class::Aligned && aligned < ALIGNED,
            decision,
            ignored: decision == Some(Decision::Ignore),
            trace: group.messages() < TRACE,
            settling,
        }
    }

    /// The class of the records of a pair after their group's: what a rule for groups found settles records that
    /// nothing else decided. The record's own class stands in every other case.
    #[must_use]
    pub fn settle(&self, pair: PairKey, group: &GroupJudgement) -> Settled {
        let &Pair { judgement, address, .. } = self.book.get(pair);
        let rule = group.settling.as_ref().map(|(rule, _)| rule);
        let class = match (rule, judgement.class) {
            (Some(GroupRule::FanIn | GroupRule::RecipientGateway), Class::Unknown) => Class::Forwarder,
            // An organisation that mail passes for, and a signature in the owner's name, are left to the owner.
            (Some(GroupRule::Spoofing(signs)), Class::Unknown)
                if judgement.rule == Rule::NothingKnown
                    && (signs.iter().any(|sign| *sign != SpoofSign::ManyDomains)
                        || self.findings.campaigners.contains(&address)) =>
            {
                Class::Unauthorised
            }
            (_, class) => class,
        };
        let replayed = !self.findings.misused.is_empty()
            && matches!(judgement.rule, Rule::SignsWithYourKey | Rule::KnownSelector);
        Settled { class, replayed }
    }

    /// Whether a group's rule took mail of a pair, which nothing else decides, for what the service that delivered it
    /// passed on: [`Book::pass_on`] makes that service its source.
    #[must_use]
    pub fn passes_on_pair(&self, pair: PairKey, group: &GroupJudgement) -> bool {
        let judgement = self.book.get(pair).judgement;
        let rule = group.settling.as_ref().map(|(rule, _)| rule);
        matches!(rule, Some(GroupRule::FanIn | GroupRule::RecipientGateway))
            && judgement.class == Class::Unknown
            && judgement.attribution.hop.is_some_and(|hop| hop.service().is_some())
    }

    /// The class of a record of a pair: on a day on which a signature was replayed it has another one.
    #[must_use]
    pub fn class(&self, row: &Traffic, settled: Settled) -> Class {
        let is_replayed = || {
            let address = self.book.get(row.pair).address;
            row.day.is_some_and(|day| self.findings.misused.contains(&(address, day)))
        };
        if settled.replayed && is_replayed() { Class::Unauthorised } else { settled.class }
    }

    fn by_rule(&self, key: GroupKey, group: &Group, confirmed: bool) -> (Class, GroupRule, Confidence) {
        let all = group.messages();
        let aligned = share(group.classes.of(Class::Aligned), all);
        let misaligned = group.classes.of(Class::Misaligned);
        if key.relayed {
            return (Class::Forwarder, GroupRule::Relays, Confidence::High);
        }
        if aligned >= LEAKING {
            let confidence = if confirmed { Confidence::High } else { Confidence::Medium };
            return (Class::Aligned, GroupRule::Passes, confidence);
        }
        if confirmed && share(misaligned, all) > FAILING && misaligned >= FAILING_MESSAGES {
            return (Class::Misaligned, GroupRule::Fails, Confidence::High);
        }
        if self.passes_on(self.source(key)) {
            return (Class::Forwarder, GroupRule::Relays, Confidence::Medium);
        }
        if let Some((rule, confidence)) = self.findings.rules.get(&key) {
            let class = if rule.is_of_strangers() { Class::Unauthorised } else { Class::Forwarder };
            return (class, rule.clone(), *confidence);
        }
        if self.is_learning && self.is_recipients(group) {
            return (Class::Forwarder, GroupRule::RecipientGateway, Confidence::Medium);
        }
        if self.is_learning && is_fan_in(group) {
            return (Class::Forwarder, GroupRule::FanIn, Confidence::Medium);
        }
        if !confirmed && share(group.failing, all) >= SPOOFED {
            let signs = self.spoof_signs(key, group);
            if !signs.is_empty() {
                let confidence = if signs.len() > 1 { Confidence::High } else { Confidence::Medium };
                return (Class::Unauthorised, GroupRule::Spoofing(signs), confidence);
            }
        }
        if share(misaligned, all) >= MOSTLY {
            return (Class::Misaligned, GroupRule::Fails, Confidence::Medium);
        }
        (Class::Unknown, GroupRule::Undecided, Confidence::Low)
    }

    fn passes_on(&self, source: &SourceKey) -> bool {
        match source {
            SourceKey::Service(service) => self.book.judge().catalogue.service(*service).category.passes_on(),
            _ => false,
        }
    }

    /// A gateway that Microsoft's reports show and the owner does not use stands before a recipient, where it
    /// shows the same selectors as the owner's aligned mail.
    fn is_recipients(&self, group: &Group) -> bool {
        share(group.from_gateway, group.messages()) >= MOSTLY
            && share(group.microsoft, group.messages()) >= MOSTLY
            && group.selectors.is_subset(self.groups.aligned_selectors())
    }

    fn spoof_signs(&self, key: GroupKey, group: &Group) -> BTreeSet<SpoofSign> {
        let refused = share(group.spoken_against, group.messages()) >= MOSTLY;
        let doubted = share(group.doubted, group.messages()) >= MOSTLY;
        let signs = [
            (doubted && self.is_campaign(key, group), SpoofSign::ManyDomains),
            (matches!(self.source(key), SourceKey::Wave(_)), SpoofSign::Wave),
            (doubted && self.groups.is_null(key.domain), SpoofSign::SilentDomain),
            (refused, SpoofSign::SpokenAgainst),
        ];
        signs.into_iter().filter(|(holds, _)| *holds).map(|(_, sign)| sign).collect()
    }

    /// Whether a group's mail comes, nearly all of it, from addresses that use many domains each. Services have
    /// customers with many domains, and a hoster's network has many customers.
    fn is_campaign(&self, key: GroupKey, group: &Group) -> bool {
        if self.findings.campaigners.is_empty() || self.source(key).is_named() {
            return false;
        }
        let all = group.doubtful.len();
        let theirs =
            group.doubtful.iter().filter(|(_, address)| self.findings.campaigners.contains(address)).count();
        theirs > 0 && theirs * 10 >= all * 8
    }
}

/// Little mail that never passes SPF, with several of the owner's keys or for several of its domains.
fn is_fan_in(group: &Group) -> bool {
    let several = group.selectors.len() >= 2 || group.signed_for_several;
    several
        && group.spf_passing == 0
        && share(group.failing, group.messages()) < SPOOFED
        && group.volumes().iter().all(|&(_, messages)| messages <= FAN_IN_A_DAY)
}

const fn decided(class: Class, decision: Decision) -> (Class, GroupRule, Confidence) {
    (class, GroupRule::Decided(decision), Confidence::High)
}

/// A share in thousandths; of nothing, nothing.
fn share(part: u64, all: u64) -> u64 {
    let thousandths = u128::from(part) * 1000 / u128::from(all.max(1));
    u64::try_from(thousandths).unwrap_or(1000)
}
