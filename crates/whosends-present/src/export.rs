//! Records as other tools read them. The fields, their order and their types are a promise.
//!
//! Millions of records share few reports and combinations. What they say is turned into text once each, and a
//! record's line is put together from the two texts and its address and count.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;
use whosends_core::model::{Combination, Name, PolicyPublished};

use crate::csv;
use crate::json;
use crate::policy::Policy;

/// Combinations whose text is kept.
const KEPT: usize = 10_000;

/// What a record says of its report: the first fields.
#[derive(Debug, Serialize)]
pub struct Head<'a> {
    /// Who wrote it, as stated.
    pub reporter: Option<&'a str>,
    /// Its id, as stated.
    pub report_id: Option<&'a str>,
    /// Start of its period in Unix seconds.
    pub begin: Option<i64>,
    /// End of its period in Unix seconds.
    pub end: Option<i64>,
    /// The policy domain.
    pub policy_domain: &'a str,
    /// The policy published.
    pub policy: Policy<'a>,
}

impl<'a> Head<'a> {
    /// What a report says.
    pub fn new(
        (reporter, report_id): (Option<&'a str>, Option<&'a str>),
        (begin, end): (Option<i64>, Option<i64>),
        policy: &'a PolicyPublished,
    ) -> Self {
        Self { reporter, report_id, begin, end, policy_domain: policy.domain.as_str(), policy: policy.into() }
    }
}

/// The fields between.
#[derive(Debug, Serialize)]
pub struct Source {
    /// The source address.
    pub source_ip: IpAddr,
    /// Messages.
    pub count: u64,
}

/// What a record says of its messages: the fields after these.
#[derive(Debug, Serialize)]
pub struct Said<'a> {
    /// What was done.
    pub disposition: Option<&'a str>,
    /// Aligned DKIM.
    pub dkim: Option<&'a str>,
    /// Aligned SPF.
    pub spf: Option<&'a str>,
    reasons: Vec<Reason<'a>>,
    /// The domain in the From header.
    pub header_from: Option<&'a str>,
    envelope_from: Option<&'a str>,
    envelope_to: Option<&'a str>,
    auth: Auth<'a>,
}

/// What is made of a record: the fields at the end.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Named<'a> {
    /// Who sent it, where that has a name: `own` or the id of a service.
    pub sender: Option<&'a str>,
    /// What it is to the owner.
    pub class: Option<&'a str>,
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

impl<'a> From<&'a Combination> for Said<'a> {
    fn from(said: &'a Combination) -> Self {
        let reasons = said.reasons.iter().map(|reason| Reason {
            r#type: reason.kind.as_ref().map(|word| word.as_str()),
            comment: reason.comment.as_deref(),
        });
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
        Self {
            disposition: said.disposition.as_ref().map(|word| word.as_str()),
            dkim: said.dkim.as_ref().map(|word| word.as_str()),
            spf: said.spf.as_ref().map(|word| word.as_str()),
            reasons: reasons.collect(),
            header_from: said.header_from.as_ref().map(Name::as_str),
            envelope_from: said.envelope_from.as_ref().map(Name::as_str),
            envelope_to: said.envelope_to.as_ref().map(Name::as_str),
            auth: Auth { dkim: dkim.collect(), spf: spf.collect() },
        }
    }
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    Ndjson,
    /// One line of CSV; what is nested stands as JSON.
    Csv,
}

/// Writes records.
#[derive(Debug)]
pub struct Lines {
    form: Form,
    /// The first fields, up to the address.
    head: Vec<u8>,
    /// These fields of combinations by where they lie; each is held, so that no other comes to lie there.
    tails: HashMap<*const Combination, (Arc<Combination>, Box<[u8]>)>,
}

impl Lines {
    /// Nothing is written yet.
    pub fn new(form: Form) -> Self {
        Self { form, head: Vec::new(), tails: HashMap::new() }
    }

    /// Writes what stands before the first record.
    pub fn begin(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.form {
            Form::Ndjson => Ok(()),
            Form::Csv => csv::header(out, &CSV),
        }
    }

