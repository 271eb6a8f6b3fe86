//! Findings: judgements about a domain's DNS, with what to do about them.

use std::fmt;

use crate::dns::Failure;

/// The lines of evidence that one finding shows.
const MOST_EVIDENCE: usize = 40;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// It works, but it is weak or fragile.
    Warning,
    /// Mail breaks, or a record is void.
    Error,
}

impl Severity {
    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Defines the checks: their ids, which are a promise and never used again, and where they come from.
macro_rules! checks {
    ($($variant:ident = $id:literal, $rfc:literal;)+) => {
        /// A check, by the id of what it finds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Check {
            $(#[doc = concat!("`", $id, "` (", $rfc, ")")] $variant,)+
        }

        impl Check {
            /// Every check, by area.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The id that stands in JSON.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }

            /// The standard and its section.
            #[must_use]
            pub const fn rfc(self) -> &'static str {
                match self { $(Self::$variant => $rfc,)+ }
            }
        }
    };
}

checks! {
    DomainDnsError = "domain.dns-error", "RFC 8020 2";
    DomainNxdomain = "domain.nxdomain", "RFC 8020 2";
    NsOne = "ns.one", "RFC 2182 5";
    SoaBroken = "soa.broken", "RFC 1035 3.3.13";
    DnssecInsecure = "dnssec.insecure", "RFC 4035 4.3";
    DnssecBogus = "dnssec.bogus", "RFC 4035 4.3";
    WildcardTxt = "wildcard.txt", "RFC 4592 2.2";
    SpfMissing = "spf.missing", "RFC 7208 4.5";
    SpfDnsError = "spf.dns-error", "RFC 7208 2.6.6";
    SpfMultiple = "spf.multiple", "RFC 7208 4.5";
    SpfSyntax = "spf.syntax", "RFC 7208 4.6";
    SpfSplitMissingSpace = "spf.split-missing-space", "RFC 7208 3.3";
    SpfLookalike = "spf.lookalike", "RFC 7208 4.5";
    SpfTooManyLookups = "spf.too-many-lookups", "RFC 7208 4.6.4";
    SpfLookupsNearLimit = "spf.lookups-near-limit", "RFC 7208 4.6.4";
    SpfTooManyVoid = "spf.too-many-void", "RFC 7208 4.6.4";
    SpfVoidLookup = "spf.void-lookup", "RFC 7208 4.6.4";
    SpfMxTooMany = "spf.mx-too-many", "RFC 7208 4.6.4";
    SpfPtrTooMany = "spf.ptr-too-many", "RFC 7208 4.6.4";
    SpfAllPass = "spf.all-pass", "RFC 7208 5.1";
    SpfAllNeutral = "spf.all-neutral", "RFC 7208 5.1";
    SpfNoAll = "spf.no-all", "RFC 7208 4.7";
    SpfSoftfail = "spf.softfail", "RFC 7208 8.5";
    SpfShadowed = "spf.shadowed", "RFC 7208 4.6.2";
    SpfPassesNobody = "spf.passes-nobody", "RFC 7208 4.6.2";
    SpfPtr = "spf.ptr", "RFC 7208 5.5";
    SpfLoop = "spf.loop", "RFC 7208 4.6.4";
    SpfIncludeNone = "spf.include-none", "RFC 7208 5.2";
    SpfRedirectNone = "spf.redirect-none", "RFC 7208 6.1";
    SpfIncludePermerror = "spf.include-permerror", "RFC 7208 5.2";
    SpfRedirectIgnored = "spf.redirect-ignored", "RFC 7208 6.1";
    SpfTermsAfterAll = "spf.terms-after-all", "RFC 7208 5.1";
    SpfModifierTwice = "spf.modifier-twice", "RFC 7208 6";
    SpfRecordTooLarge = "spf.record-too-large", "RFC 7208 3.4";
    SpfTxtRrsetLarge = "spf.txt-rrset-large", "RFC 7208 3.4";
    SpfType99 = "spf.type99", "RFC 7208 3.1";
    SpfRangeTooWide = "spf.range-too-wide", "RFC 7208 11";
    SpfIpPrivate = "spf.ip-private", "RFC 7208 5.6";
    SpfDuplicateTerm = "spf.duplicate-term", "RFC 7208 4.6";
    SpfOverlappingRange = "spf.overlapping-range", "RFC 7208 5.6";
    SpfHostBits = "spf.host-bits", "RFC 7208 5.6";
    SpfMacro = "spf.macro", "RFC 7208 7";
    SpfMacroUnsafe = "spf.macro-unsafe", "RFC 7208 11.6";
    SpfSharedInclude = "spf.shared-include", "RFC 7208 11.4";
    SpfFlattenHint = "spf.flatten-hint", "RFC 7208 4.6.4";
    SpfMxNoAddress = "spf.mx-no-address", "RFC 7208 5.4";
    SpfExpBroken = "spf.exp-broken", "RFC 7208 6.2";
    SpfApexCname = "spf.apex-cname", "RFC 1034 3.6.2";
    DmarcMissing = "dmarc.missing", "RFC 9989 4.10";
    DmarcDnsError = "dmarc.dns-error", "RFC 9989 4.10";
    DmarcInherited = "dmarc.inherited", "RFC 9989 4.10.1";
    DmarcDiscoveryDiffers = "dmarc.discovery-differs", "RFC 9989 4.10.2";
    DmarcMultiple = "dmarc.multiple", "RFC 9989 4.10";
    DmarcVersionNotFirst = "dmarc.version-not-first", "RFC 9989 4.7";
    DmarcSyntax = "dmarc.syntax", "RFC 9989 4.8";
    DmarcDuplicateTag = "dmarc.duplicate-tag", "RFC 6376 3.2";
    DmarcMisspeltTag = "dmarc.misspelt-tag", "RFC 9989 4.7";
    DmarcInheritedBroken = "dmarc.inherited-broken", "RFC 9989 4.10.1";
    DmarcInvalidPolicy = "dmarc.invalid-policy", "RFC 9989 4.10.1";
    DmarcNoP = "dmarc.no-p", "RFC 9989 4.7";
    DmarcPolicyNone = "dmarc.policy-none", "RFC 9989 4.7";
    DmarcSpWeaker = "dmarc.sp-weaker", "RFC 9989 4.7";
    DmarcNpWeaker = "dmarc.np-weaker", "RFC 9989 4.7";
    DmarcSpIneffective = "dmarc.sp-ineffective", "RFC 9989 4.7";
    DmarcTesting = "dmarc.testing", "RFC 9989 4.7";
    DmarcRemovedTag = "dmarc.removed-tag", "RFC 9989 C";
    DmarcPsd = "dmarc.psd", "RFC 9989 4.7";
    DmarcNoRua = "dmarc.no-rua", "RFC 9989 4.7";
    DmarcNoRuf = "dmarc.no-ruf", "RFC 9989 4.7";
    DmarcInvalidUri = "dmarc.invalid-uri", "RFC 9989 4.7";
    DmarcUriSizeLimit = "dmarc.uri-size-limit", "RFC 9989 4.8";
    DmarcUriCount = "dmarc.uri-count", "RFC 9989 4.7";
    DmarcUriDuplicate = "dmarc.uri-duplicate", "RFC 9989 4.7";
    DmarcRuaUnauthorized = "dmarc.rua-unauthorized", "RFC 9990 4";
    DmarcRuaNoMx = "dmarc.rua-no-mx", "RFC 5321 5.1";
    DmarcCname = "dmarc.cname", "RFC 1034 3.6.2";
    DmarcWrongLocation = "dmarc.wrong-location", "RFC 9989 4.5";
    DmarcWildcardTxt = "dmarc.wildcard-txt", "RFC 4592 2.2";
    DmarcAlignmentStrict = "dmarc.alignment-strict", "RFC 9989 4.4";
    DmarcFo = "dmarc.fo", "RFC 9989 4.7";
    DkimDnsError = "dkim.dns-error", "RFC 6376 6.1.2";
    DkimInUse = "dkim.in-use", "RFC 6376 6.1.2";
    DkimMissing = "dkim.missing", "RFC 6376 3.6.2.2";
    DkimWrongLocation = "dkim.wrong-location", "RFC 6376 3.6.2.1";
    DkimKeyTooShort = "dkim.key-too-short", "RFC 8301 3.2";
    DkimKeyForm = "dkim.key-form", "RFC 6376 3.6.1";
    DkimKeyWeak = "dkim.key-weak", "RFC 8301 3.2";
    DkimRevoked = "dkim.revoked", "RFC 6376 3.6.1";
    DkimTesting = "dkim.testing", "RFC 6376 3.6.1";
    DkimSha1Only = "dkim.sha1-only", "RFC 8301 3.1";
    DkimSyntax = "dkim.syntax", "RFC 6376 3.6.1";
    DkimMultiple = "dkim.multiple", "RFC 6376 3.6.2.2";
    DkimDanglingCname = "dkim.dangling-cname", "RFC 1034 3.6.2";
    DkimWildcard = "dkim.wildcard", "RFC 4592 2.2";
    DkimDuplicateKey = "dkim.duplicate-key", "RFC 6376 3.1";
    MxDnsError = "mx.dns-error", "RFC 5321 5.1";
    MxNone = "mx.none", "RFC 5321 5.1";
    MxNull = "mx.null", "RFC 7505 3";
    MxNullMixed = "mx.null-mixed", "RFC 7505 3";
    MxCname = "mx.cname", "RFC 2181 10.3";
    MxNoAddress = "mx.no-address", "RFC 5321 5.1";
    MxIpLiteral = "mx.ip-literal", "RFC 5321 5.1";
    MxPrivate = "mx.private", "RFC 5321 5.1";
    MxNoPtr = "mx.no-ptr", "RFC 1912 2.1";
    MxFcrdnsMismatch = "mx.fcrdns-mismatch", "RFC 1912 2.1";
    MtaStsDnsError = "mta-sts.dns-error", "RFC 8461 3.1";
    MtaStsMultiple = "mta-sts.multiple", "RFC 8461 3.1";
    MtaStsSyntax = "mta-sts.syntax", "RFC 8461 3.1";
    MtaStsPolicyUnreachable = "mta-sts.policy-unreachable", "RFC 8461 3.3";
    MtaStsMode = "mta-sts.mode", "RFC 8461 3.2";
    MtaStsMaxAge = "mta-sts.max-age", "RFC 8461 3.2";
    MtaStsMxMismatch = "mta-sts.mx-mismatch", "RFC 8461 4.1";
    MtaStsLookalike = "mta-sts.lookalike", "RFC 8461 3.1";
    TlsRptDnsError = "tls-rpt.dns-error", "RFC 8460 3";
    TlsRptMissing = "tls-rpt.missing", "RFC 8460 3";
    TlsRptMultiple = "tls-rpt.multiple", "RFC 8460 3";
    TlsRptSyntax = "tls-rpt.syntax", "RFC 8460 3";
    TlsRptLookalike = "tls-rpt.lookalike", "RFC 8460 3";
    DaneDnsError = "dane.dns-error", "RFC 7672 2.1";
    DaneNoDnssec = "dane.no-dnssec", "RFC 7672 2.2";
    DaneUsage = "dane.usage", "RFC 7672 3.1.3";
    BimiDnsError = "bimi.dns-error", "BIMI 7.3";
    BimiDmarcPolicy = "bimi.dmarc-policy", "BIMI 7.3";
    BimiLogo = "bimi.logo", "BIMI 4.2";
    BimiCert = "bimi.cert", "BIMI 4.2";
    BimiLookalike = "bimi.lookalike", "BIMI 4.2";
    ParkedDnsError = "parked.dns-error", "RFC 7208 10.1.2";
    ParkedUnprotected = "parked.unprotected", "RFC 7208 10.1.2";
    ParkedAdvice = "parked.advice", "RFC 7208 10.1.2";
}

