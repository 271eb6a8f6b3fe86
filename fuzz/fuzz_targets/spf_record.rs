//! A text as SPF record: every fault lies in it and can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whosends_core::dns::spf::{SpfRecord, is_spf};

fuzz_target!(|bytes: &[u8]| {
    let record = SpfRecord::parse(bytes);
    assert_eq!(record.is_some(), is_spf(bytes));
    let Some(record) = record else { return };
    for fault in record.faults() {
        assert!(fault.span().end <= bytes.len() && !record.shown(fault.span()).is_empty());
    }
    for term in record.terms() {
        assert!(!record.shown(term.span()).is_empty());
    }
});
