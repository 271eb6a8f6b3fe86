//! Owners who follow the advice: each has 180 days of reports about mail whose truth is known, asks `ready` every third
//! day, with `check` and `resolve` before it at times, and does two days later what they say, to the letter. What is
//! lost then is lost because of the advice.
//!
//! `WHOSENDS_OWNERS=300 WHOSENDS_OWNERS_SEED=7 cargo test --test integration owners -- --nocapture` tries others.

mod followed;

use std::thread;

use crate::bench_support::owners::{Owner, Policy};
use followed::{DAYS, Outcome, follow};

/// How many owners, and from which seed.
#[expect(clippy::disallowed_methods, reason = "a longer run is asked for in the environment")]
fn asked() -> (u64, u64) {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    (number("WHOSENDS_OWNERS").unwrap_or(14), number("WHOSENDS_OWNERS_SEED").unwrap_or(1))
}

/// All owners, on as many threads as there are processors.
fn outcomes(owners: u64, seed: u64) -> Vec<Outcome> {
    let threads = thread::available_parallelism().map_or(2, usize::from) as u64;
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|first| {
                let mine = (first..owners).step_by(threads as usize);
                scope.spawn(move || mine.map(|number| follow(Owner::new(seed, number))).collect::<Vec<_>>())
            })
            .collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn owners_who_follow_the_advice_lose_no_mail() {
    let (owners, seed) = asked();
    let outcomes = outcomes(owners, seed);
    let lost: Vec<_> = outcomes.iter().filter(|outcome| outcome.lost_beyond_the_gates() > 0).collect();
    let able: Vec<_> = outcomes.iter().filter(|outcome| outcome.could_reject).collect();
    let held_back = able.iter().filter(|outcome| outcome.rejects_from.is_none()).count();
    let mut days: Vec<_> = able.iter().filter_map(|outcome| outcome.rejects_from).collect();
    days.sort_unstable();
    let median = days.get(days.len() / 2).copied();
    let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    eprintln!(
        "{owners} owners, seed {seed}: {} lost beyond the gates of {} own messages ({} within them, {} of what \
         began later); by the calendar {} would be lost; {} could reject, {held_back} held back; days until reject: \
         median {median:?}; forged messages delivered: {} of {}, by the calendar {}",
        sum(Outcome::lost_beyond_the_gates),
        sum(|outcome| outcome.own),
        sum(|outcome| outcome.lost.iter().map(|loss| loss.lost).sum()),
        sum(|outcome| outcome.lost_unseen),
        sum(|outcome| outcome.lost_by_calendar),
        able.len(),
        sum(|outcome| outcome.forged[1]),
        sum(|outcome| outcome.forged[0]),
        sum(|outcome| outcome.forged_by_calendar),
    );
    for outcome in outcomes.iter().filter(|outcome| outcome.could_reject && outcome.rejects_from.is_none()) {
        eprintln!("held back: {}: {}", outcome.domain, outcome.last_word);
    }
    assert!(lost.is_empty(), "mail was lost because of advice: {lost:#?}");
    assert!(
        held_back * 10 <= able.len(),
        "{held_back} of {} owners who could reject are held back",
        able.len()
    );
    // Four weeks of p=none and four of p=quarantine.
    assert!(
        median.is_some_and(|median| median <= 56),
        "the median owner rejects from day {median:?} of {DAYS}"
    );
}

#[test]
fn the_owners_are_of_all_kinds() {
    let owners: Vec<_> = (0..60).map(|number| Owner::new(1, number)).collect();
    assert!(owners.iter().any(|owner| owner.systems.is_empty()), "a parked one");
    assert!(owners.iter().any(|owner| owner.reporters.len() < 3), "one with few reporters");
    assert!(owners.iter().any(|owner| !owner.answers_questions), "one who does not answer");
    assert!(owners.iter().all(|owner| owner.policy(false) == Policy::None));
    let is_set_up = |owner: &Owner| owner.systems.iter().all(|system| system.is_set_up(owner.spf.as_deref()));
    assert!(owners.iter().any(is_set_up) && !owners.iter().all(is_set_up));
}
