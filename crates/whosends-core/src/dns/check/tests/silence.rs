//! What one question without an answer does to a verdict: every single question of a full check fails, one at a time,
//! and what is then said is compared with the full check.

use std::collections::BTreeSet;

use super::own_zones;
use crate::dns::answer::Failure;
use crate::dns::check::{Finding, Posture, Severity, Target, below, posture, probe_name};
use crate::dns::discover::listed_organizational;
use crate::dns::resolve::{Bounds, Immediate, Resolver, drive};
use crate::dns::testing::zone::Zone;
use crate::dns::testing::{shared, zone_of};
use crate::dns::{Answer, Answers, DnsName, Outcome, Query, RecordType, Want};

/// A part of what is said that is read by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Area {
    Spf,
    Dmarc,
    Dkim,
    Mx,
    Tls,
    Zone,
}

const AREAS: [Area; 6] = [Area::Spf, Area::Dmarc, Area::Dkim, Area::Mx, Area::Tls, Area::Zone];

impl Area {
    fn of(finding: &Finding) -> Self {
        match finding.check.area() {
            "spf" => Self::Spf,
            "dmarc" => Self::Dmarc,
            "dkim" => Self::Dkim,
            "mx" => Self::Mx,
            "mta-sts" | "tls-rpt" | "dane" => Self::Tls,
            _ => Self::Zone,
        }
    }

    fn findings(self, posture: &Posture) -> Vec<&Finding> {
        posture.findings.iter().filter(|finding| Self::of(finding) == self).collect()
    }

    /// Everything that is said of it, to the letter.
    fn text(self, posture: &Posture) -> String {
        let views = match self {
            Self::Spf => format!("{:?}", posture.spf),
            Self::Dmarc => format!("{:?}", posture.dmarc),
            Self::Dkim => format!("{:?} {:?}", posture.dkim, posture.guesses),
            Self::Mx => posture
                .mx
                .iter()
                .map(|host| format!("{} {:?} {:?}", host.exchange, host.alias, host.addresses))
                .collect(),
            Self::Tls => {
                let hosts = posture.mx.iter().map(|host| format!("{:?} {:?}", host.tlsa, host.tlsa_secure));
                format!("{:?} {}", posture.transport, hosts.collect::<String>())
            }
            Self::Zone => format!("{:?} {:?}", posture.exists, posture.bimi),
        };
        format!("{:?} {views}", self.findings(posture))
    }

    /// How it reads in a word.
    fn word(self, posture: &Posture) -> &'static str {
        let findings = self.findings(posture);
        let worst = |severity| findings.iter().any(|one| !one.temporary && one.severity == severity);
        match () {
            () if worst(Severity::Error) => "error",
            () if findings.iter().any(|one| one.is_open()) => "not known",
            () if worst(Severity::Warning) => "warning",
            () => "ok",
        }
    }
}

