//! The rules that need more than one record.

use std::collections::HashMap;

use super::testing::Scene;
use super::*;
use crate::model::Day;

const PASS: bool = true;
const FAIL: bool = false;
const START: i64 = 20_000;

/// A stretch of traffic: records of scenes on days.
struct Month {
    owner: Owner,
    rows: Vec<(Scene, i64, u64, u32, u32)>,
    context: GroupContext,
}

impl Month {
    fn new() -> Self {
        let mut owner = Owner::default();
        owner.add_domain("example.com");
        Self { owner, rows: Vec::new(), context: GroupContext::default() }
    }

    /// Adds messages of a scene on a day, for domain 0 and reporter 0.
    fn mail(self, scene: Scene, day: i64, messages: u64) -> Self {
        self.reported(scene, day, messages, 0, 0)
    }

    fn reported(mut self, scene: Scene, day: i64, messages: u64, domain: u32, reporter: u32) -> Self {
        self.rows.push((scene, day, messages, domain, reporter));
        self
    }

    /// Adds the same mail on every day of a stretch.
    fn daily(mut self, scene: impl Fn() -> Scene, days: std::ops::Range<i64>, messages: u64) -> Self {
        for day in days {
            self = self.mail(scene(), day, messages);
        }
        self
    }

    fn traffic(&self, book: &mut Book<'_>) -> Vec<Traffic> {
        let mut addresses = HashMap::new();
        let mut rows = Vec::new();
        for (scene, day, messages, domain, reporter) in &self.rows {
            let combination = book.combination(&scene.combination);
            let address = *addresses.entry(scene.facts.address).or_insert_with(|| book.address(&scene.facts));
            rows.push(Traffic {
                pair: book.pair(combination, address),
                domain: *domain,
                reporter: *reporter,
                day: Some(Day(START + day)),
                messages: *messages,
            });
        }
        rows
    }

    /// A book that has learned from the rows, and the rows.
    fn learned<'r>(&self, ranges: &'r Ranges) -> (Book<'r>, Vec<Traffic>) {
        let mut book = Book::new(testing::catalogue(), ranges, self.owner.clone());
        let rows = self.traffic(&mut book);
        let mut learner = Learner::new(Day(START + 30));
        rows.iter().for_each(|row| learner.add(&book, row));
        book.learn(&learner.lessons(&book));
        let pairs = rows.iter().map(|row| (row.pair, row.domain, seen(row, &learner)));
        let waves = book.waves(|_| Day(START + 30), pairs);
        book.mark_waves(waves.into_iter());
        (book, rows)
    }

    fn confirms(&self, id: &str) -> bool {
        let ranges = Ranges::default();
        let (book, _) = self.learned(&ranges);
        book.judge().owner.has_confirmed("example.com", testing::catalogue().find(id).unwrap().key)
    }

    /// Every group as `source class`, with a `*` after a group of mail that was passed on, and the total of
    /// settled classes.
    fn verdicts(&self) -> (Vec<String>, ClassTotals) {
        let ranges = Ranges::default();
        let (book, rows) = self.learned(&ranges);
        let mut groups = Groups::new(self.context.clone());
        let keys: Vec<_> = rows.iter().map(|row| groups.add(&book, row)).collect();
        let judge = GroupJudge::new(&groups, &book);
        let mut totals = ClassTotals::default();
        for (row, key) in rows.iter().zip(keys) {
            let settled = judge.settle(row.pair, &judge.judge(key));
            totals.add(judge.class(row, settled), row.messages);
        }
        assert_eq!(totals.all(), rows.iter().map(|row| row.messages).sum::<u64>());
        let all = groups.all().iter().map(|(key, _)| {
            let mark = if key.relayed { "*" } else { "" };
            let source = judge.source(*key).text(testing::catalogue());
            format!("{source}{mark} {}", judge.judge(*key).class)
        });
        let mut all: Vec<_> = all.collect();
        all.sort();
        all.dedup();
        (all, totals)
    }
}