    /// Says to which report the next records belong.
    pub fn report(&mut self, head: &Head<'_>) -> io::Result<()> {
        self.head.clear();
        match self.form {
            Form::Ndjson => {
                self.head.extend_from_slice(json::text(head)?.as_bytes());
                // More fields follow where the object ended.
                self.head.pop();
                self.head.extend_from_slice(b",\"source_ip\":\"");
                Ok(())
            }
            Form::Csv => {
                csv::cells(&mut self.head, &head_cells(head))?;
                self.head.push(b',');
                Ok(())
            }
        }
    }

    /// Writes a record.
    pub fn record(
        &mut self,
        out: &mut dyn Write,
        source: IpAddr,
        messages: u64,
        said: &Arc<Combination>,
        named: Named<'_>,
    ) -> io::Result<()> {
        out.write_all(&self.head)?;
        match self.form {
            Form::Ndjson => write!(out, "{source}\",\"count\":{messages},")?,
            Form::Csv => write!(out, "{source},{messages},")?,
        }
        if self.tails.len() >= KEPT {
            self.tails.clear();
        }
        match self.tails.get(&Arc::as_ptr(said)) {
            Some((_, tail)) => out.write_all(tail)?,
            None => {
                let tail = self.tail(said)?;
                out.write_all(&tail)?;
                self.tails.insert(Arc::as_ptr(said), (Arc::clone(said), tail.into()));
            }
        }
        self.end(out, named)
    }

    /// Writes the last fields.
    fn end(&self, out: &mut dyn Write, named: Named<'_>) -> io::Result<()> {
        match self.form {
            Form::Ndjson => {
                out.write_all(b"\"sender\":")?;
                json::value(out, &named.sender)?;
                out.write_all(b",\"class\":")?;
                json::value(out, &named.class)?;
                out.write_all(b"}\n")
            }
            Form::Csv => csv::row(out, &[csv::Cell::text(named.sender), csv::Cell::text(named.class)]),
        }
    }

    fn tail(&self, said: &Combination) -> io::Result<Vec<u8>> {
        let said = Said::from(said);
        match self.form {
            Form::Ndjson => {
                let mut tail = json::text(&said)?.into_bytes();
                // The object began before.
                tail.remove(0);
                // More fields follow where it ended.
                tail.pop();
                tail.push(b',');
                Ok(tail)
            }
            Form::Csv => {
                let (reasons, auth) = (json::text(&said.reasons)?, json::text(&said.auth)?);
                let mut tail = Vec::new();
                csv::cells(&mut tail, &tail_cells(&said, &reasons, &auth))?;
                tail.push(b',');
                Ok(tail)
            }
        }
    }
}

fn head_cells<'a>(head: &Head<'a>) -> [csv::Cell<'a>; 14] {
    [
        csv::Cell::text(head.reporter),
        csv::Cell::text(head.report_id),
        csv::Cell::number(head.begin),
        csv::Cell::number(head.end),
        csv::Cell::Text(head.policy_domain),
        csv::Cell::text(head.policy.p),
        csv::Cell::text(head.policy.sp),
        csv::Cell::text(head.policy.np),
        csv::Cell::text(head.policy.adkim),
        csv::Cell::text(head.policy.aspf),
        csv::Cell::number(head.policy.pct),
        csv::Cell::text(head.policy.fo),
        csv::Cell::text(head.policy.testing),
        csv::Cell::text(head.policy.discovery_method),
    ]
}

fn tail_cells<'a>(said: &Said<'a>, reasons: &'a str, auth: &'a str) -> [csv::Cell<'a>; 8] {
    [
        csv::Cell::text(said.disposition),
        csv::Cell::text(said.dkim),
        csv::Cell::text(said.spf),
        csv::Cell::Text(reasons),
        csv::Cell::text(said.header_from),
        csv::Cell::text(said.envelope_from),
        csv::Cell::text(said.envelope_to),
        csv::Cell::Text(auth),
    ]
}

