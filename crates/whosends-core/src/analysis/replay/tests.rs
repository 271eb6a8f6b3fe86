use super::*;
use crate::model::words::{DkimResult, OverrideType, Verdict};
use crate::model::{DkimAuth, Name, Reason};

const REJECT: Hypothesis = Hypothesis { p: Action::Reject, sp: None, np: None, dkim: None, spf: None };

fn record(passes: bool, disposition: Disposition) -> Combination {
    Combination {
        disposition: Some(disposition),
        dkim: Some(if passes { Verdict::Pass } else { Verdict::Fail }),
        spf: Some(Verdict::Fail),
        header_from: Name::from_stated("news.example.com"),
        auth_dkim: vec![DkimAuth {
            domain: Name::from_stated("example.com"),
            selector: None,
            result: Some(if passes { DkimResult::Pass } else { DkimResult::Fail }),
            human_result: None,
        }],
        ..Combination::default()
    }
}

fn row(class: Class, combination: &Combination, messages: u64) -> ReplayRow<'_> {
    ReplayRow {
        group: class as u32,
        reporter: 0,
        class,
        combination,
        judged_by: Modes::default(),
        from: 0,
        author: Author::Under(Standing::Domain),
        enforced: None,
        messages,
    }
}

fn replay(hypothesis: Hypothesis, rows: &[ReplayRow<'_>]) -> Replay {
    let mut replay = Replay::new(hypothesis);
    rows.iter().for_each(|row| replay.add(row));
    replay
}

#[test]
fn losses_are_told_apart_by_class() {
    let (pass, fail) = (record(true, Disposition::None), record(false, Disposition::None));
    let mut rescued = fail.clone();
    rescued.reasons.push(Reason { kind: Some(OverrideType::MailingList), comment: None });
    let rows = [
        row(Class::Aligned, &pass, 1000),
        row(Class::Misaligned, &fail, 40),
        row(Class::Forwarder, &rescued, 7),
        row(Class::Forwarder, &pass, 9),
        row(Class::Unknown, &fail, 3),
        row(Class::Unauthorised, &fail, 500),
    ];
    let found = replay(REJECT, &rows);
    assert_eq!((found.total.messages, found.total.strict, found.total.rescued), (1559, 550, 7));
    assert_eq!(found.legitimate(), (40, 50));
    assert_eq!((found.blocked(), found.broken_forwards), (500, 7));
    let nothing = replay(Hypothesis { p: Action::None, ..REJECT }, &rows);
    assert_eq!((nothing.total.strict, nothing.legitimate()), (0, (0, 0)));
    let aside = replay(Hypothesis { p: Action::Quarantine, ..REJECT }, &rows);
    assert_eq!(aside.total.quarantined, 550);
}

#[test]
fn the_policy_depends_on_the_author_domain() {
    let fail = record(false, Disposition::None);
    let hypothesis =
        Hypothesis { sp: Some(Action::Quarantine), np: Some(Action::Reject), p: Action::None, ..REJECT };
    let lost = |author| {
        let found = replay(hypothesis, &[ReplayRow { author, ..row(Class::Unknown, &fail, 10) }]);
        (found.total.strict, found.total.quarantined, found.existence_unknown)
    };
    let below = |exists| Author::Under(Standing::Below { exists });
    assert_eq!(lost(Author::Under(Standing::Domain)), (0, 0, 0));
    assert_eq!(lost(below(Some(true))), (10, 10, 0));
    assert_eq!(lost(below(Some(false))), (10, 0, 0));
    assert_eq!(lost(below(None)), (10, 10, 10));
    assert_eq!(lost(Author::OwnRecord(Action::Reject)), (10, 0, 0));
    let bare = Hypothesis { p: Action::Reject, sp: None, np: None, ..hypothesis };
    let missing = ReplayRow { author: below(Some(false)), ..row(Class::Unknown, &fail, 10) };
    assert_eq!(replay(bare, &[missing]).total.strict, 10, "np falls back to sp, and sp to p");
}

#[test]
fn strict_alignment_can_lose_aligned_mail() {
    let pass = record(true, Disposition::None);
    let strict = Hypothesis { dkim: Some(Mode::Strict), ..REJECT };
    let found = replay(strict, &[row(Class::Aligned, &pass, 10)]);
    assert_eq!(found.legitimate(), (10, 10));
    let own_record =
        ReplayRow { author: Author::OwnRecord(Action::Reject), ..row(Class::Aligned, &pass, 10) };
    assert_eq!(replay(strict, &[own_record]).total.strict, 0, "another record's mode stays");
    let mut bare = pass;
    bare.auth_dkim.clear();
    let found = replay(strict, &[row(Class::Aligned, &bare, 10)]);
    assert_eq!((found.total.strict, found.undecided), (0, 10));
}

#[test]
fn sums_hold_for_any_records() {
    let mut seed = 7u64;
    let mut below = |limit: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % limit
    };
    let mut records = Vec::new();
    for _ in 0..500 {
        let fails = below(2) == 0;
        let disposition = if fails { Disposition::Reject } else { Disposition::None };
        let mut combination = record(!fails, disposition);
        if below(3) == 0 {
            combination.reasons.push(Reason { kind: Some(OverrideType::Forwarded), comment: None });
            combination.disposition = Some(Disposition::None);
        }
        records.push((combination, Class::ALL[below(5) as usize], below(1000)));
    }
    let rows: Vec<_> = records
        .iter()
        .map(|(combination, class, messages)| ReplayRow {
            enforced: combination.reasons.is_empty().then_some(Action::Reject),
            ..row(*class, combination, *messages)
        })
        .collect();
    let found = replay(REJECT, &rows);
    assert_eq!(found.total.strict, found.total.likely() + found.total.rescued);
    let sum = |part: fn(&GroupLoss) -> u64| found.groups.values().map(part).sum::<u64>();
    assert_eq!(sum(|group| group.loss.messages), found.total.messages);
    assert_eq!(sum(|group| group.loss.strict), found.total.strict);
    assert_eq!(sum(|group| group.loss.rescued), found.total.rescued);
    assert_eq!(sum(|group| group.classes.all()), found.classes.all());
    assert_eq!(found.classes.all(), found.total.strict);
    assert_eq!(found.legitimate().1 + found.blocked(), found.total.strict);
    let reporter = found.reporters[&0];
    assert_eq!((reporter.agreed, reporter.predicted), (reporter.messages, reporter.actual));
}

#[test]
fn a_reporter_that_states_none_for_what_it_refuses_shows() {
    let fail = record(false, Disposition::None);
    let found =
        replay(REJECT, &[ReplayRow { enforced: Some(Action::Reject), ..row(Class::Unknown, &fail, 10) }]);
    let reporter = found.reporters[&0];
    assert_eq!((reporter.messages, reporter.predicted, reporter.actual, reporter.agreed), (10, 10, 0, 0));
    assert_eq!(reporter.overridden, 0);
    let mut forwarded = fail.clone();
    forwarded.reasons.push(Reason { kind: Some(OverrideType::Forwarded), comment: None });
    let row = ReplayRow { enforced: Some(Action::Reject), ..row(Class::Forwarder, &forwarded, 10) };
    assert_eq!(replay(REJECT, &[row]).reporters[&0].overridden, 10);
    let calm = replay(REJECT, &[ReplayRow { enforced: Some(Action::None), ..row }]);
    assert!(calm.reporters.is_empty());
}
