//! Hand-made months, and the verdict each should get.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::*;
use crate::analysis::replay::Action;
use crate::model::{Day, Name};
use crate::senders::testing::{Scene, catalogue};
use crate::senders::{
    Book, Class, GroupContext, GroupJudge, Groups, Learner, Owner, Ranges, ServiceId, Traffic, advice_for,
};

const NEWEST: Day = Day(20_500);
const PASS: bool = true;
const FAIL: bool = false;

/// Ninety days of records of example.com.
struct Month {
    rows: Vec<(Scene, i64, u64, u32)>,
    policy: Action,
    trial_days: u64,
    expected: Vec<&'static str>,
    dns: Option<DnsState>,
    silence: DnsSilence,
    ever: Ever,
    currency: Currency,
    waivers: Waivers,
}

impl Month {
    fn new() -> Self {
        Self {
            rows: Vec::new(),
            policy: Action::None,
            trial_days: 0,
            expected: Vec::new(),
            dns: None,
            silence: DnsSilence::Unasked,
            ever: Ever::default(),
            currency: Currency::Current,
            waivers: Waivers::default(),
        }
    }

    /// The same mail on each of the days so many days ago, half of it seen by each of two reporters.
    fn daily(mut self, scene: impl Fn() -> Scene, ages: std::ops::Range<i64>, messages: u64) -> Self {
        for age in ages {
            self.rows.push((scene(), age, messages / 2, 0));
            self.rows.push((scene(), age, messages - messages / 2, 1));
        }
        self
    }

    /// A domain whose only sender is Postmark, and all is well.
    fn good() -> Self {
        Self::new().daily(postmark, 0..60, 40)
    }

    fn assess(&self, step: Step) -> Readiness {
        let catalogue = catalogue();
        let ranges = Ranges::default();
        let mut owner = Owner::default();
        owner.add_domain("example.com");
        let mut book = Book::new(catalogue, &ranges, owner);
        let rows = self.traffic(&mut book);
        let mut learner = Learner::new(NEWEST);
        rows.iter().for_each(|row| learner.add(&book, row));
        book.learn(&learner.lessons(&book));
        let mut groups = Groups::new(GroupContext::default());
        let keys: Vec<_> = rows.iter().map(|row| groups.add(&book, row)).collect();
        let judge = GroupJudge::new(&groups, &book);
        let (mut tally, mut reporters) = (Tally::new(NEWEST), Reporters::default());
        for (row, key) in rows.iter().zip(keys) {
            reporters.add(row.reporter, row.day, row.messages);
            let (judgement, _) = book.judgement(row.pair);
            let settled = judge.settle(row.pair, &judge.judge(key));
            tally.add(row, &judgement, judge.class(row, settled), (key, book.address_of(row.pair)));
        }
        let sources = tally.scored(|key| (judge.source(key).clone(), judge.judge(key), None));
        let month = tally.between(0, 30);
        let id = |id: &str| catalogue.find(id).unwrap().key;
        let expected: Vec<(ServiceId, Option<Day>)> =
            self.expected.iter().map(|&name| (id(name), None)).collect();
        let coverage = reporters.coverage(NEWEST);
        let own_mail = self.own_mail(step, &sources, &coverage);
        let situation = Situation {
            domain: "example.com",
            catalogue,
            tally: &tally,
            sources: &sources,
            coverage: &coverage,
            policy: Some(PolicyInForce {
                p: self.policy,
                sp: None,
                np: None,
                testing: false,
                trial_days: self.trial_days,
            }),
            dns: self.dns.as_ref(),
            seen: &sources
                .iter()
                .filter_map(|source| match source.source {
                    crate::senders::SourceKey::Service(service) => Some(service),
                    _ => None,
                })
                .collect(),
            expected: &expected,
            currency: self.currency,
            dns_unanswered: false,
            own_messages: month.of(Class::Aligned) + month.of(Class::Misaligned),
            own_mail: &own_mail,
            waivers: self.waivers,
        };
        assess(step, Thresholds::of(step), &situation)
    }

