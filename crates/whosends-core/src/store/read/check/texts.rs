//! Whether texts are texts, and say what they said when they were stored.

use rusqlite::{Connection, Row};

use super::MOST;
use crate::model::{Header, Metadata, Name, Shared};
use crate::store::error::{Fault, Outcome};
use crate::store::read::combination;
use crate::store::read::header::{POLICY, policy};
use crate::store::read::names::name_of;
use crate::store::{codec, digest};

/// Every text is UTF-8, and what should be JSON is.
pub(super) fn texts(connection: &Connection, problems: &mut Vec<String>) -> Outcome<()> {
    let sql = "SELECT tables.name, columns.name FROM sqlite_schema AS tables \
         CROSS JOIN pragma_table_info(tables.name) AS columns \
         WHERE tables.type = 'table' AND columns.type = 'TEXT' ORDER BY 1, 2";
    let mut statement = connection.prepare(sql)?;
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for column in columns.collect::<rusqlite::Result<Vec<(String, String)>>>()? {
        let (table, column) = column;
        let is_json = matches!(
            (table.as_str(), column.as_str()),
            ("report", "errors")
                | ("profile", "reasons" | "auth")
                | ("conversation", "answers")
                | ("run", "inputs")
        );
        let quoted = |name: &str| name.replace('"', "\"\"");
        let sql = format!("SELECT \"{}\" FROM \"{}\"", quoted(&column), quoted(&table));
        let mut texts = connection.prepare(&sql)?;
        let mut texts = texts.query([])?;
        let (mut broken, mut senseless) = (0_u64, 0_u64);
        while let Some(row) = texts.next()? {
            match row.get_ref(0)?.as_str_or_null() {
                Ok(Some(text)) if is_json && serde_json::from_str::<serde_json::Value>(text).is_err() => {
                    senseless += 1;
                }
                Ok(_) => {}
                Err(_) => broken += 1,
            }
        }
        for (number, what) in [(broken, "no text"), (senseless, "not the JSON that it should be")] {
            if number > 0 {
                problems.push(format!("{number} of the values `{column}` in `{table}` are {what}"));
            }
        }
    }
    Ok(())
}

/// What is stored once and found by its digest still has it.
pub(super) fn digests(connection: &Connection, problems: &mut Vec<String>) -> Outcome<()> {
    let nobody = name_of("invalid")?;
    let stored = |row: &Row<'_>| row.get::<_, [u8; 16]>(1);
    let policies = format!("SELECT id, digest, {POLICY} FROM policy");
    each(connection, problems, "policy", &policies, |row| {
        Ok(stored(row)? == digest::policy(&policy(row, 2, nobody.clone())?))
    })?;
    let reporters =
        "SELECT id, digest, org_name, email, extra_contact_info, generator, version, namespace FROM reporter";
    each(connection, problems, "reporter", reporters, |row| {
        let metadata = Metadata {
            org_name: row.get(2)?,
            email: row.get(3)?,
            extra_contact_info: row.get(4)?,
            generator: row.get(5)?,
            ..Metadata::default()
        };
        let policy = crate::model::PolicyPublished::of(nobody.clone());
        let header = Header { version: row.get(6)?, namespace: row.get(7)?, metadata, policy };
        Ok(stored(row)? == digest::reporter(&header))
    })?;
    each(connection, problems, "combination", "SELECT id, digest FROM combination", |row| {
        Ok(stored(row)? == *Shared::new(combination(connection, row.get(0)?)?.0).digest())
    })?;
    let profiles = "SELECT profile.id, profile.digest, min(combination.id) FROM profile \
         CROSS JOIN combination ON combination.profile = profile.id GROUP BY profile.id";
    each(connection, problems, "profile", profiles, |row| {
        let mut said = combination(connection, row.get(2)?)?.0;
        said.envelope_to = None;
        Ok(stored(row)? == *Shared::new(said).digest())
    })?;
    each(connection, problems, "address", "SELECT id, bytes, text FROM address", |row| {
        let bytes: [u8; 16] = stored(row)?;
        Ok(codec::v6_of(&bytes)?.to_string() == row.get_ref(2)?.as_str()?)
    })?;
    each(connection, problems, "domain", "SELECT id, name FROM domain", |row| {
        let text = row.get_ref(1)?.as_str()?;
        Ok(Name::from_stored(text).is_some_and(|name| name.as_str() == text))
    })
}

/// Visits rows, and tells of those that are not what they were.
fn each(
    connection: &Connection,
    problems: &mut Vec<String>,
    what: &str,
    sql: &str,
    mut is_sound: impl FnMut(&Row<'_>) -> Outcome<bool>,
) -> Outcome<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let sound = is_sound(row).or_else(|fault: Fault| match fault.damage() {
            Some(_) => Ok(false),
            None => Err(fault),
        })?;
        if !sound {
            let id: i64 = row.get(0)?;
            problems.push(format!("{what} {id} does not say what it said when it was stored"));
        }
        if problems.len() >= MOST {
            break;
        }
    }
    Ok(())
}
