//! A conversation as JSON, to be judged again elsewhere.
//!
//! `{"schema": 1, "held": "2026-11-22", "conversation": [{"name", "want", "answer", ...}]}`, in order. Bytes that are not
//! printable ASCII, and backslashes, stand as `\DDD`, as in zone files.

use std::fmt;

use serde_json::{Map, Value, json};

use super::answer::{Answer, Failure, Outcome, PolicyDocument, RecordData, Security, Text};
use super::answers::Answers;
use super::name::DnsName;
use super::query::{Query, RecordType, Want};
use crate::model::Day;

/// The number of this format.
const SCHEMA: u64 = 1;

/// Why a saved conversation can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedError {
    reason: String,
}

impl fmt::Display for SavedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for SavedError {}

impl Answers {
    /// The conversation as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.document())
    }

    /// The same on one line.
    #[must_use]
    pub fn to_json_line(&self) -> String {
        self.document().to_string()
    }

    fn document(&self) -> Value {
        let conversation: Vec<_> = self.iter().map(|(query, answer)| write(query, answer)).collect();
        let mut document = json!({ "schema": SCHEMA, "conversation": conversation });
        if let (Some(held), Some(fields)) = (self.held(), document.as_object_mut()) {
            fields.insert("held".into(), held.to_string().into());
        }
        document
    }

    /// Reads a conversation.
    ///
    /// # Errors
    ///
    /// Where the text is none, or holds something that this version does not know.
    pub fn from_json(text: &str) -> Result<Self, SavedError> {
        let document: Value =
            serde_json::from_str(text).map_err(|error| SavedError { reason: error.to_string() })?;
        if document.get("schema").and_then(Value::as_u64) != Some(SCHEMA) {
            return Err(SavedError { reason: format!("not a saved conversation of schema {SCHEMA}") });
        }
        let items = document.get("conversation").and_then(Value::as_array);
        let items =
            items.ok_or_else(|| SavedError { reason: "the field `conversation` is missing".into() })?;
        let read_item = |(index, item)| {
            read(item).ok_or_else(|| SavedError { reason: format!("item {index} can't be read: {item}") })
        };
        let held = document.get("held").and_then(Value::as_str).and_then(Day::parse);
        Ok(items.iter().enumerate().map(read_item).collect::<Result<Self, _>>()?.held_on(held))
    }
}

fn write(query: &Query, answer: &Answer) -> Value {
    let want = match query.want {
        Want::Records(kind) => kind.as_str().to_owned(),
        Want::MtaStsPolicy => "mta-sts-policy".to_owned(),
        Want::Security(kind) => format!("dnssec:{kind}"),
    };
    let mut item = Map::new();
    item.insert("name".into(), query.name.to_string().into());
    item.insert("want".into(), want.into());
    let word = match &answer.outcome {
        Outcome::Found(_) => "found",
        Outcome::NoData => "no_data",
        Outcome::NoSuchName => "no_such_name",
        Outcome::Failed(_) => "failed",
        Outcome::Bogus => "bogus",
    };
    item.insert("answer".into(), word.into());
    if !answer.aliases.is_empty() {
        let aliases: Vec<_> = answer.aliases.iter().map(ToString::to_string).collect();
        item.insert("aliases".into(), aliases.into());
    }
    if answer.authenticated {
        item.insert("authenticated".into(), true.into());
    }
    match &answer.outcome {
        Outcome::Found(records) => {
            item.insert("records".into(), records.iter().map(write_record).collect());
        }
        Outcome::Failed(failure) => {
            item.insert("failure".into(), failure.as_str().into());
            if let Some(number) = failure.number() {
                item.insert("code".into(), number.into());
            }
        }
        _ => {}
    }
    item.into()
}

