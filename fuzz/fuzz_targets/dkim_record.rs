//! A text as DKIM key record: a key is revoked, readable or a problem.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whosends_core::dns::record::dkim::{DkimKey, PublicKey, looks_like_key};

fuzz_target!(|bytes: &[u8]| {
    let _ = looks_like_key(bytes);
    let key = DkimKey::parse(bytes);
    if let PublicKey::Rsa { bits, .. } = &key.key {
        assert!(*bits <= bytes.len().saturating_mul(8));
    }
    let _ = (key.is_testing(), key.is_sha1_only());
    for problem in &key.problems {
        assert!(problem.span.end <= bytes.len());
    }
});
