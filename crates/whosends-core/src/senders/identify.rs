//! Names the originator and the hop of a combination that came from an address.
//!
//! The two are never mixed: DKIM names who composed and signed the mail, the address names who delivered it,
//! and the envelope names the hop and, for services with bounce domains of their own, the originator.

use std::cmp::Reverse;

use super::address::{Machine, Standing};
use super::catalogue::{Alignment, Catalogue, Category, ServiceId};
use super::envelope::{Envelope, SpfOutcome};
use super::evidence::{Confidence, EvidenceKind, Sender};
use super::reading::{Candidate, Reading};
use super::suffix::Claims;

/// A service, and how much speaks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The service.
    pub service: ServiceId,
    /// The points of the best evidence for it.
    pub points: u8,
}

/// The machine that delivered the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// Whose it is.
    pub sender: Sender,
    /// The points of the best evidence for it.
    pub points: u8,
}

impl Hop {
    /// The service whose machine it is; `None` for the owner's own.
    #[must_use]
    pub const fn service(self) -> Option<ServiceId> {
        match self.sender {
            Sender::Service(service) => Some(service),
            Sender::Own => None,
        }
    }
}

/// Who composed and who delivered the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribution {
    /// The service that composed and signed it.
    pub originator: Option<Named>,
    /// The machine that delivered it.
    pub hop: Option<Hop>,
    /// Whether the originator is only taken to be the hop, for want of evidence of its own.
    pub by_hop: bool,
}

impl Attribution {
    /// How sure the name of a sender is.
    #[must_use]
    pub fn confidence(&self, sender: Sender) -> Option<Confidence> {
        let originator = self.originator.filter(|named| Sender::Service(named.service) == sender);
        let hop = self.hop.filter(|hop| hop.sender == sender);
        let points = originator.map(|named| named.points).max(hop.map(|hop| hop.points));
        points.and_then(Confidence::of)
    }
}

/// The most that evidence about the hop can say about the originator.
const HOP_AS_ORIGINATOR: u8 = 70;

pub(super) fn identify(reading: &Reading, standing: &Standing, catalogue: &Catalogue) -> Attribution {
    let scene = Scene { reading, standing, catalogue };
    let machine = scene.machine();
    let (candidates, handed_on) = scene.candidates(machine);
    let best = scene.best(&candidates, machine);
    let hop = match machine {
        _ if scene.is_own(machine) => {
            Some(Hop { sender: Sender::Own, points: EvidenceKind::OwnAddress.points().1 })
        }
        Some(machine) => {
            let sender = Sender::Service(scene.whose(machine, best));
            Some(Hop { sender, points: machine.points() })
        }
        None => handed_on.map(|service| Hop {
            sender: Sender::Service(service),
            points: EvidenceKind::HostSignature.points().1,
        }),
    };
    let by_hop = best.is_none() && hop.is_some_and(|hop| scene.stands_for_originator(hop));
    let from_hop = hop.filter(|_| by_hop).and_then(|hop| {
        let points = hop.points.min(HOP_AS_ORIGINATOR);
        hop.service().map(|service| Named { service, points })
    });
    Attribution { originator: best.or(from_hop), hop, by_hop }
}

struct Scene<'a> {
    reading: &'a Reading,
    standing: &'a Standing,
    catalogue: &'a Catalogue,
}

impl<'a> Scene<'a> {
    fn category(&self, service: ServiceId) -> Category {
        self.catalogue.service(service).category
    }