impl Check {
    /// The part before the dot: what the check is about.
    #[must_use]
    pub fn area(self) -> &'static str {
        self.id().split_once('.').map_or(self.id(), |(area, _)| area)
    }

    /// The check of an id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|check| check.id() == id)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// One judgement.
///
/// Message, evidence and advice hold strangers' text, made printable where it came as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which check found it.
    pub check: Check,
    /// How bad it is.
    pub severity: Severity,
    /// Whether DNS did not answer: it counts as not decided, never as a fault of the domain.
    pub temporary: bool,
    /// The name or record it is about.
    pub subject: String,
    /// What is the case, in one sentence.
    pub message: String,
    /// What shows it.
    pub evidence: Vec<String>,
    /// What to do.
    pub advice: Option<Advice>,
}

/// What to do about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// In words.
    pub text: String,
    /// The records to publish, in place of those of the same owner and type.
    pub records: Vec<AdvisedRecord>,
}

/// A record to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvisedRecord {
    /// Its name.
    pub owner: String,
    /// Its type, such as `TXT`.
    pub kind: &'static str,
    /// Its value, without quotes.
    pub value: String,
}

impl Finding {
    pub(super) fn new(
        check: Check,
        severity: Severity,
        subject: impl fmt::Display,
        message: impl Into<String>,
    ) -> Self {
        Self {
            check,
            severity,
            temporary: false,
            subject: subject.to_string(),
            message: message.into(),
            evidence: Vec::new(),
            advice: None,
        }
    }

