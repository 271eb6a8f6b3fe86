//! `export`: every counting record, for other tools.

use std::ops::ControlFlow;
use std::sync::Arc;

use whosends_core::analysis::period::Period;
use whosends_core::store::{ExportRecord, ExportReport, Store};

use super::{Context, period};
use crate::args::{Export, ExportFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::export::{Form, Head, Lines};
use crate::streams::Streams;

/// Answers `export`.
pub(crate) fn run(args: &Export, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let domain = args.domain.as_ref();
    let period = period::everything(&args.period, domain, &store, context.today)?;
    let mut lines = Lines::new(args.format.into());
    let mut report: Option<Arc<ExportReport>> = None;
    let out = streams.out();
    lines.begin(out)?;
    let mut write = |record: &ExportRecord| {
        if !report.as_ref().is_some_and(|last| Arc::ptr_eq(last, &record.report)) {
            lines.report(&head(&record.report))?;
            report = Some(Arc::clone(&record.report));
        }
        lines.record(out, record.source_ip, record.count, &record.combination)
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

/// Reports may hold no record at all: that is an answer. No report is none.
fn empty(args: &Export, period: Period, store: &Store) -> Result<Exit, Failure> {
    let domain = args.domain.as_ref();
    match store.domains(&period::filter(domain, period))?.is_empty() {
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
