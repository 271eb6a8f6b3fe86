//! One owner through all days.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::bench_support::FIRST;
use crate::bench_support::owners::{Fate, Owner, Policy, System};
use crate::support::{Folder, dns};

/// Days that an owner is followed for.
pub(crate) const DAYS: u64 = 180;
/// Days from one turn to the next, and from a look to what is done. Once p=reject is published, only each second turn
/// is a look.
const EVERY: u64 = 3;
const LATER: u64 = 2;
/// DNS is checked, and the names of sources are looked up, at each of so many turns.
const CHECKED: u64 = 6;

/// Mail under one policy.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Loss {
    pub(crate) own: u64,
    pub(crate) lost: u64,
}

/// What became of an owner.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) domain: String,
    pub(crate) own: u64,
    /// At quarantine and at reject: mail of systems that reports had shown before the policy was published.
    pub(crate) lost: [Loss; 2],
    /// Messages of systems that no report had shown before: nobody could have known.
    pub(crate) lost_unseen: u64,
    pub(crate) lost_by_calendar: u64,
    pub(crate) forged: [u64; 2],
    pub(crate) forged_by_calendar: u64,
    /// The day from which p=reject is published.
    pub(crate) rejects_from: Option<u64>,
    pub(crate) could_reject: bool,
    /// What was published when, and the last answer of `ready`, to tell why.
    pub(crate) published: Vec<(u64, String)>,
    pub(crate) last_word: String,
}

impl Outcome {
    /// What is more than the gates let through: a hundredth of the mail at quarantine, two thousandths at reject.
    pub(crate) fn lost_beyond_the_gates(&self) -> u64 {
        let [quarantine, reject] = self.lost;
        quarantine.lost.saturating_sub(quarantine.own.div_ceil(100))
            + reject.lost.saturating_sub((reject.own * 2).div_ceil(1_000))
    }
}

/// Something that an owner does.
#[derive(Debug, Clone)]
enum Deed {
    Publish { owner: String, value: String },
    SetUp(usize),
    Mark { source: String, decision: &'static str },
}

/// An owner on the way.
struct Way {
    owner: Owner,
    folder: Folder,
    /// The folders of reports that were not read yet.
    unread: BTreeSet<String>,
    /// What is to be done on which day.
    due: BTreeMap<u64, Vec<Deed>>,
    /// The first day on which a report shows a system.
    seen: Vec<Option<u64>>,
    /// The day on which the policy was first enforced, or made stricter.
    enforced: [Option<u64>; 2],
    outcome: Outcome,
}

/// Follows an owner through all days.
pub(crate) fn follow(owner: Owner) -> Outcome {
    let outcome = Outcome { domain: owner.domain.clone(), ..Outcome::default() };
    let seen = vec![None; owner.systems.len()];
    let mut way = Way {
        owner,
        folder: Folder::new(),
        unread: BTreeSet::new(),
        due: BTreeMap::new(),
        seen,
        enforced: [None; 2],
        outcome,
    };
    way.by_calendar();
    for day in 0..DAYS {
        way.do_what_is_due(day);
        let (fate, reports) = way.owner.day(day);
        way.count(&fate);
        for (name, text) in &reports {
            let folder = format!("reports{}", day / EVERY);
            way.folder.write(&format!("{folder}/{name}"), text);
            way.unread.insert(folder);
        }
        way.note_what_is_seen(day, &fate, reports.is_empty());
        if day % EVERY == EVERY - 1 && way.looks_in(day / EVERY) {
            way.look(day);
        }
    }
    way.outcome.could_reject = way.could_reject();
    way.outcome
}

impl Way {
    /// What four weeks of each policy lose where nothing is mended.
    fn by_calendar(&mut self) {
        let before = self.owner.dmarc.clone();
        for day in 0..DAYS {
            let policy = [Policy::None, Policy::Quarantine, Policy::Reject][(day / 28).min(2) as usize];
            self.owner.dmarc = format!("v=DMARC1; p={}", policy.as_str());
            let (fate, _) = self.owner.day(day);
            self.outcome.lost_by_calendar += fate.systems.iter().map(|[.., lost]| lost).sum::<u64>();
            self.outcome.forged_by_calendar += fate.forged[1];
        }
        self.owner.dmarc = before;
    }

    fn do_what_is_due(&mut self, day: u64) {
        for deed in self.due.remove(&day).unwrap_or_default() {
            match deed {
                Deed::Publish { owner, value } => {
                    let before = self.owner.policy(false);
                    if self.owner.publish(&owner, &value) {
                        self.outcome.published.push((day, format!("{owner} {value}")));
                    }
                    let now = self.owner.policy(false);
                    if now > before {
                        self.enforced[usize::from(now == Policy::Reject)] = Some(day);
                    }
                    if now == Policy::Reject {
                        self.outcome.rejects_from.get_or_insert(day);
                    }
                }
                Deed::SetUp(system) => self.owner.set_up(system),
                Deed::Mark { source, decision } => {
                    let domain = self.owner.domain.clone();
                    self.folder.run_args(["mark", &domain, &source, decision]).go();
                }
            }
        }
    }

    fn count(&mut self, fate: &Fate) {
        let policy = self.owner.policy(false).max(self.owner.policy(true));
        let since = self.enforced[usize::from(policy == Policy::Reject)];
        for (&[all, _, lost], seen) in fate.systems.iter().zip(&self.seen) {
            self.outcome.own += all;
            if policy == Policy::None {
                continue;
            }
            // A system is known where a report had shown it when the policy was decided.
            if seen.is_some_and(|seen| since.is_none_or(|since| seen + LATER < since)) {
                let loss = &mut self.outcome.lost[usize::from(policy == Policy::Reject)];
                loss.own += all;
                loss.lost += lost;
            } else {
                self.outcome.lost_unseen += lost;
            }
        }
        self.outcome.forged[0] += fate.forged[0];
        self.outcome.forged[1] += fate.forged[1];
    }

