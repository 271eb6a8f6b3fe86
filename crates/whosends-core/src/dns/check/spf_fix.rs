//! The SPF records to publish in place of those in DNS: one for each name, which mends all that is wrong there.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::finding::Finding;
use super::spf_terms::is_not_routed;
use crate::dns::propose::spf::{Draft, is_all};
use crate::dns::record::printable;
use crate::dns::spf::{Net, SpfRecord, Tree, is_spf};
use crate::dns::{Answer, DnsName, Inquiry, RecordType, Text};

/// The records to publish, by the names at which they have to stand.
#[derive(Debug, Default)]
pub(super) struct Fixes {
    records: BTreeMap<String, String>,
}

/// A text that was probably meant as an SPF record, and that receivers pass over.
#[derive(Debug)]
pub(super) struct Lookalike {
    /// The text, made printable.
    pub(super) text: String,
    /// Why they do.
    pub(super) reason: &'static str,
    /// What it was meant to say, where that is beyond doubt.
    meant: Option<Draft>,
}

impl Fixes {
    /// Adds the record for a name to a finding, where there is one.
    pub(super) fn add(&self, finding: Finding, owner: &impl fmt::Display) -> Finding {
        match self.records.get(&owner.to_string()) {
            Some(record) => finding.publish(owner, "TXT", record.clone()),
            None => finding,
        }
    }
}

/// Works out the records for a domain and for the names of its owner to which its record leads; `None` while answers
/// are missing. Nothing is proposed in a zone of others, nor beside an alias.
pub(super) fn look(
    inquiry: &Inquiry<'_>,
    (domain, registered): (&DnsName, &DnsName),
    tree: &Tree,
    lookalikes: &[Lookalike],
) -> Option<Fixes> {
    let mut fixes = Fixes::default();
    let mut own: Vec<(&Tree, DnsName)> = Vec::new();
    tree.visit(&mut |tree, _| {
        let name = DnsName::from_dotted(&tree.domain).ok().filter(|name| name.is_within(registered));
        let is_new = !own.iter().any(|(other, _)| other.domain == tree.domain);
        own.extend(name.filter(|_| is_new).map(|name| (tree, name)));
    });
    let end = tree.end();
    for (tree, name) in own {
        let answer = inquiry.records(&name, RecordType::Txt)?;
        if answer.failure().is_some() || !answer.aliases.is_empty() {
            continue;
        }
        let texts: Vec<Vec<u8>> = answer.texts().map(Text::joined).filter(|text| is_spf(text)).collect();
        let record = match texts.as_slice() {
            [] if name == *domain => meant(lookalikes),
            [] => None,
            [text] => better(text, answer, tree.domain == end.domain),
            several => merged(several),
        };
        fixes.records.extend(record.map(|record| (tree.domain.clone(), record)));
    }
    Some(fixes)
}

/// The texts of a name without an SPF record that were probably meant as one.
pub(super) fn lookalikes(answer: &Answer) -> Vec<Lookalike> {
    let texts = answer.texts().map(Text::joined);
    texts.filter_map(|text| lookalike(&text)).collect()
}

fn lookalike(text: &[u8]) -> Option<Lookalike> {
    let start = text.iter().position(u8::is_ascii_alphanumeric).unwrap_or(text.len());
    let bare = text.get(start..).unwrap_or_default();
    let compact: Vec<u8> =
        bare.iter().filter(|byte| !byte.is_ascii_whitespace()).map(u8::to_ascii_lowercase).collect();
    let meant = Draft::read(text);
    let reason = if compact.starts_with(b"spf2.0/") {
        "Sender ID is no SPF"
    } else if start > 0 && is_spf(bare) {
        "something stands before the version"
    } else if compact.starts_with(b"v=spf") || compact.starts_with(b"spf1") {
        "the version is not exactly `v=spf1`, followed by a blank"
    } else if meant.is_some() {
        "it does not begin with `v=spf1` and a blank"
    } else {
        return None;
    };
    Some(Lookalike { text: printable(text), reason, meant })
}

/// One record for all texts that were meant as one, where the meaning of each is known.
fn meant(lookalikes: &[Lookalike]) -> Option<String> {
    let drafts: Option<Vec<_>> = lookalikes.iter().map(|one| one.meant.clone()).collect();
    let mut draft = united(&drafts?)?;
    draft.close();
    draft.record()
}

/// One record for several that are sound, or can be mended.
fn merged(texts: &[Vec<u8>]) -> Option<String> {
    let drafts: Option<Vec<_>> = texts.iter().map(|text| Draft::read(text)).collect();
    let mut draft = united(&drafts?)?;
    draft.close();
    draft.record()
}

fn united(drafts: &[Draft]) -> Option<Draft> {
    match drafts {
        [first, others @ ..] if others.iter().all(|other| other == first) => Some(first.clone()),
        several => Draft::merged(several),
    }
}

/// A record without what is wrong with it. `is_end` says whether it has the last word. What names senders is never
/// turned into a record that names none: they would fail.
fn better(text: &[u8], answer: &Answer, is_end: bool) -> Option<String> {
    let record = SpfRecord::parse(text)?;
    let spaced = if record.faults().is_empty() { None } else { with_spaces(answer) };
    let stated = Draft::read(spaced.as_deref().unwrap_or(text))?;
    let mut draft = stated.clone();
    draft.drop_idle_redirect();
    draft.put_all_last();
    draft.retain(|term| !is_ptr(term) && !is_never_seen(term));
    if is_end {
        draft.close();
    }
    let as_it_is = record.faults().is_empty() && draft.terms().eq(words(text).iter().map(String::as_str));
    let mute = stated.names_senders() && !draft.names_senders();
    if as_it_is || mute { None } else { draft.record() }
}

/// The terms of a sound record, as they stand.
fn words(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text).into_owned();
    text.split(' ').filter(|word| !word.is_empty()).skip(1).map(ToOwned::to_owned).collect()
}

fn is_ptr(term: &str) -> bool {
    let bare = term.trim_start_matches(['+', '-', '~', '?']);
    bare.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case("ptr"))
}

/// Whether a term names only addresses from which no receiver sees mail.
fn is_never_seen(term: &str) -> bool {
    let range = || {
        let (name, value) = term.trim_start_matches(['+', '-', '~', '?']).split_once(':')?;
        let (address, prefix) = value.split_once('/').map_or((value, None), |(one, two)| (one, Some(two)));
        let address: IpAddr = address.parse().ok()?;
        let is_range = name.eq_ignore_ascii_case("ip4") || name.eq_ignore_ascii_case("ip6");
        match prefix {
            Some(prefix) => Net::new(address, prefix.parse().ok()?),
            None => Some(Net::single(address)),
        }
        .filter(|_| is_range)
    };
    !is_all(term) && range().is_some_and(is_not_routed)
}

/// The record with a blank between its strings, where that makes it sound.
pub(super) fn with_spaces(answer: &Answer) -> Option<Vec<u8>> {
    let text = answer.texts().find(|text| is_spf(&text.joined()))?;
    let strings: Vec<&[u8]> = text.0.iter().map(|string| &**string).collect();
    let splits = 1..strings.len();
    let one_blank = splits.map(|at| {
        let (before, after) = strings.split_at(at);
        [&before.concat()[..], b" ", &after.concat()].concat()
    });
    let everywhere = (strings.len() > 1).then(|| strings.join(&b' '));
    let sound = |text: &Vec<u8>| SpfRecord::parse(text).is_some_and(|record| record.faults().is_empty());
    one_blank.chain(everywhere).find(sound)
}
