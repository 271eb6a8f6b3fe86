//! Which DKIM keys a domain publishes.

use std::collections::BTreeMap;

use crate::dns::discover::listed_organizational;
use crate::dns::propose::tagged::mended_key;
use crate::dns::record::dkim::{DkimKey, PublicKey, looks_like_key};
use crate::dns::record::printable;
use crate::dns::{Answer, DnsName, Failure, Inquiry, Outcome, RecordType, Text};

/// Selectors that services and programs use unless told otherwise.
pub const COMMON_SELECTORS: &[&str] = &[
    "default",
    "dkim",
    "mail",
    "email",
    "smtp",
    "selector1",
    "selector2",
    "google",
    "s1",
    "s2",
    "k1",
    "k2",
    "k3",
    "key1",
    "key2",
    "mandrill",
    "mxvault",
    "pm",
    "pm-bounces",
    "mte1",
    "mte2",
    "zoho",
    "zmail",
    "sig1",
    "fm1",
    "fm2",
    "fm3",
    "protonmail",
    "protonmail2",
    "protonmail3",
    "mailjet",
    "krs",
    "mg",
    "mailo",
    "cm",
    "turbo-smtp",
    "ctct1",
    "ctct2",
    "hs1",
    "hs2",
];

/// Where more selectors than these are named, none is asked for before it is known whether there can be any.
const FEW: usize = 4;
/// Where no more selectors than these have no key, more names are asked for keys that were pasted there by mistake.
const ONE_OR_TWO: usize = 2;

/// How it is known that a selector may be in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Reports name it.
    Reports,
    /// The user named it.
    User,
    /// It is a common one.
    Common,
}

impl Origin {
    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reports => "reports",
            Self::User => "user",
            Self::Common => "common",
        }
    }
}

/// A selector to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// Its name, of one label or more.
    pub name: DnsName,
    /// How it is known.
    pub origin: Origin,
}

/// What stands at a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimView {
    /// The selector.
    pub selector: Selector,
    /// What stands there.
    pub state: KeyState,
    /// The name that an alias there leads to: often it tells the provider.
    pub alias: Option<DnsName>,
    /// The record to publish in place of one that verifiers can't use; `None` where more than one meaning is left, and behind an
    /// alias, which is somebody else's.
    pub mended: Option<String>,
}

impl DkimView {
    /// Whether a key stands there that was not revoked.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        match &self.state {
            KeyState::Found(_, key) => !matches!(key.key, PublicKey::Revoked),
            KeyState::Several(_) => true,
            KeyState::Wildcard | KeyState::NotFound | KeyState::Failed(_) => false,
        }
    }
}

/// Whether there is a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// One record, as it stands in DNS, made printable, and what it says.
    Found(String, DkimKey),
    /// Several texts, made printable: which of them counts is not defined.
    Several(Vec<String>),
    /// Only a wildcard answers.
    Wildcard,
    /// Nothing. That does not mean that the domain does not sign.
    NotFound,
    /// Nobody knows.
    Failed(Failure),
}

/// What DNS says about keys.
pub(super) struct Facts<'a> {
    /// What stands at `_domainkey` itself: nothing, as a rule.
    pub(super) base: &'a Answer,
    /// The random selector that shows whether everything is answered.
    pub(super) probe: Option<&'a Answer>,
    /// Keys that stand where nobody looks for them, by the selector that they were meant for.
    pub(super) misplaced: Vec<(DnsName, DnsName)>,
    /// Whether the domains are gone that aliases without a key lead into, by the names that these lead to.
    pub(super) ends: BTreeMap<DnsName, End>,
    pub(super) views: Vec<DkimView>,
    pub(super) guesses: Guesses,
}

impl Facts<'_> {
    /// Why it is not known whether there are keys.
    pub(super) fn silence(&self) -> Option<Failure> {
        let failed = self.views.iter().find_map(|view| match view.state {
            KeyState::Failed(failure) => Some(failure),
            _ => None,
        });
        let guess = (self.guesses.unanswered > 0).then_some(Failure::Timeout);
        self.base.failure().or(failed).or(guess)
    }
}

/// The common selectors that were tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guesses {
    /// How many were asked for.
    pub tried: usize,
    /// For how many of them DNS did not answer: that decides nothing.
    pub unanswered: usize,
}

