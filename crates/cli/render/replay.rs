//! What another policy would have done to the mail of a domain.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::analysis::replay::{
    Calibration, GroupLoss, Hypothesis, Loss, Replayed, ReplayedAuthor, ReplayedGroup,
};
use whosends_core::model::Period;
use whosends_core::model::{Name, PolicyPublished};
use whosends_core::senders::{Catalogue, Class};

use super::answer::{Csv, Json, Ndjson};
use super::by_sender::Classes;
use super::csv;
use super::json::{self, SCHEMA};
use super::number::{count, grouped};
use super::period::{Days, LeftOut};
use super::policy::Policy;
use super::words::kind;

/// What no report can show.
pub(super) const BLIND_SPOT: &str = "Only receivers that send reports are counted.";

/// What another policy would have done, with everything the answer needs beside the sums.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// The domain.
    pub(crate) domain: &'a Name,
    /// The policy that its newest report saw.
    pub(crate) policy: Option<&'a PolicyPublished>,
    /// The policy that was tried.
    pub(crate) hypothesis: Hypothesis,
    /// Which days.
    pub(crate) period: Period,
    /// What the period leaves out.
    pub(crate) left_out: LeftOut,
    /// The services.
    pub(crate) catalogue: &'a Catalogue,
    /// What it would have done.
    pub(crate) replayed: &'a Replayed,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    domain: &'a str,
    period: Days,
    left_out: LeftOut,
    tried: Tried,
    policy: Option<Policy<'a>>,
    #[serde(flatten)]
    lost: Lost,
    loss_by_class: Classes,
    broken_forwards: u64,
    existence_unknown: u64,
    undecided: u64,
    authors: Vec<Author<'a>>,
    senders: Vec<Sender<'a>>,
    calibration: Calibrated<'a>,
    blind_spot: &'static str,
}

/// The policy that was tried.
#[derive(Serialize)]
struct Tried {
    p: &'static str,
    sp: Option<&'static str>,
    np: Option<&'static str>,
    adkim: Option<&'static str>,
    aspf: Option<&'static str>,
}

/// What is lost.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Lost {
    pub(super) messages: u64,
    pub(super) strict_loss: u64,
    pub(super) likely_loss: u64,
    pub(super) rescued: u64,
    pub(super) quarantined: u64,
    pub(super) legitimate_loss: Bracket,
    pub(super) blocked: u64,
}

/// At least, and at most.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Bracket {
    pub(super) low: u64,
    pub(super) high: u64,
}

impl Lost {
    fn new(loss: Loss, (low, high): (u64, u64), blocked: u64) -> Self {
        Self {
            messages: loss.messages,
            strict_loss: loss.strict,
            likely_loss: loss.likely(),
            rescued: loss.rescued,
            quarantined: loss.quarantined,
            legitimate_loss: Bracket { low, high },
            blocked,
        }
    }

    /// What happens to it.
    pub(super) const fn verb(&self) -> &'static str {
        match self.quarantined {
            0 => "refused",
            quarantined if quarantined == self.strict_loss => "set aside as spam",
            _ => "refused or set aside as spam",
        }
    }
}

/// One sender: a row in every format.
#[derive(Debug, Serialize)]
pub(super) struct Sender<'a> {
    pub(super) domain: &'a str,
    pub(super) source: String,
    pub(super) name: String,
    kind: &'static str,
    class: &'static str,
    confidence: &'static str,
    confirmed: bool,
    #[serde(flatten)]
    pub(super) lost: Lost,
    loss_by_class: Classes,
    pub(super) sentence: String,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    #[serde(flatten)]
    sender: Sender<'a>,
}

/// An author domain and the policy it would be under.
#[derive(Debug, Serialize)]
pub(super) struct Author<'a> {
    pub(super) header_from: Option<&'a str>,
    pub(super) policy_domain: &'a str,
    pub(super) decided_by: &'static str,
    pub(super) action: &'static str,
    exists: Option<bool>,
    pub(super) messages: u64,
    pub(super) strict_loss: u64,
    likely_loss: u64,
}

/// The prediction against what reporters say they did where a policy was in force.
#[derive(Debug, Serialize)]
pub(super) struct Calibrated<'a> {
    #[serde(flatten)]
    pub(super) all: Predicted,
    pub(super) reporters: Vec<Reporter<'a>>,
}

/// What one reporter did.
#[derive(Debug, Serialize)]
pub(super) struct Reporter<'a> {
    pub(super) reporter: Option<&'a str>,
    #[serde(flatten)]
    pub(super) predicted: Predicted,
}

/// Messages where a policy was in force.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Predicted {
    pub(super) messages: u64,
    pub(super) predicted: u64,
    pub(super) actual: u64,
    pub(super) agreed: u64,
    pub(super) overridden: u64,
}

impl From<Calibration> for Predicted {
    fn from(calibration: Calibration) -> Self {
        let Calibration { messages, predicted, actual, agreed, overridden } = calibration;
        Self { messages, predicted, actual, agreed, overridden }
    }
}

impl Predicted {
    const fn add(&mut self, other: Self) {
        self.messages = self.messages.saturating_add(other.messages);
        self.predicted = self.predicted.saturating_add(other.predicted);
        self.actual = self.actual.saturating_add(other.actual);
        self.agreed = self.agreed.saturating_add(other.agreed);
        self.overridden = self.overridden.saturating_add(other.overridden);
    }
}

