//! Reads the public SPF conformance suites.

use saphyr::{LoadableYamlNode, Yaml};

use super::zone::{Behaviour, Zone};
use crate::dns::{DnsName, RecordData, RecordType, Text};

/// A zone and the checks to make in it.
pub(crate) struct Scenario {
    pub(crate) description: String,
    pub(crate) zone: Zone,
    pub(crate) cases: Vec<Case>,
}

/// One check with its acceptable results.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) helo: String,
    pub(crate) host: String,
    pub(crate) mail_from: String,
    pub(crate) results: Vec<String>,
    /// The expected explanation; `DEFAULT` stands for none.
    pub(crate) explanation: Option<String>,
}

/// The scenarios of a suite's text.
pub(crate) fn read(text: &str) -> Vec<Scenario> {
    let documents = Yaml::load_from_str(text).unwrap();
    documents.iter().filter(|document| document.is_mapping()).map(scenario).collect()
}

fn scenario(document: &Yaml<'_>) -> Scenario {
    let mut scenario =
        Scenario { description: optional(document, "description"), zone: Zone::default(), cases: Vec::new() };
    scenario.zone.errors_fail = true;
    for (name, case) in document["tests"].as_mapping().unwrap() {
        let results = match case["result"].as_vec() {
            Some(many) => many.iter().map(scalar).collect(),
            None => vec![scalar(&case["result"])],
        };
        let explanation = case.as_mapping_get("explanation").map(scalar);
        let text = |key: &str| optional(case, key);
        let (helo, host, mail_from) = (text("helo"), text("host"), text("mailfrom"));
        scenario.cases.push(Case { name: scalar(name), helo, host, mail_from, results, explanation });
    }
    for (owner, records) in document["zonedata"].as_mapping().unwrap() {
        // A label that DNS can't carry can't be served either.
        if let Ok(owner) = DnsName::from_dotted(scalar(owner)) {
            add(&mut scenario.zone, &owner, records.as_vec().unwrap());
        }
    }
    scenario
}

/// Adds the records of one name. A record of type SPF stands for a TXT record too, unless one is given;
/// `TIMEOUT` makes every type fail that was not given before.
fn add(zone: &mut Zone, owner: &DnsName, records: &[Yaml<'_>]) {
    zone.exists(owner.clone());
    let mirrored = !records.iter().any(|record| record.as_mapping_get("TXT").is_some());
    let mut given = Vec::new();
    for record in records {
        if record.as_str() == Some("TIMEOUT") {
            for kind in RecordType::ALL.iter().filter(|kind| !given.contains(*kind)) {
                zone.behave(owner.clone(), Some(*kind), vec![Behaviour::Code(2)]);
            }
            continue;
        }
        for (kind, value) in record.as_mapping().unwrap() {
            let kind = RecordType::from_word(&scalar(kind)).unwrap();
            match value.as_str() {
                Some("NONE") => continue,
                Some("TIMEOUT") => zone.behave(owner.clone(), Some(kind), vec![Behaviour::Code(2)]),
                _ => {
                    let data = data(kind, value);
                    if let (RecordData::Spf(text), true) = (&data, mirrored) {
                        zone.add(owner.clone(), RecordData::Txt(text.clone()));
                    }
                    zone.add(owner.clone(), data);
                }
            }
            given.push(kind);
        }
    }
}

fn data(kind: RecordType, value: &Yaml<'_>) -> RecordData {
    let name = |value: &Yaml<'_>| {
        let text = scalar(value);
        if text.is_empty() { DnsName::root() } else { DnsName::from_dotted(text).unwrap() }
    };
    match kind {
        RecordType::A => RecordData::A(scalar(value).parse().unwrap()),
        RecordType::Aaaa => RecordData::Aaaa(scalar(value).parse().unwrap()),
        RecordType::Mx => {
            RecordData::Mx { preference: scalar(&value[0]).parse().unwrap(), exchange: name(&value[1]) }
        }
        RecordType::Cname => RecordData::Cname(name(value)),
        RecordType::Ptr => RecordData::Ptr(name(value)),
        RecordType::Txt => RecordData::Txt(text(value)),
        RecordType::Spf => RecordData::Spf(text(value)),
        _ => panic!("{kind} in a suite"),
    }
}

fn text(value: &Yaml<'_>) -> Text {
    match value.as_vec() {
        Some(strings) => Text(strings.iter().map(|string| scalar(string).into_bytes().into()).collect()),
        None => Text::from(&*scalar(value)),
    }
}

fn optional(node: &Yaml<'_>, key: &str) -> String {
    node.as_mapping_get(key).map(scalar).unwrap_or_default()
}

/// A scalar as it is written; numbers do not occur but as preferences.
fn scalar(value: &Yaml<'_>) -> String {
    match (value.as_str(), value.as_integer()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(number)) => number.to_string(),
        _ => String::new(),
    }
}
