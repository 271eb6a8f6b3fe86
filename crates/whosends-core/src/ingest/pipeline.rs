//! Reads many inputs at once and hands what comes out to one consumer, in the order of the inputs.
//!
//! A walker finds files and splits large mail stores; workers take inputs apart and parse. Every job has a
//! bounded channel of its own, and the consumer empties them in the order the jobs were made: what it sees does
//! not depend on how many workers there are, a huge report passes through in pieces, and nothing piles up.

use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::event::Event;
use super::gate::{Gate, Pass};
use super::mbox::Message;
use super::source::{Found, FoundFile, Walk};
use super::top::{Piece, Top, Whole, is_store, read_message, read_piece};
use crate::error::Place;
use crate::limits::Limits;
use crate::model::FileStamp;

/// Jobs that may wait for the consumer.
const JOBS_AHEAD: usize = 64;
/// Bytes of input that may be held at once by all jobs together, above which only one more is let in.
const BYTES_AHEAD: u64 = 48 << 20;
/// Files up to this size are opened by the workers; larger ones are looked at first, to split mail stores.
const SMALL: u64 = 1 << 20;
/// Small files of one job.
const FILES_A_JOB: usize = 16;
/// Bytes of messages of one job.
const MESSAGE_BYTES_A_JOB: usize = 256 << 10;
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
}

/// How to read it.
pub struct Options<'o> {
    /// The bounds.
    pub limits: Limits,
    /// Threads that parse.
    pub workers: usize,
    /// Whether a file was read before and is as it was.
    pub is_known: &'o (dyn Fn(&FileStamp) -> bool + Sync),
    /// How far the reading is.
    pub progress: &'o Progress,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("limits", &self.limits)
            .field("workers", &self.workers)
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
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// The files under `paths` and their bytes together, for a progress display.
#[must_use]
pub fn measure(paths: &[PathBuf], progress: &Progress) -> (u64, u64) {
    Walk::new(paths).take_while(|_| !progress.stopped()).fold((0, 0), |(files, bytes), found| match found {
        Found::File(file) => (files + 1, bytes + file.stamp.size),
        Found::Unreadable(_) => (files, bytes),
    })
}