/// What rests on a question about a domain: the one table of what may change where it has no answer.
fn rests_on(query: &Query, domain: &DnsName, full: &Posture) -> BTreeSet<Area> {
    use Area::{Dkim, Dmarc, Mx, Spf, Tls, Zone};
    let name = &query.name;
    let labels: Vec<&[u8]> = name.labels().collect();
    let has = |label: &str| labels.contains(&label.as_bytes());
    let mut areas = BTreeSet::new();
    // Whether a domain is parked rests on its hosts, SPF and keys, and what is proposed on whether it is.
    let parked = [Spf, Dmarc, Mx, Zone];
    let own = name == domain;
    if own {
        areas.extend(match query.want {
            Want::Records(RecordType::Txt) => vec![Spf, Dmarc, Mx, Zone],
            Want::Records(RecordType::Mx | RecordType::A | RecordType::Aaaa) => {
                vec![Spf, Dmarc, Mx, Tls, Zone]
            }
            Want::MtaStsPolicy => vec![Tls],
            _ => vec![Spf, Zone],
        });
    }
    if *name == listed_organizational(domain) && query.want == Want::Records(RecordType::Ds) {
        areas.extend([Spf, Zone]);
    }
    if has("_dmarc") || has("dmarc") {
        areas.extend([Spf, Dmarc, Zone]);
    }
    if *name == probe_name(domain) {
        areas.extend([Dmarc, Zone]);
    }
    if has("_domainkey") || domain.within(domain).is_ok_and(|twice| name.is_within(&twice)) {
        areas.extend([Dkim, Dmarc]);
        areas.extend(parked);
    }
    if *name == below(domain, "_mta-sts") {
        areas.extend([Tls, Dmarc, Zone]);
    }
    if has("_tls") || has("_tcp") || *name == below(domain, "mta-sts") {
        areas.insert(Tls);
    }
    if *name == below(domain, "default._bimi") {
        areas.insert(Zone);
    }
    let is_host = full.mx.iter().any(|host| host.exchange == *name);
    let leads_back = full.mx.iter().flat_map(|host| &host.addresses).any(|one| one.names.contains(name));
    if is_host || leads_back || has("in-addr") || has("ip6") {
        areas.extend([Mx, Spf]);
    }
    if query.want == Want::Records(RecordType::Ds) {
        areas.insert(Tls);
    }
    if query.want == Want::Records(RecordType::Soa) {
        areas.insert(Dkim);
    }
    let reports = full.dmarc.discovery.policy.iter().flat_map(|applied| &applied.published.record.rua);
    if reports.filter_map(|uri| uri.host()).any(|host| host == name) {
        areas.insert(Dmarc);
    }
    let selectors = full.dkim.iter().map(|view| &view.selector.name);
    if selectors.clone().any(|selector| selector.within(domain).is_ok_and(|pasted| pasted == *name))
        || has("domainkey")
    {
        areas.insert(Dkim);
    }
    // Names that SPF leads to may be any.
    if !own && !labels.iter().any(|label| label.starts_with(b"_d") || *label == b"_tls" || *label == b"_tcp")
    {
        areas.insert(Spf);
        areas.extend(parked.into_iter().filter(|_| !full.mx.iter().any(|host| !host.exchange.is_root())));
    }
    areas
}

/// Whether a question is a guess: that one fails decides nothing.
fn is_guess(query: &Query, target: &Target) -> bool {
    let place = below(&target.domain, "_domainkey");
    let common = target.selectors.iter().filter(|one| one.origin == crate::dns::check::Origin::Common);
    common.into_iter().any(|one| one.name.within(&place).is_ok_and(|name| name == query.name))
}

fn records(posture: &Posture) -> Vec<String> {
    let advice = posture.findings.iter().filter_map(|finding| finding.advice.as_ref());
    advice.flat_map(|advice| &advice.records).map(|record| format!("{record:?}")).collect()
}

/// What is worse than silence in what is said where one question failed.
fn wrong(full: &Posture, silent: &Posture, query: &Query, target: &Target) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |what: String| wrong.push(format!("{}: {query} fails: {what}", target.domain));
    let rests = rests_on(query, &target.domain, full);
    for area in AREAS {
        if area.text(full) == area.text(silent) {
            continue;
        }
        if !rests.contains(&area) {
            say(format!(
                "{area:?} changes and does not rest on it: {} / {}",
                area.text(full),
                area.text(silent)
            ));
        }
        let (before, after) = (area.word(full), area.word(silent));
        let is_guess = area == Area::Dkim && is_guess(query, target);
        if before != after && after != "not known" && !is_guess {
            say(format!("{area:?} reads {after} and not {before}"));
        }
        let told = area.findings(silent);
        let lost = |one: &&&Finding| !told.iter().any(|other| other.check == one.check);
        let findings = area.findings(full);
        if let Some(lost) = findings.iter().filter(|_| !is_guess).find(lost)
            && !told.iter().any(|one| one.temporary)
        {
            say(format!("{area:?} has no {} any more, and does not say why", lost.check));
        }
    }
    for finding in silent.findings.iter().filter(|finding| !finding.temporary) {
        if !full.findings.iter().any(|one| one.check == finding.check) {
            say(format!("{} is new: {}", finding.check, finding.message));
        }
    }
    for finding in silent.findings.iter().filter(|finding| finding.temporary) {
        if !finding.check.id().ends_with(".dns-error") {
            say(format!("{} is temporary", finding.check));
        }
    }
    let before = records(full);
    for record in records(silent).into_iter().filter(|record| !before.contains(record)) {
        say(format!("{record} is proposed"));
    }
    wrong
}

/// The full check of a zone's domain, with the conversation.
fn full(zone: &Zone, target: &Target) -> (Posture, Answers) {
    let mut answers = Answers::new();
    let mut resolver = Immediate::new(|query: &Query| zone.answer(query));
    let end = drive(&mut resolver, &mut answers, &Bounds::default(), |inquiry| posture(inquiry, target));
    (end.value.unwrap(), answers.about(&end.asked))
}

