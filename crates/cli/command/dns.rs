//! Where the answers of DNS come from: name servers, or a conversation that was kept.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use whosends_core::dns::live::{HttpsOptions, Live, LiveOptions};
use whosends_core::dns::resolve::{Arrived, Bounds, Immediate, Resolver, Settled, drive, not_kept};
use whosends_core::dns::{Answers, Inquiry, Query};
use whosends_core::model::Day;
use whosends_core::written;

use crate::args::DnsArgs;
use crate::failure::Failure;
use crate::own_file;
use crate::render::dns::{Asked, Kept};

/// The longest kept conversation that is read, in MiB.
const LONGEST_KEPT: u64 = 1 << 10;
/// How long one try of a question waits for its answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// A conversation with DNS.
pub(super) struct Conversation<'a> {
    args: &'a DnsArgs,
    pub(super) resolver: Watched,
    pub(super) answers: Answers,
    /// Whom it is held with.
    pub(super) with: Vec<String>,
}

impl<'a> Conversation<'a> {
    /// A conversation that the arguments ask for.
    pub(super) fn open(args: &'a DnsArgs) -> Result<Self, Failure> {
        if let Some(path) = &args.offline {
            let answers = read(path)?;
            let resolver = Watched::new(Immediate::new(not_kept));
            return Ok(Self { args, resolver, answers, with: vec![path.display().to_string()] });
        }
        let usual = LiveOptions::default();
        let chosen = args.in_flight.map(NonZeroUsize::get);
        let options = LiveOptions {
            servers: args.resolver.clone(),
            in_flight: chosen.unwrap_or(usual.in_flight),
            most_in_flight: chosen.unwrap_or(usual.most_in_flight),
            timeout: PATIENCE,
            https: HttpsOptions { allow_private: args.allow_private, ..HttpsOptions::default() },
        };
        let live = Live::new(options).map_err(|error| {
            let failure = Failure::new(error.to_string());
            let failure = match std::error::Error::source(&error) {
                Some(source) => failure.because(source),
                None => failure,
            };
            failure.hint("name the name server to ask with `--resolver ADDR`")
        })?;
        let with = live.servers();
        Ok(Self { args, resolver: Watched::new(live), answers: Answers::new(), with })
    }

    /// A conversation that was held before: nobody is asked.
    pub(super) fn kept(args: &'a DnsArgs, answers: Answers) -> Self {
        let resolver = Watched::new(Immediate::new(not_kept));
        Self { args, resolver, answers, with: vec!["what the database kept".to_owned()] }
    }

    /// Evaluates until it is decided.
    pub(super) fn settle<T>(&mut self, evaluate: impl Fn(&Inquiry<'_>) -> Option<T>) -> Settled<T> {
        drive(&mut self.resolver, &mut self.answers, &Bounds::default(), evaluate)
    }

    /// What it cost to ask so many questions.
    pub(super) fn cost(&self, queries: usize) -> Asked {
        Asked {
            resolver: self.with.clone(),
            offline: self.args.offline.is_some(),
            queries,
            milliseconds: self.resolver.spent.as_millis(),
        }
    }

    /// Of which day its answers are; `None` where they were had now.
    pub(super) fn as_of(&self) -> Option<Kept> {
        self.args.offline.as_ref().map(|_| Kept { held: self.answers.held() })
    }

    /// Keeps the conversation where that is asked for, with its day.
    pub(super) fn keep(&self, today: Day) -> Result<(), Failure> {
        let Some(path) = &self.args.save else { return Ok(()) };
        let held = if self.args.offline.is_some() { self.answers.held() } else { Some(today) };
        let answers = self.answers.clone().held_on(held);
        written::replace(path, answers.to_json().as_bytes())
            .map_err(|error| Failure::new(format!("cannot write {}", path.display())).because(error))
    }
}

/// A resolver with the time that was spent waiting for it.
pub(super) struct Watched {
    inner: Box<dyn Resolver>,
    spent: Duration,
}

impl Watched {
    fn new(inner: impl Resolver + 'static) -> Self {
        Self { inner: Box::new(inner), spent: Duration::ZERO }
    }
}

impl Resolver for Watched {
    fn ask(&mut self, queries: Vec<Query>) {
        self.inner.ask(queries);
    }

    fn wait(&mut self, at_most: Duration) -> Arrived {
        let arrived = self.inner.wait(at_most);
        self.spent = self.spent.saturating_add(arrived.spent);
        arrived
    }
}

/// Reads a kept conversation.
pub(super) fn read(path: &Path) -> Result<Answers, Failure> {
    let failure = || Failure::new(format!("cannot read {}", path.display()));
    let text = own_file::text(path, LONGEST_KEPT).map_err(|error| failure().because(error))?;
    Answers::from_json(&text).map_err(|error| {
        failure().because(error).hint("`--save FILE` keeps a conversation that `--offline FILE` can read")
    })
}
