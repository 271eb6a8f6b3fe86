//! What `check` proposes, beside the mail that is stored: no record that it names may lose what reports saw pass.

use std::collections::HashSet;

use whosends_core::analysis::replay::{Action, Hypothesis, Rehearsal};
use whosends_core::answers::{Existence, Known, QUARTER, policy_log};
use whosends_core::dns::check::{Advice, Check, Finding, Posture, Target, posture};
use whosends_core::dns::record::dmarc::{DmarcRecord, rank};
use whosends_core::model::words::Policy;
use whosends_core::model::{Domains, Name, Period};

use super::dns::Conversation;
use super::{Context, seen, spf_use};
use crate::failure::Failure;
use crate::render::number::count;
use crate::streams::Streams;

/// Takes back what would lose mail. Where there are no reports nothing is known of any.
pub(super) fn spare(
    found: &mut Posture,
    (target, name): (&Target, &Name),
    context: &Context<'_>,
    conversation: &mut Conversation<'_>,
    streams: &mut Streams,
) {
    if !seen::has_database(context) {
        return;
    }
    spare_senders(found, (target, name), context, conversation, streams);
    let counts = found.dmarc.effective().unwrap_or(Policy::None);
    let mut spared: Vec<(String, Option<u64>)> = Vec::new();
    for finding in &mut found.findings {
        let Some(Advice { text, records }) = &mut finding.advice else { continue };
        let stricter = records.iter().find_map(|record| stricter(&record.owner, &record.value, &counts));
        let Some((domain, record)) = stricter else { continue };
        let value = records.first().map(|record| record.value.clone()).unwrap_or_default();
        let known = spared.iter().find(|(other, _)| *other == value).map(|(_, lost)| *lost);
        let lost = known.unwrap_or_else(|| lost_by(&domain, &record, context, streams).ok().flatten());
        spared.push((value, lost));
        if let Some(lost) = lost.filter(|lost| *lost > 0) {
            records.clear();
            let messages = count(lost, "message", "messages");
            *text = format!(
                "the policy that is meant here would lose {messages} of yours that reports saw in 90 days: see to their \
                 senders first"
            );
        }
    }
}

/// Judges the domain again with the addresses that reports saw pass, where a record takes away what may pass them.
fn spare_senders(
    found: &mut Posture,
    (target, name): (&Target, &Name),
    context: &Context<'_>,
    conversation: &mut Conversation<'_>,
    streams: &mut Streams,
) {
    let takes = |finding: &Finding| matches!(finding.check, Check::SpfPtr | Check::SpfAllPass);
    if !found.findings.iter().any(takes) {
        return;
    }
    let Ok(passing) = spf_use::passing(name, context, streams) else { return };
    let target = Target { passing, ..target.clone() };
    let Some(again) = conversation.settle(|inquiry| posture(inquiry, &target)).value else { return };
    // Findings that were left out stay so.
    let told: HashSet<_> = found.findings.iter().map(|one| (one.check, one.subject.clone())).collect();
    found.findings = again.findings;
    found.findings.retain(|one| told.contains(&(one.check, one.subject.clone())));
}

/// The domain and policy of a record that is stricter than what counts.
fn stricter(owner: &str, value: &str, counts: &Policy) -> Option<(Name, DmarcRecord)> {
    let domain = Name::from_stated(owner.strip_prefix("_dmarc.")?)?;
    let record = DmarcRecord::parse(value.as_bytes())?;
    let is_stricter =
        [&record.p, &record.sp, &record.np].into_iter().flatten().any(|policy| rank(policy) > rank(counts));
    is_stricter.then_some((domain, record))
}

/// The messages of the owner's in 90 days of reports that a policy would have lost; `None` where there are no reports.
fn lost_by(
    domain: &Name,
    record: &DmarcRecord,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Option<u64>, Failure> {
    let store = context.store(streams)?;
    let domains = Domains::asked(Some(domain.clone()));
    let Some(newest) = store.newest_day(&domains, context.today)? else { return Ok(None) };
    let period = Period { from: Some(newest.plus(1 - QUARTER)), to: Some(newest) };
    let (known, traffic) = Known::load_with_traffic(&context.known()?, &store, &domains, period)?;
    let existence = Existence::read(&store, Some(domain), &traffic.names, None)?;
    let log = policy_log(&store, &domains, period)?;
    let exists = |name: &_| existence.of(name);
    let mut rehearsal = Rehearsal::new(&traffic.names, &log, domain, &exists);
    traffic.judge(&known, &mut |judged| rehearsal.add(judged));
    let action = |policy: &Option<Policy>| policy.as_ref().map(Action::of);
    let hypothesis = Hypothesis {
        p: action(&record.p).unwrap_or_default(),
        sp: action(&record.sp),
        np: action(&record.np),
        dkim: None,
        spf: None,
    };
    Ok(Some(rehearsal.replay(hypothesis).replay.legitimate().0))
}
