//! A published policy, the same in every format.

use serde::Serialize;
use whosends_core::model::PolicyPublished;
use whosends_core::model::words::Testing;

use crate::printable::printable;

/// A published policy. What was not stated is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy<'a> {
    /// What is asked for mail of the domain itself.
    pub p: Option<&'a str>,
    /// The same for its subdomains.
    pub sp: Option<&'a str>,
    /// The same for subdomains that do not exist (RFC 9989).
    pub np: Option<&'a str>,
    /// How strictly DKIM is aligned.
    pub adkim: Option<&'a str>,
    /// How strictly SPF is aligned.
    pub aspf: Option<&'a str>,
    /// To how many of a hundred messages it applies (RFC 7489).
    pub pct: Option<u32>,
    /// When failure reports are asked for.
    pub fo: Option<&'a str>,
    /// Whether the policy is only tested.
    pub testing: Option<&'a str>,
    /// How the receiver found the policy.
    pub discovery_method: Option<&'a str>,
}

impl<'a> From<&'a PolicyPublished> for Policy<'a> {
    fn from(policy: &'a PolicyPublished) -> Self {
        Self {
            p: policy.p.as_ref().map(|word| word.as_str()),
            sp: policy.sp.as_ref().map(|word| word.as_str()),
            np: policy.np.as_ref().map(|word| word.as_str()),
            adkim: policy.adkim.as_ref().map(|word| word.as_str()),
            aspf: policy.aspf.as_ref().map(|word| word.as_str()),
            pct: policy.pct,
            fo: policy.fo.as_deref(),
            testing: policy.testing.as_ref().map(|word| word.as_str()),
            discovery_method: policy.discovery_method.as_ref().map(|word| word.as_str()),
        }
    }
}

/// What of a policy decides about mail, as it stands in DNS: `p=reject sp=none`. What repeats the default is
/// left out.
pub fn in_short(policy: &PolicyPublished) -> String {
    let mut text = match &policy.p {
        Some(p) => format!("p={p}"),
        None => "p not stated".to_owned(),
    };
    for (tag, stated) in [("sp", &policy.sp), ("np", &policy.np)] {
        if let Some(stated) = stated
            && Some(stated) != policy.p.as_ref()
        {
            text += &format!(" {tag}={stated}");
        }
    }
    if let Some(pct) = policy.pct.filter(|&pct| pct != 100) {
        text += &format!(" pct={pct}");
    }
    if policy.testing == Some(Testing::Yes) {
        text += " t=y";
    }
    printable(&text).into_owned()
}

/// Everything a policy states, as it stands in DNS.
pub fn in_full(policy: &Policy<'_>) -> String {
    let pct = policy.pct.map(|pct| pct.to_string());
    let tags = [
        ("p", policy.p),
        ("sp", policy.sp),
        ("np", policy.np),
        ("adkim", policy.adkim),
        ("aspf", policy.aspf),
        ("pct", pct.as_deref()),
        ("fo", policy.fo),
        ("t", policy.testing),
        ("discovery_method", policy.discovery_method),
    ];
    let stated = tags.into_iter().filter_map(|(tag, text)| Some(format!("{tag}={}", text?)));
    printable(&stated.collect::<Vec<_>>().join("; ")).into_owned()
}

#[cfg(test)]
mod tests {
    use whosends_core::model::Name;
    use whosends_core::model::words::Policy as Word;

    use super::*;

    fn stated(p: &str, sp: &str, pct: Option<u32>) -> PolicyPublished {
        PolicyPublished {
            p: Word::from_stated(p),
            sp: Word::from_stated(sp),
            pct,
            testing: Testing::from_stated("y"),
            ..PolicyPublished::of(Name::from_stated("example.com").unwrap())
        }
    }

    #[test]
    fn what_decides_about_mail_is_shown() {
        assert_eq!(in_short(&stated("reject", "none", Some(20))), "p=reject sp=none pct=20 t=y");
        assert_eq!(in_short(&stated("none", "none", Some(100))), "p=none t=y");
        assert_eq!(in_short(&stated("", "", None)), "p not stated t=y");
        assert_eq!(in_short(&stated("no\u{202e}ne", "", None)), r"p=no\u{202e}ne t=y");
    }
}