/// What becomes of an alias that leads to no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nobody holds the registered domain that it leads into.
    Gone,
    /// That domain exists.
    Alive,
    /// Nobody knows.
    Failed(Failure),
}

/// Looks everything up; `None` while answers are missing.
///
/// Common selectors, and a long list of named ones, are only tried where `_domainkey` exists: nothing lies below
/// a name that does not (RFC 8020). A server that says so and yet has a known selector is not believed.
pub(super) fn look<'a>(inquiry: &Inquiry<'a>, domain: &DnsName, selectors: &[Selector]) -> Option<Facts<'a>> {
    let place = super::below(domain, "_domainkey");
    let base = inquiry.records(&place, RecordType::Txt);
    let named = |selector: &&Selector| selector.origin == Origin::User;
    let at_once = if selectors.iter().filter(named).count() > FEW { 0 } else { FEW };
    let at_once: Vec<_> = selectors.iter().filter(named).take(at_once).collect();
    let (known, rest): (Vec<_>, Vec<_>) = selectors
        .iter()
        .partition(|selector| selector.origin == Origin::Reports || at_once.contains(selector));
    let mut asked = ask(inquiry, &place, &known);
    let base = base?;
    let stands = |(_, answer): &(&Selector, &Answer)| !answer.records().is_empty() || is_alias(answer);
    let lies = asked.as_ref()?.iter().any(stands);
    // Where DNS does not answer for `_domainkey` it would not for fifty names below it either.
    let exists = base.failure().is_none() && (base.outcome != Outcome::NoSuchName || is_alias(base)) || lies;
    let (mut probe, mut guesses) = (None, Guesses::default());
    if exists {
        let random = inquiry.records(&super::probe_name(&place), RecordType::Txt);
        let more = ask(inquiry, &place, &rest);
        probe = Some(random?);
        asked.as_mut()?.extend(more?);
    } else {
        asked.as_mut()?.extend(rest.into_iter().filter(named).map(|selector| (selector, base)));
    }
    let asked = asked?;
    for (_, answer) in asked.iter().filter(|(selector, _)| selector.origin == Origin::Common) {
        guesses.tried += 1;
        guesses.unanswered += usize::from(answer.failure().is_some());
    }
    let views = asked.into_iter().map(|(selector, answer)| view(selector.clone(), answer, probe));
    let views: Vec<_> = views.filter(is_told).collect();
    let (misplaced, ends) = (misplaced(inquiry, domain, &views), ends(inquiry, &views, probe));
    Some(Facts { base, probe, misplaced: misplaced?, ends: ends?, views, guesses })
}

const fn is_alias(answer: &Answer) -> bool {
    !answer.aliases.is_empty()
}

/// A common selector that is not there tells nothing.
fn is_told(view: &DkimView) -> bool {
    match view.state {
        KeyState::Found(..) | KeyState::Several(_) => true,
        KeyState::NotFound => view.selector.origin != Origin::Common || view.alias.is_some(),
        KeyState::Wildcard | KeyState::Failed(_) => view.selector.origin != Origin::Common,
    }
}

