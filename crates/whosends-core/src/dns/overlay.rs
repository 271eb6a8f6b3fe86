//! DNS as it would be: the records of a domain, changed as somebody plans it.

use std::fmt;

use super::answer::{Answer, Outcome, RecordData, Text};
use super::answers::Answers;
use super::name::DnsName;
use super::propose::spf::is_all;
use super::query::{Query, RecordType};
use super::record::dmarc::{DmarcRecord, is_dmarc};
use super::record::printable;
use super::spf::{SpfRecord, is_spf};

/// What is planned for the records of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The SPF record to publish in place of the one there.
    pub spf: Option<String>,
    /// Terms of the SPF record to drop, before others are added.
    pub remove: Vec<String>,
    /// Terms to add to it, in front of the one that ends it.
    pub add: Vec<String>,
    /// The DMARC record to publish in place of the one there.
    pub dmarc: Option<String>,
    /// DKIM selectors whose keys are taken away.
    pub without_selectors: Vec<String>,
}

impl Plan {
    /// Whether it changes the SPF record.
    #[must_use]
    pub fn is_about_spf(&self) -> bool {
        self.spf.is_some() || !self.remove.is_empty() || !self.add.is_empty()
    }
}

/// Why a plan can't be laid over what DNS answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// It is not known what stands at this name.
    Unknown(DnsName),
    /// There is no SPF record to change, or there are several.
    NoRecord(usize),
    /// The record has no such term; it has these.
    NoSuchTerm(String, Vec<String>),
    /// What is planned is no SPF record, or has a fault: the text, and what is wrong.
    Spf(String, String),
    /// What is planned is no DMARC record.
    Dmarc(String),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "it is not known what stands at {name}"),
            Self::NoRecord(0) => f.write_str("there is no SPF record to change"),
            Self::NoRecord(count) => write!(f, "there are {count} SPF records, which count as none"),
            Self::NoSuchTerm(term, terms) => {
                write!(f, "the SPF record has no term `{term}`; it has {}", terms.join(" "))
            }
            Self::Spf(text, why) => write!(f, "`{text}` is no SPF record that receivers can use: {why}"),
            Self::Dmarc(text) => write!(f, "`{text}` is no DMARC record; one begins with `v=DMARC1; p=`"),
        }
    }
}

impl std::error::Error for PlanError {}

/// What DNS would answer with the plan carried out.
///
/// # Errors
/// Where the plan does not fit what stands there, or is no record.
pub fn overlay(answers: &Answers, domain: &DnsName, plan: &Plan) -> Result<Answers, PlanError> {
    let mut planned = answers.clone();
    if plan.is_about_spf() {
        let query = Query::records(domain.clone(), RecordType::Txt);
        let texts = texts(answers, &query)?;
        let (records, mut others): (Vec<_>, Vec<_>) =
            texts.into_iter().partition(|text| is_spf(&text.joined()));
        others.push(Text::from(spf(&records, plan)?.as_str()));
        planned.insert(query, found(others));
    }
    if let Some(text) = &plan.dmarc {
        let sound = is_dmarc(text.as_bytes())
            && DmarcRecord::parse(text.as_bytes()).is_some_and(|record| record.p.is_some());
        if !sound {
            return Err(PlanError::Dmarc(text.clone()));
        }
        let place = domain.child("_dmarc").map_err(|_| PlanError::Dmarc(text.clone()))?;
        planned.insert(Query::records(place, RecordType::Txt), found(vec![Text::from(text.as_str())]));
    }
    let keys = domain.child("_domainkey");
    for selector in &plan.without_selectors {
        let name = keys.as_ref().ok().and_then(|keys| keys.child(selector).ok());
        if let Some(name) = name {
            planned.insert(Query::records(name, RecordType::Txt), Answer::direct(Outcome::NoSuchName));
        }
    }
    Ok(planned)
}

fn found(texts: Vec<Text>) -> Answer {
    Answer::direct(Outcome::Found(texts.into_iter().map(RecordData::Txt).collect()))
}

fn texts(answers: &Answers, query: &Query) -> Result<Vec<Text>, PlanError> {
    let unknown = || PlanError::Unknown(query.name.clone());
    let answer = answers.get(query).ok_or_else(unknown)?;
    match answer.failure() {
        Some(_) => Err(unknown()),
        None => Ok(answer.texts().cloned().collect()),
    }
}

