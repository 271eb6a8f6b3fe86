//! Reads many inputs at once and hands what comes out to one consumer, in the order of the inputs.
//!
//! A walker finds files and splits large mail stores; workers take inputs apart and parse. Every job has a
//! bounded channel of its own, and the consumer empties them in the order the jobs were made: what it sees does
//! not depend on how many workers there are, a huge report passes through in pieces, and nothing piles up.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::again::Again;
use super::event::Event;
use super::gate::Pass;
use super::mbox::Message;
use super::source::FoundFile;
use super::tools::Tools;
use super::top::{Piece, Top, Whole, read_message, read_piece};
use super::walker::Walker;
use crate::error::Place;
use crate::limits::Limits;
use crate::model::{FileStamp, ReadFile};
use crate::xml::Lessons;

/// Jobs that may wait for the consumer.
const JOBS_AHEAD: usize = 64;
/// Events handed over at a time.
const EVENTS_AT_ONCE: usize = 32;
/// How long the consumer waits before it is told that it does.
const PATIENCE: Duration = Duration::from_millis(200);

/// What to read.
#[derive(Debug, Clone)]
pub enum Input {
    /// Files and folders, one after the other.
    Paths(Vec<PathBuf>),
    /// Standard input.
    Stdin,
    /// What is held already, under a name that stands in places.
    Held {
        /// The name.
        name: String,
        /// A file's bytes, whatever it is.
        bytes: Arc<[u8]>,
    },
}

/// How to read it.
#[derive(Clone)]
pub struct Options {
    /// The bounds.
    pub limits: Limits,
    /// Threads that parse.
    pub workers: usize,
    /// Whether a file was read before and is as it was.
    pub is_known: Arc<dyn Fn(&FileStamp) -> bool + Send + Sync>,
    /// How far the reading is.
    pub progress: Arc<Progress>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { limits, workers, progress, .. } = self;
        f.debug_struct("Options")
            .field("limits", limits)
            .field("workers", workers)
            .field("progress", progress)
            .finish_non_exhaustive()
    }
}

/// How far the reading is; anybody may look at any time.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes of input that were read.
    pub bytes: AtomicU64,
    /// Set to end the reading after the report in hand.
    pub stop: AtomicBool,
}

