//! What has to hold for any record at all.

use super::testing::{self, Scene, dkim, spf};
use super::*;

/// A small generator of numbers, so that a failure can be run again.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        // Knuth's constants for a linear congruence of 64 bits; the low bits are weak.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }
}

const DOMAINS: &[&str] = &[
    "example.com",
    "news.example.com",
    "sendgrid.info",
    "amazonses.com",
    "mailgun.org",
    "groups.io",
    "gmail.com",
    "messagingengine.com",
    "fabrikam.onmicrosoft.com",
    "x.20230601.gappssmtp.com",
    "stranger.example",
    "163.com",
];
const SELECTORS: &[&str] =
    &["s1", "google", "smtpapi", "resend", "pm", "cm", "k1", "zz9", "fm1", "selector1"];
const ENVELOPES: &[&str] = &[
    "example.com",
    "em1234.example.com",
    "send.example.com",
    "sendgrid.net",
    "groups.io",
    "stranger.example",
    "pm.mtasv.net",
    "gmail.com",
    "eu-west-1.amazonses.com",
];
const NAMES: &[&str] = &[
    "o1.outbound-mail.sendgrid.net",
    "a1.smtp-out.amazonses.com",
    "mail-1.google.com",
    "mx0a.pphosted.com",
    "mx1.nyu.edu",
    "vps.hoster.example",
    "192-0-2-1.dyn.isp.example",
    "mxd.seznam.cz",
];

fn scene(numbers: &mut Numbers) -> Scene {
    let results = ["pass", "pass", "fail", "neutral"];
    let mut signatures = Vec::new();
    for _ in 0..numbers.below(4) {
        let (domain, selector) = (numbers.pick(DOMAINS), numbers.pick(SELECTORS));
        signatures.push(format!("{domain}/{selector}={}", numbers.pick(&results)));
    }
    let mut envelopes = Vec::new();
    for _ in 0..numbers.below(3) {
        let scope = numbers.pick(&["mfrom", "helo", ""]);
        let result = numbers.pick(&["pass", "fail", "softfail", "none"]);
        envelopes.push(format!("{}@{scope}={result}", numbers.pick(ENVELOPES)));
    }
    let verdicts = (numbers.below(2) == 0, numbers.below(2) == 0);
    let mut scene = Scene::new(verdicts, &signatures.join(";"), &envelopes.join(";"));
    if numbers.below(2) == 0 {
        let confirmed = [Some(true), None, Some(false)][numbers.below(3)];
        scene = scene.doubtfully_named(numbers.pick(NAMES), confirmed);
    }
    if numbers.below(8) == 0 {
        scene = scene.own_address();
    }
    scene
}

fn judgement(scene: &Scene) -> (Judgement, SourceKey) {
    let explained = scene.explained();
    (explained.judgement, explained.source)
}

#[test]
fn the_order_of_results_changes_nothing() {
    let mut numbers = Numbers(1);
    for _ in 0..2000 {
        let mut scene = scene(&mut numbers);
        let before = scene.explained();
        scene.combination.auth_dkim.reverse();
        scene.combination.auth_spf.reverse();
        if let Some(first) = scene.combination.auth_dkim.first().cloned() {
            scene.combination.auth_dkim.push(first);
        }
        assert_eq!(scene.explained(), before, "{:?}", scene.combination);
    }
}

#[test]
fn results_that_did_not_pass_change_no_name() {
    let mut numbers = Numbers(2);
    for _ in 0..2000 {
        let mut scene = scene(&mut numbers);
        let before = judgement(&scene).0.attribution;
        let (domain, selector) = (numbers.pick(&DOMAINS[2..]), numbers.pick(SELECTORS));
        scene.combination.auth_dkim.extend(dkim(&format!("{domain}/{selector}=fail")));
        scene.combination.auth_spf.extend(spf(&format!("{}@helo=fail", numbers.pick(ENVELOPES))));
        assert_eq!(judgement(&scene).0.attribution, before, "{:?}", scene.combination);
    }
}

