//! Says in words, built from the data, why a record is what it is and what names its sender.

use std::collections::BTreeMap;

use crate::model::Day;

use super::catalogue::{Catalogue, ServiceId};
use super::class::{Class, Rule, SignAgainst};
use super::evidence::{Evidence, EvidenceKind, Sender};
use super::judge::Explained;

/// Why a record has its class: one or two sentences. Names in it were written by strangers.
#[must_use]
pub fn reason(explained: &Explained, catalogue: &Catalogue) -> String {
    let Explained { judgement, envelope, selectors, .. } = explained;
    let name = |service: ServiceId| catalogue.service(service).name.as_str();
    let originator =
        judgement.attribution.originator.map_or("An unnamed service", |named| name(named.service));
    let hop = judgement.attribution.hop.and_then(|hop| hop.service()).map_or("an unnamed machine", name);
    let envelope = envelope.as_deref().unwrap_or("an unknown sender");
    let selector = selectors.first().map_or("unstated", String::as_str);
    match judgement.rule {
        Rule::NoVerdict => "The reporter gave no verdict that could be read.".to_owned(),
        Rule::Spf if judgement.flags.spf_only => {
            format!("SPF passes aligned ({envelope}); DKIM does not, so any forward of it fails.")
        }
        Rule::Spf => format!("SPF passes aligned ({envelope}), and so does DKIM."),
        Rule::OtherTenant => other_tenant(&explained.evidence),
        Rule::DkimFromOwn => "DKIM passes from one of your own servers; SPF does not.".to_owned(),
        Rule::DkimFromOriginator => {
            format!("DKIM passes and {originator} sent it itself; SPF does not align.")
        }
        Rule::Relayed => format!("It was passed on ({hop})."),
        Rule::Resent => format!("It was passed on by {hop}, under the return path {envelope}."),
        Rule::OtherHop => format!("{originator} composed it and {hop} delivered it: it was passed on."),
        Rule::OtherEnvelope => format!("It came under the return path {envelope}: it was passed on."),
        Rule::Gateway => format!("The filter {hop} delivered it: it was passed on."),
        Rule::UnknownHop => {
            format!("{originator} composed it and another machine delivered it: it was passed on.")
        }
        Rule::KnownSelector => format!(
            "It carries your signature, selector {selector}, known from aligned mail, from another machine: it was passed on."
        ),
        Rule::SignsWithYourKey => format!(
            "It is signed with your key, selector {selector}, by a machine of which nothing is known: a server of yours that SPF does not list, or a replay."
        ),
        Rule::OwnKeyOnlyHere => format!(
            "DKIM passes with your key, selector {selector}, under the return path {envelope}, where alone it is seen: a service of yours that has no name here."
        ),
        Rule::BrokenOnTheWay => {
            format!("Your signature broke on the way, under the return path {envelope}: it was passed on.")
        }
        Rule::OwnFails => "It comes from one of your own servers and passes neither DKIM nor SPF.".to_owned(),
        _ => why_it_fails(explained, catalogue, originator, hop),
    }
}

/// Why a record of which nothing of the owner's passes has its class.
fn why_it_fails(explained: &Explained, catalogue: &Catalogue, originator: &str, hop: &str) -> String {
    let Explained { judgement, against, source, .. } = explained;
    match judgement.rule {
        Rule::ConfirmedFails => {
            let sender = match judgement.sender {
                Some(Sender::Service(service)) => catalogue.service(service).name.as_str(),
                _ => originator,
            };
            format!("{sender} is known to send for you, and this passes neither DKIM nor SPF aligned.")
        }
        Rule::Unconfirmed => {
            format!(
                "{originator} sent it, and nothing confirms that it sends for you: many share that service."
            )
        }
        Rule::ForeignOrganization => {
            let shown = source.text(catalogue);
            format!(
                "It passes as mail of {shown} and not as yours: a service of yours that is not set up, or somebody else's mail."
            )
        }
        Rule::RecipientGateway => format!("The filter {hop} delivered it, a recipient's: it was passed on."),
        Rule::OwnSignatureFails => {
            "A signature in your name fails: a key that is not in DNS, or mail that was changed on the way."
                .to_owned()
        }
        Rule::RefusedBySpf => "It fails, and your own SPF record refuses its address.".to_owned(),
        Rule::Wave => "It fails, and came from many new addresses within days, all in one shape.".to_owned(),
        Rule::GatewayFails => format!("The filter {hop} delivered it, most likely a recipient's."),
        Rule::SpokenAgainst => format!("It fails, and {}.", list(&signs(against))),
        Rule::NothingKnown if !against.is_empty() => {
            format!("It fails, and only one thing speaks against it: {}.", list(&signs(against)))
        }
        Rule::Decided => decided(judgement.class).to_owned(),
        _ => "It fails, and nothing speaks for or against it.".to_owned(),
    }
}

