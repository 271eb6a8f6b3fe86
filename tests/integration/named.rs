//! Records of services with the name and class that is right.

use std::process::Command;

use crate::support::shared;

#[test]
fn services_have_their_names_and_records_their_classes() {
    let Some(shared) = shared() else { return };
    let judged = Command::new("python3")
        .arg(shared.join("tools/check_senders.py"))
        .arg(env!("CARGO_BIN_EXE_whosends"))
        .arg(shared.join("senders/cases.ndjson"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}{}", String::from_utf8_lossy(&judged.stderr));
}

#[test]
fn what_receivers_say_of_forwards_is_read_for_its_meaning() {
    let Some(shared) = shared() else { return };
    let judged = Command::new("python3")
        .arg(shared.join("cases/check_reports.py"))
        .arg(env!("CARGO_BIN_EXE_whosends"))
        .arg(shared.join("cases/reports"))
        .args(["--only", "^(f7|good-f7)-"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}{}", String::from_utf8_lossy(&judged.stderr));
}
