//! The class of a record: the first rule that fits.

use super::address::Standing;
use super::catalogue::{Alignment, Catalogue, Category, ServiceId};
use super::class::{Class, Flags, Rule, SignAgainst};
use super::decision::Decision;
use super::envelope::{Envelope, SpfOutcome};
use super::evidence::{Confidence, Sender};
use super::identify::{Attribution, identify};
use super::owner::Owner;
use super::reading::{KeyUse, OwnSignature, Reading};
use super::tenant::Tenant;

/// Who sent a record's mail, and what that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// Originator and hop.
    pub attribution: Attribution,
    /// Whose it is: the hop of what was passed on, else the owner's server or the originator. `None` is an
    /// unnamed sender.
    pub sender: Option<Sender>,
    /// How sure the name is.
    pub confidence: Option<Confidence>,
    /// What it is to the owner.
    pub class: Class,
    /// The rule that said so.
    pub rule: Rule,
    /// What else is to be said.
    pub flags: Flags,
}

/// Judges a combination from an address.
pub(super) fn judge(
    reading: &Reading,
    standing: &Standing,
    catalogue: &Catalogue,
    owner: &Owner,
) -> Judgement {
    let attribution = identify(reading, standing, catalogue);
    let case = Case { reading, standing, catalogue, owner, attribution };
    let (class, rule) = case.class();
    let flags = Flags {
        spf_only: class == Class::Aligned && reading.dkim != Some(true),
        dkim_only: class == Class::Aligned && reading.spf != Some(true),
        broken: class == Class::Forwarder && reading.dkim != Some(true),
        ignored: false,
    };
    let sender = case.sender(class, rule);
    let confidence = sender.and_then(|sender| attribution.confidence(sender));
    // A name nothing speaks for with enough points is no name.
    let sender = sender.filter(|_| confidence.is_some());
    Judgement { attribution, sender, confidence, class, rule, flags }
}

impl Judgement {
    /// The judgement after the owner's word on its source.
    #[must_use]
    pub(super) fn after(mut self, decision: Decision) -> Self {
        let class = match (decision, self.class) {
            (Decision::Ignore, _) => {
                self.flags.ignored = true;
                return self;
            }
            (Decision::Unauthorised, _) => Class::Unauthorised,
            (Decision::Forwarder, _) => Class::Forwarder,
            (Decision::Authorised, Class::Unknown | Class::Unauthorised) => match self.rule {
                Rule::SignsWithYourKey | Rule::OtherTenant => Class::Aligned,
                _ => Class::Misaligned,
            },
            (Decision::Authorised, class) => class,
        };
        if class != self.class {
            self.class = class;
            self.rule = Rule::Decided;
        }
        self
    }
}

/// One record, with everything that is known of it.
struct Case<'a> {
    reading: &'a Reading,
    standing: &'a Standing,
    catalogue: &'a Catalogue,
    owner: &'a Owner,
    attribution: Attribution,
}

