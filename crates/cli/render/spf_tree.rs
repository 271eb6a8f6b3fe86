//! What an SPF record leads to: its tree, with lookups, void lookups and addresses for each branch.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::dns::spf::{
    Branch, Extent, Family, FaultKind, MOST_LOOKUPS, MOST_VOID_LOOKUPS, Net, Role, State, Tree, Verdict,
};

use super::answer::{Json, Screen, Show};
use super::dns::Asked;
use super::json::{self, SCHEMA};
use super::number::grouped;
use super::paint::{Paint, Tone};
use super::printable::printable;
use super::table::{Cell, Column, Set, Table};

/// Numbers of addresses above this are shown as powers of two.
const COUNTED: u128 = 10_000_000_000;

/// A domain's record with all that it leads to.
#[derive(Debug)]
pub(crate) struct Leads {
    /// The tree.
    pub(crate) tree: Tree,
    /// What it cost.
    pub(crate) asked: Asked,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    domain: &'a str,
    otherwise: &'static str,
    otherwise_ipv6: &'static str,
    everyone: bool,
    tree: TreeObject<'a>,
    #[serde(flatten)]
    asked: &'a Asked,
}

#[derive(Serialize)]
struct TreeObject<'a> {
    domain: &'a str,
    state: &'static str,
    record: Option<String>,
    problem: Option<String>,
    faults: Vec<Fault>,
    lookups: u32,
    void_lookups: u32,
    addresses: Addresses,
    terms: Vec<TermObject<'a>>,
}

#[derive(Serialize)]
struct Fault {
    term: String,
    problem: String,
}

#[derive(Serialize)]
struct TermObject<'a> {
    term: &'a str,
    kind: &'static str,
    result: Option<&'static str>,
    target: Option<&'a str>,
    reached: bool,
    depends_on_message: bool,
    lookups: u32,
    void_lookups: u32,
    everyone: bool,
    addresses: Addresses,
    ranges: Vec<String>,
    failed: Vec<String>,
    leads_to: Option<TreeObject<'a>>,
}

/// How many addresses; as text for IPv6, as JSON's readers know no such numbers.
#[derive(Serialize)]
struct Addresses {
    ipv4: u64,
    ipv6: String,
}

impl From<&[Net]> for Addresses {
    fn from(nets: &[Net]) -> Self {
        let extent = Extent::of(nets);
        Self { ipv4: u64::try_from(extent.v4).unwrap_or(u64::MAX), ipv6: extent.v6.to_string() }
    }
}

impl Json for Leads {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let tree = &self.tree;
        let [otherwise, otherwise_ipv6] = Family::BOTH.map(|family| otherwise(tree, family));
        let object = Object {
            schema: SCHEMA,
            domain: &tree.domain,
            otherwise,
            otherwise_ipv6,
            everyone: tree.passes_everyone(),
            tree: object(tree),
            asked: &self.asked,
        };
        json::pretty(out, &object)
    }
}

impl Show for Leads {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, .. } = screen;
        let tree = &self.tree;
        let domain = paint.tone(Tone::Head, &printable(&tree.domain));
        match (&tree.state, problem(&tree.state)) {
            (State::Record(record), _) => {
                writeln!(out, "{domain}   {}\n", printable(&String::from_utf8_lossy(record.text())))?;
                self.sums(out, paint)?;
            }
            (_, problem) => {
                let problem = problem.unwrap_or_default();
                writeln!(out, "{domain}   {}", paint.tone(Tone::Bad, &printable(&problem)))?;
            }
        }
        if !tree.branches.is_empty() {
            let mut table = Table::new(&[
                Column("LOOKUPS", Set::Right),
                Column("VOID", Set::Right),
                Column("IPV4", Set::Right),
                Column("IPV6", Set::Right),
                Column("TERM", Set::Left),
            ]);
            rows(tree, 0, &mut table);
            writeln!(out)?;
            table.write(out, screen, paint)?;
        }
        writeln!(out)?;
        self.asked.text(out, paint)
    }
}

impl Leads {
    fn sums(&self, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        let (lookups, void) = (self.tree.lookups(), self.tree.void_lookups());
        let of = |number: u32, most: u32| {
            let tone = if number > most { Tone::Bad } else { Tone::Plain };
            paint.tone(tone, &format!("{number} of {most}"))
        };
        let most = of(lookups, MOST_LOOKUPS);
        writeln!(out, "lookups   {most}, void {}", of(void, MOST_VOID_LOOKUPS))?;
        if !faults(&self.tree).is_empty() {
            let text = "permerror for everyone, as the record has a fault";
            return writeln!(out, "result    {}", paint.tone(Tone::Bad, text));
        }
        if self.tree.passes_everyone() {
            return writeln!(out, "passes    {}", paint.tone(Tone::Bad, "everyone on the internet"));
        }
        let extent = Extent::of(&self.tree.passing());
        let (v4, v6) = (number(extent.v4), number(extent.v6));
        let others = match Family::BOTH.map(|family| otherwise(&self.tree, family)) {
            [one, other] if one == other => one.to_owned(),
            [v4, v6] => format!("{v4} by IPv4, {v6} by IPv6"),
        };
        writeln!(out, "passes    {v4} IPv4 and {v6} IPv6 addresses; others: {others}")
    }
}

/// What becomes of senders that no term matches.
fn otherwise(tree: &Tree, family: Family) -> &'static str {
    if tree.record().is_none() {
        return Verdict::None.as_str();
    }
    if !faults(tree).is_empty() {
        return Verdict::PermError.as_str();
    }
    tree.of_everybody_else(family).map_or(Verdict::Neutral, Verdict::from).as_str()
}

