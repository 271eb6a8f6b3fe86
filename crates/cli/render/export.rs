//! Records as other tools read them. The fields, their order and their types are a promise.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;
use whosends_core::model::{Combination, Header, Name};

use super::csv;
use super::json;
use super::policy::Policy;

/// One record with what its report says, in the order in which it is written.
#[derive(Debug, Serialize)]
pub(crate) struct Record<'a> {
    reporter: Option<&'a str>,
    report_id: Option<&'a str>,
    begin: Option<i64>,
    end: Option<i64>,
    policy_domain: &'a str,
    policy: Policy<'a>,
    source_ip: IpAddr,
    count: u64,
    disposition: Option<&'a str>,
    dkim: Option<&'a str>,
    spf: Option<&'a str>,
    reasons: Vec<Reason<'a>>,
    header_from: Option<&'a str>,
    envelope_from: Option<&'a str>,
    envelope_to: Option<&'a str>,
    auth: Auth<'a>,
    /// Who sent it; null until senders are named.
    sender: Option<&'a str>,
    /// What kind of sender that is; null until senders are judged.
    class: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Reason<'a> {
    r#type: Option<&'a str>,
    comment: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Auth<'a> {
    dkim: Vec<Dkim<'a>>,
    spf: Vec<Spf<'a>>,
}

#[derive(Debug, Serialize)]
struct Dkim<'a> {
    domain: Option<&'a str>,
    selector: Option<&'a str>,
    result: Option<&'a str>,
    human_result: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Spf<'a> {
    domain: Option<&'a str>,
    scope: Option<&'a str>,
    result: Option<&'a str>,
    human_result: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// A record of a report.
    pub(crate) fn new(header: &'a Header, source: IpAddr, count: u64, said: &'a Combination) -> Self {
        Self {
            reporter: header.metadata.org_name.as_deref(),
            report_id: header.metadata.report_id.as_deref(),
            begin: header.metadata.begin,
            end: header.metadata.end,
            policy_domain: header.policy.domain.as_str(),
            policy: (&header.policy).into(),
            source_ip: source,
            count,
            disposition: said.disposition.as_ref().map(|word| word.as_str()),
            dkim: said.dkim.as_ref().map(|word| word.as_str()),
            spf: said.spf.as_ref().map(|word| word.as_str()),
            reasons: reasons(said),
            header_from: said.header_from.as_ref().map(Name::as_str),
            envelope_from: said.envelope_from.as_ref().map(Name::as_str),
            envelope_to: said.envelope_to.as_ref().map(Name::as_str),
            auth: auth(said),
            sender: None,
            class: None,
        }
    }

    /// Writes it as one line of JSON.
    pub(crate) fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        json::line(out, self)
    }

    /// Writes it as one line of CSV; what is nested stands as JSON.
    pub(crate) fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let (reasons, auth) = (json::text(&self.reasons)?, json::text(&self.auth)?);
        let source = self.source_ip.to_string();
        csv::row(
            out,
            &[
                csv::Cell::text(self.reporter),
                csv::Cell::text(self.report_id),
                csv::Cell::number(self.begin),
                csv::Cell::number(self.end),
                csv::Cell::Text(self.policy_domain),
                csv::Cell::text(self.policy.p),
                csv::Cell::text(self.policy.sp),
                csv::Cell::text(self.policy.np),
                csv::Cell::text(self.policy.adkim),
                csv::Cell::text(self.policy.aspf),
                csv::Cell::number(self.policy.pct),
                csv::Cell::text(self.policy.fo),
                csv::Cell::text(self.policy.testing),
                csv::Cell::text(self.policy.discovery_method),
                csv::Cell::Text(&source),
                csv::Cell::Number(self.count.into()),
                csv::Cell::text(self.disposition),
                csv::Cell::text(self.dkim),
                csv::Cell::text(self.spf),
                csv::Cell::Text(&reasons),
                csv::Cell::text(self.header_from),
                csv::Cell::text(self.envelope_from),
                csv::Cell::text(self.envelope_to),
                csv::Cell::Text(&auth),
                csv::Cell::text(self.sender),
                csv::Cell::text(self.class),
            ],
        )
    }
}

/// Writes the line of CSV column names.
pub(crate) fn csv_header(out: &mut dyn Write) -> io::Result<()> {
    csv::header(
        out,
        &[
            "reporter",
            "report_id",
            "begin",
            "end",
            "policy_domain",
            "policy_p",
            "policy_sp",
            "policy_np",
            "policy_adkim",
            "policy_aspf",
            "policy_pct",
            "policy_fo",
            "policy_testing",
            "policy_discovery_method",
            "source_ip",
            "count",
            "disposition",
            "dkim",
            "spf",
            "reasons",
            "header_from",
            "envelope_from",
            "envelope_to",
            "auth",
            "sender",
            "class",
        ],
    )
}

fn reasons(said: &Combination) -> Vec<Reason<'_>> {
    said.reasons
        .iter()
        .map(|reason| Reason {
            r#type: reason.kind.as_ref().map(|word| word.as_str()),
            comment: reason.comment.as_deref(),
        })
        .collect()
}

fn auth(said: &Combination) -> Auth<'_> {
    let dkim = said.auth_dkim.iter().map(|auth| Dkim {
        domain: auth.domain.as_ref().map(Name::as_str),
        selector: auth.selector.as_deref(),
        result: auth.result.as_ref().map(|word| word.as_str()),
        human_result: auth.human_result.as_deref(),
    });
    let spf = said.auth_spf.iter().map(|auth| Spf {
        domain: auth.domain.as_ref().map(Name::as_str),
        scope: auth.scope.as_ref().map(|word| word.as_str()),
        result: auth.result.as_ref().map(|word| word.as_str()),
        human_result: auth.human_result.as_deref(),
    });
    Auth { dkim: dkim.collect(), spf: spf.collect() }
}
