//! What the mail of all policy domains says about its owner: learned anew, or found as it was learned before.

use std::collections::HashMap;

use super::asked::QUARTER;
use super::attribution::Traffic;
use super::{Context, Known};
use crate::analysis::attribution::{Learned, OwnDns};
use crate::error::Result;
use crate::model::digest::Fields;
use crate::model::stored::{Stored, bytes_of};
use crate::model::{Day, Domains, Period};
use crate::senders::Catalogue;
use crate::store::{KeptLearning, Stamp, Store};

/// The version of the rules by which is learned, and of the form in which that is kept. It is raised when either changes.
const RULES: i64 = 1;

/// What is learned from: of each policy domain, the mail of the ninety days up to its newest day.
#[derive(Debug)]
pub(super) struct Basis {
    newest: HashMap<u32, Day>,
    /// Stands for all that is learned from; `None` where nobody can tell whether that changes.
    stamp: Option<Stamp>,
    found: Found,
}

#[derive(Debug)]
enum Found {
    /// What was learned from the same before.
    Kept(KeptLearning),
    /// The mail itself.
    Mail(Box<Traffic>),
}

impl Basis {
    /// Reads what concerns some domains of what was learned before, or all mail where nothing was learned from the same.
    pub(super) fn read(context: &Context, store: &Store, domains: &Domains) -> Result<Self> {
        // First of all: what changes from here on makes another stamp.
        let revision = store.revision()?;
        let newest = store.newest_days(context.today())?;
        let stamp = stamp(context, revision, &newest);
        let kept = match &stamp {
            Some(stamp) => store.learning(stamp, domains)?,
            None => None,
        };
        let found = match kept {
            Some(kept) => Found::Kept(kept),
            None => Found::Mail(Box::new(mail(store, &newest)?)),
        };
        Ok(Self { newest, stamp, found })
    }

    /// Tells it to what is known besides, and keeps what had to be learned anew.
    pub(super) fn teach(self, known: &mut Known, store: &Store, domains: &Domains) -> Result<()> {
        let Self { newest, stamp, found } = self;
        let mail = match found {
            Found::Mail(mail) => *mail,
            Found::Kept(kept) => {
                let ids = store.domain_ids(domains)?;
                if let Some((own_dns, learned)) = unpack(&kept, &ids, &known.catalogue) {
                    known.take_in(own_dns, learned);
                    return Ok(());
                }
                mail(store, &newest)?
            }
        };
        known.take_in(known.read_own_dns(store)?, Learned::default());
        let learned = mail.learn(known, &newest);
        if let Some(stamp) = stamp {
            store.keep_learning(&stamp, &pack(known.own_dns(), &learned));
        }
        known.take_in(known.own_dns().to_vec(), learned);
        Ok(())
    }
}

fn mail(store: &Store, newest: &HashMap<u32, Day>) -> Result<Traffic> {
    let periods = newest.iter().map(|(&domain, &newest)| (domain, Period::ending(newest, QUARTER)));
    let periods = periods.collect();
    Traffic::gather(store, |visit| store.traffic_of(&periods, visit))
}

fn stamp(context: &Context, revision: i64, newest: &HashMap<u32, Day>) -> Option<Stamp> {
    let mut fields = Fields::new();
    fields.text(Some(env!("CARGO_PKG_VERSION")));
    fields.number(Some(RULES));
    fields.number(Some(revision));
    fields.bytes(&context.services_digest());
    fields.text(Some(&context.networks_edition()?));
    let mut newest: Vec<_> = newest.iter().collect();
    newest.sort_unstable();
    for (domain, day) in newest {
        fields.number(Some((*domain).into()));
        fields.number(Some(day.0));
    }
    Some(fields.first_half())
}

fn pack(own_dns: &[OwnDns], learned: &Learned) -> KeptLearning {
    let (learned, domains) = learned.pack();
    let mut common = bytes_of(&own_dns.to_vec());
    common.extend(learned);
    KeptLearning { common, domains }
}

fn unpack(kept: &KeptLearning, domains: &[u32], catalogue: &Catalogue) -> Option<(Vec<OwnDns>, Learned)> {
    let mut rest = &kept.common[..];
    let own_dns = Vec::take(&mut rest)?;
    Some((own_dns, Learned::unpack(rest, &kept.domains, domains, catalogue)?))
}