#[test]
fn confirming_a_service_keeps_aligned_mail_aligned() {
    let mut numbers = Numbers(3);
    for _ in 0..2000 {
        let scene = scene(&mut numbers);
        let (before, source) = judgement(&scene);
        for id in ["sendgrid", "google-workspace", "microsoft-365", "proofpoint", "groups-io"] {
            let mut confirmed = Owner::clone(&scene.owner);
            confirmed.confirm(scene.catalogue.find(id).unwrap().key);
            let ranges = Ranges::default();
            let judge = Judge { catalogue: scene.catalogue, owner: &confirmed, ranges: &ranges };
            let after = judge.explain(&scene.combination, &scene.facts).judgement;
            assert!(
                before.class != Class::Aligned || after.class == Class::Aligned,
                "{:?}",
                scene.combination
            );
            assert_eq!(after.attribution, before.attribution);
        }
        // So does the owner's word that a source is the owner's.
        let authorised = scene.decided(&source.text(testing::catalogue()), Decision::Authorised);
        let after = judgement(&authorised).0;
        assert!(before.class != Class::Aligned || after.class == Class::Aligned);
    }
}

#[test]
fn a_book_judges_like_a_single_record() {
    let mut numbers = Numbers(4);
    let scenes: Vec<_> = (0..60).map(|_| scene(&mut numbers)).collect();
    let ranges = Ranges::default();
    let first = &scenes[0];
    let mut book = Book::new(first.catalogue, &ranges, first.owner.clone());
    let keys: Vec<_> = scenes
        .iter()
        .map(|scene| (book.combination(&scene.combination), book.address(&scene.facts)))
        .collect();
    for (row, (combination, _)) in keys.iter().enumerate() {
        for (column, (_, address)) in keys.iter().enumerate() {
            let pair = book.pair(*combination, *address);
            let (judged, source) = book.judgement(pair);
            let alone = book.judge().explain(&scenes[row].combination, &scenes[column].facts);
            assert_eq!((judged, &book.sources()[source.index()]), (alone.judgement, &alone.source));
        }
    }
}

#[test]
fn a_record_with_absurdly_many_results_is_read_in_a_moment() {
    let mut scene = Scene::new((true, false), "", "");
    let many = (0..100_000).map(|n| format!("d{n}.example/s{n}=pass")).collect::<Vec<_>>().join(";");
    scene.combination.auth_dkim = dkim(&many);
    scene.combination.auth_spf = spf(&many.replace('/', "x"));
    scene.combination.auth_dkim.push(dkim(&format!("example.com/{}=pass", "s".repeat(60_000))).remove(0));
    assert!(scene.explained().evidence.len() <= 200);
}

/// Names near the domain of a sign: with something before its first letter, and in front of a stranger's domain.
fn look_alikes(sign: &str) -> [String; 4] {
    let sign = organizational_domain(sign);
    let hyphened = sign.replacen('.', "-", 1);
    [
        format!("not{sign}"),
        format!("my-{sign}"),
        format!("{sign}.evil.example"),
        format!("{hyphened}.evil.example"),
    ]
}

#[test]
fn no_look_alike_of_any_sign_matches() {
    use super::catalogue::SignKind;
    let catalogue = testing::catalogue();
    let mut tried = 0;
    for service in catalogue.services() {
        for kind in [SignKind::Dkim, SignKind::Bounce, SignKind::Rdns, SignKind::Spf, SignKind::Cname] {
            // An expression says itself which names it means.
            for sign in service.signs(kind).iter().filter(|sign| !sign.starts_with('/')) {
                let known = catalogue.lookup(kind, &format!("a.{sign}"));
                assert!(known.contains(&service.key), "{} does not match below {sign}", service.id);
                for name in look_alikes(sign) {
                    let found = catalogue.lookup(kind, &name);
                    assert!(!found.contains(&service.key), "{name} is taken for {}", service.id);
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 800, "{tried}");
}

#[test]
fn no_look_alike_in_a_record_names_anybody() {
    let mut numbers = Numbers(5);
    for _ in 0..2000 {
        let sign = numbers.pick(&DOMAINS[2..10]);
        let name = look_alikes(sign)[numbers.below(4)].clone();
        let verdicts = (false, false);
        let scene =
            Scene::new(verdicts, &format!("{name}/smtpapi=pass"), &format!("{name}=pass")).named(&name);
        let attribution = judgement(&scene).0.attribution;
        assert_eq!((attribution.originator, attribution.hop), (None, None), "{name}");
    }
}
