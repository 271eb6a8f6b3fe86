//! Every number of `sources` can be had with a query on the documented views, and docs/views.md is true.

use std::collections::BTreeSet;
use std::fs;

use rusqlite::{Connection, params_from_iter};
use serde_json::Value;

use crate::support::{Folder, root};

fn mailbox() -> Folder {
    let folder = Folder::new();
    let ran = folder.run("--quiet ingest").args([root().join("samples/mailbox")]).go();
    assert_eq!(ran.status(), Some(0), "{ran}");
    folder
}

fn json(folder: &Folder, args: &str) -> Value {
    let ran = folder.run(&format!("--today 2026-11-22 {args} --json")).go();
    serde_json::from_str(&ran.stdout()).unwrap_or_else(|error| panic!("{args}: {error}: {ran}"))
}

/// What a query found, as JSON writes it.
fn ask(connection: &Connection, sql: &str, values: &[String]) -> Vec<Value> {
    let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    let columns = statement.column_count();
    let row = statement.query_row(params_from_iter(values), |row| {
        (0..columns)
            .map(|at| {
                Ok(match row.get::<_, rusqlite::types::Value>(at)? {
                    rusqlite::types::Value::Integer(number) => number.into(),
                    rusqlite::types::Value::Text(text) => text.into(),
                    _ => Value::Null,
                })
            })
            .collect()
    });
    row.unwrap_or_else(|error| panic!("{error}: {sql}"))
}

/// The sums of any rows of `v_records`.
const SUMS: &str = "SELECT coalesce(sum(count), 0),
    coalesce(sum(CASE WHEN dkim = 'pass' OR spf = 'pass' THEN count END), 0),
    coalesce(sum(CASE WHEN dkim = 'fail' AND spf = 'fail' THEN count END), 0),
    coalesce(sum(CASE WHEN dkim = 'pass' THEN count END), 0),
    coalesce(sum(CASE WHEN dkim = 'fail' THEN count END), 0),
    coalesce(sum(CASE WHEN spf = 'pass' THEN count END), 0),
    coalesce(sum(CASE WHEN spf = 'fail' THEN count END), 0),
    count(DISTINCT source_ip), min(day), max(day),
    coalesce(sum(CASE WHEN multi_day THEN count END), 0)
    FROM v_records WHERE policy_domain = ?1 AND day BETWEEN ?2 AND ?3";

/// The same sums as `sources` has them.
fn sums(of: &Value) -> Vec<Value> {
    let (dmarc, dkim, spf) = (&of["dmarc"], &of["dkim"], &of["spf"]);
    let all = [
        &of["messages"],
        &dmarc["pass"],
        &dmarc["fail"],
        &dkim["pass"],
        &dkim["fail"],
        &spf["pass"],
        &spf["fail"],
        &of["addresses"],
        &of["first_day"],
        &of["last_day"],
        &of["multi_day_messages"],
    ];
    all.into_iter().cloned().collect()
}

/// Which records are a sender's: its addresses, and where another sender has some of them too, what DKIM made of
/// its mail.
fn condition(listed: &Value, addresses: &BTreeSet<String>) -> String {
    let addresses: Vec<_> = addresses.iter().map(|address| format!("'{address}'")).collect();
    let dkim = match &listed["dkim"] {
        dkim if dkim["pass"] == listed["messages"] => " AND dkim = 'pass'",
        dkim if dkim["fail"] == listed["messages"] => " AND dkim = 'fail'",
        _ => "",
    };
    format!(" AND source_ip IN ({}){dkim}", addresses.join(","))
}

