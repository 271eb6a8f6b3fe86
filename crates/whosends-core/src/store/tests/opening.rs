//! Which files are opened, and how.

use crate::model::Filter;
use std::fs;
use std::thread;

use rusqlite::Connection;

use super::support::*;
use crate::error::{Error, ErrorKind};
use crate::model::FileStamp;
use crate::store::migrate::{Standing, migrate, standing};
use crate::store::schema::{APPLICATION_ID, MIGRATIONS};
use crate::store::{Location, Store};

fn refused(location: &Location) -> Error {
    let error = Store::open(location).expect_err("refused");
    assert_eq!(Store::open_existing(location).expect_err("refused").kind(), error.kind());
    assert!(error.to_string().contains("whosends-store-"), "{error} names the path");
    error
}

#[test]
fn a_missing_database_is_made_with_its_folders_or_missed() {
    let folder = Folder::new();
    let location = folder.file("new/folders/reports.db");
    assert_eq!(Store::open_existing(&location).expect_err("missing").kind(), ErrorKind::NoDatabase);
    assert!(!folder.0.join("new").exists());
    drop(Store::open(&location).expect("made"));
    Store::open_existing(&location).expect("there");
}

#[test]
fn opening_again_changes_nothing() {
    let folder = Folder::new();
    let location = folder.file("a.db");
    let mut store = Store::open(&location).expect("made");
    add_all(&mut store, &[sample("1", [record(1, 1)])]);
    let state = dump(&store);
    drop(store);
    let bytes = fs::read(folder.0.join("a.db")).expect("read");
    assert_eq!(dump(&Store::open(&location).expect("opened")), state);
    assert_eq!(dump(&Store::open_existing(&location).expect("opened")), state);
    assert!(fs::read(folder.0.join("a.db")).expect("read") == bytes);
    // Nothing is left beside the file once it is closed.
    assert_eq!(fs::read_dir(&folder.0).expect("read").count(), 1);
}

#[test]
fn a_folder_is_no_database() {
    let folder = Folder::new();
    assert_eq!(refused(&Location::File(folder.0.clone())).kind(), ErrorKind::Database);
}