/// The owner's word; the class that came of it says which it was.
const fn decided(class: Class) -> &'static str {
    match class {
        Class::Unauthorised => "You marked its sender as unauthorised.",
        Class::Forwarder => "You marked its sender as a forwarder.",
        Class::Aligned | Class::Misaligned | Class::Unknown => "You marked its sender as authorised.",
    }
}

fn other_tenant(evidence: &[Evidence]) -> String {
    let tenant = evidence.iter().find(|piece| piece.kind == EvidenceKind::ServiceSignature);
    let tenant = tenant.map_or("an unknown one", |piece| piece.value.as_str());
    format!("SPF passes, but a Microsoft tenant that is not yours signed it: {tenant}.")
}

fn signs(against: &[SignAgainst]) -> Vec<String> {
    let words = against.iter().map(|sign| match sign {
        SignAgainst::SpfFail => "SPF says that its address may not use your domain",
        SignAgainst::SpfSoftFail => "SPF says that its address probably may not use your domain",
        SignAgainst::DynamicAddress => "its address is a customer's line",
        SignAgainst::NoReverseName => "its address has no name",
        SignAgainst::RefutedReverseName => "the name of its address leads elsewhere",
        SignAgainst::StrangerEnvelope => "its return path is a stranger's and nothing is signed as you",
        SignAgainst::StrangerSignature => "a stranger's domain signed it",
    });
    words.map(str::to_owned).collect()
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// One kind of evidence in a group of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What it is.
    pub kind: EvidenceKind,
    /// The value most messages show.
    pub value: String,
    /// How many other values there are.
    pub others: usize,
    /// Whom it names.
    pub names: Sender,
    /// The messages that show it, of any value.
    pub messages: u64,
    /// The first and last day with it.
    pub days: Option<(Day, Day)>,
}

impl Clause {
    /// The clause in words, without the number of messages.
    #[must_use]
    pub fn text(&self, catalogue: &Catalogue) -> String {
        let value = match self.others {
            0 => self.value.clone(),
            others => format!("{} (and {others} more)", self.value),
        };
        let service = match self.names {
            Sender::Own => "you",
            Sender::Service(service) => catalogue.service(service).name.as_str(),
        };
        match self.kind {
            EvidenceKind::ServiceSignature | EvidenceKind::IspSignature => format!("signed by {value}"),
            EvidenceKind::RelaySignature | EvidenceKind::HostSignature => {
                format!("signed by {value}, which passed it on")
            }
            EvidenceKind::Selector => format!("signed as {value}, which is {service}'s"),
            EvidenceKind::WeakSelector => format!("signed as {value}, from a machine of {service}'s"),
            EvidenceKind::Envelope | EvidenceKind::RelayEnvelope => format!("return path {value} passed SPF"),
            EvidenceKind::EnvelopeLabel | EvidenceKind::WeakEnvelopeLabel => {
                format!("return path {value} passed SPF and is named the way {service} names them")
            }
            EvidenceKind::OwnAddress => format!("your SPF record lists the address {value}"),
            EvidenceKind::ReverseName => format!("address resolves to {value} and back"),
            EvidenceKind::UnconfirmedReverseName => {
                format!("address is said to be {value}, which nobody led back")
            }
            EvidenceKind::PublishedRange => format!("address lies in {value}, which {service} publishes"),
            EvidenceKind::Helo => format!("greeting {value} passed SPF"),
            EvidenceKind::Network => format!("address belongs to {value}"),
            EvidenceKind::Claim => format!("claims a signature of {value} that did not pass"),
        }
    }
}

/// The evidence of many records together.
#[derive(Debug, Clone, Default)]
pub struct EvidenceTally {
    messages: u64,
    values: BTreeMap<(EvidenceKind, Sender), BTreeMap<String, Count>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    messages: u64,
    days: Option<(Day, Day)>,
}

impl Count {
    fn add(&mut self, messages: u64, days: Option<(Day, Day)>) {
        self.messages = self.messages.saturating_add(messages);
        self.days = match (self.days, days) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
    }
}

impl EvidenceTally {
    /// Adds the evidence of a record that stands for this many messages on a day.
    pub fn add(&mut self, evidence: &[Evidence], messages: u64, day: Option<Day>) {
        self.messages = self.messages.saturating_add(messages);
        for piece in evidence {
            let values = self.values.entry((piece.kind, piece.names)).or_default();
            let count = match values.get_mut(&piece.value) {
                Some(count) => count,
                None => values.entry(piece.value.clone()).or_default(),
            };
            count.add(messages, day.map(|day| (day, day)));
        }
    }