    fn own_mail(&self, step: Step, sources: &[ScoredSource<'_>], coverage: &Coverage) -> OwnMail {
        let name = Name::from_stated("example.com").unwrap();
        let mut ever = self.ever;
        let mut passed = 0;
        for (scene, _, messages, _) in &self.rows {
            ever.add(&name, &scene.combination, *messages);
            passed += if silence::passes(&scene.combination) { *messages } else { 0 };
        }
        let advise = |source: &ScoredSource<'_>| {
            advice_for(&source.source, source.judgement.confirmed, name.as_str(), catalogue())
        };
        let is_expected = !self.expected.is_empty();
        let silence = silence::Silence {
            ever,
            passed,
            sources,
            coverage,
            is_expected,
            dns: self.silence,
            currency: self.currency,
            advise: &advise,
        };
        silence.own_mail(&Thresholds::of(step))
    }

    fn traffic(&self, book: &mut Book<'_>) -> Vec<Traffic> {
        let mut addresses = HashMap::new();
        let mut rows = Vec::new();
        for (scene, age, messages, reporter) in &self.rows {
            let combination = book.combination(&scene.combination);
            let address = *addresses.entry(scene.facts.address).or_insert_with(|| book.address(&scene.facts));
            rows.push(Traffic {
                pair: book.pair(combination, address),
                domain: 0,
                reporter: *reporter,
                day: Some(NEWEST.plus(-age)),
                messages: *messages,
            });
        }
        rows
    }
}

/// A verdict as a few lines: gates that do not hold, and who would lose mail.
fn told(readiness: &Readiness) -> String {
    let mut text = format!("{} {}", readiness.step, readiness.verdict.as_str());
    for gate in readiness.gates.iter().filter(|gate| gate.state != GateState::Holds) {
        let show = |measure: Option<Measure>| measure.map_or("?".to_owned(), |measure| measure.to_string());
        let (measured, needed) = (show(gate.measured), show(gate.needed));
        let bound = if gate.at_most { "at most" } else { "at least" };
        write!(text, "\n{} {}: {measured}, {bound} {needed}", gate.kind.as_str(), gate.state.as_str())
            .unwrap();
    }
    for losing in &readiness.losing {
        let source = losing.source.text(catalogue());
        let (surely, maybe, share, ago) = (losing.misaligned, losing.unknown, losing.share, losing.last_seen);
        write!(text, "\n{source} {}: {surely} + {maybe}, {share}, {ago} days ago", losing.class).unwrap();
    }
    text
}

#[track_caller]
fn check(month: &Month, step: Step, wanted: &str) {
    assert_eq!(told(&month.assess(step)), wanted);
}

fn postmark() -> Scene {
    Scene::new((PASS, PASS), "example.com/20260101000000pm=pass", "pm-bounces.example.com=pass")
}

fn at(mut scene: Scene, last: u8) -> Scene {
    scene.facts.address = [198, 51, 100, last].into();
    scene
}

/// Brevo, which passes for a while and so is confirmed.
fn brevo() -> Scene {
    at(Scene::new((PASS, FAIL), "example.com/brevo1=pass", "x.sender-sib.com=pass"), 7)
}

fn failing_brevo() -> Scene {
    at(Scene::new((FAIL, FAIL), "sender-sib.com/mail=pass", "x.sender-sib.com=pass"), 7)
}

fn spoof() -> Scene {
    at(Scene::new((FAIL, FAIL), "", "example.com=fail"), 200)
}

const DNS: &str = "dns unknown: ?, at most 0";

