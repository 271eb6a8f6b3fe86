//! A text as DMARC record: what it says, what it was meant to say, and what stands wrong in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whosends_core::dns::propose::dmarc::mended;
use whosends_core::dns::record::dmarc::{DmarcRecord, Subject, is_dmarc, lookalike};

fuzz_target!(|bytes: &[u8]| {
    match DmarcRecord::parse(bytes) {
        Some(record) => {
            assert!(is_dmarc(bytes) && lookalike(bytes).is_none());
            for subject in [Subject::Domain, Subject::Subdomain, Subject::NonExistent] {
                assert_eq!(record.policy(subject).is_none(), record.policy(Subject::Domain).is_none());
            }
            for problem in &record.problems {
                assert!(problem.span.end <= bytes.len());
            }
        }
        None => {
            let _ = lookalike(bytes);
        }
    }
    // What a text was meant to say is a record that says it.
    if let Some(record) = mended(bytes) {
        assert_eq!(mended(record.as_bytes()), Some(record));
    }
});