fn seen(row: &Traffic, learner: &Learner) -> Seen {
    let mut seen = Seen::default();
    if let Some(day) = row.day.filter(|&day| learner.age(day).is_some()) {
        seen.add(day, row.messages);
    }
    seen
}

fn postmark() -> Scene {
    Scene::new((PASS, PASS), "example.com/20260101000000pm=pass", "pm-bounces.example.com=pass")
}

fn failing_postmark() -> Scene {
    Scene::new((FAIL, FAIL), "mtasv.net/x=pass", "pm.mtasv.net=pass")
}

fn at(mut scene: Scene, address: [u8; 4]) -> Scene {
    scene.facts.address = address.into();
    scene
}

#[test]
fn three_days_and_twenty_messages_confirm_a_service() {
    assert!(Month::new().daily(postmark, 0..3, 7).confirms("postmark"));
    assert!(!Month::new().daily(postmark, 0..3, 6).confirms("postmark"), "18 messages");
    assert!(!Month::new().daily(postmark, 0..2, 70).confirms("postmark"), "two days");
    assert!(!Month::new().daily(postmark, -90..-60, 70).confirms("postmark"), "too long ago");
    assert!(!Month::new().daily(failing_postmark, 0..9, 70).confirms("postmark"), "failing");
}

#[test]
fn a_service_is_confirmed_for_the_organisation_it_sends_for() {
    let ranges = Ranges::default();
    let (book, _) = Month::new().daily(postmark, 0..3, 7).learned(&ranges);
    let key = testing::catalogue().find("postmark").unwrap().key;
    let owner = book.judge().owner;
    assert!(owner.has_confirmed("news.example.com", key));
    assert!(!owner.has_confirmed("example.net", key));
}

#[test]
fn what_was_learned_separates_fix_this_from_abuse() {
    let mail = || Month::new().daily(failing_postmark, 0..5, 10);
    assert_eq!(mail().verdicts().0, ["postmark unknown"]);
    let confirmed = mail().daily(postmark, 0..5, 10);
    assert_eq!(confirmed.verdicts().0, ["postmark misaligned"]);
    let (_, totals) = confirmed.verdicts();
    assert_eq!((totals.of(Class::Aligned), totals.of(Class::Misaligned)), (50, 50));
}

#[test]
fn a_selector_of_aligned_mail_makes_its_copies_forwards() {
    let own = || Scene::new((PASS, PASS), "example.com/k20=pass", "example.com=pass");
    let copy =
        || at(Scene::new((PASS, FAIL), "example.com/k20=pass", "example.com=softfail"), [198, 51, 100, 1]);
    assert_eq!(Month::new().daily(copy, 0..5, 2).verdicts().0, ["198.51.100.0/24 unknown"]);
    let both = Month::new().daily(own, 0..5, 2).daily(copy, 0..5, 2);
    assert_eq!(both.verdicts().0, ["192.0.2.0/24 aligned", "198.51.100.0/24* forwarder"]);
}

#[test]
fn a_leak_stays_aligned_and_a_flood_does_not() {
    let month = |good, bad| Month::new().daily(postmark, 0..10, good).daily(failing_postmark, 0..10, bad);
    assert_eq!(month(99, 1).verdicts().0, ["postmark aligned"]);
    assert_eq!(month(93, 7).verdicts().0, ["postmark aligned"]);
    assert_eq!(month(80, 20).verdicts().0, ["postmark misaligned"]);
}

#[test]
fn a_small_hop_with_several_of_the_owners_keys_forwards() {
    let copy = |selector: &str| {
        let signature = format!("example.com/{selector}=pass");
        Scene::new((PASS, FAIL), &signature, "example.com=softfail")
    };
    let fan_in = || Month::new().mail(copy("m20"), 0, 3).mail(copy("m21"), 1, 4);
    assert_eq!(fan_in().verdicts().0, ["192.0.2.0/24 forwarder"]);
    assert_eq!(fan_in().verdicts().1.of(Class::Forwarder), 7, "the records follow");
    assert_eq!(
        fan_in().mail(copy("m21"), 2, 60).verdicts().0,
        ["192.0.2.0/24 unknown"],
        "too much for one mailbox"
    );
    assert_eq!(Month::new().mail(copy("m20"), 0, 7).verdicts().0, ["192.0.2.0/24 unknown"], "one key");
}

