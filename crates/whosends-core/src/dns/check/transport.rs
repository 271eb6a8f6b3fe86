//! What is to be said about transport: MTA-STS, TLS-RPT, DANE.

use super::Context;
use super::finding::{Check, Finding};
use super::mail;
use crate::dns::record::mta_sts::{Mode, MtaStsPolicy, MtaStsRecord};
use crate::dns::record::printable;
use crate::dns::record::tls_rpt::TlsRptRecord;
use crate::dns::{Answer, DnsName, Failure, Inquiry, Outcome, Query, RecordData, RecordType, Text, Want};

/// The shortest time that a policy should be kept, in seconds (RFC 8461 section 3.2).
const SHORT_AGE: u64 = 86_400;

/// What a domain says about transport.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransportView {
    /// The MTA-STS records, made printable; `None` where DNS did not answer.
    pub mta_sts: Option<Vec<String>>,
    /// The MTA-STS policy, where it was fetched.
    pub policy: Option<MtaStsPolicy>,
    /// The TLS-RPT records, made printable; `None` where DNS did not answer.
    pub tls_rpt: Option<Vec<String>>,
}

/// What DNS says about transport.
pub(super) struct Facts<'a> {
    announced: Vec<MtaStsRecord>,
    /// Whether it is certain that the policy host does not exist.
    hostless: bool,
    policy: Option<&'a Answer>,
    reported: Vec<TlsRptRecord>,
    /// What DNS did not answer about MTA-STS, and about the addresses of the policy host.
    silent: [Option<Failure>; 2],
    /// The same about TLS-RPT.
    silent_reports: Option<Failure>,
    pub(super) view: TransportView,
}

/// Looks everything up; `None` while answers are missing.
pub(super) fn look<'a>(inquiry: &Inquiry<'a>, domain: &DnsName) -> Option<Facts<'a>> {
    let asked = ["_mta-sts", "_smtp._tls"]
        .map(|prefix| inquiry.records(&super::below(domain, prefix), RecordType::Txt));
    let [announced, reported] = asked;
    let (announced, reported) = (announced?, reported?);
    let texts = |answer: &Answer| answer.texts().map(Text::joined).collect::<Vec<_>>();
    let shown = |answer: &Answer, version: &[u8]| {
        let all = texts(answer).into_iter().filter(|text| text.starts_with(version));
        answer.failure().is_none().then(|| all.map(|text| printable(&text)).collect())
    };
    let mut facts = Facts {
        announced: texts(announced).iter().filter_map(|text| MtaStsRecord::parse(text)).collect(),
        hostless: false,
        policy: None,
        reported: texts(reported).iter().filter_map(|text| TlsRptRecord::parse(text)).collect(),
        silent: [announced.failure(), None],
        silent_reports: reported.failure(),
        view: TransportView {
            mta_sts: shown(announced, b"v=STSv1"),
            policy: None,
            tls_rpt: shown(reported, b"v=TLSRPTv1"),
        },
    };
    // Of several records none counts, and so no policy is fetched.
    if facts.announced.len() == 1 {
        let host = super::below(domain, "mta-sts");
        let answers = [RecordType::A, RecordType::Aaaa].map(|kind| inquiry.records(&host, kind));
        let [v4, v6] = answers;
        let (v4, v6) = (v4?, v6?);
        facts.hostless = v4.is_absent() && v6.is_absent();
        facts.silent = [facts.silent[0], v4.failure().or(v6.failure())];
        // Where no address is known there is nothing to fetch from.
        let addressed = [v4, v6].iter().any(|answer| !answer.records().is_empty());
        if addressed {
            let answer = inquiry.ask(Query { name: domain.clone(), want: Want::MtaStsPolicy })?;
            facts.view.policy = document(answer).map(|(_, body)| MtaStsPolicy::parse(body));
            facts.policy = Some(answer);
        }
    }
    Some(facts)
}

fn document(answer: &Answer) -> Option<(Option<&str>, &[u8])> {
    answer.records().iter().find_map(|record| match record {
        RecordData::Policy(document) => Some((document.media_type.as_deref(), &*document.body)),
        _ => None,
    })
}

