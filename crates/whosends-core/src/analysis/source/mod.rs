//! One source in full: what it is and why, how it got that name, what its mail looks like, and what to do.
//!
//! A [`Portrait`] takes the judged records of each domain and keeps those of the source; [`Portrait::finish`] gives
//! one [`Detail`] a domain, or two where the source also passes on other people's mail. Every list in it is
//! cut at [`MOST`] entries, the busiest first, and says how many there are.

mod collect;
mod failing;
mod lists;
#[cfg(test)]
mod tests;
mod words;

pub use collect::Portrait;
pub use failing::why_it_fails;
pub use lists::{Item, List, MOST};

use std::net::IpAddr;

use super::sources::{Steps, Totals};
use super::tally::Tally;
use crate::model::Period;
use crate::model::words::Disposition;
use crate::model::{Day, Name};
use crate::senders::{
    Advice, Class, ClassTotals, Clause, GroupJudgement, ReverseName, Sender, ServiceId, SourceKey,
};

/// What was found of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// Which days.
    pub period: Period,
    /// What the steps of every trend are, where anything has a date.
    pub steps: Option<Steps>,
    /// One entry a policy domain and source, the busiest first.
    pub details: Vec<Detail>,
}

/// One source's mail for one policy domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// The id of the policy domain.
    pub domain: u32,
    /// All messages of that domain in the period, of whatever source.
    pub domain_messages: u64,
    /// The source.
    pub source: SourceKey,
    /// Whether these are messages it passed on.
    pub relayed: bool,
    /// What it is to the owner.
    pub judgement: GroupJudgement,
    /// Why, in words.
    pub reason: String,
    /// Its messages.
    pub totals: Totals,
    /// Its messages by the class of their records.
    pub classes: ClassTotals,
    /// Messages in each step of [`Details::steps`] that has any, in order.
    pub trend: Vec<(u32, u64)>,
    /// What names it, the strongest first; of so many messages.
    pub evidence: Vec<Clause>,
    /// The messages whose evidence was weighed: all but those of the least busy of very many addresses.
    pub weighed: u64,
    /// What the name hangs on where only one kind of evidence about the machine speaks for it.
    pub weakest_link: Option<&'static str>,
    /// Why its records have the class they have.
    pub reasons: List<(Class, String)>,
    /// Who composed its mail and who delivered it.
    pub routes: List<Route>,
    /// Its addresses.
    pub addresses: List<Machine>,
    /// Its messages of each day, in order.
    pub days: Vec<(Day, Tally)>,
    /// The signatures its mail carries.
    pub signatures: List<Signature>,
    /// The envelope domains that SPF was checked for.
    pub envelopes: List<Envelope>,
    /// The domains in its From headers.
    pub authors: List<Option<Name>>,
    /// Who reported it; `None` where the reporter gives no name.
    pub reporters: List<Option<Box<str>>>,
    /// What receivers did with it.
    pub dispositions: List<Option<Disposition>>,
    /// Why its failing records fail, in a line each.
    pub failing: List<String>,
    /// What to do, where there is something to be put right or to be looked at.
    pub fix: Option<Advice>,
}

/// Who composed mail and who delivered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Route {
    /// The service that composed and signed it.
    pub originator: Option<ServiceId>,
    /// Whose machine delivered it.
    pub hop: Option<Sender>,
}

/// An address and its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Machine {
    /// The address.
    pub address: IpAddr,
    /// Its host name, where one is known.
    pub name: Option<String>,
    /// Whether the name leads back to the address; `None` where nobody asked.
    pub confirmed: Option<bool>,
}

impl Machine {
    fn new(address: IpAddr, reverse: ReverseName) -> Self {
        match reverse {
            ReverseName::Found { name, confirmed } => Self { address, name: Some(name), confirmed },
            ReverseName::Unasked | ReverseName::Absent => Self { address, name: None, confirmed: None },
        }
    }
}

/// A signature, by who signed with what and how it was judged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signature {
    /// The signing domain.
    pub domain: Option<Name>,
    /// The selector, in lower case.
    pub selector: Option<String>,
    /// The result, as its word.
    pub result: Option<String>,
    /// Whether the domain is in the organisation of the author domain.
    pub aligned: bool,
}

/// An identity that SPF was checked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Envelope {
    /// The domain.
    pub domain: Option<Name>,
    /// Whether it is the name of a greeting and not of an envelope.
    pub helo: bool,
    /// The result, as its word.
    pub result: Option<String>,
    /// Whether the domain is in the organisation of the author domain.
    pub aligned: bool,
}