#[test]
fn an_address_with_three_domains_one_of_them_silent_is_spoofing() {
    let spoof = || Scene::new((FAIL, FAIL), "", "example.com=softfail");
    let month = |addresses: [u8; 3]| {
        let mut month = Month::new();
        for (domain, last) in (1..).zip(addresses) {
            month = month.reported(at(spoof(), [192, 0, 2, last]), 0, 5, domain, 0);
        }
        month
    };
    let name = |verdicts: (Vec<String>, _)| verdicts.0[0].clone();
    assert_eq!(name(month([1, 1, 1]).verdicts()), "192.0.2.0/24 unauthorised");
    // A hoster's network has many customers.
    assert_eq!(name(month([1, 2, 3]).verdicts()), "192.0.2.0/24 unknown");
    let all_send = |mut month: Month| {
        for domain in 1..4 {
            month = month.reported(at(postmark(), [198, 51, 100, 9]), 1, 9, domain, 0);
        }
        month
    };
    assert_eq!(name(all_send(month([1, 1, 1])).verdicts()), "192.0.2.0/24 unknown");
}

#[test]
fn a_service_that_many_domains_share_is_not_condemned() {
    for (signature, envelope, name) in [
        ("mcsv.net/k1=pass", "mail1.atl1.mcsv.net=pass", "mailchimp unknown"),
        ("saas.example/s=pass", "b.saas.example=pass", "saas.example unknown"),
    ] {
        let mut month = Month::new();
        for domain in 1..5 {
            month = month.reported(Scene::new((FAIL, FAIL), signature, envelope), 0, 50, domain, 0);
        }
        assert_eq!(month.verdicts().0, [name]);
    }
}

/// A month in which nothing passes from many addresses on a day.
fn wave(envelope: &str, addresses: u8, networks: u8, day: i64) -> Month {
    let mut month = Month::new();
    for n in 0..addresses {
        let scene = Scene::new((FAIL, FAIL), "", envelope);
        month = month.mail(at(scene, [198, 51 + n % networks, n, 1]), day + i64::from(n % 5), 1);
    }
    month
}

#[test]
fn many_new_addresses_in_one_shape_are_a_wave() {
    let legit = |month: Month| month.daily(postmark, 0..30, 10);
    let verdicts = |month: Month| legit(month).verdicts().0;
    let row = format!("wave-{} unauthorised", Day(START + 20));
    assert_eq!(verdicts(wave("example.com=softfail", 25, 6, 20)), ["postmark aligned", &row]);
    assert_eq!(verdicts(wave("example.com=fail", 25, 6, 20)), ["postmark aligned", &row], "one row");
    let is_none = |month: Month| !verdicts(month).iter().any(|row| row.starts_with("wave"));
    assert!(is_none(wave("example.com=softfail", 19, 6, 20)), "too few addresses");
    assert!(is_none(wave("example.com=softfail", 25, 4, 20)), "too few networks");
    assert!(is_none(wave("saas.example=pass", 25, 6, 20)), "a service that begins");
    let before = at(Scene::new((FAIL, FAIL), "", "example.com=softfail"), [203, 0, 113, 9]);
    assert!(is_none(wave("example.com=softfail", 25, 6, 20).mail(before, 15, 1)), "there was such mail");
    assert!(is_none(wave("example.com=softfail", 25, 6, 3)), "nobody knows what was before");
    let alone = wave("example.com=softfail", 25, 6, 20).verdicts().0;
    assert!(!alone.iter().any(|row| row.starts_with("wave")), "nobody reported the days before");
}