    fn note_what_is_seen(&mut self, day: u64, fate: &Fate, is_silent: bool) {
        for (seen, &[all, ..]) in self.seen.iter_mut().zip(&fate.systems) {
            // A handful of messages may not have reached anybody who reports.
            if all >= 10 && !is_silent {
                seen.get_or_insert(day);
            }
        }
    }

    fn today(day: u64) -> String {
        let today = whosends_core::model::Day::of(FIRST + (day as i64 + 1) * 86_400);
        today.to_string()
    }

    fn looks_in(&self, turn: u64) -> bool {
        self.outcome.rejects_from.is_none() || turn.is_multiple_of(2)
    }

    /// Reads what came, and asks what to do.
    fn look(&mut self, day: u64) {
        let today = Self::today(day);
        let reports = std::mem::take(&mut self.unread);
        if !reports.is_empty() {
            let ran = self.folder.run_args(["--today", &today, "-q", "ingest", "--json"]).args(&reports).go();
            assert_eq!(ran.status(), Some(0), "{ran}");
        }
        let mut deeds = Vec::new();
        if (day / EVERY).is_multiple_of(CHECKED) {
            let server = dns::serve(&self.owner.zone());
            let resolver = server.address().to_string();
            deeds.extend(self.check(&today, &resolver));
            let ran =
                self.folder.run_args(["--today", &today, "-q", "resolve", "--resolver", &resolver]).go();
            assert!(matches!(ran.status(), Some(0 | 2)), "{ran}");
        }
        deeds.extend(self.ready(&today));
        self.due.entry(day + LATER).or_default().extend(deeds);
    }

    /// What `check` says to publish.
    fn check(&self, today: &str, resolver: &str) -> Vec<Deed> {
        let domain = self.owner.domain.clone();
        let ran = self
            .folder
            .run_args(["--today", today, "-q", "check", &domain, "--json", "--resolver", resolver])
            .go();
        let answer: Value = serde_json::from_str(&ran.stdout()).unwrap_or_else(|_| panic!("{ran}"));
        let findings = answer["domains"][0]["findings"].as_array().unwrap();
        findings.iter().flat_map(|finding| publish(&finding["advice"]["records"])).collect()
    }

    /// What `ready` says to publish, to set up and to decide.
    fn ready(&mut self, today: &str) -> Vec<Deed> {
        let domain = self.owner.domain.clone();
        let ran = self.folder.run_args(["--today", today, "-q", "ready", &domain, "--json"]).go();
        let answer: Value = serde_json::from_str(&ran.stdout()).unwrap_or(Value::Null);
        let answer = &answer["domains"][0];
        self.outcome.last_word = format!("{today}: {}", last_word(answer));
        let mut deeds = Vec::new();
        let steps = answer["steps"].as_array().into_iter().flatten();
        let next = steps.filter(|step| step["step"] == answer["next_step"] && step["verdict"] == "ready");
        for value in next.filter_map(|step| step["publish"]["record"].as_str()) {
            deeds.push(Deed::Publish { owner: format!("_dmarc.{domain}"), value: value.to_owned() });
        }
        for step in answer["steps"].as_array().into_iter().flatten() {
            for source in step["losing"].as_array().into_iter().flatten() {
                deeds.extend(self.answer(source));
            }
        }
        deeds
    }

    /// What the owner does about a source that would lose mail: sets it up if it is one of the owner's, and else says
    /// that it is not, if somebody asks and the owner is one who answers.
    fn answer(&self, source: &Value) -> Option<Deed> {
        let key = source["source"].as_str()?;
        if let Some(system) = self.owner.system_of(key) {
            return Some(Deed::SetUp(system));
        }
        (self.owner.answers_questions && source["class"] == "unknown")
            .then(|| Deed::Mark { source: key.to_owned(), decision: "unauthorised" })
    }

    /// Whether everything that sends passes, and has for two months, with enough reports to tell.
    fn could_reject(&self) -> bool {
        let systems = &self.owner.systems;
        let spf = self.owner.spf.as_deref();
        let recent = |system: &&_| (DAYS - 60..DAYS).any(|day| System::sends(system, day));
        let mut sending = systems.iter().filter(recent).peekable();
        let reports = self.owner.reporters.len() >= 3;
        sending.peek().is_some() && reports && sending.all(|system| system.is_set_up(spf))
    }
}

fn publish(records: &Value) -> Vec<Deed> {
    let records = records.as_array().into_iter().flatten();
    let records = records.filter_map(|record| {
        let owner = record["owner"].as_str()?.to_owned();
        Some(Deed::Publish { owner, value: record["value"].as_str()?.to_owned() })
    });
    records.collect()
}

/// The verdict and the gates that fail, to tell why an owner is held back.
fn last_word(answer: &Value) -> String {
    let steps = answer["steps"].as_array().into_iter().flatten();
    let steps = steps.map(|step| {
        let gates = step["gates"].as_array().into_iter().flatten();
        let failing: Vec<_> = gates
            .filter(|gate| gate["state"] != "holds")
            .map(|gate| format!("{}={}", gate["gate"].as_str().unwrap_or(""), gate["measured"]))
            .collect();
        format!("{} {} ({})", step["step"], step["verdict"], failing.join(" "))
    });
    format!("{} {}", answer["verdict"], steps.collect::<Vec<_>>().join("; "))
}
