//! Faults of the machine: full disks and limits, closed and full streams, slow pipes, files that were cut.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::Folder;

fn report(id: usize, records: usize) -> String {
    let mut xml = format!(
        "<feedback><report_metadata><org_name>receiver.example</org_name><report_id>{id}</report_id><date_range>\
         <begin>1795219200</begin><end>1795305599</end></date_range></report_metadata><policy_published>\
         <domain>example.com</domain><p>none</p></policy_published>"
    );
    for number in 0..records {
        xml += &format!(
            "<record><row><source_ip>198.51.{}.{}</source_ip><count>2</count><policy_evaluated><disposition>none\
             </disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers>\
             <header_from>h{}.example.com</header_from></identifiers></record>",
            number / 250 % 250,
            number % 250,
            number / 62_500
        );
    }
    xml + "</feedback>"
}

/// Runs the binary in a shell that sets something up first.
fn in_shell(folder: &Folder, set_up: &str, args: &str) -> Output {
    let command = folder.run(args).into_command();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{set_up}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_whosends")]);
    shell.args(command.get_args()).current_dir(folder.path("."));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn messages(folder: &Folder) -> u64 {
    let domains = folder.run("domains --since all --json").go();
    let object: Value = serde_json::from_str(&domains.stdout()).unwrap();
    object["domains"].as_array().unwrap().iter().map(|one| one["messages"].as_u64().unwrap()).sum()
}

#[test]
fn a_large_report_may_come_as_slowly_as_it_likes() {
    let folder = Folder::new();
    let xml = report(1, 28_000);
    assert!(xml.len() > 5 << 20);
    let mut command = folder.run("ingest --json -").into_command();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The pauses are longer than the reader's patience, and than a transaction may take.
    let (first, rest) = xml.as_bytes().split_at(xml.len() - (400 << 10));
    let (second, third) = rest.split_at(200 << 10);
    for part in [first, second, third] {
        stdin.write_all(part).unwrap();
        stdin.flush().unwrap();
        std::thread::sleep(Duration::from_millis(1_300));
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(messages(&folder), 56_000);
}

#[cfg(unix)]
#[test]
fn whatever_the_system_refuses_the_database_stays_whole_and_the_run_goes_on_later() {
    let folder = Folder::new();
    for number in 0..40 {
        folder.write(&format!("in/{number}.xml"), report(number, 300));
    }
    let (mut refused, mut full) = (0, 0);
    let limits = [8, 12, 16, 24].map(|files| format!("ulimit -n {files}"));
    // The size of a file, in blocks of 512 bytes: what a full disk does in the middle of writing.
    let sizes = [50, 200, 400, 800, 1_200].map(|blocks| format!("trap '' XFSZ; ulimit -f {blocks}"));
    for limit in limits.iter().chain(&sizes) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", folder.database().display()));
        }
        let output = in_shell(&folder, limit, "ingest in");
        let text = said(&output);
        assert!(!text.contains("panicked"), "{limit}: {text}");
        if !output.status.success() {
            refused += 1;
            assert!(
                matches!(output.status.code(), Some(2 | 3)) && text.contains("error: ")
                    || text.contains("Rejected"),
                "{limit}: {text}"
            );
        }
        full += usize::from(text.contains("the system would not write so much"));
        let check = folder.run("db check").go();
        // It may not have come to making the database.
        if !check.stderr().starts_with("error: no database at") {
            assert_eq!(check.status(), Some(0), "{limit}: {check}");
            assert_eq!(messages(&folder) % 600, 0, "{limit}: half a report");
        }
        assert_eq!(folder.run("ingest in").go().status(), Some(0), "{limit}");
        assert_eq!(messages(&folder), 40 * 600, "{limit}");
    }
    assert!(refused > 2 && full > 0, "{refused} refused, {full} by size");
}

#[cfg(unix)]
#[test]
fn closed_streams_hurt_no_file() {
    let folder = Folder::new();
    folder.write("in.xml", report(1, 3));
    for closed in ["exec <&-", "exec >&-", "exec 2>&-", "exec <&- >&-", "exec <&- >&- 2>&-"] {
        for args in ["ingest in.xml --reread", "domains --since all", "export", "db info", "nonsense"] {
            let output = in_shell(&folder, closed, args);
            // What can't be said can't be asked for here.
            assert!(output.status.code().is_some(), "{closed} {args}: {}", said(&output));
            assert!(!said(&output).contains("panicked"), "{closed} {args}: {}", said(&output));
        }
    }
    assert_eq!(folder.run("db check").go().status(), Some(0));
    assert_eq!(messages(&folder), 6);
}

#[cfg(target_os = "linux")]
#[test]
fn full_output_is_an_error_of_every_command() {
    let folder = Folder::new();
    folder.write("in.xml", report(1, 3));
    assert_eq!(folder.run("ingest in.xml").go().status(), Some(0));
    for args in [
        "--help",
        "--version",
        "help ingest",
        "ingest in.xml --json",
        "domains --since all",
        "sources --since all",
        "export",
        "reports --since all",
        "db info",
        "db check",
        "db runs",
        "senders",
        "man",
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = folder.run(args).into_command().stdout(full).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args}: {}", said(&output));
        assert!(said(&output).contains("No space left"), "{args}: {}", said(&output));
    }
}

#[test]
fn a_database_that_was_cut_is_an_error_and_no_panic() {
    let folder = Folder::new();
    for number in 0..4 {
        folder.write(&format!("in/{number}.xml"), report(number, 200));
    }
    assert_eq!(folder.run("ingest in").go().status(), Some(0));
    let whole = std::fs::read(folder.database()).unwrap();
    for parts in [1, 3, 5, 7, 9, 11, 12, 13, 15] {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", folder.database().display()));
        }
        folder.write("whosends.db", &whole[..whole.len() * parts / 16]);
        let mut failed = 0;
        for args in ["db check", "domains --since all", "export", "reports --since all", "ingest in --reread"]
        {
            let ran = folder.run(args).go();
            assert!(!ran.stderr().contains("panicked"), "{args}: {ran}");
            assert!(matches!(ran.status(), Some(0..=3)), "{args}: {ran}");
            failed += usize::from(ran.status() != Some(0));
        }
        assert!(failed > 0, "{parts}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_of_ones_own_that_never_ends_is_refused() {
    let folder = Folder::new();
    for args in ["--config /dev/zero domains", "--senders /dev/zero senders"] {
        let ran = folder.run(args).go();
        assert_eq!(ran.status(), Some(2), "{args}: {ran}");
        assert!(ran.stderr().contains("larger than"), "{args}: {ran}");
    }
}

#[cfg(unix)]
#[test]
fn a_database_that_may_not_be_read_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    folder.write("in.xml", report(1, 3));
    assert_eq!(folder.run("ingest in.xml").go().status(), Some(0));
    let set = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(&folder.database(), 0o000);
    if std::fs::File::open(folder.database()).is_ok() {
        eprintln!("skipped: this user may read everything");
    } else {
        let ran = folder.run("domains").go();
        assert!(ran.stderr().contains("Permission denied"), "{ran}");
    }
    set(&folder.database(), 0o600);
}