#[test]
fn a_null_policy_domain_is_never_used_by_its_owner() {
    let month = |signature, envelope| {
        let mut month = Month::new().mail(Scene::new((FAIL, FAIL), signature, envelope), 0, 9);
        month.context.null_domains.insert(0);
        month.verdicts().0
    };
    assert_eq!(month("", "example.com=softfail"), ["192.0.2.0/24 unauthorised"]);
    // Its SPF record says nothing of the return paths of others.
    assert_eq!(month("saas.example/s=pass", "saas.example=pass"), ["saas.example unknown"]);
}

#[test]
fn a_key_that_is_seen_under_one_return_path_alone_is_a_services() {
    let mail =
        |signature: &str, envelope, address| at(Scene::new((PASS, FAIL), signature, envelope), address);
    let service = || mail("example.com/inx2=pass", "bounce.unlisted.example=pass", [198, 51, 100, 1]);
    let copy = || mail("example.com/inx2=pass", "club.example.net=pass", [203, 0, 113, 5]);
    let own = || at(Scene::new((PASS, PASS), "example.com/inx2=pass", "example.com=pass"), [192, 0, 2, 9]);
    assert_eq!(Month::new().daily(service, 0..9, 40).verdicts().0, ["198.51.100.0/24 aligned"]);
    // What the owner sends itself with that key is passed on by others.
    assert_eq!(
        Month::new().daily(own, 0..9, 40).daily(copy, 0..9, 2).verdicts().0,
        ["192.0.2.0/24 aligned", "203.0.113.0/24* forwarder"]
    );
    // So is what the service sends; the service stays what it is.
    assert_eq!(
        Month::new().daily(service, 0..9, 40).daily(copy, 0..9, 2).verdicts().0,
        ["198.51.100.0/24 aligned", "203.0.113.0/24* forwarder"]
    );
    // Two that have as much of it can both be forwarders.
    assert_eq!(
        Month::new().daily(service, 0..9, 10).daily(copy, 0..9, 10).verdicts().0,
        ["198.51.100.0/24* forwarder", "203.0.113.0/24* forwarder"]
    );
    // One return path from two addresses is one source.
    let second = || mail("example.com/inx2=pass", "bounce.unlisted.example=pass", [198, 51, 101, 1]);
    assert_eq!(
        Month::new().daily(service, 0..9, 10).daily(second, 0..9, 10).verdicts().0,
        ["198.51.100.0/24 aligned", "198.51.101.0/24 aligned"]
    );
    // Another key of the owner's says nothing of this one.
    let other = || at(Scene::new((PASS, PASS), "example.com/k20=pass", "example.com=pass"), [192, 0, 2, 9]);
    assert_eq!(
        Month::new().daily(service, 0..9, 10).daily(other, 0..9, 10).verdicts().0,
        ["192.0.2.0/24 aligned", "198.51.100.0/24 aligned"]
    );
}

#[test]
fn another_tenant_is_a_strangers_once_the_own_one_is_known() {
    let own = || {
        let signatures = "example.com/k20=pass;acme.onmicrosoft.com/selector1=pass";
        Scene::new((PASS, PASS), signatures, "example.com=pass")
    };
    let other = || Scene::new((FAIL, PASS), "fabrikam.onmicrosoft.com/selector1=pass", "example.com=pass");
    let classes = |month: Month| {
        let totals = month.verdicts().1;
        (totals.of(Class::Aligned), totals.of(Class::Unauthorised))
    };
    assert_eq!(classes(Month::new().daily(own, 0..3, 2).daily(other, 0..3, 5)), (6, 15));
    assert_eq!(classes(Month::new().daily(own, 0..2, 9).daily(other, 0..3, 5)), (33, 0), "two days");
    assert_eq!(classes(Month::new().daily(other, 0..3, 5)), (15, 0), "nothing says whose it is");
}