impl Case<'_> {
    fn class(&self) -> (Class, Rule) {
        match (self.reading.dkim, self.reading.spf) {
            (_, Some(true)) => self.spf_passes(),
            (Some(true), _) => self.dkim_passes(),
            (Some(false), Some(false)) => self.both_fail(),
            // A verdict is never invented.
            _ => (Class::Unknown, Rule::NoVerdict),
        }
    }

    fn hop_service(&self) -> Option<ServiceId> {
        self.attribution.hop.and_then(|hop| hop.service())
    }

    fn hop_is(&self, wanted: impl Fn(Category) -> bool) -> bool {
        self.hop_service().is_some_and(|service| wanted(self.catalogue.service(service).category))
    }

    fn hop_is_personal_mailboxes(&self) -> bool {
        self.hop_service().is_some_and(|service| self.catalogue.service(service).is_personal_mailboxes())
    }

    fn hop_is_own(&self) -> bool {
        self.attribution.hop.is_some_and(|hop| hop.sender == Sender::Own)
    }

    fn spf_passes(&self) -> (Class, Rule) {
        let other_tenant = self.reading.tenants.iter().any(|named| named.tenant == Tenant::Foreign);
        if self.reading.dkim != Some(true) && other_tenant {
            return (Class::Unauthorised, Rule::OtherTenant);
        }
        (Class::Aligned, Rule::Spf)
    }

    fn dkim_passes(&self) -> (Class, Rule) {
        let foreign = matches!(self.reading.envelope, Envelope::Foreign { bounce: None, .. });
        let foreign_passed = self.reading.envelope == Envelope::Foreign { bounce: None, passed: true };
        let relayed = self.is_relayed() || self.hop_is(|category| category == Category::Isp);
        let rule = if self.hop_is_own() {
            Rule::DkimFromOwn
        } else if relayed {
            Rule::Relayed
        } else if self.hop_is_personal_mailboxes()
            || (foreign_passed && self.hop_is(|category| category == Category::MailHost))
        {
            Rule::Resent
        } else if self.originator_is_hop() {
            Rule::DkimFromOriginator
        } else if self.attribution.originator.is_some() && self.hop_service().is_some() {
            Rule::OtherHop
        } else if foreign {
            self.dkim_passes_elsewhere()
        } else if self.hop_is(|category| category == Category::SecurityGateway) {
            Rule::Gateway
        } else {
            self.dkim_passes_from_nowhere()
        };
        let class = match rule {
            Rule::DkimFromOwn | Rule::DkimFromOriginator | Rule::OwnKeyOnlyHere => Class::Aligned,
            Rule::SignsWithYourKey => Class::Unknown,
            _ => Class::Forwarder,
        };
        (class, rule)
    }

    /// Mail with the owner's signature under a stranger's return path. Forwarders send such mail, and so does every
    /// service that was given a key and has a return path of its own: the key tells them apart, which a forwarder's
    /// copies share with the mail that they are copies of.
    fn dkim_passes_elsewhere(&self) -> Rule {
        let composes = |category: Category| {
            !category.is_relay() && !matches!(category, Category::MailHost | Category::Hosting)
        };
        let may_compose = self.hop_service().is_none() || self.hop_is(composes);
        match (self.reading.key_use, self.attribution.originator) {
            (KeyUse::Elsewhere, _) => Rule::OtherEnvelope,
            _ if !may_compose => Rule::OtherEnvelope,
            // A service's own key comes from its own machines, as a rule.
            (KeyUse::Unasked, Some(_)) => Rule::UnknownHop,
            _ => Rule::OwnKeyOnlyHere,
        }
    }

    /// Whether the mail bears the mark of a list or forwarder: the receiver's word, its signature, its machine, or
    /// what it is called.
    fn is_relayed(&self) -> bool {
        let called = self.standing.forwards && self.hop_service().is_none();
        self.reading.relay_signature
            || self.reading.passed_on.is_some()
            || self.hop_is(Category::passes_on)
            || self.reading.forwarding_path
            || (called && matches!(self.reading.envelope, Envelope::Foreign { bounce: None, .. }))
    }

    /// Mail with the owner's signature from a machine that nothing is known of.
    fn dkim_passes_from_nowhere(&self) -> Rule {
        if let Some(named) = self.attribution.originator {
            let own_bounce = match self.reading.envelope {
                Envelope::Foreign { bounce: Some(service), .. } => {
                    self.catalogue.related(service, named.service)
                }
                _ => false,
            };
            return if own_bounce { Rule::DkimFromOriginator } else { Rule::UnknownHop };
        }
        if matches!(self.reading.envelope, Envelope::Own(_)) && self.reading.key_use == KeyUse::Elsewhere {
            return Rule::KnownSelector;
        }
        Rule::SignsWithYourKey
    }

    fn originator_is_hop(&self) -> bool {
        match (self.attribution.originator, self.hop_service()) {
            (Some(named), Some(hop)) => self.catalogue.related(named.service, hop),
            _ => false,
        }
    }

    /// Mail of which nothing of the owner's passes: whose it is by what it shows, in the order of how much that says.
    fn both_fail(&self) -> (Class, Rule) {
        let foreign = self.reading.foreign_organization().is_some();
        if self.is_relayed() {
            (Class::Forwarder, Rule::Relayed)
        } else if self.reading.own_signature == OwnSignature::Broken && foreign {
            (Class::Forwarder, Rule::BrokenOnTheWay)
        } else if self.hop_is_own() {
            (Class::Misaligned, Rule::OwnFails)
        } else if self.is_confirmed() {
            (Class::Misaligned, Rule::ConfirmedFails)
        } else if self.originator_for_sure().is_some() {
            // Services that many share are used to spoof as well.
            (Class::Unknown, Rule::Unconfirmed)
        } else if foreign {
            // What a service sends that nobody has set up looks like this, for months if need be.
            (Class::Unknown, Rule::ForeignOrganization)
        } else if self.hop_is(|category| category == Category::SecurityGateway) {
            (Class::Unknown, Rule::GatewayFails)
        } else {
            self.nothing_passes()
        }
    }

    /// Mail of which nothing passes for anybody.
    fn nothing_passes(&self) -> (Class, Rule) {
        // Keys are lost and mail is changed on the way: who signs in the owner's name may hold the key.
        if self.reading.own_signature != OwnSignature::Absent {
            return (Class::Unknown, Rule::OwnSignatureFails);
        }
        match self.reading.envelope {
            // The owner's own record refuses it (RFC 7208 section 8.4).
            Envelope::Own(SpfOutcome::Fail) => (Class::Unauthorised, Rule::RefusedBySpf),
            Envelope::Own(SpfOutcome::SoftFail | SpfOutcome::Other)
            | Envelope::Foreign { passed: false, .. }
                if self.standing.doubts.line || self.standing.doubts.nameless =>
            {
                (Class::Unauthorised, Rule::SpokenAgainst)
            }
            _ => (Class::Unknown, Rule::NothingKnown),
        }
    }

    fn originator_for_sure(&self) -> Option<ServiceId> {
        let named = self.attribution.originator.filter(|_| !self.attribution.by_hop)?;
        (Confidence::of(named.points) == Some(Confidence::High)).then_some(named.service)
    }

    /// Whether a service that sends for the owner sent it, and not for another of that service's customers.
    fn is_confirmed(&self) -> bool {
        let strangers = || self.reading.tenants.iter().filter(|named| named.tenant != Tenant::Own);
        let of_another = |service| strangers().any(|named| self.catalogue.related(named.host, service));
        let originator = self.originator_for_sure().filter(|&service| !of_another(service));
        let hop = self.attribution.hop.filter(|hop| Confidence::of(hop.points) >= Some(Confidence::Medium));
        // A host that many share delivers the mail of others too, which their domains pass for.
        let anothers = strangers().next().is_some() || self.reading.foreign_organization().is_some();
        let hop = hop.and_then(|hop| hop.service()).filter(|_| !anothers);
        [originator, hop].into_iter().flatten().any(|service| self.has_confirmed(service))
    }

    /// Whether the owner has confirmed a service, or another of its family; that covers no service with which
    /// nobody's domain can align, as a provider's personal mailboxes beside its business ones.
    fn has_confirmed(&self, service: ServiceId) -> bool {
        let confirmed = |service: ServiceId| self.owner.has_confirmed(&self.reading.from, service);
        let found = self.catalogue.service(service);
        let can_align = found.spf_align != Alignment::No || found.dkim_align != Alignment::No;
        confirmed(service) || (can_align && self.catalogue.family_of(service).any(confirmed))
    }

    fn sender(&self, class: Class, rule: Rule) -> Option<Sender> {
        if rule == Rule::ForeignOrganization {
            // The machine says less than the organisation that the mail passes for.
            return None;
        }
        let hop = self.attribution.hop.map(|hop| hop.sender);
        if class == Class::Forwarder || self.hop_is_own() {
            return hop;
        }
        if let Some(named) = self.attribution.originator {
            return Some(Sender::Service(named.service));
        }
        // A gateway or provider whose machine the owner's SPF record admits, or that the owner has
        // confirmed, sends for the owner; any other handed on what somebody else composed.
        let admitted = self.reading.envelope == Envelope::Own(SpfOutcome::Pass)
            || self
                .hop_service()
                .is_some_and(|service| self.owner.has_confirmed(&self.reading.from, service));
        hop.filter(|_| admitted && self.hop_is(|category| category.is_relay() && !category.passes_on()))
    }
}

/// The signs against a record.
pub(super) fn signs_against(reading: &Reading, standing: &Standing) -> Vec<SignAgainst> {
    let stranger = matches!(reading.envelope, Envelope::Foreign { bounce: None, .. });
    let unsigned = reading.own_signature == OwnSignature::Absent;
    let signs = [
        (reading.envelope == Envelope::Own(SpfOutcome::Fail), SignAgainst::SpfFail),
        (reading.envelope == Envelope::Own(SpfOutcome::SoftFail), SignAgainst::SpfSoftFail),
        (standing.doubts.line, SignAgainst::DynamicAddress),
        (standing.doubts.nameless, SignAgainst::NoReverseName),
        (standing.doubts.refuted, SignAgainst::RefutedReverseName),
        (stranger && unsigned, SignAgainst::StrangerEnvelope),
        (reading.stranger_signature.is_some(), SignAgainst::StrangerSignature),
    ];
    signs.into_iter().filter(|(holds, _)| *holds).map(|(_, sign)| sign).collect()
}