/// The same where the answers to some questions are known, and the others are asked.
fn again(resolver: &mut dyn Resolver, mut known: Answers, target: &Target) -> Posture {
    drive(resolver, &mut known, &Bounds::default(), |inquiry| posture(inquiry, target)).value.unwrap()
}

fn servfail() -> Answer {
    Outcome::Failed(Failure::ServerFailure).into()
}

/// Fails every question about the domain of a zone, one at a time.
fn all_wrong(zone: &Zone, target: &Target) -> Vec<String> {
    let (full, answers) = full(zone, target);
    let mut faults = Vec::new();
    for (query, answer) in answers.iter().filter(|(_, answer)| answer.failure().is_none()) {
        let mut known = answers.clone();
        known.insert(query.clone(), servfail());
        let mut resolver = Immediate::new(|asked: &Query| match asked == query {
            true => servfail(),
            false => zone.answer(asked),
        });
        let silent = again(&mut resolver, known, target);
        let _ = answer;
        faults.extend(wrong(&full, &silent, query, target));
    }
    faults
}

/// Judges zones on two threads.
fn none_is_worse_than_silence(zones: &[(Zone, Target)]) {
    let half = zones.len() / 2;
    let faults: Vec<String> = std::thread::scope(|scope| {
        let parts = [&zones[..half], &zones[half..]].map(|part| {
            scope.spawn(move || {
                part.iter().flat_map(|(zone, target)| all_wrong(zone, target)).collect::<Vec<_>>()
            })
        });
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let count = faults.len();
    assert!(faults.is_empty(), "{count}: {:#?}", &faults[..count.min(40)]);
}

#[test]
fn no_question_that_fails_makes_a_verdict_better_or_a_finding_up() {
    none_is_worse_than_silence(&own_zones::zones());
}

#[test]
fn nor_does_one_about_the_shared_zones() {
    let Some(folder) = shared("zones") else { return };
    let zone = zone_of(&std::fs::read_to_string(folder.join("zone")).unwrap());
    let list = std::fs::read_to_string(folder.join("domains.txt")).unwrap();
    let domains = list.lines().filter_map(|line| line.split('\t').next());
    let zones: Vec<_> = domains.map(|domain| (zone.clone(), own_zones::target(domain))).collect();
    none_is_worse_than_silence(&zones);
}

/// The same over sockets, where a server refuses, is silent, or sends what is no answer.
#[cfg(feature = "live-dns")]
#[test]
fn the_same_holds_over_the_wire() {
    use crate::dns::live::{Live, LiveOptions, NameServer};
    use crate::dns::testing::server::Server;
    use crate::dns::testing::zone::Behaviour;
    const FAULTS: [Behaviour; 3] = [Behaviour::Code(5), Behaviour::DropUdp, Behaviour::Garbage];
    let all = own_zones::zones();
    let step = (all.len() / 10).max(1);
    // Most of the time is spent waiting, so that the zones are judged beside each other.
    let judged = |number: usize, zone: &Zone, target: &Target| {
        let mut faults = Vec::new();
        let (full, answers) = full(zone, target);
        let asked = answers.iter().filter(|(_, answer)| answer.failure().is_none());
        for (place, (query, _)) in asked.enumerate() {
            let Want::Records(kind) = query.want else { continue };
            let mut broken = zone.clone();
            broken.behave(query.name.clone(), Some(kind), vec![FAULTS[(place + number) % FAULTS.len()]]);
            let server = Server::start(broken, std::time::Duration::ZERO);
            let servers = vec![NameServer::Plain(server.address())];
            // On loopback no answer takes so long.
            let timeout = std::time::Duration::from_millis(60);
            let mut resolver = Live::new(LiveOptions { servers, timeout, ..LiveOptions::default() }).unwrap();
            let known = answers.iter().filter(|(other, _)| *other != query);
            let known = known.map(|(query, answer)| (query.clone(), answer.clone())).collect();
            faults.extend(wrong(&full, &again(&mut resolver, known, target), query, target));
        }
        faults
    };
    let chosen = all.iter().step_by(step).take(10).enumerate();
    let faults: Vec<String> = std::thread::scope(|scope| {
        let judged = &judged;
        let begun: Vec<_> = chosen
            .map(|(number, (zone, target))| scope.spawn(move || judged(number, zone, target)))
            .collect();
        begun.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "{faults:#?}");
}
