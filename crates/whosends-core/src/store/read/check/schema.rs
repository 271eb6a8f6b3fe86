//! Whether the tables, indexes and views are those that this release makes.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::store::error::Outcome;
use crate::store::migrate;
use crate::store::schema::MIGRATIONS;

/// Kind and name of each part of the schema, with the statement that made it.
type Parts = BTreeMap<(String, String), Option<String>>;

pub(super) fn schema(connection: &Connection, problems: &mut Vec<String>) -> Outcome<()> {
    let mut fresh = Connection::open_in_memory()?;
    migrate::migrate(&mut fresh, MIGRATIONS)?;
    let (expected, found) = (parts(&fresh)?, parts(connection)?);
    for ((kind, name), sql) in &expected {
        match found.get(&(kind.clone(), name.clone())) {
            None => problems.push(format!("the {kind} `{name}` is missing")),
            Some(found) if found != sql => {
                problems.push(format!("the {kind} `{name}` is not as this program makes it"));
            }
            Some(_) => {}
        }
    }
    // Views, tables and indexes of the owner's own change nothing here.
    let strange = found.keys().filter(|part| part.0 == "trigger" && !expected.contains_key(part));
    problems.extend(strange.map(|(_, name)| format!("the trigger `{name}` is not of this program")));
    let sql = "SELECT count(*) FROM meta WHERE key = ?1";
    for (key, what) in [("generation", "how often it was pruned"), ("revision", "how often it was changed")] {
        let known: i64 = connection.query_row(sql, [key], |row| row.get(0))?;
        if known == 0 {
            problems.push(format!("it is not known {what}"));
        }
    }
    Ok(())
}

fn parts(connection: &Connection) -> Outcome<Parts> {
    let mut statement = connection.prepare("SELECT type, name, sql FROM sqlite_schema")?;
    let found = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