const CSV: [&str; 26] = [
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
];

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> PolicyPublished {
        use whosends_core::model::words::{Policy, Testing};
        PolicyPublished {
            p: Policy::from_stated("none"),
            np: Policy::from_stated("Reject"),
            pct: Some(100),
            fo: Some("1:d".to_owned()),
            testing: Testing::from_stated("n"),
            ..PolicyPublished::of(Name::from_stated("example.com").unwrap())
        }
    }

    fn said() -> Combination {
        use whosends_core::model::words::{DkimResult, OverrideType, SpfResult, Verdict};
        use whosends_core::model::{DkimAuth, Reason, SpfAuth};
        Combination {
            disposition: None,
            dkim: Verdict::from_stated("pass"),
            spf: Verdict::from_stated("softfail"),
            reasons: vec![Reason {
                kind: OverrideType::from_stated("other"),
                comment: Some("=1,2".to_owned()),
            }],
            header_from: Name::from_stated("example.com"),
            auth_dkim: vec![DkimAuth {
                domain: Name::from_stated("example.com"),
                selector: Some("s1".to_owned()),
                result: DkimResult::from_stated("pass"),
                human_result: None,
            }],
            auth_spf: vec![SpfAuth {
                domain: None,
                scope: None,
                result: SpfResult::from_stated("none"),
                human_result: Some("\u{9b}2J".to_owned()),
            }],
            ..Default::default()
        }
    }

    fn written(form: Form) -> String {
        let (policy, said) = (policy(), Arc::new(said()));
        let mut lines = Lines::new(form);
        let mut out = Vec::new();
        lines.begin(&mut out).unwrap();
        lines.report(&Head::new((Some("Receiver"), None), (Some(-1), None), &policy)).unwrap();
        lines.record(&mut out, "192.0.2.1".parse().unwrap(), 5, &said, Named::default()).unwrap();
        lines
            .record(
                &mut out,
                "2001:db8::1".parse().unwrap(),
                u64::MAX,
                &said,
                Named { sender: Some("own"), class: Some("aligned") },
            )
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn ndjson_has_every_field_in_order() {
        let lines = written(Form::Ndjson);
        let (first, second) = lines.trim_end().split_once('\n').unwrap();
        assert_eq!(
            first,
            concat!(
                r#"{"reporter":"Receiver","report_id":null,"begin":-1,"end":null,"policy_domain":"example.com","#,
                r#""policy":{"p":"none","sp":null,"np":"reject","adkim":null,"aspf":null,"pct":100,"fo":"1:d","#,
                r#""testing":"n","discovery_method":null},"source_ip":"192.0.2.1","count":5,"disposition":null,"#,
                r#""dkim":"pass","spf":"softfail","reasons":[{"type":"other","comment":"=1,2"}],"#,
                r#""header_from":"example.com","envelope_from":null,"envelope_to":null,"auth":{"dkim":"#,
                r#"[{"domain":"example.com","selector":"s1","result":"pass","human_result":null}],"#,
                r#""spf":[{"domain":null,"scope":null,"result":"none","human_result":"\u009b2J"}]},"#,
                r#""sender":null,"class":null}"#,
            )
        );
        let second: serde_json::Value = serde_json::from_str(second).unwrap();
        assert_eq!((&second["source_ip"], &second["count"]), (&"2001:db8::1".into(), &u64::MAX.into()));
        assert_eq!((&second["sender"], &second["class"]), (&"own".into(), &"aligned".into()));
    }

    #[test]
    fn csv_has_a_cell_for_every_column() {
        let lines = written(Form::Csv);
        let [names, first, second] = lines.lines().collect::<Vec<_>>()[..] else { panic!("{lines}") };
        assert_eq!(names.split(',').count(), 26);
        assert!(second.ends_with(",own,aligned"), "{second}");
        assert_eq!(
            first,
            concat!(
                "Receiver,,-1,,example.com,none,,reject,,,100,1:d,n,,192.0.2.1,5,,pass,softfail,",
                r#""[{""type"":""other"",""comment"":""=1,2""}]",example.com,,,"#,
                r#""{""dkim"":[{""domain"":""example.com"",""selector"":""s1"",""result"":""pass"",""human_result"":null}],"#,
                r#"""spf"":[{""domain"":null,""scope"":null,""result"":""none"",""human_result"":""\u009b2J""}]}",,"#,
            )
        );
    }
}