/// Judges what was found.
pub(super) fn judge(
    facts: &Facts<'_>,
    hosts: &mail::Facts<'_>,
    context: &Context<'_>,
    findings: &mut Vec<Finding>,
) {
    mta_sts(facts, hosts, context.domain, findings);
    tls_rpt(facts, hosts, context, findings);
    for view in &hosts.views {
        dane(view, findings);
    }
    let mut silent: Vec<_> =
        hosts.silence().map(|failure| (context.domain.to_string(), failure)).into_iter().collect();
    silent.extend(
        hosts.views.iter().filter_map(|view| Some((view.exchange.to_string(), view.tlsa_unanswered?))),
    );
    findings.extend(Finding::unanswered(Check::DaneDnsError, &silent));
}

/// Whether a failure to fetch a policy is one of DNS, and none that the server's senders meet too.
const fn is_of_dns(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::ServerFailure
            | Failure::Refused
            | Failure::Code(_)
            | Failure::Truncated
            | Failure::AliasLoop
            | Failure::Deadline
            | Failure::NotSaved
    )
}

fn mta_sts(facts: &Facts<'_>, hosts: &mail::Facts<'_>, domain: &DnsName, findings: &mut Vec<Finding>) {
    let place = super::below(domain, "_mta-sts");
    if let Some(failure) = facts.silent[0] {
        findings.push(Finding::undecided(Check::MtaStsDnsError, &place, failure));
        return;
    }
    let record = match facts.announced.as_slice() {
        [] => return,
        [record] => record,
        several => {
            let message = format!("{} MTA-STS records count as none", several.len());
            let finding = Finding::error(Check::MtaStsMultiple, &place, message);
            findings
                .push(finding.evidence(facts.view.mta_sts.clone().unwrap_or_default()).advise("keep one"));
            return;
        }
    };
    if !record.problems.is_empty() {
        let finding =
            Finding::error(Check::MtaStsSyntax, &place, "a syntax error: senders ignore the record");
        let finding = finding.evidence(record.problems.iter().map(ToString::to_string));
        findings.push(finding.advise("write a version and an id of letters and digits").publish(
            &place,
            "TXT",
            "v=STSv1; id=1;",
        ));
    }
    let url = format!("https://mta-sts.{domain}/.well-known/mta-sts.txt");
    let unreachable = |why: String| {
        Finding::error(
            Check::MtaStsPolicyUnreachable,
            &url,
            format!("the announced policy can't be had: {why}"),
        )
        .advise("serve it there over HTTPS, as text/plain and without redirects, or remove the record")
    };
    if facts.hostless {
        findings.push(unreachable(format!("mta-sts.{domain} has no address")));
        return;
    }
    let fetched = facts.policy.is_some_and(|answer| answer.failure().is_none());
    if let Some(failure) = facts.silent[1].filter(|_| !fetched) {
        findings.push(Finding::undecided(Check::MtaStsDnsError, format!("mta-sts.{domain}"), failure));
        return;
    }
    if let Some(answer) = facts.policy {
        served(answer, &url, &unreachable, (facts.view.policy.as_ref(), hosts), findings);
    }
}

