//! `db`: looking after the database.

use insta::assert_snapshot;

use crate::support::run::Folder;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.store(
        "
report One example.com 2026-10-01
  192.0.2.1 5 pass/pass
report One example.com 2026-11-20
  192.0.2.1 6 pass/pass
report One example.org 2026-10-01
  192.0.2.1 7 pass/pass
",
    );
    folder
}

#[test]
fn info_says_what_it_holds() {
    let folder = folder();
    let text = folder.run("db info").go().to_string();
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("Size")).collect();
    assert_snapshot!(text.join("\n"), @r"
        Database      whosends.db
        Schema        5
        Domains       2
        Reports       3
          superseded  0
          truncated   0
        Records       3
        Messages      18
        Combinations  2
        Files read    0
        Days          2026-10-01 to 2026-11-20
        [exit 0]
        ");
    let json: serde_json::Value = serde_json::from_str(&folder.run("db info --json").go().stdout()).unwrap();
    assert_eq!((&json["schema"], &json["reports"], &json["messages"]), (&1.into(), &3.into(), &18.into()));
}

#[test]
fn pruning_is_for_good() {
    let folder = folder();
    let pruned = folder.run("db prune --before 2026-11-01 --domain example.com --json").go();
    assert!(pruned.stdout().contains("\"reports\": 1,"), "{pruned}");
    folder.store("report One example.com 2026-10-01\n  192.0.2.1 5 pass/pass");
    let left = folder.run("export").go().stdout();
    let counts: Vec<&str> =
        left.lines().filter_map(|line| line.split_once("\"count\":")?.1.split(',').next()).collect();
    assert_eq!(counts, ["7", "6"]);
    let info = folder.run("db info").go().stdout();
    assert!(info.contains("Pruned        everything of example.com before 2026-11-01\n"), "{info}");
    assert_snapshot!(folder.run("db prune --before yesterday").go(), @r"
        ------- stderr -------
        error: invalid value 'yesterday' for '--before <DATE>': not a date; write it like `2026-11-21`

        For more information, try '--help'.
        [exit 2]
        ");
}

#[test]
fn a_check_finds_sums_that_are_wrong() {
    let folder = folder();
    assert_snapshot!(folder.run("db check").go(), @r"
        The database is sound.
        [exit 0]
        ");
    assert_snapshot!(folder.run("db check --json").go(), @r#"
        {
          "schema": 1,
          "sound": true,
          "problems": []
        }
        [exit 0]
        "#);
    let database = rusqlite::Connection::open(folder.database()).unwrap();
    database.execute("UPDATE domain_day SET messages = messages + 1 WHERE messages = 6", []).unwrap();
    drop(database);
    let ran = folder.run("db check").go();
    assert_eq!(ran.status(), Some(1));
    assert!(ran.stdout().starts_with("The database is damaged:\n  "), "{ran}");
}

#[test]
fn a_backup_is_a_database_and_overwrites_nothing() {
    let folder = folder();
    assert_snapshot!(folder.run("db backup copy.db").go(), @r"
        ------- stderr -------
        The database was copied to copy.db.
        [exit 0]
        ");
    assert_eq!(folder.run("--db copy.db export").go().stdout(), folder.run("export").go().stdout());
    let again = folder.run("db backup copy.db").go();
    assert_eq!(again.status(), Some(2));
    assert!(again.stderr().contains("copy.db"), "{again}");
}

#[test]
fn what_is_no_database_of_ours_is_left_alone() {
    let folder = Folder::new();
    folder.write("whosends.db", "not a database at all, but a text of some length");
    let ran = folder.run("domains").go();
    assert_eq!(ran.status(), Some(2));
    assert!(ran.stderr().contains("whosends.db"), "{ran}");
    assert_eq!(
        std::fs::read(folder.database()).unwrap(),
        b"not a database at all, but a text of some length"
    );
}

#[test]
fn pruning_is_tried_first_kept_to_the_past_and_taken_back() {
    let folder = folder();
    assert_snapshot!(folder.run("db prune --before 2026-11-01 --dry-run").go(), @r"
        2 reports from before 2026-11-01 with 2 records would be deleted.
        [exit 0]
        ");
    let future = folder.run("db prune --before 2999-01-01").go();
    assert_eq!(future.status(), Some(2), "{future}");
    assert!(future.stderr().contains("2999-01-01: that day is after today, 2"), "{future}");
    assert_snapshot!(folder.run("db prune --lift").go(), @r"
        No reports were kept away by a prune.
        [exit 0]
        ");
    assert_eq!(folder.run("db prune --before 2026-11-01").go().status(), Some(0));
    assert_snapshot!(folder.run("db prune --lift --json").go(), @r#"
        {
          "schema": 1,
          "domain": null,
          "before": "2026-11-01"
        }
        ------- stderr -------
        hint: files that were read before are read once more with `whosends ingest --reread PATH`
        [exit 0]
        "#);
    folder.store("report One example.org 2026-10-01\n  192.0.2.1 7 pass/pass");
    assert!(folder.run("export").go().stdout().contains("\"count\":7"));
}

#[cfg(unix)]
#[test]
fn a_backup_is_whole_or_not_there_whenever_it_is_stopped() {
    let folder = folder();
    let mut interrupted = 0;
    for round in 0..24_u64 {
        let mut child = folder.run("db backup copy.db").into_command().spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_micros(round * 700));
        let signal = ["INT", "TERM", "KILL"][round as usize % 3];
        let pid = child.id().to_string();
        std::process::Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap();
        let status = child.wait().unwrap();
        if folder.path("copy.db").exists() {
            let copy = folder.run("--db copy.db export").go();
            assert_eq!(copy.stdout(), folder.run("export").go().stdout(), "{signal} {status}");
            std::fs::remove_file(folder.path("copy.db")).unwrap();
        } else {
            interrupted += 1;
            assert_ne!(status.code(), Some(0), "{signal}");
        }
    }
    assert!(interrupted > 0);
}

#[test]
fn a_database_that_was_cut_to_nothing_is_told_of() {
    let folder = Folder::new();
    folder.write("whosends.db", "");
    for command in ["db check", "domains", "export"] {
        assert_eq!(folder.run(command).go().status(), Some(2), "{command}");
    }
    assert_eq!(std::fs::read(folder.database()).unwrap(), b"");
}
