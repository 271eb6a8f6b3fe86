//! `export`: every counting record, for other tools.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use whosends_core::analysis::attribution::NamedRecords;
use whosends_core::model::Period;
use whosends_core::model::{Domains, Name, Scope};
use whosends_core::senders::{Catalogue, Class, SourceKey};
use whosends_core::store::{ExportRecord, ExportReport, Store};

use super::{Context, period};
use crate::args::{Export, ExportFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::export::{Form, Head, Lines, Named};
use crate::streams::Streams;
use whosends_core::answers::Known;

/// Answers `export`.
pub(crate) fn run(args: &Export, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let domain = args.domain.as_ref();
    let period = period::everything(&args.period, domain, &store, context.today)?;
    let (named, known) = named(domain, period, context, &store, streams)?;
    let mut senders = Senders { catalogue: &known.catalogue, texts: HashMap::new() };
    let mut lines = Lines::new(args.format.into());
    let mut report: Option<Arc<ExportReport>> = None;
    let out = streams.out();
    lines.begin(out)?;
    let mut write = |record: &ExportRecord| {
        if !report.as_ref().is_some_and(|last| Arc::ptr_eq(last, &record.report)) {
            lines.report(&head(&record.report))?;
            report = Some(Arc::clone(&record.report));
        }
        let head = &record.report;
        let found = named.get(head.domain, record.address, record.combination_id, head.day);
        let found = found.map_or_else(Named::default, |(source, class)| senders.named(source, class));
        lines.record(out, record.source_ip, record.count, &record.combination, found)
    };
    let mut failed = None;
    store.export(&period::filter(domain, period), &mut |record| match write(record) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    })?;
    match failed {
        Some(error) => Err(error.into()),
        None if report.is_none() => empty(args, period, &store),
        None => Ok(Exit::Fine),
    }
}

/// Judges the same records, the way `sources` does.
fn named(
    domain: Option<&Name>,
    period: Period,
    context: &Context<'_>,
    store: &Store,
    streams: &mut Streams,
) -> Result<(NamedRecords, Known), Failure> {
    let domains = Domains::asked(domain.cloned());
    let (known, traffic) = Known::load_with_traffic(&context.known()?, store, &domains, period)?;
    super::warn(&known.warnings(&Scope::All), streams);
    let mut named = NamedRecords::default();
    traffic.judge(&known, &mut |judged| named.add(judged));
    Ok((named, known))
}

/// The ids of senders that have a name.
struct Senders<'a> {
    catalogue: &'a Catalogue,
    texts: HashMap<SourceKey, String>,
}

impl Senders<'_> {
    fn named(&mut self, source: &SourceKey, class: Class) -> Named<'_> {
        if source.is_named() && !self.texts.contains_key(source) {
            self.texts.insert(source.clone(), source.text(self.catalogue));
        }
        Named { sender: self.texts.get(source).map(String::as_str), class: Some(class.as_str()) }
    }
}

/// Reports may hold no record at all: that is an answer. No report is none.
fn empty(args: &Export, period: Period, store: &Store) -> Result<Exit, Failure> {
    let domain = args.domain.as_ref();
    match store.reported_domains(&period::filter(domain, period))?.is_empty() {
        true => Err(period::nothing(domain, period, store)?),
        false => Ok(Exit::Fine),
    }
}

fn head(report: &ExportReport) -> Head<'_> {
    Head::new(
        (report.reporter.as_deref(), report.report_id.as_deref()),
        (report.begin, report.end),
        &report.policy,
    )
}

impl From<ExportFormat> for Form {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Ndjson => Self::Ndjson,
            ExportFormat::Csv => Self::Csv,
        }
    }
}