fn object(tree: &Tree) -> TreeObject<'_> {
    let record = tree.record();
    TreeObject {
        domain: &tree.domain,
        state: state(&tree.state),
        record: record.map(|record| String::from_utf8_lossy(record.text()).into_owned()),
        problem: problem(&tree.state),
        faults: faults(tree)
            .into_iter()
            .map(|(term, kind)| Fault { term, problem: kind.to_string() })
            .collect(),
        lookups: tree.lookups(),
        void_lookups: tree.void_lookups(),
        addresses: (&*tree.passing()).into(),
        terms: tree.branches.iter().map(term).collect(),
    }
}

fn faults(tree: &Tree) -> Vec<(String, FaultKind)> {
    let Some(record) = tree.record() else { return Vec::new() };
    record.faults().iter().map(|fault| (record.shown(fault.span()), fault.kind())).collect()
}

fn term(branch: &Branch) -> TermObject<'_> {
    TermObject {
        term: &branch.text,
        kind: kind(branch.role),
        result: branch.qualifier.map(|qualifier| Verdict::from(qualifier).as_str()),
        target: branch.target.as_deref(),
        reached: branch.reached,
        depends_on_message: branch.dynamic,
        lookups: branch.lookups(),
        void_lookups: branch.void_lookups(),
        everyone: branch.everyone,
        addresses: (&*branch.nets).into(),
        ranges: branch.nets.iter().map(ToString::to_string).collect(),
        failed: branch.failed.iter().map(|(query, failure)| format!("{query}: {failure}")).collect(),
        leads_to: branch.child.as_deref().map(object),
    }
}

const fn kind(role: Role) -> &'static str {
    match role {
        Role::All => "all",
        Role::Include => "include",
        Role::A => "a",
        Role::Mx => "mx",
        Role::Ptr => "ptr",
        Role::Range => "range",
        Role::Exists => "exists",
        Role::Redirect => "redirect",
        Role::Explain => "exp",
        Role::Unknown => "unknown",
    }
}

const fn state(state: &State) -> &'static str {
    match state {
        State::Record(_) => "record",
        State::NoRecord => "none",
        State::Several(_) => "several",
        State::Failed(_) => "undecided",
        State::Loop(_) => "loop",
        State::NotADomain => "not_a_domain",
        State::Cut => "cut",
    }
}

/// Why there is no tree below.
fn problem(state: &State) -> Option<String> {
    Some(match state {
        State::Record(_) => return None,
        State::NoRecord => "no SPF record".to_owned(),
        State::Several(records) => format!("{} SPF records", records.len()),
        State::Failed(failure) => format!("not decided: {failure}"),
        State::Loop(way) => format!("leads in a circle: {}", way.join(" → ")),
        State::NotADomain => "no domain that can have a record".to_owned(),
        State::Cut => "not followed further".to_owned(),
    })
}

/// A row for each term, those of the records that it leads to below it.
fn rows(tree: &Tree, depth: usize, table: &mut Table) {
    for branch in &tree.branches {
        let shown = |count: u32| if count == 0 { String::new() } else { count.to_string() };
        let extent = Extent::of(&branch.nets);
        let addresses = |count: u128| if count == 0 { String::new() } else { number(count) };
        let remark = remark(branch);
        let gap = if remark.is_empty() { "" } else { "   " };
        let text = Cell::from(format!("{}{}{gap}{remark}", "  ".repeat(depth), branch.text));
        let wrong = branch.child.as_deref().is_some_and(|child| child.record().is_none());
        let tone = match branch.reached {
            _ if wrong || branch.void == Some(true) || !branch.failed.is_empty() => Tone::Warn,
            true => Tone::Plain,
            false => Tone::Dim,
        };
        table.row(vec![
            shown(branch.lookups()).into(),
            shown(branch.void_lookups()).into(),
            addresses(extent.v4).into(),
            addresses(extent.v6).into(),
            text.tone(tone),
        ]);
        if let Some(child) = &branch.child {
            rows(child, depth + 1, table);
        }
    }
    for (term, kind) in faults(tree) {
        let text = format!("{}{term}   {kind}", "  ".repeat(depth));
        table.row(vec!["".into(), "".into(), "".into(), "".into(), Cell::from(text).tone(Tone::Bad)]);
    }
}

/// What is to be said about a term.
fn remark(branch: &Branch) -> String {
    let mut remarks = Vec::new();
    if !branch.reached {
        remarks.push("never reached".to_owned());
    }
    remarks.extend(branch.child.as_deref().and_then(|child| problem(&child.state)));
    if branch.void == Some(true) && branch.child.is_none() {
        remarks.push("finds nothing".to_owned());
    }
    if branch.dynamic {
        remarks.push("the message decides".to_owned());
    }
    remarks.extend(branch.failed.first().map(|(query, failure)| format!("not decided: {query}: {failure}")));
    remarks.join("; ")
}

/// A number of addresses.
fn number(count: u128) -> String {
    match u64::try_from(count) {
        Ok(small) if count <= COUNTED => grouped(small),
        _ => {
            let exact = if count.is_power_of_two() { "" } else { "~" };
            format!("{exact}2^{}", count.ilog2())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_addresses_are_a_power_of_two() {
        assert_eq!(number(0), "0");
        assert_eq!(number(1 << 32), "4 294 967 296");
        assert_eq!(number(1 << 96), "2^96");
        assert_eq!(number((1 << 64) + 1), "~2^64");
        assert_eq!(number(u128::MAX), "~2^127");
    }
}