/// Reads `input` and gives every [`Event`] to `consume`, on this thread, until all is read or it breaks.
pub fn read(input: &Input, options: &Options<'_>, consume: &mut dyn FnMut(Event) -> ControlFlow<()>) {
    let (jobs_in, jobs_out) = sync_channel::<Job>(JOBS_AHEAD);
    let (order_in, order_out) = sync_channel::<Receiver<Vec<Event>>>(JOBS_AHEAD);
    let jobs_out = Arc::new(Mutex::new(jobs_out));
    thread::scope(|scope| {
        for _ in 0..options.workers.max(1) {
            let jobs = Arc::clone(&jobs_out);
            scope.spawn(move || work(&jobs, options));
        }
        drop(jobs_out);
        scope.spawn(move || {
            let mut walker = Walker { options, jobs: jobs_in, order: order_in, gate: Gate::new(BYTES_AHEAD) };
            let _ = walker.walk(input);
        });
        if consume_in_order(&order_out, consume).is_break() {
            options.progress.stop.store(true, Ordering::Relaxed);
        }
        drop(order_out);
    });
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
struct Job {
    work: Work,
    out: Outlet,
    _pass: Pass,
}

enum Work {
    Files(Vec<FoundFile>),
    Messages { store: Place, messages: Vec<(u64, Message)> },
    Member { place: Place, name: Option<String>, bytes: Vec<u8> },
}

/// Where a job's events go.
struct Outlet {
    channel: SyncSender<Vec<Event>>,
    waiting: Vec<Event>,
    /// The consumer wants no more.
    closed: bool,
}

impl Outlet {
    fn send(&mut self, event: Event) {
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

fn work(jobs: &Mutex<Receiver<Job>>, options: &Options<'_>) {
    let limits = Rc::new(options.limits.clone());
    loop {
        let job = match jobs.lock() {
            Ok(jobs) => jobs.recv(),
            Err(_) => return,
        };
        let Ok(mut job) = job else { return };
        if !options.progress.stopped() {
            do_job(&limits, job.work, &mut job.out, options.progress);
        }
    }
}

fn do_job(limits: &Rc<Limits>, work: Work, out: &mut Outlet, progress: &Progress) {
    match work {
        Work::Files(files) => {
            for file in files {
                if out.closed || progress.stopped() {
                    return;
                }
                let size = file.stamp.size;
                read_file(limits, file, out);
                progress.bytes.fetch_add(size, Ordering::Relaxed);
            }
        }
        Work::Messages { store, messages } => {
            for (number, message) in messages {
                read_message(limits, &store, number, message, &mut |event| out.send(event));
            }
        }
        Work::Member { place, name, bytes } => {
            let piece = Piece::Member { place, name, data: Whole::Bytes(bytes) };
            read_piece(limits, piece, &mut |event| out.send(event));
        }
    }
}

/// Reads a file that is no large mail store, whatever it is.
fn read_file(limits: &Rc<Limits>, file: FoundFile, out: &mut Outlet) {
    let place = file.place();
    let result = file.open().and_then(|open| {
        Top::open(limits, &place, file.name(), file.stamp.size, open)?
            .pieces(&mut |piece| {
                read_piece(limits, piece, &mut |event| out.send(event));
                ControlFlow::Continue(())
            })
            .map_err(|error| error.within(&place))
    });
    match result {
        Ok(()) => {}
        Err(error) => out.send(Event::Rejected(error)),
    }
    out.send(Event::FileRead(file.stamp));
}

/// Finds work and deals it out.
struct Walker<'o> {
    options: &'o Options<'o>,
    jobs: SyncSender<Job>,
    order: SyncSender<Receiver<Vec<Event>>>,
    gate: Arc<Gate>,
}

impl Walker<'_> {
    fn walk(&mut self, input: &Input) -> ControlFlow<()> {
        match input {
            Input::Stdin => self.split(&Place::new("(stdin)"), None, Box::new(io::stdin()), None),
            Input::Paths(paths) => self.walk_paths(paths),
        }
    }

    fn walk_paths(&mut self, paths: &[PathBuf]) -> ControlFlow<()> {
        let mut small = Vec::new();
        for found in Walk::new(paths) {
            if self.options.progress.stopped() {
                return ControlFlow::Break(());
            }
            match found {
                Found::File(file) if (self.options.is_known)(&file.stamp) => {
                    self.options.progress.bytes.fetch_add(file.stamp.size, Ordering::Relaxed);
                    self.flush(&mut small)?;
                    self.tell(vec![Event::FileUnchanged])?;
                }
                Found::File(file) if file.stamp.size > SMALL => {
                    self.flush(&mut small)?;
                    self.large_file(file)?;
                }
                Found::File(file) => {
                    small.push(file);
                    if small.len() >= FILES_A_JOB {
                        self.flush(&mut small)?;
                    }
                }
                Found::Unreadable(error) => {
                    self.flush(&mut small)?;
                    self.tell(vec![Event::Rejected(error)])?;
                }
            }
        }
        self.flush(&mut small)
    }

    fn flush(&mut self, small: &mut Vec<FoundFile>) -> ControlFlow<()> {
        if small.is_empty() {
            return ControlFlow::Continue(());
        }
        let bytes = small.iter().map(|file| file.stamp.size).sum();
        self.deal(Work::Files(std::mem::take(small)), bytes)
    }

    /// Splits a large mail store here, so that all workers share it; deals other large files out whole.
    fn large_file(&mut self, file: FoundFile) -> ControlFlow<()> {
        let opened = file.open().and_then(|mut open| Ok((is_store(&mut open)?, open)));
        match opened {
            Err(error) => self.tell(vec![Event::Rejected(error), Event::FileRead(file.stamp)]),
            Ok((false, _)) => {
                let held = file.stamp.size.min(super::unpack::LARGE as u64);
                self.deal(Work::Files(vec![file]), held)
            }
            Ok((true, open)) => {
                let place = file.place();
                let name = file.name().map(str::to_owned);
                self.split(&place, name.as_deref(), Box::new(open), Some(file.stamp))
            }
        }
    }

    /// Splits a store of many inputs and deals its pieces out.
    fn split(
        &mut self,
        place: &Place,
        name: Option<&str>,
        data: Box<dyn Read + '_>,
        stamp: Option<FileStamp>,
    ) -> ControlFlow<()> {
        let limits = Rc::new(self.options.limits.clone());
        let progress = self.options.progress;
        let data = BufReader::with_capacity(1 << 20, Counted { inner: data, progress });
        let mut messages = Messages::default();
        let result = Top::stream(&limits, place, name, data)
            .pieces(&mut |piece| self.deal_piece(&limits, piece, &mut messages));
        let mut last = Vec::new();
        match result {
            Ok(()) => {}
            Err(error) => last.push(Event::Rejected(error.within(place))),
        }
        self.deal_messages(&mut messages)?;
        if progress.stopped() {
            return ControlFlow::Break(());
        }
        last.extend(stamp.map(Event::FileRead));
        self.tell(last)
    }

    fn deal_piece(
        &mut self,
        limits: &Rc<Limits>,
        piece: Piece<'_>,
        messages: &mut Messages,
    ) -> ControlFlow<()> {
        if self.options.progress.stopped() {
            return ControlFlow::Break(());
        }
        match piece {
            Piece::Message { store, number, message } => {
                messages.push(store, number, message);
                if messages.bytes >= MESSAGE_BYTES_A_JOB {
                    self.deal_messages(messages)
                } else {
                    ControlFlow::Continue(())
                }
            }
            Piece::Member { place, name, data: Whole::Bytes(bytes) } => {
                let held = bytes.len() as u64;
                self.deal(Work::Member { place, name, bytes }, held)
            }
            // What can't be held is read here, as a job of its own.
            piece @ Piece::Member { .. } => {
                let mut out = self.outlet()?;
                read_piece(limits, piece, &mut |event| out.send(event));
                ControlFlow::Continue(())
            }
        }
    }

    fn deal_messages(&mut self, messages: &mut Messages) -> ControlFlow<()> {
        let Messages { store, list, bytes } = std::mem::take(messages);
        match store {
            Some(store) => self.deal(Work::Messages { store, messages: list }, bytes as u64),
            None => ControlFlow::Continue(()),
        }
    }

    /// Gives work to whichever worker is free next.
    fn deal(&mut self, work: Work, bytes: u64) -> ControlFlow<()> {
        let pass = self.gate.enter(bytes);
        let out = self.outlet()?;
        go_on(self.jobs.send(Job { work, out, _pass: pass }).is_ok())
    }

    /// Tells events that need no work, in their place.
    fn tell(&mut self, events: Vec<Event>) -> ControlFlow<()> {
        let mut out = self.outlet()?;
        for event in events {
            out.send(event);
        }
        ControlFlow::Continue(())
    }

    fn outlet(&mut self) -> ControlFlow<(), Outlet> {
        let (channel, job) = sync_channel(2);
        match self.order.send(job) {
            Ok(()) => ControlFlow::Continue(Outlet { channel, waiting: Vec::new(), closed: false }),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

fn go_on(yes: bool) -> ControlFlow<()> {
    if yes { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// Messages of one store that are dealt out together.
#[derive(Default)]
struct Messages {
    store: Option<Place>,
    list: Vec<(u64, Message)>,
    bytes: usize,
}

impl Messages {
    fn push(&mut self, store: Place, number: u64, message: Message) {
        self.bytes += match &message {
            Message::Whole(bytes) => bytes.len(),
            Message::TooLong => 0,
        };
        self.store = Some(store);
        self.list.push((number, message));
    }
}

/// Counts what is read.
struct Counted<'p, R> {
    inner: R,
    progress: &'p Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