fn write_record(record: &RecordData) -> Value {
    match record {
        RecordData::A(address) => json!({ "A": address.to_string() }),
        RecordData::Aaaa(address) => json!({ "AAAA": address.to_string() }),
        RecordData::Cname(name) => json!({ "CNAME": name.to_string() }),
        RecordData::Ds(tag, algorithm, digest, data) => json!({ "DS": [tag, algorithm, digest, hex(data)] }),
        RecordData::Mx { preference, exchange } => json!({ "MX": [preference, exchange.to_string()] }),
        RecordData::Ns(name) => json!({ "NS": name.to_string() }),
        RecordData::Ptr(name) => json!({ "PTR": name.to_string() }),
        RecordData::Soa(primary, serial) => json!({ "SOA": [primary.to_string(), serial] }),
        RecordData::Spf(text) => json!({ "SPF": strings(text) }),
        RecordData::Tlsa(usage, selector, matching, data) => {
            json!({ "TLSA": [usage, selector, matching, hex(data)] })
        }
        RecordData::Txt(text) => json!({ "TXT": strings(text) }),
        RecordData::Policy(document) => {
            json!({ "policy": { "media_type": document.media_type, "body": escape(&document.body) } })
        }
        RecordData::Security(Security::Secure) => json!({ "dnssec": "secure" }),
        RecordData::Security(Security::Insecure) => json!({ "dnssec": "insecure" }),
        RecordData::Security(Security::Unknown) => json!({ "dnssec": "unknown" }),
    }
}

fn strings(text: &Text) -> Vec<String> {
    text.0.iter().map(|string| escape(string)).collect()
}

fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str("\\092"),
            0x20..=0x7e => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\{byte:03}")),
        }
    }
    text
}

fn unescape(text: &str) -> Option<Box<[u8]>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'\\' {
            let (digits, after) = after.split_at_checked(3)?;
            bytes.push(std::str::from_utf8(digits).ok()?.parse().ok()?);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes.into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Box<[u8]>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}

fn read(item: &Value) -> Option<(Query, Answer)> {
    let name = DnsName::from_escaped(item.get("name")?.as_str()?).ok()?;
    let want = match item.get("want")?.as_str()? {
        "mta-sts-policy" => Want::MtaStsPolicy,
        word => match word.strip_prefix("dnssec:") {
            Some(kind) => Want::Security(RecordType::from_word(kind)?),
            None => Want::Records(RecordType::from_word(word)?),
        },
    };
    let outcome = match item.get("answer")?.as_str()? {
        "found" => Outcome::Found(read_records(item.get("records")?)?),
        "no_data" => Outcome::NoData,
        "no_such_name" => Outcome::NoSuchName,
        "bogus" => Outcome::Bogus,
        "failed" => {
            let code = item.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
            Outcome::Failed(Failure::from_word(item.get("failure")?.as_str()?, code)?)
        }
        _ => return None,
    };
    let aliases = match item.get("aliases") {
        Some(aliases) => aliases.as_array()?.iter().map(read_name).collect::<Option<_>>()?,
        None => Vec::new(),
    };
    let authenticated = item.get("authenticated").and_then(Value::as_bool).unwrap_or(false);
    Some((Query { name, want }, Answer { aliases, authenticated, outcome }))
}

/// At least one record.
fn read_records(records: &Value) -> Option<Vec<RecordData>> {
    let records = records.as_array().filter(|records| !records.is_empty())?;
    records.iter().map(read_record).collect()
}

fn read_name(value: &Value) -> Option<DnsName> {
    DnsName::from_escaped(value.as_str()?).ok()
}

fn read_text(value: &Value) -> Option<Text> {
    let strings = value.as_array()?.iter().map(|string| unescape(string.as_str()?));
    strings.collect::<Option<_>>().map(Text)
}

/// The number at a place of a list.
fn number<T: TryFrom<u64>>(value: &Value, at: usize) -> Option<T> {
    T::try_from(value.get(at)?.as_u64()?).ok()
}