#[test]
fn every_number_of_a_sender_can_be_had_with_a_query() {
    let folder = mailbox();
    let connection = Connection::open(folder.database()).unwrap();
    let all = json(&folder, "sources");
    let day = |end: &str| all["period"][end].as_str().unwrap().to_owned();
    let mut compared = 0;
    for domain in all["domains"].as_array().unwrap() {
        let name = domain["domain"].as_str().unwrap();
        let about = [name.to_owned(), day("from"), day("to")];
        assert_eq!(ask(&connection, SUMS, &about), sums(domain), "{name}");
        let reporters = "SELECT count(DISTINCT lower(coalesce(reporter, email))), count(*) FROM v_reports
            WHERE policy_domain = ?1 AND day BETWEEN ?2 AND ?3";
        let counted = [domain["reporters"].clone(), domain["reports"].clone()];
        assert_eq!(ask(&connection, reporters, &about), counted, "{name}");
        let daily = "SELECT sum(messages), sum(dmarc_pass), sum(dkim_pass), sum(spf_pass), sum(reports)
            FROM v_domains_daily WHERE policy_domain = ?1 AND day BETWEEN ?2 AND ?3";
        let parts =
            [&domain["messages"], &domain["dmarc"]["pass"], &domain["dkim"]["pass"], &domain["spf"]["pass"]];
        let mut parts: Vec<_> = parts.into_iter().cloned().collect();
        parts.push(domain["reports"].clone());
        assert_eq!(ask(&connection, daily, &about), parts, "{name}");
        let policy = "SELECT p, sp FROM v_reports WHERE policy_domain = ?1 AND day BETWEEN ?2 AND ?3
            ORDER BY day DESC, \"begin\" DESC, \"end\" DESC LIMIT 1";
        let published = [domain["policy"]["p"].clone(), domain["policy"]["sp"].clone()];
        assert_eq!(ask(&connection, policy, &about), published, "{name}");
        let sources = domain["sources"].as_array().unwrap();
        let addresses: Vec<_> = sources.iter().map(|listed| addresses(&folder, listed, name)).collect();
        for (at, listed) in sources.iter().enumerate() {
            // Mail that fails from one address can be of several sources, which the views do not tell apart.
            let fails = |listed: &Value| listed["dkim"]["fail"] == listed["messages"];
            let mut others = sources.iter().zip(&addresses).enumerate().filter(|(other, _)| *other != at);
            if others.any(|(_, (other, theirs))| {
                fails(other) && fails(listed) && !theirs.is_disjoint(&addresses[at])
            }) {
                continue;
            }
            compare(&connection, listed, &addresses[at], &about);
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}

/// The addresses of one row of `sources`.
fn addresses(folder: &Folder, listed: &Value, domain: &str) -> BTreeSet<String> {
    let object = json(folder, &format!("source {}", listed["source"].as_str().unwrap()));
    let detail = object["sources"].as_array().unwrap().iter().find(|one| {
        ["source", "class", "messages"].iter().all(|key| one[key] == listed[key]) && one["domain"] == domain
    });
    let addresses = &detail.unwrap()["by_address"]["list"];
    addresses.as_array().unwrap().iter().map(|one| one["address"].as_str().unwrap().to_owned()).collect()
}

/// Compares one row of `sources` with what the views say of its addresses.
fn compare(connection: &Connection, listed: &Value, addresses: &BTreeSet<String>, about: &[String; 3]) {
    let source = listed["source"].as_str().unwrap();
    let condition = condition(listed, addresses);
    let found = ask(connection, &format!("{SUMS}{condition}"), about);
    assert_eq!(found, sums(listed), "{source} of {}", about[0]);
    // The trend: a step of 30 days is a day.
    let daily = format!(
        "SELECT day, sum(messages) FROM v_sources_daily
         WHERE policy_domain = ?1 AND day BETWEEN ?2 AND ?3{condition} GROUP BY day ORDER BY day"
    );
    let mut statement = connection.prepare(&daily).unwrap();
    let rows = statement
        .query_map(params_from_iter(about), |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)));
    let rows: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
    let steps = listed["trend"].as_array().unwrap().iter().filter_map(Value::as_i64).filter(|&n| n > 0);
    assert_eq!(steps.collect::<Vec<_>>(), rows.iter().map(|row| row.1).collect::<Vec<_>>(), "{source}");
}

#[test]
fn every_column_of_every_view_is_described_and_every_example_runs() {
    let folder = mailbox();
    let connection = Connection::open(folder.database()).unwrap();
    let documented = fs::read_to_string(root().join("docs/views.md")).unwrap();
    let mut views = 0_i32;
    for section in documented.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap().trim_matches('`');
        if !title.starts_with("v_") {
            continue;
        }
        views += 1;
        let statement = connection.prepare(&format!("SELECT * FROM {title}")).unwrap();
        let columns: BTreeSet<_> = statement.column_names().map(|name| format!("`{name}`")).collect();
        for column in &columns {
            assert!(section.contains(column.as_str()), "{title}: {column} is not described");
        }
    }
    let there: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'view'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(i64::from(views), there, "every view has a section");
    let examples: Vec<_> =
        documented.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 4);
    for sql in examples {
        let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
        let mut rows = statement.query([]).unwrap();
        assert!(rows.next().unwrap().is_some(), "nothing found: {sql}");
    }
}
