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
    let list = reasons.iter().map(|reason| {
        json!({
            "type": reason.kind.as_ref().map(|word| word.as_str()),
            "comment": reason.comment,
        })
    });
    Value::Array(list.collect()).to_string()
}

/// The raw DKIM and SPF results as JSON, in the export's form.
pub(super) fn auth_json(dkim: &[DkimAuth], spf: &[SpfAuth]) -> String {
    let dkim = dkim.iter().map(|auth| {
        json!({
            "domain": auth.domain.as_ref().map(Name::as_str),
            "selector": auth.selector,
            "result": auth.result.as_ref().map(|word| word.as_str()),
            "human_result": auth.human_result,
        })
    });
    let spf = spf.iter().map(|auth| {
        json!({
            "domain": auth.domain.as_ref().map(Name::as_str),
            "scope": auth.scope.as_ref().map(|word| word.as_str()),
            "result": auth.result.as_ref().map(|word| word.as_str()),
            "human_result": auth.human_result,
        })
    });
    json!({ "dkim": dkim.collect::<Vec<_>>(), "spf": spf.collect::<Vec<_>>() }).to_string()
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