    pub(super) fn error(check: Check, subject: impl fmt::Display, message: impl Into<String>) -> Self {
        Self::new(check, Severity::Error, subject, message)
    }

    pub(super) fn warning(check: Check, subject: impl fmt::Display, message: impl Into<String>) -> Self {
        Self::new(check, Severity::Warning, subject, message)
    }

    pub(super) fn info(check: Check, subject: impl fmt::Display, message: impl Into<String>) -> Self {
        Self::new(check, Severity::Info, subject, message)
    }

    /// A finding that DNS did not answer.
    pub(super) fn undecided(check: Check, subject: impl fmt::Display, why: impl fmt::Display) -> Self {
        let finding = Self::error(check, subject, format!("not decided: {why}"));
        Self { temporary: true, ..finding }.advise("look at the name servers, and check again")
    }

    /// A finding that DNS did not answer what is only worth a hint: it leaves nothing open.
    pub(super) fn unheard(check: Check, subject: impl fmt::Display, why: impl fmt::Display) -> Self {
        let finding = Self::info(check, subject, format!("not known, and no matter: {why}"));
        Self { temporary: true, ..finding }
    }

    /// Whether it leaves open what a decision rests on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.temporary && self.severity > Severity::Info
    }

    /// One finding about all questions that DNS did not answer; `None` where there are none.
    pub(super) fn unanswered(check: Check, failed: &[(String, Failure)]) -> Option<Self> {
        let (subject, failure) = failed.first()?;
        let finding = Self::undecided(check, subject, failure);
        if failed.len() == 1 {
            return Some(finding);
        }
        Some(finding.evidence(failed.iter().map(|(what, failure)| format!("{what}: {failure}"))))
    }

    pub(super) fn evidence(mut self, lines: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut lines = lines.into_iter();
        self.evidence.extend(lines.by_ref().take(MOST_EVIDENCE).map(Into::into));
        let more = lines.count();
        if more > 0 {
            self.evidence.push(format!("and {more} more"));
        }
        self
    }

    /// Adds what to do.
    pub(super) fn advise(mut self, text: impl Into<String>) -> Self {
        self.advice = Some(Advice { text: text.into(), records: Vec::new() });
        self
    }

    /// Adds a record to publish.
    pub(super) fn publish(
        mut self,
        owner: impl fmt::Display,
        kind: &'static str,
        value: impl Into<String>,
    ) -> Self {
        let advice = self.advice.get_or_insert_with(|| Advice { text: String::new(), records: Vec::new() });
        advice.records.push(AdvisedRecord { owner: owner.to_string(), kind, value: value.into() });
        self
    }

    /// Takes the proposed records away.
    pub(super) fn withdraw(&mut self) {
        if let Some(advice) = &mut self.advice {
            advice.records.clear();
        }
        if self.advice.as_ref().is_some_and(|advice| advice.text.is_empty()) {
            self.advice = None;
        }
    }
}