fn read_record(record: &Value) -> Option<RecordData> {
    let (kind, value) = record.as_object()?.iter().next()?;
    let bytes = |at: usize| unhex(value.get(at)?.as_str()?);
    Some(match kind.as_str() {
        "A" => RecordData::A(value.as_str()?.parse().ok()?),
        "AAAA" => RecordData::Aaaa(value.as_str()?.parse().ok()?),
        "CNAME" => RecordData::Cname(read_name(value)?),
        "DS" => RecordData::Ds(number(value, 0)?, number(value, 1)?, number(value, 2)?, bytes(3)?),
        "MX" => RecordData::Mx { preference: number(value, 0)?, exchange: read_name(value.get(1)?)? },
        "NS" => RecordData::Ns(read_name(value)?),
        "PTR" => RecordData::Ptr(read_name(value)?),
        "SOA" => RecordData::Soa(read_name(value.get(0)?)?, number(value, 1)?),
        "SPF" => RecordData::Spf(read_text(value)?),
        "TLSA" => RecordData::Tlsa(number(value, 0)?, number(value, 1)?, number(value, 2)?, bytes(3)?),
        "TXT" => RecordData::Txt(read_text(value)?),
        "policy" => RecordData::Policy(PolicyDocument {
            media_type: value.get("media_type").and_then(Value::as_str).map(ToOwned::to_owned),
            body: unescape(value.get("body")?.as_str()?)?,
        }),
        "dnssec" => RecordData::Security(match value.as_str()? {
            "secure" => Security::Secure,
            "insecure" => Security::Insecure,
            "unknown" => Security::Unknown,
            _ => return None,
        }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::testing::Dice;

    fn name(text: &str) -> DnsName {
        DnsName::from_escaped(text).unwrap()
    }

    /// One answer of every sort.
    fn conversation() -> Answers {
        let found = [
            RecordData::A("192.0.2.1".parse().unwrap()),
            RecordData::Aaaa("2001:db8::1".parse().unwrap()),
            RecordData::Cname(name("a\\.b.example")),
            RecordData::Ds(7, 8, 2, Box::from([0, 255])),
            RecordData::Mx { preference: 65535, exchange: DnsName::root() },
            RecordData::Ns(name("ns.example")),
            RecordData::Ptr(name("p.example")),
            RecordData::Soa(name("ns.example"), u32::MAX),
            RecordData::Spf(Text::from("v=spf1")),
            RecordData::Tlsa(3, 1, 1, Box::from([1])),
            RecordData::Txt(Text(vec![Box::default(), Box::from(&b"\\\0\xff \"a"[..])])),
            RecordData::Policy(PolicyDocument { media_type: None, body: Box::from(&b"a\r\n"[..]) }),
            RecordData::Security(Security::Insecure),
        ];
        let outcomes = found.into_iter().map(|record| Outcome::Found(vec![record])).chain([
            Outcome::NoData,
            Outcome::NoSuchName,
            Outcome::Bogus,
            Outcome::Failed(Failure::Timeout),
            Outcome::Failed(Failure::Code(9)),
        ]);
        let wants = [Want::Records(RecordType::Txt), Want::MtaStsPolicy, Want::Security(RecordType::Mx)];
        outcomes
            .enumerate()
            .map(|(index, outcome)| {
                let query = Query { name: name(&format!("n{index}.example")), want: wants[index % 3] };
                let aliases = vec![name("x.example"); index % 2];
                (query, Answer { aliases, authenticated: index % 3 == 0, outcome })
            })
            .collect()
    }

    #[test]
    fn what_is_saved_is_read_again() {
        let answers = conversation();
        assert_eq!(Answers::from_json(&answers.to_json()).as_ref(), Ok(&answers));
        assert_eq!(Answers::from_json(&answers.to_json_line()), Ok(answers));
    }

    #[test]
    fn what_is_no_conversation_is_refused() {
        for text in ["", "[]", "{\"schema\":2,\"conversation\":[]}", "{\"schema\":1}"] {
            assert!(Answers::from_json(text).is_err(), "{text}");
        }
        let saved = conversation().to_json();
        for (from, to) in
            [("found", "lost"), ("\"A\"", "\"B\""), ("192.0.2.1", "x"), ("00ff", "0"), ("\\\\255", "\\\\999")]
        {
            let broken = saved.replacen(from, to, 1);
            assert_ne!(broken, saved);
            assert!(Answers::from_json(&broken).is_err(), "{from}");
        }
    }

    #[test]
    fn a_hundred_thousand_mutated_conversations() {
        // Whole conversations differ from these only in that more of the same follows.
        let one = |item: (&Query, &Answer)| Answers::from_iter([(item.0.clone(), item.1.clone())]);
        let seeds: Vec<_> = conversation().iter().map(|item| one(item).to_json_line()).collect();
        let mut dice = Dice::new();
        let mut sound = 0;
        for round in 0..100_000 {
            let text = dice.mutated(seeds[round % seeds.len()].as_bytes());
            if let Ok(read) = Answers::from_json(&String::from_utf8_lossy(&text)) {
                assert_eq!(Answers::from_json(&read.to_json_line()), Ok(read));
                sound += 1;
            }
        }
        assert!(sound > 1_000, "{sound}");
    }
}