/// Judges what is served as the policy.
fn served(
    answer: &Answer,
    url: &str,
    unreachable: &dyn Fn(String) -> Finding,
    (policy, hosts): (Option<&MtaStsPolicy>, &mail::Facts<'_>),
    findings: &mut Vec<Finding>,
) {
    match (&answer.outcome, document(answer)) {
        // A resolver that fetches nothing tells nothing.
        (Outcome::Failed(Failure::Unsupported), _) => {}
        (Outcome::Failed(failure), _) if is_of_dns(*failure) => {
            findings.push(Finding::undecided(Check::MtaStsDnsError, url, failure));
        }
        (Outcome::Failed(failure), _) => findings.push(unreachable(failure.to_string())),
        (_, Some((media_type, _))) => {
            let plain = media_type.is_some_and(|kind| kind.split(';').next().is_some_and(is_plain));
            if !plain {
                let message = format!(
                    "the policy is served as `{}`, not as text/plain",
                    media_type.unwrap_or_default()
                );
                findings.push(Finding::warning(Check::MtaStsPolicyUnreachable, url, message));
            }
            if let Some(policy) = policy {
                judge_policy(policy, url, hosts, findings);
            }
        }
        (_, None) => findings.push(unreachable("nothing is served".to_owned())),
    }
}

fn is_plain(kind: &str) -> bool {
    kind.trim().eq_ignore_ascii_case("text/plain")
}

fn judge_policy(policy: &MtaStsPolicy, url: &str, hosts: &mail::Facts<'_>, findings: &mut Vec<Finding>) {
    if !policy.problems.is_empty() {
        let finding = Finding::error(Check::MtaStsSyntax, url, "a syntax error: senders ignore the policy");
        findings.push(finding.evidence(policy.problems.iter().map(ToString::to_string)));
    }
    if let Some(mode @ (Mode::Testing | Mode::None)) = policy.mode {
        let message = format!("mode {}: nothing is enforced", mode.as_str());
        findings.push(
            Finding::warning(Check::MtaStsMode, url, message)
                .advise("set the mode to enforce when reports show no failures"),
        );
    }
    if let Some(age) = policy.max_age.filter(|age| *age < SHORT_AGE) {
        let message = format!("max_age is {age} seconds: senders forget the policy within a day");
        findings.push(
            Finding::warning(Check::MtaStsMaxAge, url, message)
                .advise("set it to at least 86400, better 604800"),
        );
    }
    if let Some(failure) = hosts.silence() {
        findings.push(Finding::undecided(Check::MtaStsDnsError, url, failure));
    }
    let uncovered =
        hosts.views.iter().map(|view| &view.exchange).filter(|host| !host.is_root() && !policy.covers(host));
    let uncovered: Vec<_> = uncovered.map(ToString::to_string).collect();
    if policy.mode != Some(Mode::None) && !policy.mx.is_empty() && !uncovered.is_empty() {
        let finding =
            Finding::error(Check::MtaStsMxMismatch, url, "mail hosts that the policy does not name");
        findings.push(
            finding.evidence(uncovered).advise("add them to the policy, and change the id of the record"),
        );
    }
}

fn tls_rpt(facts: &Facts<'_>, hosts: &mail::Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let place = super::below(context.domain, "_smtp._tls");
    // Who takes no mail needs no reports.
    let silent = facts.silent_reports.or(hosts.silence().filter(|_| facts.reported.is_empty()));
    if let Some(failure) = silent {
        findings.push(Finding::undecided(Check::TlsRptDnsError, &place, failure));
        return;
    }
    match facts.reported.as_slice() {
        [] if context.has_mail_hosts => {
            let value = format!("v=TLSRPTv1; rua=mailto:tls-reports@{}", context.domain);
            findings.push(
                Finding::info(Check::TlsRptMissing, &place, "nobody reports failures of TLS")
                    .publish(&place, "TXT", value),
            );
        }
        [] => {}
        [record] if record.problems.is_empty() => {}
        [record] => findings.push(
            Finding::error(Check::TlsRptSyntax, &place, "a syntax error: senders ignore the record")
                .evidence(record.problems.iter().map(ToString::to_string))
                .advise("name an address with `rua=mailto:` or `rua=https:`"),
        ),
        several => {
            let message = format!("{} TLS-RPT records count as none", several.len());
            let finding = Finding::error(Check::TlsRptMultiple, &place, message);
            findings
                .push(finding.evidence(facts.view.tls_rpt.clone().unwrap_or_default()).advise("keep one"));
        }
    }
}

/// Certificates published for a mail host (RFC 7672).
fn dane(view: &mail::MxView, findings: &mut Vec<Finding>) {
    if view.tlsa.is_empty() {
        return;
    }
    let host = &view.exchange;
    if view.tlsa_secure == Some(false) {
        findings.push(
            Finding::warning(
                Check::DaneNoDnssec,
                host,
                "certificates in a zone that is not signed: senders ignore them",
            )
            .advise("sign the zone, or remove the TLSA records"),
        );
    }
    let wrong = view.tlsa.iter().filter_map(|(usage, selector, matching, length)| {
        let what = match (usage, selector, matching, length) {
            (0 | 1, ..) => "this usage is not for mail",
            (2 | 3, 0 | 1, 1, 32) | (2 | 3, 0 | 1, 2, 64) | (2 | 3, 0 | 1, 0, _) => return None,
            (2 | 3, 0 | 1, 1 | 2, _) => "the digest has the wrong length",
            _ => "nobody knows these numbers",
        };
        Some(format!("{usage} {selector} {matching}: {what}"))
    });
    let wrong: Vec<_> = wrong.collect();
    if !wrong.is_empty() {
        findings.push(
            Finding::warning(Check::DaneUsage, host, "TLSA records that senders can't use")
                .evidence(wrong)
                .advise("publish `3 1 1` and the SHA-256 digest of the server's key"),
        );
    } else if view.tlsa.len() == 1 {
        findings.push(Finding::info(
            Check::DaneUsage,
            host,
            "a single TLSA record: the next one has to be published before the key changes",
        ));
    }
}
