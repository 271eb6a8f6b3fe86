//! The shared test zones: which findings each domain must and must not give.

use std::collections::BTreeMap;
use std::path::Path;

use crate::dns::check::{Finding, Origin, Posture, Selector, Severity, Target, posture};
use crate::dns::resolve::{Bounds, Immediate, Resolver, drive_all};
use crate::dns::testing::zone::Zone;
use crate::dns::testing::{shared, zone_of};
use crate::dns::{Answers, DnsName, Query};

/// Areas in which a finding too many counts.
const JUDGED: &[&str] = &["spf", "dmarc", "dkim", "mx"];

pub(in crate::dns::check) fn read(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split('\t').map(ToOwned::to_owned).collect()).collect()
}

pub(in crate::dns::check) fn targets(rows: impl IntoIterator<Item = (String, String)>) -> Vec<Target> {
    let name = |text: &str| DnsName::from_dotted(text).unwrap();
    let selectors = |text: &str| {
        let names = text.split(',').filter(|text| !text.is_empty());
        names.map(|text| Selector { name: name(text), origin: Origin::User }).collect()
    };
    rows.into_iter().map(|(domain, known)| Target::new(name(&domain), selectors(&known))).collect()
}

/// Checks all targets with one conversation.
pub(in crate::dns::check) fn check(
    resolver: &mut dyn Resolver,
    targets: Vec<Target>,
) -> BTreeMap<String, Posture> {
    let mut postures = BTreeMap::new();
    let mut answers = Answers::new();
    let bounds = Bounds::default();
    drive_all(
        resolver,
        &mut answers,
        &bounds,
        targets,
        |target, inquiry| posture(inquiry, target),
        |target, _, end| {
            assert!(end.spent.as_secs() < 9, "{}: {:?}", target.domain, end.spent);
            postures.insert(target.domain.to_string(), end.value.unwrap());
        },
    );
    postures
}

/// Compares with what is expected, says what differs, and returns how many further errors and warnings
/// there are.
fn judge(postures: &BTreeMap<String, Posture>, expected: &[Vec<String>]) -> (Vec<String>, Vec<String>) {
    let mut wrong = Vec::new();
    let mut wanted: Vec<(&str, &str)> = Vec::new();
    for row in expected.iter().skip(1) {
        let (domain, kind, what) = (&row[0], &row[1], &row[2]);
        let Some(posture) = postures.get(domain) else { continue };
        let found = |test: &dyn Fn(&Finding) -> bool| posture.findings.iter().any(test);
        let of_mail = |finding: &Finding| matches!(finding.check.area(), "spf" | "dmarc" | "mx");
        let is_so = match (kind.as_str(), what.as_str()) {
            ("mustnot", "any-error") => !found(&|one| of_mail(one) && one.severity == Severity::Error),
            ("mustnot", "any-warning") => !found(&|one| of_mail(one) && one.severity == Severity::Warning),
            ("mustnot", id) => !found(&|one| one.check.id() == id),
            ("must", id) => {
                wanted.push((domain, id));
                found(&|one| one.check.id() == id)
            }
            ("record", "spf") => posture.spf.record() == Some(&row[3]),
            ("record", "dmarc") => posture.dmarc.record().as_ref() == Some(&row[3]),
            _ => panic!("{row:?}"),
        };
        if !is_so {
            let ids: Vec<_> = posture.findings.iter().map(|finding| finding.check.id()).collect();
            wrong.push(format!("{domain}: {kind} {what}: {ids:?}"));
        }
    }
    let mut further = Vec::new();
    for (domain, posture) in postures {
        for finding in posture.findings.iter().filter(|one| one.severity > Severity::Info) {
            let id = finding.check.id();
            if JUDGED.contains(&finding.check.area()) && !wanted.contains(&(domain.as_str(), id)) {
                further.push(format!("{domain}: {id} ({}): {}", finding.subject, finding.message));
            }
        }
    }
    (wrong, further)
}

pub(in crate::dns::check) fn zone(path: &Path) -> Zone {
    zone_of(&std::fs::read_to_string(path).unwrap())
}

#[test]
fn zones_give_what_they_must() {
    let Some(folder) = shared("zones") else { return };
    let zone = zone(&folder.join("zone"));
    let rows = read(&folder.join("domains.txt")).into_iter();
    let targets = targets(rows.map(|row| (row[0].clone(), row.get(1).cloned().unwrap_or_default())));
    let count = targets.len();
    let mut resolver = Immediate::new(|query: &Query| zone.answer(query));
    let postures = check(&mut resolver, targets);
    let (wrong, further) = judge(&postures, &read(&folder.join("expected.tsv")));
    eprintln!("{count} domains; further findings: {further:#?}");
    assert_eq!(wrong, Vec::<String>::new());
    assert!(count >= 50 && further.len() * 4 <= count, "{} further findings", further.len());
}

#[cfg(feature = "live-dns")]
#[test]
fn faulty_zones_give_what_they_must_over_real_dns() {
    use crate::dns::live::{Live, LiveOptions, NameServer};
    use crate::dns::testing::server::Server;
    let Some(folder) = shared("zones/faults") else { return };
    let server = Server::start(zone(&folder.join("zone")), std::time::Duration::ZERO);
    let expected = read(&folder.join("expected.tsv"));
    let mut domains: Vec<_> = expected.iter().skip(1).map(|row| (row[0].clone(), String::new())).collect();
    domains.dedup();
    let servers = vec![NameServer::Plain(server.address())];
    let mut resolver = Live::new(LiveOptions { servers, ..LiveOptions::default() }).unwrap();
    let postures = check(&mut resolver, targets(domains));
    let (wrong, further) = judge(&postures, &expected);
    assert_eq!(wrong, Vec::<String>::new());
    // Their mail hosts have no names.
    let other: Vec<_> = further.iter().filter(|line| !line.contains(": mx.no-ptr")).collect();
    assert_eq!(other, Vec::<&String>::new());
}

#[cfg(feature = "live-dns")]
#[test]
fn where_nothing_answers_nothing_is_decided_within_five_seconds() {
    use crate::dns::live::{Live, LiveOptions, NameServer};
    let mute = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let servers = vec![NameServer::Plain(mute.local_addr().unwrap())];
    let mut resolver = Live::new(LiveOptions { servers, ..LiveOptions::default() }).unwrap();
    let targets = targets([("example.com".to_owned(), "s1".to_owned())]);
    let mut ends = Vec::new();
    let (mut answers, bounds) = (Answers::new(), Bounds::default());
    drive_all(
        &mut resolver,
        &mut answers,
        &bounds,
        targets,
        |target, inquiry| posture(inquiry, target),
        |_, _, end| {
            ends.push(end);
        },
    );
    let end = ends.pop().unwrap();
    let posture = end.value.unwrap();
    assert!(end.spent.as_secs() < 5, "{:?} in {} rounds", end.spent, end.rounds);
    assert!(
        posture.is_undecided() && posture.findings.iter().all(|finding| finding.temporary),
        "{posture:?}"
    );
}