impl Progress {
    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Reads `input` and gives every [`Event`] to `consume`, on this thread, until all is read or it breaks.
///
/// Nobody waits for the threads to end: where it breaks, one may wait for its input (a terminal, a pipe that nobody
/// closes), and at the end of all inputs they only tidy up what they remember of records, which takes milliseconds.
pub fn read(input: &Input, options: &Options, consume: &mut dyn FnMut(Event) -> ControlFlow<()>) {
    let (jobs_in, jobs_out) = sync_channel::<Job>(JOBS_AHEAD);
    let (order_in, order_out) = sync_channel::<Receiver<Vec<Event>>>(JOBS_AHEAD);
    let jobs_out = Arc::new(Mutex::new(jobs_out));
    let lessons = Arc::<Lessons>::default();
    for _ in 0..options.workers.max(1) {
        let (jobs, options, lessons) = (Arc::clone(&jobs_out), options.clone(), Arc::clone(&lessons));
        thread::spawn(move || work(&jobs, &options, &lessons));
    }
    drop(jobs_out);
    let (input, walking) = (input.clone(), options.clone());
    thread::spawn(move || {
        let _ = Walker::new(&walking, lessons, jobs_in, order_in).walk(&input);
    });
    let mut again = Again::default();
    let progress = &options.progress;
    let mut consume = |event| consume(again.settle(event, progress));
    if consume_in_order(&order_out, &mut consume).is_break() {
        options.progress.stop.store(true, Ordering::Relaxed);
    }
}

/// Gives every job's events to the consumer, one job after the other.
fn consume_in_order(
    order: &Receiver<Receiver<Vec<Event>>>,
    consume: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> ControlFlow<()> {
    while let Some(job) = wait(order, consume)? {
        while let Some(events) = wait(&job, consume)? {
            for event in events {
                consume(event)?;
            }
        }
    }
    ControlFlow::Continue(())
}

/// The next item of a channel, or `None` at its end; the consumer hears of it where that takes long.
fn wait<T>(
    channel: &Receiver<T>,
    consume: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> ControlFlow<(), Option<T>> {
    loop {
        match channel.recv_timeout(PATIENCE) {
            Ok(item) => return ControlFlow::Continue(Some(item)),
            Err(RecvTimeoutError::Disconnected) => return ControlFlow::Continue(None),
            Err(RecvTimeoutError::Timeout) => consume(Event::Waiting)?,
        }
    }
}

/// One piece of work, with where its events go and its share of the bytes held.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) out: Outlet,
    pub(super) pass: Pass,
}

pub(super) enum Work {
    Files(Vec<FoundFile>),
    Messages { store: Place, messages: Vec<(u64, Message)> },
    Member { place: Place, name: Option<String>, bytes: Vec<u8> },
}

/// Where a job's events go.
pub(super) struct Outlet {
    channel: SyncSender<Vec<Event>>,
    waiting: Vec<Event>,
    /// The consumer wants no more.
    closed: bool,
}

impl Outlet {
    pub(super) fn new(channel: SyncSender<Vec<Event>>) -> Self {
        Self { channel, waiting: Vec::new(), closed: false }
    }

    pub(super) fn send(&mut self, event: Event) {
        let large = matches!(event, Event::Records(_));
        self.waiting.push(event);
        if large || self.waiting.len() >= EVENTS_AT_ONCE {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if !self.waiting.is_empty() && !self.closed {
            self.closed = self.channel.send(std::mem::take(&mut self.waiting)).is_err();
        }
        self.waiting.clear();
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.flush();
    }
}

fn work(jobs: &Mutex<Receiver<Job>>, options: &Options, lessons: &Arc<Lessons>) {
    let tools = Tools::new(&options.limits, options.workers, lessons);
    loop {
        let job = match jobs.lock() {
            Ok(jobs) => jobs.recv(),
            Err(_) => return,
        };
        let Ok(mut job) = job else { return };
        if !options.progress.stopped() {
            do_job(&tools, job.work, &mut job.out, &options.progress);
        }
        drop(job.pass);
    }
}

fn do_job(tools: &Rc<Tools>, work: Work, out: &mut Outlet, progress: &Progress) {
    match work {
        Work::Files(files) => {
            for file in files {
                if out.closed || progress.stopped() {
                    return;
                }
                let size = file.stamp.size;
                read_file(tools, file, out);
                progress.bytes.fetch_add(size, Ordering::Relaxed);
            }
        }
        Work::Messages { store, messages } => {
            for (number, message) in messages {
                read_message(tools, &store, number, message, &mut |event| out.send(event));
            }
        }
        Work::Member { place, name, bytes } => {
            let piece = Piece::Member { place, name, data: Whole::Bytes(bytes) };
            read_piece(tools, piece, &mut |event| out.send(event));
        }
    }
}

/// Reads a file that is no large mail store, whatever it is.
fn read_file(tools: &Rc<Tools>, file: FoundFile, out: &mut Outlet) {
    let place = file.place();
    let result = file.open().and_then(|open| {
        let top = Top::open(&tools.limits, &place, file.name(), file.stamp.size, open);
        let read = top.and_then(|top| {
            top.pieces(&mut |piece| {
                read_piece(tools, piece, &mut |event| out.send(event));
                ControlFlow::Continue(())
            })
        });
        read.map_err(|error| error.within(&place))
    });
    match result {
        Ok(()) => {}
        Err(error) => out.send(Event::Rejected(error)),
    }
    out.send(Event::FileRead(ReadFile::whole(file.stamp)));
}
