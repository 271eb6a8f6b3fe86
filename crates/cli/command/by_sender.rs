//! `sources` by sender, and the table after `ingest`.

use whosends_core::analysis::attribution::{BySender, Senders};
use whosends_core::answers::Known;
use whosends_core::model::{Domains, Name, Scope};
use whosends_core::store::{DomainSummary, Store};

use super::{Context, period, ready};
use crate::args::{self, ClassFilter, Format, PeriodArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::by_sender::Answer;
use crate::render::number::count;
use crate::render::paint::Tone;
use crate::render::period::LeftOut;
use crate::render::ready::Domain as NextStep;
use crate::render::sums::Domain;
use crate::streams::Streams;

/// Records that are judged twice within a moment.
const SOON: u64 = 200_000;

/// Answers `sources` by sender.
pub(super) fn run(
    args: &args::Sources,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let mut found = Found::find(&store, context, args.domain.as_ref(), &args.period)?;
    streams.detail(&format!("{} read", count(found.rows, "record", "records")));
    super::warn(found.known.warnings(&Scope::All), streams);
    for domain in &mut found.senders.domains {
        domain.senders.retain(|sender| ClassFilter::admit(&args.class, sender.judgement.class));
    }
    let is_customary = args.class.is_empty() && args.period == PeriodArgs::default();
    if is_customary && args.format.get() == Format::Table {
        found.look_ahead(&store, context, args.domain.as_ref())?;
    }
    let is_empty = found.senders.domains.is_empty();
    if args.format.get() == Format::Table && !is_empty {
        period::tell_age(args.domain.as_ref(), &store, context.today, streams)?;
    }
    let answer = found.answer();
    match args.format.get() {
        Format::Table if is_empty => {}
        format => streams.write(&answer, format, Extent { limit: args.limit, all: args.all })?,
    }
    if is_empty {
        Err(period::nothing(args.domain.as_ref(), found.senders.period, &store)?)
    } else {
        Ok(Exit::Fine)
    }
}

/// Shows who sends after reports were read.
pub(super) fn after_ingest(
    context: &Context<'_>,
    store: &Store,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let mut found = Found::find(store, context, None, &PeriodArgs::default())?;
    found.look_ahead(store, context, None)?;
    period::tell_age(None, store, context.today, streams)?;
    streams.write(&found.answer(), Format::Table, Extent::default())?;
    if found.rows > SOON {
        let text = "Whether these domains can enforce takes a moment longer: `whosends ready` says it.";
        let text = streams.paint().tone(Tone::Dim, text);
        writeln!(streams.out(), "{text}")?;
    }
    Ok(())
}

/// What was found.
struct Found {
    known: Known,
    /// Records that were added up.
    rows: u64,
    senders: Senders,
    /// The domains of `senders`, in the same order.
    domains: Vec<DomainSummary>,
    left_out: LeftOut,
    /// How the domains stand to their next steps, where somebody looked.
    next_steps: Vec<NextStep>,
}

impl Found {
    fn find(
        store: &Store,
        context: &Context<'_>,
        domain: Option<&Name>,
        period: &PeriodArgs,
    ) -> Result<Self, Failure> {
        let period = period::recent(period, domain, store, context.today)?;
        let (known, traffic) =
            Known::load_with_traffic(&context.known()?, store, &Domains::asked(domain.cloned()), period)?;
        let mut sums = BySender::new(&traffic.names, period, traffic.first_day(), context.today);
        traffic.judge(&known, &mut |judged| sums.add(judged));
        let senders = sums.finish();
        let mut summaries = period::summaries(store, domain, period)?;
        let names = &traffic.names.domains;
        let domains = senders.domains.iter().filter_map(|sums| summaries.remove(names.get(&sums.domain)?));
        let domains = domains.collect();
        let left_out = period::left_out(store, domain, period, context.today)?;
        let next_steps = Vec::new();
        Ok(Self { known, rows: traffic.rows, senders, domains, left_out, next_steps })
    }

    /// Looks at how the domains stand to their next steps. That judges everything again by the quarter, which no
    /// one should wait for who only wants to know who sends.
    fn look_ahead(
        &mut self,
        store: &Store,
        context: &Context<'_>,
        domain: Option<&Name>,
    ) -> Result<(), Failure> {
        if self.rows <= SOON {
            self.next_steps = ready::next_steps(domain, context, (store, &self.known))?;
        }
        Ok(())
    }

    fn answer(&self) -> Answer<'_> {
        let domains = self.domains.iter().map(|summary| Domain {
            name: summary.domain.as_str(),
            policy: &summary.policy,
            reports: summary.reports,
        });
        Answer {
            senders: &self.senders,
            catalogue: &self.known.catalogue,
            domains: domains.collect(),
            left_out: self.left_out,
            next_steps: &self.next_steps,
        }
    }
}
