//! How values of the model stand in columns.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value, json};

use super::error::{Fault, Outcome};
use crate::model::{DkimAuth, Name, Reason, SpfAuth};

/// Ids of IPv6 addresses begin here; an IPv4 address's id is its number less this.
const FIRST_V6: i64 = 1 << 31;

/// The smallest id of an address: 0.0.0.0.
pub(super) const FIRST_V4: i64 = -FIRST_V6;

/// A count as SQLite can hold it; what is larger stops at the largest integer.
pub(super) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A count as it was stored.
pub(super) fn uint(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// The id of an IPv4 address. It fits four bytes of a row.
pub(super) fn v4_id(address: Ipv4Addr) -> i64 {
    i64::from(u32::from(address)) - FIRST_V6
}

/// The IPv4 address with this id, or `None` where the id is an IPv6 address's.
pub(super) fn v4_of(id: i64) -> Option<Ipv4Addr> {
    let number = u32::try_from(id.checked_add(FIRST_V6)?).ok()?;
    Some(Ipv4Addr::from(number))
}

/// The IPv6 address in sixteen stored bytes.
pub(super) fn v6_of(bytes: &[u8]) -> Outcome<IpAddr> {
    let bytes: [u8; 16] = bytes.try_into().map_err(|_| Fault::damaged("an address without 16 bytes"))?;
    Ok(Ipv6Addr::from(bytes).into())
}

/// The override reasons as JSON, in the export's form.
pub(super) fn reasons_json(reasons: &[Reason]) -> String {
    let mut json = String::new();
    push_list(&mut json, reasons, |reason| {
        [("comment", reason.comment.as_deref()), ("type", reason.kind.as_ref().map(|word| word.as_str()))]
    });
    json
}

/// The raw DKIM and SPF results as JSON, in the export's form.
pub(super) fn auth_json(dkim: &[DkimAuth], spf: &[SpfAuth]) -> String {
    let mut json = String::from("{\"dkim\":");
    push_list(&mut json, dkim, |auth| {
        [
            ("domain", auth.domain.as_ref().map(Name::as_str)),
            ("human_result", auth.human_result.as_deref()),
            ("result", auth.result.as_ref().map(|word| word.as_str())),
            ("selector", auth.selector.as_deref()),
        ]
    });
    json.push_str(",\"spf\":");
    push_list(&mut json, spf, |auth| {
        [
            ("domain", auth.domain.as_ref().map(Name::as_str)),
            ("human_result", auth.human_result.as_deref()),
            ("result", auth.result.as_ref().map(|word| word.as_str())),
            ("scope", auth.scope.as_ref().map(|word| word.as_str())),
        ]
    });
    json.push('}');
    json
}

/// Adds a JSON array of objects. Written by hand: a tree of values for each combination took a third of the time
/// that new ones take to store.
fn push_list<T, const FIELDS: usize>(
    json: &mut String,
    list: &[T],
    fields: impl Fn(&T) -> [(&'static str, Option<&str>); FIELDS],
) {
    json.push('[');
    for (at, item) in list.iter().enumerate() {
        json.push_str(if at == 0 { "{" } else { ",{" });
        for (at, (key, text)) in fields(item).into_iter().enumerate() {
            json.push_str(if at == 0 { "\"" } else { ",\"" });
            json.push_str(key);
            json.push_str("\":");
            push_text(json, text);
        }
        json.push('}');
    }
    json.push(']');
}

fn push_text(json: &mut String, text: Option<&str>) {
    match text {
        None => json.push_str("null"),
        Some(text) if text.bytes().any(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\')) => {
            json.push_str(&Value::from(text).to_string());
        }
        Some(text) => {
            json.push('"');
            json.push_str(text);
            json.push('"');
        }
    }
}

/// A list of texts as JSON, or `None` where it is empty.
pub(super) fn texts_json(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| json!(texts).to_string())
}

/// The texts of [`texts_json`].
pub(super) fn texts_of(json: Option<&str>) -> Outcome<Vec<String>> {
    let Some(json) = json else { return Ok(Vec::new()) };
    let list = list_of(parse(json)?)?;
    Ok(list.into_iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
}

/// The override reasons of [`reasons_json`].
pub(super) fn reasons(json: &str) -> Outcome<Vec<Reason>> {
    // Most records have none.
    if json == "[]" {
        return Ok(Vec::new());
    }
    Ok(list_of(parse(json)?)?.iter().map(reason_of).collect())
}

/// The DKIM and SPF results of [`auth_json`].
pub(super) fn results(json: &str) -> Outcome<(Vec<DkimAuth>, Vec<SpfAuth>)> {
    let mut auth = parse(json)?;
    let mut list = |key| list_of(auth.get_mut(key).map(Value::take).unwrap_or_default());
    let dkim = list("dkim")?.iter().map(dkim_of).collect();
    let spf = list("spf")?.iter().map(spf_of).collect();
    Ok((dkim, spf))
}

fn parse(json: &str) -> Outcome<Value> {
    serde_json::from_str(json).map_err(Fault::damaged)
}

/// The elements of a JSON array; no array is an empty one.
fn list_of(value: Value) -> Outcome<Vec<Value>> {
    match value {
        Value::Array(list) => Ok(list),
        Value::Null => Ok(Vec::new()),
        _ => Err(Fault::damaged("a list that is none")),
    }
}

fn text<'a>(object: Option<&'a Map<String, Value>>, key: &str) -> Option<&'a str> {
    object?.get(key)?.as_str()
}

fn reason_of(value: &Value) -> Reason {
    let object = value.as_object();
    Reason {
        kind: text(object, "type").and_then(crate::model::words::OverrideType::from_stated),
        comment: text(object, "comment").map(str::to_owned),
    }
}

fn dkim_of(value: &Value) -> DkimAuth {
    let object = value.as_object();
    DkimAuth {
        domain: text(object, "domain").and_then(Name::from_stored),
        selector: text(object, "selector").map(str::to_owned),
        result: text(object, "result").and_then(crate::model::words::DkimResult::from_stated),
        human_result: text(object, "human_result").map(str::to_owned),
    }
}

fn spf_of(value: &Value) -> SpfAuth {
    let object = value.as_object();
    SpfAuth {
        domain: text(object, "domain").and_then(Name::from_stored),
        scope: text(object, "scope").and_then(crate::model::words::SpfScope::from_stated),
        result: text(object, "result").and_then(crate::model::words::SpfResult::from_stated),
        human_result: text(object, "human_result").map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_what_serde_makes_of_it() {
        let texts = ["plain", "\"q\\", "\0\n\u{1f}\u{7f}", "\u{e9}\u{2028}\u{1f600}", ""];
        for text in texts {
            let dkim = DkimAuth {
                domain: Name::from_stored("example.com"),
                selector: Some(text.to_owned()),
                result: None,
                human_result: Some(text.to_owned()),
            };
            let spf =
                SpfAuth { domain: None, scope: None, result: None, human_result: Some(text.to_owned()) };
            let of_dkim =
                json!({"domain": "example.com", "selector": text, "result": null, "human_result": text});
            let expected = json!({
                "dkim": [of_dkim, of_dkim],
                "spf": [{"domain": null, "scope": null, "result": null, "human_result": text}],
            });
            assert_eq!(auth_json(&[dkim.clone(), dkim], &[spf]), expected.to_string());
            let reason = Reason { kind: None, comment: Some(text.to_owned()) };
            assert_eq!(reasons_json(&[reason]), json!([{"type": null, "comment": text}]).to_string());
        }
        assert_eq!(auth_json(&[], &[]), "{\"dkim\":[],\"spf\":[]}");
        assert_eq!(reasons_json(&[]), "[]");
    }
}