#[test]
fn a_strangers_file_is_refused_and_left_alone() {
    let folder = Folder::new();
    let other = Connection::open(folder.0.join("other.db")).expect("made");
    other.execute_batch("CREATE TABLE holiday (photo BLOB)").expect("made");
    drop(other);
    fs::write(folder.0.join("short.txt"), "no database").expect("written");
    fs::write(folder.0.join("long.txt"), "no database, and longer\n".repeat(1000)).expect("written");
    for name in ["other.db", "short.txt", "long.txt"] {
        let before = fs::read(folder.0.join(name)).expect("read");
        assert_eq!(refused(&folder.file(name)).kind(), ErrorKind::NotOurDatabase, "{name}");
        assert!(fs::read(folder.0.join(name)).expect("read") == before, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_made_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let folder = Folder::new();
    let path = folder.0.join("share/whosends/a.db");
    let mut store = Store::open(&Location::File(path.clone())).expect("made");
    add_all(&mut store, &[sample("1", [record(1, 1)])]);
    store.backup(&folder.0.join("copy.db")).expect("copied");
    for name in ["share/whosends/a.db", "share/whosends/a.db-wal", "share/whosends/a.db-shm", "copy.db"] {
        assert_eq!(mode(&folder.0.join(name)), 0o600, "{name}");
    }
    for name in ["share", "share/whosends"] {
        assert_eq!(mode(&folder.0.join(name)), 0o700, "{name}");
    }
}

#[test]
fn a_file_that_was_cut_to_nothing_is_told_of() {
    let folder = Folder::new();
    for (bytes, kind) in [("", ErrorKind::NoDatabase), ("S", ErrorKind::NotOurDatabase)] {
        fs::write(folder.0.join("a.db"), bytes).expect("written");
        let error = Store::open_existing(&folder.file("a.db")).expect_err("refused");
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(fs::read(folder.0.join("a.db")).expect("read"), bytes.as_bytes());
    }
    assert_eq!(Store::open(&folder.file("a.db")).expect_err("refused").kind(), ErrorKind::NotOurDatabase);
}

#[test]
fn an_empty_file_becomes_a_database() {
    let folder = Folder::new();
    fs::write(folder.0.join("a.db"), "").expect("written");
    let mut store = Store::open(&folder.file("a.db")).expect("opened");
    add_all(&mut store, &[sample("1", [record(1, 1)])]);
    assert_sound(&store);
}

#[test]
fn a_newer_releases_database_is_refused() {
    let folder = Folder::new();
    drop(Store::open(&folder.file("a.db")).expect("made"));
    let other = Connection::open(folder.0.join("a.db")).expect("opened");
    other.execute_batch("PRAGMA user_version = 99").expect("set");
    drop(other);
    let error = refused(&folder.file("a.db"));
    assert_eq!(error.kind(), ErrorKind::NewerDatabase);
    assert!(error.to_string().contains("newer release"), "{error}");
}

#[test]
fn a_database_from_before_the_first_release_is_refused() {
    let folder = Folder::new();
    drop(Store::open(&folder.file("early.db")).expect("made"));
    let other = Connection::open(folder.0.join("early.db")).expect("opened");
    other.execute_batch("PRAGMA user_version = 1").expect("set");
    drop(other);
    let error = refused(&folder.file("early.db"));
    assert_eq!(error.kind(), ErrorKind::NotOurDatabase);
    assert!(error.to_string().contains("before the first release"), "{error}");
}

#[test]
fn an_older_schema_is_brought_forward_step_by_step() {
    let mut connection = Connection::open_in_memory().expect("opened");
    migrate(&mut connection, MIGRATIONS).expect("made");
    let mut steps = MIGRATIONS.to_vec();
    steps.push("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT");
    steps.push("ALTER TABLE later ADD COLUMN more TEXT");
    migrate(&mut connection, &steps).expect("migrated");
    assert_eq!(standing(&connection, steps.len()).expect("known"), Standing::Ours(steps.len()));
    connection.execute("INSERT INTO later (more) VALUES ('x')", []).expect("both steps were taken");
    migrate(&mut connection, &steps).expect("nothing to do");

    // A step that fails leaves everything as it was.
    steps.push("CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT; SELECT nonsense");
    migrate(&mut connection, &steps).expect_err("a broken step");
    assert_eq!(standing(&connection, steps.len()).expect("known"), Standing::Ours(steps.len() - 1));
    connection.execute("SELECT * FROM half", []).expect_err("undone");
}

#[test]
fn a_database_of_schema_2_is_brought_up_to_date() {
    let folder = Folder::new();
    let old = Connection::open(folder.0.join("old.db")).expect("made");
    old.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL").expect("set");
    old.execute_batch(MIGRATIONS[0]).expect("made");
    old.execute_batch(include_str!("schema2.sql")).expect("filled");
    let marks = format!("PRAGMA user_version = 2; PRAGMA application_id = {APPLICATION_ID}");
    old.execute_batch(&marks).expect("marked");
    drop(old);
    let store = Store::open_existing(&folder.file("old.db")).expect("opened");
    assert_sound(&store);
    let expected = [
        ("192.0.2.1", 5),
        ("192.0.2.2", 3),
        ("192.0.2.3", 4),
        ("192.0.2.4", 10),
        ("192.0.2.5", 1),
        ("192.0.2.6", 1),
        ("192.0.2.7", 6),
        ("2001:db8::1", 2),
    ];
    let expected = expected.map(|(source, count)| (source.to_owned(), count));
    assert_eq!(messages(&store), expected.into());
    let domains = store.domains(&Filter::default()).expect("read");
    assert_eq!((domains[0].messages, domains[0].dkim_pass, domains[0].reports), (32, 29, 6));
    assert_eq!(store.info().expect("read").superseded, 2);
    // What newer rules may read otherwise is read again.
    let stamp = FileStamp {
        path: b"1.xml".to_vec(),
        size: 868,
        modified_ns: 1_795_348_800_000_000_000,
        inode: 7,
        device: 3,
    };
    assert!(!store.known_files().expect("read").contains(&stamp));
}

#[test]
fn many_may_make_it_at_once() {
    let folder = Folder::new();
    let location = folder.file("a.db");
    thread::scope(|scope| {
        for number in 0..8_u8 {
            let location = &location;
            scope.spawn(move || {
                let mut store = Store::open(location).expect("opened");
                add_all(&mut store, &[sample(&number.to_string(), [record(number, 1)])]);
            });
        }
    });
    let store = Store::open(&location).expect("opened");
    assert_eq!(store.domains(&Filter::default()).expect("read")[0].reports, 8);
    assert_sound(&store);
}

#[test]
fn what_may_only_be_read_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let location = folder.file("odd name?#%.db");
    let mut store = Store::open(&location).expect("made");
    add_all(&mut store, &[sample("1", [record(1, 1)])]);
    let state = dump(&store);
    drop(store);
    let path = folder.0.join("odd name?#%.db");
    let allow = |file: u32, around: u32| {
        fs::set_permissions(&path, fs::Permissions::from_mode(file)).expect("set");
        fs::set_permissions(&folder.0, fs::Permissions::from_mode(around)).expect("set");
    };
    for (file, around) in [(0o444, 0o755), (0o444, 0o555), (0o644, 0o555)] {
        allow(file, around);
        if around == 0o555 && fs::File::create(folder.0.join("probe")).is_ok() {
            println!("skipped: this user may write everywhere");
            break;
        }
        let mut store = Store::open_existing(&location).expect("opened");
        assert_eq!(dump(&store), state, "{file:o} {around:o}");
        if around == 0o555 {
            let error = store.writer(BEGIN).err().or_else(|| store.prune(crate::model::Day(0), None).err());
            assert_eq!(error.expect("refused").kind(), ErrorKind::ReadOnly);
        }
    }
    allow(0o644, 0o755);
}
