//! The judges that come with the shared cases: each runs the binary over them and says which come out otherwise than they
//! should.

use std::path::PathBuf;
use std::process::Command;

use crate::support::shared;

/// Runs a judge of the shared folder over some of its data.
fn judge(shared: &std::path::Path, script: &str, args: &[&str]) {
    judged(Command::new("python3"), shared, script, args);
}

fn judged(mut python: Command, shared: &std::path::Path, script: &str, args: &[&str]) {
    let ran = python
        .current_dir(shared)
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_whosends"))
        .args(args)
        .output()
        .unwrap();
    let (said, failed) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{script}: {said}{failed}");
}

/// Where Python finds dnslib, which the scripted name server needs; says that the test skipped where nobody says.
#[expect(clippy::disallowed_methods, reason = "the folder is named in the environment")]
fn dnslib() -> Option<PathBuf> {
    let folder = std::env::var_os("WHOSENDS_DNSLIB").map(PathBuf::from);
    if folder.is_none() {
        eprintln!(
            "skipped: WHOSENDS_DNSLIB is unset, and WHOSENDS_SHARED alone has no name server that answers"
        );
    }
    folder
}

#[test]
fn services_have_their_names_and_records_their_classes() {
    let Some(shared) = shared() else { return };
    judge(&shared, "tools/check_senders.py", &["senders/cases.ndjson"]);
}

#[test]
fn whole_months_get_the_verdict_that_is_right() {
    let Some(shared) = shared() else { return };
    judge(&shared, "tools/check_readiness.py", &["readiness"]);
}

#[test]
fn the_cases_from_public_reports_come_out_as_expected() {
    let Some(shared) = shared() else { return };
    // The time that is allowed for F4 is that of a program that was optimised.
    let kinds = if cfg!(debug_assertions) { "^(f[1-35-9]|good-)" } else { "" };
    judge(&shared, "cases/check_reports.py", &["cases/reports", "--only", kinds]);
}

#[test]
fn the_cases_from_real_zones_come_out_as_expected() {
    let Some(shared) = shared() else { return };
    let Some(dnslib) = dnslib() else { return };
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", dnslib);
    judged(
        python,
        &shared,
        "cases/check_dns.py",
        &["cases/dns", "cases/dns_server.py", "python3", "--jobs", "2"],
    );
}
