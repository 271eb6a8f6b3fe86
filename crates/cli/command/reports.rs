//! `reports`: the reports held, and one of them in detail.

use whosends_core::model::Scope;
use whosends_core::store::{ReportFilter, ReportId, ReportRow};

use super::{Context, period};
use crate::args::{Format, Reports, ReportsCommand, ReportsList, ReportsShow};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::format::OrJson;
use crate::render::answer::Extent;
use crate::render::report::{Detail, Origin};
use crate::render::reports::{Answer, Line, State};
use crate::streams::Streams;

/// Reports that the table shows where nobody asks for more.
const SHOWN: u64 = 50;

/// Answers `reports` and `reports show`.
pub(crate) fn run(args: &Reports, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    match &args.command {
        Some(ReportsCommand::Show(args)) => show(args, context, streams),
        None => list(&args.list, context, streams),
    }
}

fn list(args: &ReportsList, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let domain = args.domain.as_ref();
    let period = period::everything(&args.period, domain, &store, context.today)?;
    let format = args.format.get();
    let limit = args.limit.or((format == Format::Table).then_some(SHOWN));
    let rows = store.reports(&ReportFilter {
        filter: period::filter(domain, period),
        reporter: args.reporter.clone(),
        report_id: None,
        conflicting: args.conflicting,
        // One more than is shown tells whether there are more.
        limit: limit.map(|limit| limit.saturating_add(1)),
    })?;
    let mut reports: Vec<Line> = rows.into_iter().map(Line::from).collect();
    let most = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let more = reports.len() > most;
    reports.truncate(most);
    let answer = Answer { reports, more };
    streams.write(&answer, format, Extent::default())?;
    match (answer.reports.is_empty(), args.conflicting, &args.reporter) {
        (false, ..) => Ok(Exit::Fine),
        (true, true, _) => {
            streams.say("No report conflicts with another.");
            Ok(Exit::Fine)
        }
        (true, false, Some(reporter)) => {
            Err(Failure::new(format!("no report of a reporter like `{reporter}`"))
                .hint("`whosends sources --by reporter --since all` lists the reporters there are"))
        }
        (true, false, None) => Err(period::nothing(domain, period, &store)?),
    }
}

fn show(args: &ReportsShow, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let id = ReportId(args.id);
    let Some(report) = store.report(&Scope::All, id)? else {
        return Err(Failure::new(format!("no report {}", args.id)).hint("`whosends reports` lists them"));
    };
    let detail = Detail {
        line: report.row.into(),
        header: &report.header,
        ingested_at: report.ingested_at,
        origins: report
            .origins
            .iter()
            .map(|from| Origin {
                place: &from.origin.place,
                mail_from: from.origin.mail_from.as_deref(),
                message_id: from.origin.message_id.as_deref(),
                seen_at: from.seen_at,
            })
            .collect(),
        notes: report
            .notes
            .iter()
            .map(|note| crate::render::report::Note {
                code: &note.code,
                path: &note.path,
                raw: note.raw.as_deref(),
                line: note.line,
                times: note.times,
            })
            .collect(),
        records: &|visit| store.report_records(&Scope::All, id, visit),
    };
    streams.write(&detail, OrJson(args.json), Extent::default())?;
    Ok(Exit::Fine)
}

impl From<ReportRow> for Line {
    fn from(row: ReportRow) -> Self {
        Self {
            id: row.id.0,
            reporter: row.reporter.name().map(str::to_owned),
            policy_domain: row.domain.to_string(),
            report_id: row.report_id,
            begin: row.begin,
            end: row.end,
            state: if row.counts { State::Counts } else { State::Superseded },
            truncated: row.truncated,
            multi_day: row.multi_day,
            records: row.records,
            messages: row.messages,
            records_skipped: row.records_skipped,
            notes: row.notes,
        }
    }
}
