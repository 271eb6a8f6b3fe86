//! `replay`: what another policy would have done to the stored mail.

use whosends_core::analysis::alignment::{Mode, Modes};
use whosends_core::analysis::replay::{Action, Hypothesis, Rehearsal, Replayed};
use whosends_core::answers::{Existence, Known, Traffic, policy_log};
use whosends_core::model::PolicyPublished;
use whosends_core::model::{Domains, Period, Scope};
use whosends_core::store::Store;

use super::{Context, dns, period};
use crate::args::{Format, ModeWord, PolicyWord, Replay};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::number::count;
use crate::render::replay::Answer;
use crate::streams::Streams;

/// Answers `replay`.
pub(crate) fn run(args: &Replay, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let domain = Some(&args.domain);
    let period = period::everything(&args.period, domain, &store, context.today)?;
    let known = Known::load(&context.known()?, &store, &Domains::asked(domain.cloned()))?;
    super::warn(&known.warnings(&Scope::All), streams);
    let found = store.domains(&period::filter(domain, period))?;
    if found.is_empty() {
        return Err(period::nothing(domain, period, &store)?);
    }
    let policy = found.into_iter().map(|found| found.policy).find(|policy| policy.domain == args.domain);
    let hypothesis = hypothesis(args, policy.as_ref());
    let traffic = Traffic::read(&store, &Domains::asked(domain.cloned()), period)?;
    streams.detail(&format!("{} read", count(traffic.rows, "record", "records")));
    let replayed = replay(args, hypothesis, (&store, &known, &traffic), period)?;
    let left_out = period::left_out(&store, domain, period, context.today)?;
    let (domain, policy, catalogue) = (&args.domain, policy.as_ref(), &known.catalogue);
    let answer = Answer { domain, policy, hypothesis, period, left_out, catalogue, replayed: &replayed };
    if args.format.get() == Format::Table {
        period::tell_age(Some(domain), &store, context.today, streams)?;
    }
    streams.write(&answer, args.format.get(), Extent::all(args.all))?;
    Ok(Exit::Fine)
}

fn replay(
    args: &Replay,
    hypothesis: Hypothesis,
    (store, known, traffic): (&Store, &Known, &Traffic),
    period: Period,
) -> Result<Replayed, Failure> {
    let given = args.offline.as_deref().map(dns::read).transpose()?;
    let existence = Existence::read(store, Some(&args.domain), &traffic.names, given)?;
    let log = policy_log(store, &Domains::asked(Some(args.domain.clone())), period)?;
    let exists = |name: &_| existence.of(name);
    let mut rehearsal = Rehearsal::new(&traffic.names, &log, &args.domain, &exists);
    traffic.judge(known, &mut |judged| rehearsal.add(judged));
    Ok(rehearsal.replay(hypothesis))
}

/// The policy to judge by. The alignment is that of the newest report unless another one is asked for.
fn hypothesis(args: &Replay, policy: Option<&PolicyPublished>) -> Hypothesis {
    let published = policy.map(Modes::of);
    Hypothesis {
        p: args.p.into(),
        sp: args.sp.map(Action::from),
        np: args.np.map(Action::from),
        dkim: args.adkim.map(Mode::from).or(published.map(|modes| modes.dkim)),
        spf: args.aspf.map(Mode::from).or(published.map(|modes| modes.spf)),
    }
}

impl From<PolicyWord> for Action {
    fn from(word: PolicyWord) -> Self {
        match word {
            PolicyWord::None => Self::None,
            PolicyWord::Quarantine => Self::Quarantine,
            PolicyWord::Reject => Self::Reject,
        }
    }
}

impl From<ModeWord> for Mode {
    fn from(word: ModeWord) -> Self {
        match word {
            ModeWord::Relaxed => Self::Relaxed,
            ModeWord::Strict => Self::Strict,
        }
    }
}