    /// The messages that were added.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.messages
    }

    /// One clause a kind of evidence and sender, the strongest first.
    #[must_use]
    pub fn clauses(&self) -> Vec<Clause> {
        let clauses = self.values.iter().filter_map(|(&(kind, names), values)| {
            let (value, _) = values.iter().max_by_key(|(_, count)| count.messages)?;
            let mut all = Count::default();
            values.values().for_each(|count| all.add(count.messages, count.days));
            // A record may show one kind twice, and never more often than it has messages.
            let messages = all.messages.min(self.messages);
            let others = values.len() - 1;
            Some(Clause { kind, value: value.clone(), others, names, messages, days: all.days })
        });
        let mut clauses: Vec<_> = clauses.collect();
        let points = |clause: &Clause| {
            let (originator, hop) = clause.kind.points();
            originator.max(hop)
        };
        clauses.sort_by_key(|clause| std::cmp::Reverse((points(clause), clause.messages)));
        clauses
    }

    /// The evidence in one sentence, with how many of the messages show each piece.
    #[must_use]
    pub fn sentence(&self, catalogue: &Catalogue) -> String {
        let clauses: Vec<_> = self
            .clauses()
            .iter()
            .map(|clause| {
                let text = clause.text(catalogue);
                format!("{text} in {} of {} messages", clause.messages, self.messages)
            })
            .collect();
        let mut sentence = clauses.join("; ");
        if let Some(first) = sentence.get(..1) {
            let first = first.to_ascii_uppercase();
            sentence.replace_range(..1, &first);
            sentence.push('.');
        }
        sentence
    }

    /// What a name hangs on where only one kind of evidence about the machine speaks for it.
    #[must_use]
    pub fn weakest_link(&self, sender: Sender) -> Option<&'static str> {
        let mut kinds =
            self.values.keys().filter(|(kind, names)| *names == sender && *kind != EvidenceKind::Claim);
        match (kinds.next(), kinds.next()) {
            (Some((EvidenceKind::ReverseName, _)), None) => Some("named by reverse DNS only"),
            (Some((EvidenceKind::UnconfirmedReverseName, _)), None) => {
                Some("named by a host name nobody led back")
            }
            (Some((EvidenceKind::PublishedRange, _)), None) => Some("named by a published range only"),
            (Some((EvidenceKind::Network, _)), None) => Some("named by its network only"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, catalogue};
    use super::*;

    #[test]
    fn a_record_says_why() {
        let why = |scene: Scene| reason(&scene.explained(), catalogue());
        let spoof = Scene::new((false, false), "", "example.com=softfail").named("192-0-2-1.isp.example");
        assert_eq!(
            why(spoof),
            "It fails, and SPF says that its address probably may not use your domain and its address is a customer's line."
        );
        let forward = Scene::new((true, false), "example.com/k20=pass", "club.example.net=pass");
        let forward = forward.selector("k20");
        assert_eq!(why(forward), "It came under the return path club.example.net: it was passed on.");
        let failing = Scene::new((false, false), "sendgrid.info/smtpapi=pass", "").confirmed("sendgrid");
        assert_eq!(
            why(failing),
            "Twilio SendGrid is known to send for you, and this passes neither DKIM nor SPF aligned."
        );
    }

    #[test]
    fn a_group_says_what_names_it() {
        let scene = Scene::new((true, true), "sendgrid.net/smtpapi=pass", "em1234.example.com=pass")
            .named("o1.ptr.outbound-mail.sendgrid.net");
        let mut tally = EvidenceTally::default();
        tally.add(&scene.explained().evidence, 800, Some(Day(20_000)));
        let other = scene.named("o2.ptr.outbound-mail.sendgrid.net");
        tally.add(&other.explained().evidence, 12, Some(Day(20_001)));
        assert_eq!(
            tally.sentence(catalogue()),
            "Signed by sendgrid.net, selector smtpapi in 812 of 812 messages; return path em1234.example.com \
             passed SPF and is named the way Twilio SendGrid names them in 812 of 812 messages; address resolves to \
             o1.ptr.outbound-mail.sendgrid.net (and 1 more) and back in 812 of 812 messages."
        );
        assert_eq!(tally.clauses()[0].days, Some((Day(20_000), Day(20_001))));
    }

    #[test]
    fn a_thin_name_says_so() {
        let scene = Scene::new((false, true), "", "example.com=pass").named("mx1.mail.ovh.net");
        let explained = scene.explained();
        let mut tally = EvidenceTally::default();
        tally.add(&explained.evidence, 5, None);
        assert_eq!(
            tally.weakest_link(explained.judgement.sender.unwrap()),
            Some("named by reverse DNS only")
        );
    }
}
