//! Reads reports into the database.
//!
//! ```
//! use whosends_core::answers::ingest::Question;
//! use whosends_core::store::{Location, Store};
//!
//! let mut store = Store::open(&Location::Memory)?;
//! let ingested = Question::paths(["mailbox.mbox"]).answer(&mut store, 1_795_348_800, &mut ())?;
//! assert_eq!(ingested.reports.new, 0);
//! assert_eq!(ingested.rejected[0].place().to_string(), "mailbox.mbox");
//! # Ok::<(), whosends_core::error::Error>(())
//! ```

mod keeper;
mod tally;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use self::keeper::Keeper;
pub use self::tally::{Ingested, NotAReport, Other, Reports};
use crate::error::Result;
use crate::ingest::{self, Input, Options, Progress};
use crate::limits::Limits;
use crate::store::{KnownFiles, Store};

/// What to read, and how.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Question {
    /// What to read.
    pub input: Input,
    /// How much of it at most.
    pub limits: Limits,
    /// Threads that parse; as many as there are processors where it is not said.
    pub workers: Option<NonZeroUsize>,
    /// Also reads files that were read before and have not changed.
    pub reread: bool,
    /// How far the reading is, and a way to stop it.
    pub progress: Arc<Progress>,
}

impl Question {
    /// Reads an input within the customary limits.
    #[must_use]
    pub fn new(input: Input) -> Self {
        let (limits, progress) = (Limits::default(), Arc::default());
        Self { input, limits, workers: None, reread: false, progress }
    }

    /// Reads files and folders.
    pub fn paths<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>) -> Self {
        Self::new(Input::Paths(paths.into_iter().map(Into::into).collect()))
    }

    /// Reads all of it into a database, at the Unix time `now`. A bad input never ends the reading: it is listed among
    /// those that were rejected. A file of which something was refused for a limit or because it could not be read is read
    /// again the next time, any other only once it has changed. What was refused is remembered, and counts again when
    /// unchanged files are met.
    ///
    /// # Errors
    /// Fails where the database can't be written. What was committed until then is kept.
    pub fn answer(&self, store: &mut Store, now: i64, watch: &mut dyn Watch) -> Result<Ingested> {
        let known = Arc::new(if self.reread { KnownFiles::default() } else { store.known_files()? });
        let is_known = Arc::clone(&known);
        let options = Options {
            limits: self.limits.clone(),
            workers: self.workers.map_or_else(processors, usize::from),
            is_known: Arc::new(move |stamp| is_known.contains(stamp)),
            progress: Arc::clone(&self.progress),
        };
        let mut keeper = Keeper::new(store.writer(now)?, now, watch, &known, &self.inputs())?;
        let mut outcome = Ok(());
        ingest::read(&self.input, &options, &mut |event| {
            // Once a stop is asked for, inputs are left out, and a report of which a part is stored is finished first.
            if keeper.may_stop() && self.progress.stop.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            outcome = keeper.event(event);
            if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        outcome?;
        let (mut ingested, refused) = keeper.finish(self.progress.stop.load(Ordering::Relaxed))?;
        for path in refused {
            if !ingested.still_rejected(store.rejected_in(&path)?) {
                break;
            }
        }
        Ok(ingested)
    }

    /// What is to be read, in words.
    fn inputs(&self) -> Vec<String> {
        match &self.input {
            Input::Stdin => vec!["-".to_owned()],
            Input::Held { name, .. } => vec![name.clone()],
            Input::Paths(paths) => paths.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        }
    }
}

/// Who watches the reading: nobody does that does not have to.
pub trait Watch {
    /// Told after each thing that was met, with the sums so far.
    fn progress(&mut self, _so_far: &Ingested) {}

    /// How much time has passed since any moment, always the same. With it a transaction is ended after about a second,
    /// so that others may write meanwhile; without it only after so many records.
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

/// Nobody watches.
impl Watch for () {}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
