//! What each term of an SPF record carried.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;
use whosends_core::analysis::spf_use::Sent;
use whosends_core::dns::spf::{Branch, MOST_LOOKUPS, Role, Tree};
use whosends_core::model::Day;
use whosends_core::model::Period;

use super::answer::{Json, Screen, Show};
use super::dns::{Asked, Kept};
use super::json::{self, SCHEMA};
use super::number::{count, grouped};
use super::paint::Tone;
use super::period::{self, Days};
use super::printable::printable;
use super::table::{Cell, Column, Set, Table};

/// A record, and what it carried.
#[derive(Debug)]
pub(crate) struct Used {
    /// The record with all that it leads to.
    pub(crate) tree: Tree,
    /// What was carried by the term at the end of a way: each step a domain and a term of its record.
    pub(crate) carried: HashMap<Vec<(String, String)>, Carried>,
    /// Messages of which it can't be told which term carried them: DNS did not answer, or the message decides.
    pub(crate) open: u64,
    /// The days that were looked at.
    pub(crate) period: Period,
    /// Of which day DNS is, where nobody was asked.
    pub(crate) kept: Option<Kept>,
    /// What it cost.
    pub(crate) asked: Asked,
}

/// What a term carried.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Carried {
    messages: u64,
    recent: u64,
    spf_alone: u64,
    addresses: u64,
    last: Option<Day>,
}

impl Carried {
    /// Adds what one address sent.
    pub(crate) fn add(&mut self, sent: &Sent) {
        self.messages = self.messages.saturating_add(sent.asked());
        self.recent = self.recent.saturating_add(sent.recent);
        self.spf_alone = self.spf_alone.saturating_add(sent.spf_alone);
        self.addresses += 1;
        self.last = self.last.max(sent.last);
    }
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    domain: &'a str,
    period: Days,
    held: Option<String>,
    lookups: u32,
    lookups_without_unused: u32,
    undecided: u64,
    terms: Vec<Line>,
    #[serde(flatten)]
    asked: &'a Asked,
}

/// A term in the order of the tree.
#[derive(Serialize)]
struct Line {
    domain: String,
    term: String,
    depth: usize,
    lookups: u32,
    messages: u64,
    messages_30: u64,
    spf_alone: u64,
    addresses: u64,
    last_day: Option<String>,
    unused: bool,
}

impl Json for Used {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let terms = self.lines();
        let object = Object {
            schema: SCHEMA,
            domain: &self.tree.domain,
            period: self.period.into(),
            held: self.kept.and_then(|kept| kept.held).map(|day| day.to_string()),
            lookups: self.tree.lookups(),
            lookups_without_unused: self.lookups_without_unused(&terms),
            undecided: self.open,
            terms,
            asked: &self.asked,
        };
        json::pretty(out, &object)
    }
}

impl Show for Used {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, .. } = screen;
        let lines = self.lines();
        let domain = paint.tone(Tone::Head, &printable(&self.tree.domain));
        let kept = self.kept.map_or_else(String::new, |kept| format!(", {}", kept.in_words()));
        writeln!(out, "{domain}   {}{kept}\n", period::in_words(self.period))?;
        let mut table = Table::new(&[
            Column("90 DAYS", Set::Right),
            Column("30 DAYS", Set::Right),
            Column("SPF ALONE", Set::Right),
            Column("IPS", Set::Right),
            Column("LAST SEEN", Set::Left),
            Column("LOOKUPS", Set::Right),
            Column("TERM", Set::Left),
        ]);
        for line in &lines {
            let number = |number: u64| if number == 0 { String::new() } else { grouped(number) };
            let lookups = if line.lookups == 0 { String::new() } else { line.lookups.to_string() };
            let tone = if line.unused { Tone::Warn } else { Tone::Plain };
            let remark = if line.unused { "   carried nothing" } else { "" };
            table.row(vec![
                number(line.messages).into(),
                number(line.messages_30).into(),
                number(line.spf_alone).into(),
                number(line.addresses).into(),
                line.last_day.as_deref().unwrap_or_default().into(),
                lookups.into(),
                Cell::from(format!("{}{}{remark}", "  ".repeat(line.depth), line.term)).tone(tone),
            ]);
        }
        table.write(out, screen, paint)?;
        let (now, without) = (self.tree.lookups(), self.lookups_without_unused(&lines));
        writeln!(out, "\nlookups   {now} of {MOST_LOOKUPS}")?;
        if without < now {
            writeln!(
                out,
                "          {without} without the terms of {} that carried nothing",
                self.tree.domain
            )?;
        }
        if self.open > 0 {
            let text = "can't be told: DNS did not answer, or the message decides";
            writeln!(out, "undecided {} {text}", count(self.open, "message", "messages"))?;
        }
        self.asked.text(out, paint)
    }
}

impl Used {
    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        self.add(&self.tree, &mut Vec::new(), &mut lines);
        lines
    }

    fn add(&self, tree: &Tree, way: &mut Vec<(String, String)>, lines: &mut Vec<Line>) {
        for branch in
            tree.branches.iter().filter(|branch| branch.qualifier.is_some() || branch.child.is_some())
        {
            way.push((tree.domain.clone(), branch.text.clone()));
            let carried = self.carried.get(way).copied().unwrap_or_default();
            lines.push(Line {
                domain: tree.domain.clone(),
                term: branch.text.clone(),
                depth: way.len() - 1,
                lookups: branch.lookups(),
                messages: carried.messages,
                messages_30: carried.recent,
                spf_alone: carried.spf_alone,
                addresses: carried.addresses,
                last_day: carried.last.map(|day| day.to_string()),
                // Where it can't be told of some mail, no term is known to carry none.
                unused: carried.messages == 0 && self.open == 0 && can_go(branch),
            });
            if let Some(child) = &branch.child {
                self.add(child, way, lines);
            }
            way.pop();
        }
    }

    /// The lookups that stay where the owner of the record takes out what carried nothing.
    fn lookups_without_unused(&self, lines: &[Line]) -> u32 {
        let unused = lines.iter().filter(|line| line.depth == 0 && line.unused);
        unused.fold(self.tree.lookups(), |rest, line| rest.saturating_sub(line.lookups))
    }
}

/// Whether a term that carried nothing may be taken out for that: not `all`, and not one that is there for other
/// reasons than to name senders.
const fn can_go(branch: &Branch) -> bool {
    branch.reached
        && matches!(branch.role, Role::Include | Role::A | Role::Mx | Role::Range | Role::Exists | Role::Ptr)
}