/// The record that is planned.
fn spf(records: &[Text], plan: &Plan) -> Result<String, PlanError> {
    let text = match (&plan.spf, records) {
        (Some(text), _) => text.clone(),
        (None, [only]) => printable(&only.joined()),
        (None, records) => return Err(PlanError::NoRecord(records.len())),
    };
    let mut terms: Vec<&str> = text.split_ascii_whitespace().collect();
    for gone in &plan.remove {
        let before = terms.len();
        terms.retain(|term| !term.eq_ignore_ascii_case(gone));
        if terms.len() == before {
            let terms = terms.iter().skip(1).map(|&term| term.to_owned()).collect();
            return Err(PlanError::NoSuchTerm(gone.clone(), terms));
        }
    }
    let is_end = |term: &&str| is_all(term) || term.to_ascii_lowercase().starts_with("redirect=");
    let end = terms.iter().position(is_end).unwrap_or(terms.len());
    terms.splice(end..end, plan.add.iter().map(String::as_str));
    let text = terms.join(" ");
    match SpfRecord::parse(text.as_bytes()) {
        None => Err(PlanError::Spf(text, "it does not begin with `v=spf1`".to_owned())),
        Some(record) => match record.faults().first() {
            Some(fault) => {
                let why = format!("{} at `{}`", fault.kind(), record.shown(fault.span()));
                Err(PlanError::Spf(text, why))
            }
            None => Ok(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(texts: &[&str]) -> (Answers, DnsName) {
        let domain = DnsName::from_dotted("example.com").unwrap();
        let mut answers = Answers::new();
        let texts = texts.iter().map(|text| Text::from(*text)).collect();
        answers.insert(Query::records(domain.clone(), RecordType::Txt), found(texts));
        (answers, domain)
    }

    fn planned(texts: &[&str], plan: &Plan) -> Result<Vec<String>, PlanError> {
        let (answers, domain) = answers(texts);
        let planned = overlay(&answers, &domain, plan)?;
        let answer = planned.get(&Query::records(domain, RecordType::Txt)).unwrap();
        Ok(answer.texts().map(|text| printable(&text.joined())).collect())
    }

    fn terms(remove: &[&str], add: &[&str]) -> Plan {
        let own = |terms: &[&str]| terms.iter().map(|&term| term.to_owned()).collect();
        Plan { remove: own(remove), add: own(add), ..Plan::default() }
    }

    #[test]
    fn terms_come_and_go_and_other_texts_stay() {
        let there = ["verification=1", "v=spf1 include:a.example mx ~all"];
        assert_eq!(planned(&there, &Plan::default()).unwrap(), there);
        let plan = terms(&["MX"], &["ip4:192.0.2.0/24"]);
        assert_eq!(
            planned(&there, &plan).unwrap(),
            ["verification=1", "v=spf1 include:a.example ip4:192.0.2.0/24 ~all"]
        );
        let plan = Plan { spf: Some("v=spf1 -all".to_owned()), ..Plan::default() };
        assert_eq!(planned(&["v=spf1 a -all", "v=spf1 mx -all"], &plan).unwrap(), ["v=spf1 -all"]);
        assert_eq!(
            planned(&["v=spf1 redirect=b.example"], &terms(&[], &["a"])).unwrap(),
            ["v=spf1 a redirect=b.example"]
        );
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let told = |texts: &[&str], plan: &Plan| planned(texts, plan).unwrap_err().to_string();
        assert_eq!(
            told(&["v=spf1 a -all"], &terms(&["mx"], &[])),
            "the SPF record has no term `mx`; it has a -all"
        );
        assert_eq!(told(&[], &terms(&["mx"], &[])), "there is no SPF record to change");
        assert_eq!(
            told(&["v=spf1 a", "v=spf1 b"], &terms(&["mx"], &[])),
            "there are 2 SPF records, which count as none"
        );
        assert!(told(&["v=spf1 a -all"], &terms(&[], &["includ:b"])).contains("`includ:b`"));
        let none = Plan { dmarc: Some("v=DMARC1".to_owned()), ..Plan::default() };
        assert!(told(&[], &none).contains("is no DMARC record"));
        let (answers, _) = answers(&["v=spf1 a"]);
        let other = DnsName::from_dotted("example.org").unwrap();
        assert_eq!(
            overlay(&answers, &other, &terms(&["a"], &[])).unwrap_err(),
            PlanError::Unknown(other.clone())
        );
    }
}