    fn machines(&self) -> impl Iterator<Item = &'a Machine> {
        self.reading.machines.iter().chain(&self.standing.machines)
    }

    /// The machine that delivered the mail, by the best evidence.
    fn machine(&self) -> Option<&'a Machine> {
        let best = |machines: &mut dyn Iterator<Item = &'a Machine>| {
            // A tie goes to the later kind, then to the first service: any order of the results gives one name.
            machines.max_by_key(|machine| (machine.points(), machine.kind, Reverse(machine.claims.primary())))
        };
        let found = best(&mut self.machines())?;
        if !found.kind.is_envelope() {
            return Some(found);
        }
        // A name that leads back to a relay's machine says where the mail came from, whatever the envelope
        // of an unrelated service claims.
        let relay = best(&mut self.standing.machines.iter().filter(|machine| {
            let service = machine.claims.primary();
            machine.kind == EvidenceKind::ReverseName
                && self.category(service).is_relay()
                && !self.related_to_any(service, &found.claims)
        }));
        relay.or(Some(found))
    }

    fn is_own(&self, machine: Option<&Machine>) -> bool {
        let (_, own) = EvidenceKind::OwnAddress.points();
        self.standing.own && machine.is_none_or(|machine| machine.points() <= own)
    }

    fn related_to_any(&self, service: ServiceId, others: &Claims) -> bool {
        others.all().any(|other| self.catalogue.related(service, other))
    }

    /// The services that the mail names, without those that something speaks against; and the mail host that
    /// signed only because it passed the mail on.
    fn candidates(&self, machine: Option<&Machine>) -> (Vec<Candidate>, Option<ServiceId>) {
        let mut all = self.reading.originators.clone();
        for (service, kind, _) in &self.reading.weak {
            if self.machines().any(|machine| machine.claims.contains(*service)) {
                all.push(Candidate { service: *service, kind: *kind, likely: false });
            }
        }
        let sound = |candidate: &Candidate| {
            let is_selector = candidate.kind == EvidenceKind::Selector;
            !is_selector || !self.is_contradicted(*candidate, &all, machine)
        };
        let sound: Vec<_> = all.iter().copied().filter(sound).collect();
        let (hosts, composers): (Vec<_>, Vec<_>) =
            sound.iter().partition(|candidate| self.is_host_signature(candidate, &sound, machine));
        (composers, hosts.iter().map(|candidate| candidate.service).min())
    }

    /// Whether a selector is no name: anybody can call a key what a service calls its own.
    fn is_contradicted(&self, selector: Candidate, all: &[Candidate], machine: Option<&Machine>) -> bool {
        let service = selector.service;
        if self.has_second_sign(service, all) {
            return false;
        }
        // Mail that passes SPF comes straight from who signed it, and where its machine is known it is not the
        // service's.
        let direct = self.reading.spf == Some(true);
        let delivered_by_another = self.standing.named || machine.is_some();
        if selector.likely || (direct && delivered_by_another) {
            return true;
        }
        let cannot = self.catalogue.service(service).spf_align == Alignment::No
            && matches!(self.reading.envelope, Envelope::Own(SpfOutcome::Pass));
        direct && cannot
    }

    /// Whether anything but a selector speaks for a service: its own signature, return path or machine, or the machine
    /// of a service that it sends through.
    fn has_second_sign(&self, service: ServiceId, all: &[Candidate]) -> bool {
        let signed = all.iter().any(|other| {
            !matches!(other.kind, EvidenceKind::Selector | EvidenceKind::WeakSelector)
                && self.catalogue.related(other.service, service)
        });
        signed || self.machines().any(|machine| self.related_to_any(service, &machine.claims))
    }

    /// Whether a candidate is a mail host that signed because it passed the mail on: mail hosts sign what
    /// they forward, while the owner's own signature still tells who composed it.
    fn is_host_signature(&self, candidate: &Candidate, all: &[Candidate], machine: Option<&Machine>) -> bool {
        if self.category(candidate.service) != Category::MailHost || candidate.kind == EvidenceKind::Selector
        {
            return false;
        }
        if self.cannot_have_signed(candidate.service) {
            return true;
        }
        let composed_elsewhere = all.iter().any(|other| {
            other.kind == EvidenceKind::Selector
                && !self.catalogue.related(other.service, candidate.service)
                && self.category(other.service) != Category::SecurityGateway
        });
        let delivered_here =
            machine.is_none_or(|machine| self.related_to_any(candidate.service, &machine.claims));
        composed_elsewhere && delivered_here
    }

    /// The candidate with the best evidence; where two unrelated ones are equal, the one the hop or a second
    /// kind of evidence speaks for, and else none.
    fn best(&self, candidates: &[Candidate], machine: Option<&Machine>) -> Option<Named> {
        let rank = |service: ServiceId| {
            let of_service = || candidates.iter().filter(move |candidate| candidate.service == service);
            let points = of_service().map(|candidate| candidate.kind.points().0).max().unwrap_or(0);
            let delivered = machine.is_some_and(|machine| machine.claims.contains(service));
            let kinds = of_service().count();
            (points, delivered, kinds, self.category(service) != Category::MailHost)
        };
        let mut services: Vec<_> = candidates.iter().map(|candidate| candidate.service).collect();
        services.sort_unstable();
        services.dedup();
        let winner = |among: &[ServiceId]| {
            let top = among.iter().copied().max_by_key(|&service| (rank(service), Reverse(service)))?;
            let is_rival = |other: ServiceId| rank(other) == rank(top) && !self.catalogue.related(other, top);
            (!among.iter().any(|&other| is_rival(other))).then_some(top)
        };
        let top = winner(&services)?;
        services.retain(|&service| self.runs_on(service, top));
        let named = winner(&services).unwrap_or(top);
        Some(Named { service: named, points: rank(named).0 })
    }

    fn runs_on(&self, service: ServiceId, other: ServiceId) -> bool {
        self.catalogue.service(service).runs_on.contains(&other)
    }

    /// Of those who claim the machine's sign: the originator where it is one of them, the one that can do
    /// what the mail shows where the one to show can't, else the one to show.
    fn whose(&self, machine: &Machine, originator: Option<Named>) -> ServiceId {
        let shown = machine.claims.primary();
        if let Some(named) = originator
            && machine.claims.contains(named.service)
        {
            return named.service;
        }
        let can = |service: ServiceId| self.catalogue.service(service).spf_align != Alignment::No;
        if self.reading.envelope == Envelope::Own(SpfOutcome::Pass) && !can(shown) {
            let mut able = machine.claims.all().filter(|&service| can(service));
            if let (Some(only), None) = (able.next(), able.next()) {
                return only;
            }
        }
        shown
    }

    /// Whether the owner's own signature passes in mail of a service that signs for nobody's domain, as the
    /// providers of personal mailboxes: somebody forwards it from there.
    fn cannot_have_signed(&self, service: ServiceId) -> bool {
        self.reading.dkim == Some(true) && self.catalogue.service(service).is_personal_mailboxes()
    }

    /// Whether the hop may be taken for the originator that nothing else names.
    fn stands_for_originator(&self, hop: Hop) -> bool {
        let somebodys_forward = self.reading.dkim == Some(true)
            && matches!(self.reading.envelope, Envelope::Foreign { bounce: None, .. });
        let composes = |service| !self.category(service).is_relay() && !self.cannot_have_signed(service);
        !somebodys_forward && hop.service().is_some_and(composes)
    }
}
