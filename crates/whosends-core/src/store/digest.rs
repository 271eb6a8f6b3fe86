//! Short digests by which equal things are found again.

use sha2::{Digest, Sha256};

use crate::model::digest::Fields;
use crate::model::{FileStamp, Header, Metadata, PolicyPublished};

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
    fields.first_quarter()
}

/// The digest of some bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(bytes)[..16]);
    half
}

/// The digest of a file's stamp.
pub(super) fn file(stamp: &FileStamp) -> u128 {
    let mut hash = Sha256::new();
    hash.update(stamp.size.to_be_bytes());
    hash.update(stamp.modified_ns.to_be_bytes());
    hash.update(stamp.inode.to_be_bytes());
    hash.update(stamp.device.to_be_bytes());
    hash.update(&stamp.path);
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(half)
}