/// The answers at selectors, but for those whose names would be too long; `None` while answers are missing.
fn ask<'a, 's>(
    inquiry: &Inquiry<'a>,
    place: &DnsName,
    selectors: &[&'s Selector],
) -> Option<Vec<(&'s Selector, &'a Answer)>> {
    let names = selectors.iter().filter_map(|selector| Some((*selector, selector.name.within(place).ok()?)));
    let answers: Vec<_> =
        names.map(|(selector, name)| (selector, inquiry.records(&name, RecordType::Txt))).collect();
    answers.into_iter().map(|(selector, answer)| Some((selector, answer?))).collect()
}

/// Keys of known selectors that have none, at the names where they are pasted by mistake; `None` while answers are
/// missing. A name that DNS does not answer for shows none.
fn misplaced(inquiry: &Inquiry<'_>, domain: &DnsName, views: &[DkimView]) -> Option<Vec<(DnsName, DnsName)>> {
    let is_lost = |view: &&DkimView| {
        view.selector.origin != Origin::Common && view.state == KeyState::NotFound && view.alias.is_none()
    };
    let lost: Vec<_> = views.iter().filter(is_lost).collect();
    let Some(twice) = domain.within(domain).ok().filter(|_| !lost.is_empty()) else {
        return Some(Vec::new());
    };
    // A name that does not exist has none below it (RFC 8020): one question stands for all selectors.
    let doubled = inquiry.records(&twice, RecordType::Txt)?.outcome != Outcome::NoSuchName;
    let mut places: Vec<DnsName> = Vec::new();
    places.extend(twice.child("_domainkey").ok().filter(|_| doubled));
    if lost.len() <= ONE_OR_TWO {
        places.push(domain.clone());
        places.extend(domain.child("domainkey"));
    }
    let mut asked = Vec::new();
    for view in lost.into_iter().take(FEW) {
        let selector = &view.selector.name;
        let names = places.iter().filter_map(|place| selector.within(place).ok());
        asked.extend(names.map(|name| (selector, inquiry.records(&name, RecordType::Txt), name)));
    }
    let mut found = Vec::new();
    for (selector, answer, name) in asked {
        if answer?.texts().any(|text| looks_like_key(&text.joined())) {
            found.push((selector.clone(), name));
        }
    }
    Some(found)
}

/// What becomes of the aliases that lead to no key, the wildcard's among them; `None` while answers are missing.
fn ends(inquiry: &Inquiry<'_>, views: &[DkimView], probe: Option<&Answer>) -> Option<BTreeMap<DnsName, End>> {
    let own = views.iter().filter(|view| view.state == KeyState::NotFound);
    let own = own.filter_map(|view| view.alias.as_ref());
    let wild = probe.filter(|probe| probe.is_absent()).and_then(|probe| probe.aliases.last());
    let targets = own.chain(wild);
    let asked: Vec<_> = targets
        .map(|target| (target, inquiry.records(&listed_organizational(target), RecordType::Soa)))
        .collect();
    let end = |answer: &Answer| match (&answer.outcome, answer.failure()) {
        (Outcome::NoSuchName, _) if !is_alias(answer) => End::Gone,
        (_, Some(failure)) => End::Failed(failure),
        _ => End::Alive,
    };
    asked.into_iter().map(|(target, answer)| Some((target.clone(), end(answer?)))).collect()
}

/// Whether a name is an alias as the random selector is one: of the same target, as a wildcard makes it, or each of a
/// name of its own below the same one, as a DNAME record does (RFC 6672 section 2.3).
fn is_wild_alias(selector: &DnsName, answer: &Answer, probe: &Answer) -> bool {
    let (Some(own), Some(random)) = (answer.aliases.first(), probe.aliases.first()) else { return false };
    let below = random.parent().and_then(|target| selector.within(&target).ok());
    own == random || below.as_ref() == Some(own)
}

/// Whether verifiers can use a key record.
fn is_usable(key: &DkimKey) -> bool {
    key.hindrances().next().is_none() && key.allows_known_hash()
}

fn view(selector: Selector, answer: &Answer, probe: Option<&Answer>) -> DkimView {
    let alias = answer.aliases.last().cloned();
    let texts: Vec<_> = answer.texts().map(Text::joined).collect();
    let random: Vec<_> = probe.into_iter().flat_map(Answer::texts).map(Text::joined).collect();
    let guessed = selector.origin == Origin::Common;
    let wild = probe.is_some_and(|probe| probe.is_absent() && is_wild_alias(&selector.name, answer, probe));
    // Where it is not known whether a wildcard answers, nobody knows what stands at a name itself.
    let unknown = probe.and_then(Answer::failure).filter(|_| alias.is_some() || !texts.is_empty());
    let state = match (answer.failure().or(unknown), texts.as_slice()) {
        (Some(failure), _) => KeyState::Failed(failure),
        (None, []) if wild => KeyState::Wildcard,
        (None, []) => KeyState::NotFound,
        (None, texts) if texts == random => KeyState::Wildcard,
        (None, texts) if guessed && !texts.iter().any(|text| looks_like_key(text)) => KeyState::NotFound,
        (None, [text]) => KeyState::Found(printable(text), DkimKey::parse(text)),
        (None, texts) => KeyState::Several(texts.iter().map(|text| printable(text)).collect()),
    };
    let mended = match (&state, texts.as_slice()) {
        (KeyState::Found(_, key), [text]) if alias.is_none() && !is_usable(key) => mended_key(text),
        _ => None,
    };
    DkimView { selector, state, alias, mended }
}