#[test]
fn a_domain_whose_mail_passes_is_ready() {
    let month = Month::good().daily(spoof, 0..30, 500);
    check(&month, Step::Quarantine, &format!("quarantine ready\n{DNS}"));
    check(&month, Step::Reject, &format!("reject not_ready\ntrial_days fails: 0, at least 14\n{DNS}"));
    let waived = Month { waivers: Waivers { trial: true, list_loss: false }, ..Month::good() };
    assert_eq!(waived.assess(Step::Reject).verdict, Verdict::Ready);
    let tried = Month { trial_days: 14, policy: Action::Quarantine, ..Month::good() };
    assert_eq!(tried.assess(Step::Reject).verdict, Verdict::Ready);
    assert_eq!(tried.assess(Step::Quarantine).verdict, Verdict::Enforced);
}

#[test]
fn one_sender_that_fails_is_named_with_its_mail_and_its_fix() {
    let month = Month::good().daily(brevo, 40..60, 10).daily(failing_brevo, 3..30, 4);
    check(
        &month,
        Step::Quarantine,
        &format!(
            "quarantine not_ready\npass_rate fails: 91.74 %, at least 99.00 %\neach_sender fails: 1, at most 0\n{DNS}\n\
             brevo misaligned: 108 + 0, 8.26 %, 3 days ago"
        ),
    );
    let readiness = month.assess(Step::Quarantine);
    assert_eq!(readiness.losing[0].blocks, [GateKind::PassRate, GateKind::EachSender]);
    assert!(readiness.losing[0].advice.text.contains("Brevo"), "{:?}", readiness.losing[0].advice);
    assert_eq!(readiness.losing[0].advice.records[0].owner, "brevo1._domainkey.example.com");
}

#[test]
fn forwarders_alone_lose_what_they_break() {
    let broken = || {
        at(
            Scene::new(
                (FAIL, FAIL),
                "groups.io/20240830=pass;example.com/20260101000000pm=fail",
                "groups.io=pass",
            ),
            66,
        )
    };
    let intact =
        || at(Scene::new((PASS, FAIL), "example.com/20260101000000pm=pass", "alumni.example.org=pass"), 77);
    let month = Month::good().daily(broken, 0..30, 1).daily(intact, 0..30, 2);
    let readiness = month.assess(Step::Quarantine);
    assert_eq!(readiness.verdict, Verdict::NotReady);
    assert_eq!((readiness.forwards.broken, readiness.forwards.intact), (30, 60));
    assert_eq!(readiness.forwards.sources[0].source.text(catalogue()), "groups-io");
    assert!(readiness.losing.is_empty(), "forwards are not the owner's to put right");
    let accepted = Month { waivers: Waivers { trial: true, list_loss: true }, ..month };
    check(
        &accepted,
        Step::Reject,
        &format!(
            "reject ready\ntrial_days waived: 0, at least 14\nbroken_forwards waived: 2.33 %, at most 0.50 %\n{DNS}"
        ),
    );
}

#[test]
fn a_silent_reporter_leaves_too_little_to_say() {
    let mut month = Month::good();
    month.rows.retain(|(.., age, _, reporter)| *reporter == 0 || *age > 50);
    let readiness = month.assess(Step::Quarantine);
    assert_eq!(readiness.verdict, Verdict::NotEnoughData);
    let short = Month::new().daily(postmark, 0..10, 400);
    check(
        &short,
        Step::Quarantine,
        &format!("quarantine not_enough_data\ncovered_days fails: 10, at least 21\n{DNS}"),
    );
    let little = |ages| Month::new().daily(postmark, ages, 4).assess(Step::Quarantine).verdict;
    assert_eq!(little(0..40), Verdict::NotEnoughData, "160 messages in forty days");
    assert_eq!(little(0..60), Verdict::Ready, "but sixty days of little mail will do");
}

/// A few messages a day, each from another network.
fn parked(ages: std::ops::Range<i64>) -> Month {
    ages.fold(Month::new(), |month, age| {
        let from = move || {
            let mut scene = spoof();
            scene.facts.address = [198, 18, u8::try_from(age).unwrap(), 1].into();
            scene
        };
        month.daily(from, age..age + 1, 4)
    })
}

fn own_mail(month: &Month) -> (&'static str, &'static str) {
    let readiness = month.assess(Step::Reject);
    (readiness.verdict.as_str(), readiness.own_mail.as_str())
}