impl<'a> Json for Answer<'a> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let (replay, hypothesis) = (&self.replayed.replay, self.hypothesis);
        let object = Object {
            schema: SCHEMA,
            domain: self.domain.as_str(),
            period: self.period.into(),
            left_out: self.left_out,
            tried: Tried {
                p: hypothesis.p.as_str(),
                sp: hypothesis.sp.map(|action| action.as_str()),
                np: hypothesis.np.map(|action| action.as_str()),
                adkim: hypothesis.dkim.map(|mode| mode.as_str()),
                aspf: hypothesis.spf.map(|mode| mode.as_str()),
            },
            policy: self.policy.map(Policy::from),
            lost: self.lost(),
            loss_by_class: (&replay.classes).into(),
            broken_forwards: replay.broken_forwards,
            existence_unknown: replay.existence_unknown,
            undecided: replay.undecided,
            authors: self.authors(),
            senders: self.senders().into_iter().map(|(_, sender)| sender).collect(),
            calibration: self.calibration(),
            blind_spot: BLIND_SPOT,
        };
        json::pretty(out, &object)
    }
}

impl<'a> Ndjson for Answer<'a> {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        let lines = self.senders().into_iter().map(|(_, sender)| Line { schema: SCHEMA, sender });
        lines.into_iter().try_for_each(|line| json::line(out, &line))
    }
}

impl<'a> Csv for Answer<'a> {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &CSV)?;
        for (_, sender) in self.senders() {
            let lost = sender.lost;
            let mut cells = vec![
                csv::Cell::Text(sender.domain),
                csv::Cell::Text(&sender.source),
                csv::Cell::Text(&sender.name),
                csv::Cell::Text(sender.kind),
                csv::Cell::Text(sender.class),
            ];
            let numbers = [
                lost.messages,
                lost.strict_loss,
                lost.likely_loss,
                lost.legitimate_loss.low,
                lost.legitimate_loss.high,
                lost.blocked,
            ];
            cells.extend(numbers.map(|number| csv::Cell::Number(number.into())));
            csv::row(out, &cells)?;
        }
        Ok(())
    }
}

impl<'a> Answer<'a> {
    /// The sums over everything.
    pub(super) fn lost(&self) -> Lost {
        let replay = &self.replayed.replay;
        Lost::new(replay.total, replay.legitimate(), replay.blocked())
    }

    /// The senders, those that lose most first.
    pub(super) fn senders(&self) -> Vec<(Class, Sender<'a>)> {
        let losses = &self.replayed.replay.groups;
        let groups = self.replayed.groups.iter().zip(0_u32..);
        let senders = groups.filter_map(|(group, at)| Some(self.sender(group, losses.get(&at)?)));
        let mut senders: Vec<_> = senders.collect();
        senders.sort_by(|(_, a), (_, b)| {
            let size = |sender: &Sender<'_>| (sender.lost.strict_loss, sender.lost.messages);
            let name = |sender: &Sender<'a>| (sender.domain, sender.source.clone());
            size(b).cmp(&size(a)).then_with(|| name(a).cmp(&name(b)))
        });
        senders
    }

    fn sender(&self, group: &'a ReplayedGroup, loss: &GroupLoss) -> (Class, Sender<'a>) {
        let judgement = &group.judgement;
        let lost = Lost::new(loss.loss, loss.legitimate(), loss.blocked());
        let name = group.source.title(self.catalogue);
        let class = judgement.class.as_str();
        let sentence = format!(
            "{} of {} from {name} ({class}) would have been {}; {} of those {} reached a receiver that already \
             overrides for forwarders.",
            grouped(lost.strict_loss),
            count(lost.messages, "message", "messages"),
            lost.verb(),
            grouped(lost.rescued),
            grouped(lost.strict_loss),
        );
        let sender = Sender {
            domain: group.domain.as_str(),
            source: group.source.text(self.catalogue),
            kind: kind(&group.source),
            class,
            confidence: judgement.confidence.as_str(),
            confirmed: judgement.confirmed,
            lost,
            loss_by_class: (&loss.classes).into(),
            name,
            sentence,
        };
        (judgement.class, sender)
    }

    /// The author domains, the busiest first.
    pub(super) fn authors(&self) -> Vec<Author<'a>> {
        let losses = &self.replayed.replay.authors;
        let authors = self.replayed.authors.iter().zip(0_u32..);
        let mut authors: Vec<_> =
            authors.filter_map(|(from, at)| Some(author(from, losses.get(&at)?))).collect();
        authors.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.header_from.cmp(&b.header_from)));
        authors
    }

    /// The prediction against what was done.
    pub(super) fn calibration(&self) -> Calibrated<'a> {
        let names = &self.replayed.reporters;
        let reporters = self.replayed.replay.reporters.iter().map(|(&at, &found)| Reporter {
            reporter: names.get(at as usize).and_then(Option::as_deref),
            predicted: found.into(),
        });
        let mut reporters: Vec<_> = reporters.collect();
        reporters.sort_by(|a, b| {
            b.predicted.messages.cmp(&a.predicted.messages).then_with(|| a.reporter.cmp(&b.reporter))
        });
        let mut all = Predicted::default();
        reporters.iter().for_each(|reporter| all.add(reporter.predicted));
        Calibrated { all, reporters }
    }
}

fn author<'a>(author: &'a ReplayedAuthor, loss: &Loss) -> Author<'a> {
    Author {
        header_from: author.header_from.as_ref().map(Name::as_str),
        policy_domain: author.policy_domain.as_str(),
        decided_by: author.tag.map_or("own_record", |tag| tag.as_str()),
        action: author.action.as_str(),
        exists: author.exists,
        messages: loss.messages,
        strict_loss: loss.strict,
        likely_loss: loss.likely(),
    }
}

const CSV: [&str; 11] = [
    "domain",
    "source",
    "name",
    "kind",
    "class",
    "messages",
    "strict_loss",
    "likely_loss",
    "legitimate_loss_low",
    "legitimate_loss_high",
    "blocked",
];
