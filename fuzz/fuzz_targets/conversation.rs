//! A text as a kept conversation with DNS: what is read is written as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whosends_core::dns::Answers;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(answers) = Answers::from_json(text) else { return };
    let written = answers.to_json();
    let again = Answers::from_json(&written).expect("what was written can be read");
    assert_eq!(again.to_json(), written);
});
