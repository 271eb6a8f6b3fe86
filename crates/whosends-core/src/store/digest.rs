//! Short digests by which equal things are found again.

use sha2::{Digest, Sha256};

use crate::model::{Combination, FileStamp, Header, Metadata, Name, PolicyPublished};

/// Hashes fields one after another so that no two different lists of fields look alike.
struct Fields(Sha256);

impl Fields {
    fn new() -> Self {
        Self(Sha256::new())
    }

    /// A text: its length before it keeps `ab`+`c` and `a`+`bc` apart, the mark keeps null from empty.
    fn text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                self.0.update((text.len() as u64 + 1).to_be_bytes());
                self.0.update(text);
            }
            None => self.0.update(0_u64.to_be_bytes()),
        }
    }

    fn number(&mut self, number: Option<i64>) {
        self.0.update([u8::from(number.is_some())]);
        self.0.update(number.unwrap_or(0).to_be_bytes());
    }

    fn first_half(self) -> [u8; 16] {
        let mut half = [0; 16];
        half.copy_from_slice(&self.0.finalize()[..16]);
        half
    }
}

/// The digest of every field of a combination.
pub(super) fn combination(combination: &Combination) -> [u8; 16] {
    let Combination {
        disposition,
        dkim,
        spf,
        reasons,
        header_from,
        envelope_from,
        envelope_to,
        auth_dkim,
        auth_spf,
    } = combination;
    let mut fields = Fields::new();
    fields.text(disposition.as_ref().map(|word| word.as_str()));
    fields.text(dkim.as_ref().map(|word| word.as_str()));
    fields.text(spf.as_ref().map(|word| word.as_str()));
    for name in [header_from, envelope_from, envelope_to] {
        fields.text(name.as_ref().map(Name::as_str));
    }
    fields.number(Some(reasons.len() as i64));
    for reason in reasons {
        fields.text(reason.kind.as_ref().map(|word| word.as_str()));
        fields.text(reason.comment.as_deref());
    }
    fields.number(Some(auth_dkim.len() as i64));
    for auth in auth_dkim {
        fields.text(auth.domain.as_ref().map(Name::as_str));
        fields.text(auth.selector.as_deref());
        fields.text(auth.result.as_ref().map(|word| word.as_str()));
        fields.text(auth.human_result.as_deref());
    }
    fields.number(Some(auth_spf.len() as i64));
    for auth in auth_spf {
        fields.text(auth.domain.as_ref().map(Name::as_str));
        fields.text(auth.scope.as_ref().map(|word| word.as_str()));
        fields.text(auth.result.as_ref().map(|word| word.as_str()));
        fields.text(auth.human_result.as_deref());
    }
    fields.first_half()
}

/// The digest of what the `reporter` table keeps.
pub(super) fn reporter(header: &Header) -> [u8; 16] {
    let mut fields = Fields::new();
    for text in [
        &header.metadata.org_name,
        &header.metadata.email,
        &header.metadata.extra_contact_info,
        &header.metadata.generator,
        &header.version,
        &header.namespace,
    ] {
        fields.text(text.as_deref());
    }
    fields.first_half()
}

/// The digest of what the `policy` table keeps.
pub(super) fn policy(policy: &PolicyPublished) -> [u8; 16] {
    let mut fields = Fields::new();
    for word in [&policy.p, &policy.sp, &policy.np] {
        fields.text(word.as_ref().map(|word| word.as_str()));
    }
    for word in [&policy.adkim, &policy.aspf] {
        fields.text(word.as_ref().map(|word| word.as_str()));
    }
    fields.number(policy.pct.map(i64::from));
    fields.text(policy.fo.as_deref());
    fields.text(policy.testing.as_ref().map(|word| word.as_str()));
    fields.text(policy.discovery_method.as_ref().map(|word| word.as_str()));
    fields.first_half()
}

/// The digest of a report's identity: policy domain, reporter, report_id, begin, end; null equals null.
///
/// Sixty-four bits are enough: it is only ever compared within one domain's day.
pub(super) fn identity(header: &Header) -> i64 {
    let Metadata { org_name, email, report_id, begin, end, .. } = &header.metadata;
    let mut fields = Fields::new();
    fields.text(Some(header.policy.domain.as_str()));
    // A reporter is known by its name in any case; one without a name, by its address.
    let named = org_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    fields.text(named.map(str::to_ascii_lowercase).as_deref());
    let address = if named.is_some() { None } else { email.as_deref() };
    fields.text(address.map(|email| email.trim().to_ascii_lowercase()).as_deref());
    fields.text(report_id.as_deref());
    fields.number(*begin);
    fields.number(*end);
    let mut head = [0; 8];
    head.copy_from_slice(&fields.first_half()[..8]);
    i64::from_be_bytes(head)
}

/// The digest of a file's stamp.
pub(super) fn file(stamp: &FileStamp) -> u128 {
    let mut hash = Sha256::new();
    hash.update(stamp.size.to_be_bytes());
    hash.update(stamp.modified_ns.to_be_bytes());
    hash.update(stamp.inode.to_be_bytes());
    hash.update(stamp.device.to_be_bytes());
    hash.update(&stamp.path);
    u128::from_be_bytes(Fields(hash).first_half())
}
