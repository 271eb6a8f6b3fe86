//! The addresses that the services in use authorise in SPF.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use whosends_core::dns::resolve::{Bounds, drive_all};
use whosends_core::dns::spf::{Role, State, Tree, tree};
use whosends_core::dns::{DnsName, Inquiry};
use whosends_core::model::Name;
use whosends_core::model::Period;
use whosends_core::senders::catalogue::SignKind;
use whosends_core::senders::{Catalogue, Prefix, Ranges, Sender, ServiceId};
use whosends_core::store::{KeptRange, Store};

use super::super::dns::Conversation;
use super::super::{Context, spf};
use super::DAY;
use super::keeper::Keeper;
use crate::failure::Failure;
use crate::render::resolve::Found;
use whosends_core::answers::Known;

/// The policy domains whose own records are looked at for services.
const MOST_DOMAINS: usize = 50;

/// What is to be expanded.
pub(super) struct Wanted {
    catalogue: Arc<Catalogue>,
    domains: Vec<DnsName>,
    services: BTreeSet<ServiceId>,
    /// What was asked less than a day ago, by service and include.
    fresh: BTreeSet<(String, String)>,
}

impl Wanted {
    /// The services that reports show, and the domains whose records may show more.
    pub(super) fn of(
        store: &Store,
        context: &Context<'_>,
        domain: Option<&Name>,
        period: Period,
    ) -> Result<Self, Failure> {
        let domains = whosends_core::model::Domains::asked(domain.cloned());
        let (known, traffic) = Known::load_with_traffic(&context.known()?, store, &domains, period)?;
        let mut services = BTreeSet::new();
        traffic.judge(&known, &mut |judged| {
            for pair in judged.groups().flat_map(|group| group.pairs()) {
                let judgement = pair.judgement;
                let attribution = judgement.attribution;
                services.extend(attribution.originator.map(|named| named.service));
                services.extend(attribution.hop.and_then(|hop| hop.service()));
                if let Some(Sender::Service(service)) = judgement.sender {
                    services.insert(service);
                }
            }
        });
        let domains = traffic.names.domains.values();
        let mut domains: Vec<_> =
            domains.filter_map(|domain| DnsName::from_dotted(domain.as_str()).ok()).collect();
        domains.sort_unstable();
        domains.truncate(MOST_DOMAINS);
        let since = context.now.saturating_sub(DAY);
        let kept = store.service_ranges()?.into_iter().filter(|range| range.asked_at > since);
        let fresh = kept.map(|range| (range.sender, range.include)).collect();
        Ok(Self { catalogue: known.catalogue, domains, services, fresh })
    }

    /// Every include of the services, with the service it stands for.
    fn includes(&self, shown: &BTreeMap<String, ServiceId>) -> BTreeMap<String, ServiceId> {
        let mut includes = shown.clone();
        let services: BTreeSet<ServiceId> = self.services.iter().chain(shown.values()).copied().collect();
        for service in services {
            for sign in self.catalogue.service(service).signs(SignKind::Spf) {
                // An expression is no name to ask for, and what several services share goes to the one it shows.
                if let Some(primary) = self.catalogue.by_spf_include(sign) {
                    includes.insert(sign.clone(), primary);
                }
            }
        }
        includes
    }
}

/// Expands the includes, and keeps what comes as it comes. What can't be had leaves what was kept before.
pub(super) fn expand(
    wanted: &Wanted,
    context: &Context<'_>,
    conversation: &mut Conversation<'_>,
    keeper: &mut Keeper<'_>,
) -> Result<Found, Failure> {
    let shown = shown(wanted, conversation, keeper);
    let includes = wanted.includes(&shown);
    let mut found = Found::default();
    let targets: Vec<_> = includes
        .into_iter()
        .filter_map(|(include, service)| {
            let id = wanted.catalogue.service(service).id.clone();
            let name = DnsName::from_dotted(&include).ok()?;
            found.seen += 1;
            if wanted.fresh.contains(&(id.clone(), include.clone())) {
                found.known += 1;
                return None;
            }
            Some((name, include, service, id))
        })
        .collect();
    drive_all(
        &mut conversation.resolver,
        &mut conversation.answers,
        &Bounds::default(),
        targets,
        |(name, ..): &(DnsName, _, _, _), inquiry: &Inquiry<'_>| tree(inquiry, name),
        |(_, include, service, sender), _, settled| {
            found.asked += 1;
            match settled.value.as_ref().map(|tree| prefixes(tree, &wanted.catalogue, service)) {
                Some(Ok(prefixes)) => {
                    found.kept += 1;
                    keeper.range(KeptRange { sender, include, prefixes, asked_at: context.now });
                }
                Some(Err(Refused::Absent)) => found.without += 1,
                Some(Err(Refused::TooWide)) => found.refused.push(include),
                Some(Err(Refused::Failed)) | None => found.failed += 1,
            }
        },
    );
    Ok(found)
}

/// The includes of the domains' own records that stand for a service. The records themselves are kept where DNS told
/// all of them.
fn shown(
    wanted: &Wanted,
    conversation: &mut Conversation<'_>,
    keeper: &mut Keeper<'_>,
) -> BTreeMap<String, ServiceId> {
    let mut shown = BTreeMap::new();
    drive_all(
        &mut conversation.resolver,
        &mut conversation.answers,
        &Bounds::default(),
        wanted.domains.iter(),
        |domain, inquiry| tree(inquiry, domain),
        |domain, answers, settled| {
            let Some(tree) = settled.value else { return };
            if matches!(tree.state, State::Record(_)) && !spf::is_open(&tree) {
                keeper.record(domain.to_string(), answers.about(&settled.asked));
            }
            tree.visit(&mut |tree, way| {
                let is_include = way.last().is_some_and(|branch| branch.role == Role::Include);
                if let (true, Some(service)) = (is_include, wanted.catalogue.by_spf_include(&tree.domain)) {
                    shown.insert(tree.domain.to_ascii_lowercase(), service);
                }
            });
        },
    );
    shown
}

/// Why an include gives no range.
enum Refused {
    /// There is no record.
    Absent,
    /// It authorises so many addresses that it names nobody.
    TooWide,
    /// DNS did not answer about all of it.
    Failed,
}

fn prefixes(tree: &Tree, catalogue: &Catalogue, service: ServiceId) -> Result<Vec<String>, Refused> {
    if spf::is_open(tree) {
        return Err(Refused::Failed);
    }
    if !matches!(tree.state, State::Record(_)) {
        return Err(Refused::Absent);
    }
    let nets = tree.passing().into_iter();
    let prefixes: Vec<_> = nets.map(|net| Prefix::new(net.address(), net.prefix())).collect();
    let sets = [(service, prefixes)];
    if tree.passes_everyone() || !Ranges::new(catalogue, &sets).1.is_empty() {
        return Err(Refused::TooWide);
    }
    let [(_, prefixes)] = sets;
    Ok(prefixes.iter().map(ToString::to_string).collect())
}
