//! A resolver that asks real name servers: the only place here that names hickory, tokio or sockets.
//!
//! It talks to the servers without hickory's own resolver in between, which answers some names by itself
//! (`*.invalid`, `localhost`, ...), drops the aliases of names that do not exist, and reads names as IDNA.

mod dnssec;
mod http;
mod policy;
mod reply;
mod server;
mod wire;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use self::dnssec::Validator;
pub use self::server::NameServer;
use self::wire::Wire;
use super::answer::{Answer, Failure, Outcome};
use super::query::{Query, Want};
use super::resolve::{Arrived, Resolver};

/// How a [`Live`] resolver asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveOptions {
    /// The servers; none stands for those of the system.
    pub servers: Vec<NameServer>,
    /// How many questions are under way at the same time, to begin with.
    pub in_flight: usize,
    /// How many may become, where answers come from far: a question that waits costs its server nothing.
    pub most_in_flight: usize,
    /// How long one try waits for an answer.
    pub timeout: Duration,
    /// How policies are fetched.
    pub https: HttpsOptions,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            in_flight: 64,
            most_in_flight: 512,
            timeout: Duration::from_secs(2),
            https: HttpsOptions::default(),
        }
    }
}

/// How MTA-STS policies are fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpsOptions {
    /// The port of the server.
    pub port: u16,
    /// Whether an address may be connected to that nobody on the internet reaches. Who writes a domain's
    /// records must not be able to make this machine talk to its neighbours.
    pub allow_private: bool,
    /// Certificates (X.509, DER) of authorities that are trusted besides those of the web, for name servers
    /// too.
    pub authorities: Vec<Vec<u8>>,
}

impl Default for HttpsOptions {
    fn default() -> Self {
        Self { port: 443, allow_private: false, authorities: Vec::new() }
    }
}

/// Why no resolver could be made.
#[derive(Debug)]
pub struct LiveError {
    what: &'static str,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl LiveError {
    fn new(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { what, source: Some(source.into()) }
    }
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for LiveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// A resolver that asks real name servers, many questions at the same time.
///
/// One lost packet or one failing answer never decides: each question is tried up to three times within
/// 4.2 seconds. What was learnt about a server holds for the whole run: one that is silent is asked last, one that knows no
/// EDNS is asked without, and where nobody ever answers, only the first questions are waited for. Truncated answers are fetched over TCP. It fetches MTA-STS policies, and validates DNSSEC from
/// the root's keys, where the servers give them.
#[derive(Debug)]
pub struct Live {
    runtime: tokio::runtime::Runtime,
    asker: Arc<Asker>,
    tasks: JoinSet<(Query, Answer)>,
    /// What no task asks yet: one takes some 12 KB, and a thousand domains make sixty thousand questions.
    waiting: VecDeque<Query>,
    /// How many tasks there are at the same time.
    most_tasks: usize,
    /// What each task asks, should it not live to tell.
    asking: HashMap<Id, Query>,
}

/// What every task shares.
#[derive(Debug)]
struct Asker {
    wire: Arc<Wire>,
    validator: Validator,
    https: HttpsOptions,
}

impl Asker {
    async fn answer(&self, query: &Query) -> Answer {
        match query.want {
            Want::Records(kind) => self.wire.records(&query.name, kind).await,
            Want::MtaStsPolicy => policy::fetch(&self.wire, &self.https, &query.name).await.into(),
            Want::Security(kind) => self.validator.security(&query.name, kind).await.into(),
        }
    }
}

impl Live {
    /// A resolver with these options.
    ///
    /// # Errors
    ///
    /// Where the servers can't be found out, or the system gives no resources.
    pub fn new(options: LiveOptions) -> Result<Self, LiveError> {
        // A thread of its own: answers are taken in while others are judged.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| LiveError::new("can't start the resolver", error))?;
        let wire = Arc::new(Wire::new(&options)?);
        let validator = Validator::new(Arc::clone(&wire));
        let asker = Arc::new(Asker { wire, validator, https: options.https });
        let most_tasks = options.most_in_flight.max(options.in_flight).max(1);
        let (tasks, waiting, asking) = (JoinSet::new(), VecDeque::new(), HashMap::new());
        Ok(Self { runtime, asker, tasks, waiting, most_tasks, asking })
    }

    /// The servers it asks, as a user writes them.
    #[must_use]
    pub fn servers(&self) -> Vec<String> {
        self.asker.wire.servers().map(ToString::to_string).collect()
    }

    /// Begins to ask what waits, as far as there is room.
    fn begin(&mut self) {
        while self.tasks.len() < self.most_tasks
            && let Some(query) = self.waiting.pop_front()
        {
            let (asker, asked) = (Arc::clone(&self.asker), query.clone());
            let task = async move {
                let answer = asker.answer(&asked).await;
                (asked, answer)
            };
            let handle = self.tasks.spawn_on(task, self.runtime.handle());
            self.asking.insert(handle.id(), query);
        }
    }

    fn end(&mut self, ended: Result<(Id, (Query, Answer)), JoinError>) -> Option<(Query, Answer)> {
        match ended {
            Ok((id, answered)) => {
                self.asking.remove(&id);
                Some(answered)
            }
            Err(error) => {
                let query = self.asking.remove(&error.id())?;
                Some((query, Outcome::Failed(Failure::Malformed).into()))
            }
        }
    }
}

impl Resolver for Live {
    fn ask(&mut self, queries: Vec<Query>) {
        self.waiting.extend(queries);
        self.begin();
    }

    fn wait(&mut self, at_most: Duration) -> Arrived {
        if self.tasks.is_empty() {
            return Arrived::default();
        }
        let tasks = &mut self.tasks;
        let (first, spent) = self.runtime.block_on(async {
            let start = Instant::now();
            let first = tokio::time::timeout(at_most, tasks.join_next_with_id()).await;
            (first, start.elapsed())
        });
        let mut answers = Vec::new();
        let mut ended = first.ok().flatten();
        while let Some(one) = ended {
            answers.extend(self.end(one));
            ended = self.tasks.try_join_next_with_id();
        }
        self.begin();
        Arrived { answers, spent }
    }
}

#[cfg(test)]
mod tests;
