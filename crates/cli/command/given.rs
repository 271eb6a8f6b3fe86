//! A record as `classify` is given it: the fields of the export, and what is known around it.

use std::net::IpAddr;

use serde::{Deserialize, Deserializer};
use whosends_core::model::words::{Disposition, DkimResult, OverrideType, SpfResult, SpfScope, Verdict};
use whosends_core::model::{self, Combination, Name, Record};
use whosends_core::senders::{OwnerFacts, ReverseName, SingleRecord};

/// A record with everything that is known around it.
#[derive(Debug, Deserialize)]
#[serde(expecting = "a record as a JSON object")]
pub(super) struct Given {
    source_ip: IpAddr,
    #[serde(default)]
    count: Option<u64>,
    #[serde(default)]
    policy_domain: Option<String>,
    #[serde(default)]
    disposition: Option<String>,
    #[serde(default)]
    dkim: Option<String>,
    #[serde(default)]
    spf: Option<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    reasons: Vec<Reason>,
    #[serde(default)]
    header_from: Option<String>,
    #[serde(default)]
    envelope_from: Option<String>,
    #[serde(default)]
    envelope_to: Option<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    auth: Auth,
    /// The name of the address; empty where it has none, null where nobody asked.
    #[serde(default)]
    rdns: Option<String>,
    /// Whether the name leads back to the address; null where nobody asked.
    #[serde(default)]
    fcrdns: Option<bool>,
    #[serde(default)]
    asn: Option<u32>,
    #[serde(default, deserialize_with = "or_nothing")]
    owner: Owner,
}

#[derive(Debug, Deserialize)]
struct Reason {
    #[serde(default)]
    r#type: Option<String>,
    #[serde(default)]
    comment: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Auth {
    #[serde(default, deserialize_with = "or_nothing")]
    dkim: Vec<Dkim>,
    #[serde(default, deserialize_with = "or_nothing")]
    spf: Vec<Spf>,
}

#[derive(Debug, Deserialize)]
struct Dkim {
    #[serde(default)]
    domain: Option<String>,
    #[serde(default)]
    selector: Option<String>,
    #[serde(default)]
    result: Option<String>,
    #[serde(default)]
    human_result: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Spf {
    #[serde(default)]
    domain: Option<String>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    result: Option<String>,
    #[serde(default)]
    human_result: Option<String>,
}

/// What is known of the owner.
#[derive(Debug, Default, Deserialize)]
struct Owner {
    #[serde(default, deserialize_with = "or_nothing")]
    domains: Vec<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    confirmed: Vec<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    addresses: Vec<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    selectors: Vec<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    tenants: Vec<String>,
}

/// Null is nothing.
fn or_nothing<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Given {
    /// The record the way the core takes it, or what is missing.
    pub(super) fn into_record(self) -> Result<SingleRecord, String> {
        let combination = self.combination();
        let header_from = combination.header_from.as_ref().map(ToString::to_string);
        let policy_domain = self.policy_domain.or(header_from);
        if policy_domain.is_none() && self.owner.domains.is_empty() {
            return Err(
                "neither `policy_domain` nor `header_from` nor `owner.domains` says whose it is".into()
            );
        }
        let reverse = match self.rdns {
            None => ReverseName::Unasked,
            Some(name) if name.trim().is_empty() => ReverseName::Absent,
            Some(name) => ReverseName::Found { name, confirmed: self.fcrdns },
        };
        let Owner { domains, confirmed, addresses, selectors, tenants } = self.owner;
        Ok(SingleRecord {
            record: Record {
                source: self.source_ip.to_canonical(),
                count: self.count.unwrap_or(1),
                combination,
            },
            policy_domain,
            reverse,
            network: self.asn,
            owner: OwnerFacts { domains, confirmed, addresses, selectors, tenants },
        })
    }

    fn combination(&self) -> Combination {
        let name = |text: &Option<String>| text.as_deref().and_then(Name::from_stated);
        let reasons = self.reasons.iter().map(|reason| model::Reason {
            kind: reason.r#type.as_deref().and_then(OverrideType::from_stated),
            comment: reason.comment.clone(),
        });
        let dkim = self.auth.dkim.iter().map(|auth| model::DkimAuth {
            domain: name(&auth.domain),
            selector: auth.selector.clone(),
            result: auth.result.as_deref().and_then(DkimResult::from_stated),
            human_result: auth.human_result.clone(),
        });
        let spf = self.auth.spf.iter().map(|auth| model::SpfAuth {
            domain: name(&auth.domain),
            scope: auth.scope.as_deref().and_then(SpfScope::from_stated),
            result: auth.result.as_deref().and_then(SpfResult::from_stated),
            human_result: auth.human_result.clone(),
        });
        Combination {
            disposition: self.disposition.as_deref().and_then(Disposition::from_stated),
            dkim: self.dkim.as_deref().and_then(Verdict::from_stated),
            spf: self.spf.as_deref().and_then(Verdict::from_stated),
            reasons: reasons.collect(),
            header_from: name(&self.header_from),
            envelope_from: name(&self.envelope_from),
            envelope_to: name(&self.envelope_to),
            auth_dkim: dkim.collect(),
            auth_spf: spf.collect(),
        }
    }
}