#[test]
fn a_domain_that_is_shown_to_send_nothing_can_refuse_everything() {
    let readiness = parked(0..60).assess(Step::Reject);
    assert_eq!(readiness.verdict, Verdict::Ready);
    assert_eq!(readiness.own_mail, OwnMail::None(Proof::Reports { dns_asked: false }));
    assert!(readiness.gates.iter().all(|gate| gate.state == GateState::Holds), "{:?}", readiness.gates);
    let payroll = Month { expected: vec!["adp"], ..parked(0..60) };
    assert_eq!(own_mail(&payroll), ("not_enough_data", "nothing_passes"));
    assert_eq!(payroll.assess(Step::Reject).quiet.len(), 1, "a service that DNS lists is waited for");
}

#[test]
fn absence_is_no_proof() {
    let nothing = ("not_enough_data", "nothing_passes");
    assert_eq!(own_mail(&Month::new()), nothing, "no report");
    assert_eq!(own_mail(&parked(0..1)), nothing, "one day");
    assert_eq!(own_mail(&parked(0..25)), nothing, "too few covered days");
    assert_eq!(own_mail(&parked(4..64)), nothing, "no large reporter of late");
    let mut alone = parked(0..60);
    alone.rows.retain(|(.., reporter)| *reporter == 0);
    assert_eq!(own_mail(&alone), nothing, "one reporter");
    let once = Month { ever: Ever { passed: 1, signed: 0 }, ..parked(0..60) };
    assert_eq!(own_mail(&once), nothing, "mail passed before the quarter");
    let broken = || at(Scene::new((FAIL, FAIL), "example.com/s1=fail", "example.com=softfail"), 9);
    assert_eq!(own_mail(&parked(0..60).daily(broken, 3..4, 2)), nothing, "a signature in the owner's name");
}

#[test]
fn a_source_that_may_be_the_owners_ends_the_proof() {
    let suspect = ("not_ready", "nothing_passes");
    let softly = || at(Scene::new((FAIL, FAIL), "", "example.com=softfail"), 9);
    assert_eq!(own_mail(&parked(0..60).daily(softly, 10..11, 60)), suspect, "many messages");
    assert_eq!(own_mail(&parked(0..60).daily(softly, 70..78, 2)), suspect, "many days, a while ago");
    assert_eq!(
        own_mail(&parked(0..60).daily(spoof, 0..20, 4)),
        suspect,
        "a server that SPF may have forgotten"
    );
    let refuses_all = DnsSilence::Quiet { refuses_all: true, declared: false };
    let refused = |silence| Month { silence, ..parked(0..60).daily(spoof, 0..20, 4) };
    assert_eq!(own_mail(&refused(refuses_all)), suspect, "the SPF record may be the mistake");
    let declared = DnsSilence::Quiet { refuses_all: true, declared: true };
    assert_eq!(own_mail(&refused(declared)), ("ready", "none"), "no server is meant to pass");
    let seen = parked(0..60).daily(softly, 10..11, 4).assess(Step::Reject);
    assert_eq!(seen.verdict, Verdict::Ready, "a trifle");
}

#[test]
fn dns_may_declare_silence_and_may_end_it() {
    let with = |silence, month: Month| own_mail(&Month { silence, ..month });
    let quiet = |declared| DnsSilence::Quiet { refuses_all: declared, declared };
    assert_eq!(with(quiet(true), parked(0..1)), ("ready", "none"), "a declaration needs no days");
    assert_eq!(with(quiet(false), parked(0..1)), ("not_enough_data", "nothing_passes"));
    assert_eq!(with(quiet(false), parked(0..60)), ("ready", "none"));
    assert_eq!(with(DnsSilence::SpeaksAgainst, parked(0..60)), ("not_enough_data", "nothing_passes"));
    assert_eq!(with(DnsSilence::Unanswered, parked(0..60)), ("not_enough_data", "nothing_passes"));
    assert_eq!(with(quiet(true), Month::good()).1, "passes", "reports know better");
}