#[test]
fn a_recipients_gateway_is_told_from_a_spoofer() {
    let gateway = || {
        let scene = Scene::new((FAIL, FAIL), "example.com/20260101000000pm=fail", "example.com=fail")
            .named("mx0a-1.pphosted.com");
        at(scene, [198, 51, 100, 7])
    };
    let month = |reporter| {
        let mut month = Month::new().daily(postmark, 0..5, 10).reported(gateway(), 1, 40, 0, reporter);
        month.context.microsoft_reporters.insert(7);
        month.verdicts()
    };
    assert_eq!(month(7).0, ["postmark aligned", "pphosted.com forwarder"]);
    assert_eq!(month(7).1.of(Class::Forwarder), 40);
    assert_eq!(month(1).0, ["postmark aligned", "pphosted.com unknown"]);
}

#[test]
fn a_burst_of_one_key_from_new_addresses_is_a_replay() {
    let own = || Scene::new((PASS, PASS), "example.com/k20=pass", "example.com=pass");
    let copy =
        || at(Scene::new((PASS, FAIL), "example.com/k20=pass", "example.com=softfail"), [198, 51, 100, 1]);
    let misused = |month: &Month| {
        let ranges = Ranges::default();
        let (book, rows) = month.learned(&ranges);
        let mut groups = Groups::new(GroupContext::default());
        for row in &rows {
            groups.add(&book, row);
        }
        groups.misused(&book)
    };
    let burst = Month::new().daily(own, 0..20, 30).mail(copy(), 21, 3000);
    let found = misused(&burst);
    assert_eq!(found.len(), 1);
    let found = &found[0];
    assert_eq!((found.selector.as_str(), found.messages, found.usual, found.reporters), ("k20", 3000, 30, 1));
    assert_eq!(burst.verdicts().1.of(Class::Unauthorised), 3000, "replayed mail is nobody's forward");
    assert!(
        misused(&Month::new().daily(own, 0..20, 400).mail(copy(), 21, 3000)).is_empty(),
        "a usual day is large"
    );
    assert!(misused(&Month::new().daily(own, 0..20, 30).mail(copy(), 21, 400)).is_empty(), "too few");
    let old = Month::new().daily(own, 0..20, 30).mail(copy(), 2, 1).mail(copy(), 21, 3000);
    assert!(misused(&old).is_empty(), "an address that was there before forwards");
    let mut spread = Month::new().daily(own, 0..20, 30);
    for reporter in 0..6 {
        spread = spread.reported(copy(), 21, 500, 0, reporter);
    }
    assert!(misused(&spread).is_empty(), "many reporters");
}

#[test]
fn the_owners_word_on_a_source_stands() {
    let mut month = Month::new().daily(|| Scene::new((FAIL, FAIL), "", "example.com=fail"), 0..4, 20);
    assert_eq!(month.verdicts().0, ["192.0.2.0/24 unauthorised"]);
    let key = SourceKey::parse(testing::catalogue(), "192.0.2.0/24").unwrap();
    month.owner.decide("example.com", key.clone(), Decision::Authorised);
    assert_eq!(month.verdicts().0, ["192.0.2.0/24 misaligned"]);
    month.owner.decide("example.com", key, Decision::Forwarder);
    assert_eq!(month.verdicts().0, ["192.0.2.0/24* forwarder"]);
}

#[test]
fn a_tenant_beside_the_owners_key_is_the_owners() {
    let mail = |tenant: &str, own: &str| {
        Scene::new((PASS, PASS), &format!("{own};{tenant}/selector1=pass"), "example.com=pass")
    };
    let month = Month::new().daily(|| mail("acme.onmicrosoft.com", "example.com/k20=pass"), 0..3, 5);
    let failing = || {
        Scene::new((FAIL, FAIL), "acme.onmicrosoft.com/selector1=pass", "acme.onmicrosoft.com=pass")
            .confirmed("microsoft-365")
    };
    let mut month = month.daily(failing, 0..3, 50);
    month.owner.confirm(testing::catalogue().find("microsoft-365").unwrap().key);
    assert_eq!(month.verdicts().1.of(Class::Misaligned), 150);
    month.rows.retain(|(scene, ..)| scene.combination.auth_dkim.len() == 1);
    assert_eq!(
        month.verdicts().1.of(Class::Unknown),
        150,
        "without that mail nothing says whose tenant it is"
    );
}