#[test]
fn an_enforced_domain_that_loses_mail_has_regressed() {
    let month = Month { policy: Action::Reject, trial_days: 60, ..Month::good() };
    assert_eq!(month.assess(Step::Reject).verdict, Verdict::Enforced);
    let month = month.daily(brevo, 40..60, 10).daily(failing_brevo, 0..7, 4);
    check(
        &month,
        Step::Reject,
        &format!(
            "reject regressed\npass_rate fails: 97.71 %, at least 99.80 %\ntrend fails: 9.10 %, at most 0.20 %\n\
             each_sender fails: 1, at most 0\n{DNS}\nbrevo misaligned: 28 + 0, 2.28 %, 0 days ago"
        ),
    );
}

#[test]
fn what_nothing_explains_keeps_the_gates_shut() {
    let stranger = || at(Scene::new((FAIL, FAIL), "", "stranger.example=pass"), 99);
    let month = Month::good().daily(stranger, 20..30, 8);
    check(
        &month,
        Step::Quarantine,
        &format!(
            "quarantine not_ready\nunknown_share fails: 6.25 %, at most 1.00 %\nunknown_source fails: 1, at most 0\n\
             {DNS}\nstranger.example unknown: 0 + 80, 6.25 %, 20 days ago"
        ),
    );
    let signed = || at(Scene::new((PASS, FAIL), "example.com/mystery=pass", "example.com=softfail"), 99);
    let gates = Month::good().daily(signed, 10..12, 30).assess(Step::Quarantine).gates;
    let shut: Vec<_> =
        gates.iter().filter(|gate| gate.state == GateState::Fails).map(|gate| gate.kind).collect();
    assert_eq!(shut, [GateKind::SignsWithYourKey]);
    let newcomer = Month::good().daily(stranger, 0..2, 12).assess(Step::Quarantine);
    assert_eq!(
        newcomer.losing[0].blocks,
        [GateKind::UnknownShare, GateKind::NewSource],
        "another organisation that began this week blocks whatever its size"
    );
    let signing = Month::good().daily(signed, 10..12, 30).assess(Step::Quarantine);
    assert!(signing.losing.is_empty(), "mail that passes is not lost: {:?}", signing.losing);
}

#[test]
fn passing_by_spf_alone_is_a_risk() {
    let by_spf = || at(Scene::new((FAIL, PASS), "", "example.com=pass"), 50);
    let readiness = Month::good().daily(by_spf, 0..60, 10).assess(Step::Quarantine);
    let cover = readiness.gates.iter().find(|gate| gate.kind == GateKind::DkimCover).unwrap();
    assert_eq!((cover.state, cover.measured), (GateState::Fails, Some(Measure::Share(8_000))));
}

#[test]
fn the_dns_gate_speaks_only_for_what_was_asked() {
    let dns = |problems: &[&str]| {
        let problems = problems.iter().map(|&problem| problem.to_owned()).collect();
        Month { dns: Some(DnsState { problems, age: 60 }), ..Month::good() }
    };
    check(&dns(&[]), Step::Quarantine, "quarantine ready");
    check(&dns(&["SPF needs 12 lookups"]), Step::Quarantine, "quarantine not_ready\ndns fails: 1, at most 0");
}

#[test]
fn subdomains_without_mail_need_no_mail() {
    // Nobody writes as a subdomain; the domain itself is well covered.
    let readiness = Month::good().assess(Step::Subdomains);
    assert_eq!(readiness.verdict, Verdict::Ready);
}

#[test]
fn a_named_service_that_has_just_begun_waits_for_somebody_to_look() {
    let readiness = Month::good().daily(failing_brevo, 1..2, 2).assess(Step::Quarantine);
    assert_eq!(readiness.verdict, Verdict::NotReady);
    assert_eq!(readiness.losing[0].blocks, [GateKind::NewSource], "however little it is");
    let older = Month::good().daily(failing_brevo, 9..10, 2).assess(Step::Quarantine);
    assert_eq!(older.verdict, Verdict::Ready);
}

#[test]
fn a_sender_out_of_season_weighs_as_its_season_did() {
    let month = Month::good().daily(brevo, 80..88, 10).daily(failing_brevo, 40..60, 4);
    let readiness = month.assess(Step::Quarantine);
    assert_eq!(readiness.verdict, Verdict::NotReady);
    let losing = &readiness.losing[0];
    assert_eq!(
        (losing.source.text(catalogue()).as_str(), losing.misaligned, losing.last_seen),
        ("brevo", 50, 40)
    );
    assert_eq!(losing.blocks, [GateKind::PassRate, GateKind::EachSender]);
    let passing = Month::good().daily(brevo, 40..88, 10).assess(Step::Quarantine);
    assert_eq!(passing.verdict, Verdict::Ready, "what passed will pass again");
}

#[test]
fn regressed_is_said_of_what_passed_before() {
    let in_force = |month: Month| Month { policy: Action::Reject, trial_days: 60, ..month };
    let never = in_force(Month::good().daily(brevo, 85..88, 10).daily(failing_brevo, 0..60, 4));
    assert_eq!(never.assess(Step::Reject).verdict, Verdict::NotReady, "it has lost mail all the time");
    let own = |passes: bool| {
        let signature = if passes { "example.com/own=pass" } else { "example.com/own=fail" };
        at(Scene::new((passes, FAIL), signature, "example.com=softfail"), 9)
    };
    let spf = || at(Scene::new((PASS, PASS), "example.com/own=pass", "example.com=pass"), 8);
    let month = || Month::good().daily(|| at(spf(), 9), 1..60, 20);
    assert_eq!(
        in_force(month().daily(|| at(spf(), 9), 0..1, 20)).assess(Step::Reject).verdict,
        Verdict::Enforced
    );
    let broke = in_force(month().daily(move || own(false), 0..1, 20)).assess(Step::Reject);
    assert_eq!(broke.verdict, Verdict::Regressed, "on the first day: {broke:?}");
    assert!(broke.losing[0].blocks.contains(&GateKind::Trend));
}

#[test]
fn who_passes_by_spf_alone_and_who_is_stopped_is_named() {
    let by_spf = || at(Scene::new((FAIL, PASS), "", "example.com=pass"), 50);
    let readiness = Month::good().daily(by_spf, 0..60, 10).daily(spoof, 0..20, 4).assess(Step::Quarantine);
    let named = |source: &crate::senders::SourceKey| source.text(catalogue());
    let spf_only: Vec<_> = readiness.spf_only.iter().map(|one| (named(&one.source), one.messages)).collect();
    assert_eq!(spf_only, [("198.51.100.0/24".to_owned(), 300)]);
    let apart = Month::good().daily(
        || {
            let mut scene = spoof();
            scene.facts.address = [203, 0, 113, 9].into();
            scene
        },
        0..20,
        4,
    );
    let stopped = apart.assess(Step::Quarantine).stopped;
    assert_eq!(
        (named(&stopped[0].source).as_str(), stopped[0].messages, stopped[0].days),
        ("203.0.113.0/24", 80, 20)
    );
}

#[test]
fn old_data_bears_no_verdict() {
    let old = |month: Month| Month { currency: Currency::Outdated(15), ..month }.assess(Step::Quarantine);
    let good = old(Month::good());
    assert_eq!((good.verdict, good.was), (Verdict::NotEnoughData, Some(Verdict::Ready)));
    let silent = old(parked(0..60));
    assert_eq!((silent.verdict, silent.own_mail.proof()), (Verdict::NotEnoughData, None));
    let dated = Month { currency: Currency::Dated(14), ..Month::good() }.assess(Step::Quarantine);
    assert_eq!((dated.verdict, dated.was), (Verdict::Ready, None));
}
