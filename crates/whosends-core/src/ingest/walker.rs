//! Finds work and deals it out: small files in bundles, large ones alone, mail stores message by message.

use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::event::Event;
use super::gate::Gate;
use super::mbox::Message;
use super::pipeline::{Input, Job, Options, Outlet, Progress, Work};
use super::source::{self, Found, FoundFile, Walk};
use super::tools::Tools;
use super::top::{Piece, Top, Whole, is_store, read_piece};
use crate::error::Place;
use crate::model::ReadFile;
use crate::xml::Lessons;

/// Bytes of input that may be held at once by all jobs together, above which only one more is let in.
const BYTES_AHEAD: u64 = 48 << 20;
/// Files up to this size are opened by the workers; larger ones are looked at first, to split mail stores.
const SMALL: u64 = 1 << 20;
/// Small files of one job.
const FILES_A_JOB: usize = 16;
/// Bytes of messages of one job.
const MESSAGE_BYTES_A_JOB: usize = 256 << 10;

/// About what a message takes besides its bytes, until it is dealt with: many are next to empty.
const MESSAGE_OVERHEAD: usize = 256;

/// The files under `paths` and their bytes together, for a progress display.
#[must_use]
pub fn measure(paths: &[PathBuf], progress: &Progress) -> (u64, u64) {
    Walk::new(paths).take_while(|_| !progress.stopped()).fold((0, 0), |(files, bytes), found| match found {
        Found::File(file) => (files + 1, bytes + file.stamp.size),
        Found::Pipe(_) | Found::Unreadable(..) => (files, bytes),
    })
}

/// What stands for standard input in a place.
const STDIN: &str = "(stdin)";

/// The end of an input that is not remembered.
fn end_of(path: &Path) -> Event {
    Event::InputRead(path.as_os_str().as_encoded_bytes().to_vec())
}

/// Finds work and deals it out.
pub(super) struct Walker<'o> {
    options: &'o Options,
    lessons: Arc<Lessons>,
    jobs: SyncSender<Job>,
    order: SyncSender<Receiver<Vec<Event>>>,
    gate: Arc<Gate>,
}

impl<'o> Walker<'o> {
    pub(super) fn new(
        options: &'o Options,
        lessons: Arc<Lessons>,
        jobs: SyncSender<Job>,
        order: SyncSender<Receiver<Vec<Event>>>,
    ) -> Self {
        Self { options, lessons, jobs, order, gate: Gate::new(BYTES_AHEAD) }
    }

    pub(super) fn walk(&mut self, input: &Input) -> ControlFlow<()> {
        match input {
            Input::Stdin => {
                let end = Event::InputRead(STDIN.as_bytes().to_vec());
                self.split(&Place::new(STDIN), None, Box::new(io::stdin()), end)
            }
            Input::Held { name, bytes } => {
                let end = Event::InputRead(name.as_bytes().to_vec());
                self.split(&Place::new(name), Some(name), Box::new(io::Cursor::new(Arc::clone(bytes))), end)
            }
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
                    self.tell(vec![Event::FileUnchanged(file.stamp)])?;
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
                Found::Pipe(path) => {
                    self.flush(&mut small)?;
                    self.pipe(&path)?;
                }
                Found::Unreadable(path, error) => {
                    self.flush(&mut small)?;
                    self.tell(vec![Event::Rejected(error), end_of(&path)])?;
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

    fn pipe(&mut self, path: &Path) -> ControlFlow<()> {
        match source::open(path) {
            Ok(open) => self.split(&Place::new(path.to_string_lossy()), None, Box::new(open), end_of(path)),
            Err(error) => self.tell(vec![Event::Rejected(error), end_of(path)]),
        }
    }

    /// Splits a large mail store here, so that all workers share it; deals other large files out whole.
    fn large_file(&mut self, file: FoundFile) -> ControlFlow<()> {
        let opened = file.open().and_then(|mut open| match is_store(&mut open) {
            Ok(is_store) => Ok((is_store, open)),
            Err(error) => Err(error.within(&file.place())),
        });
        match opened {
            Err(error) => {
                self.tell(vec![Event::Rejected(error), Event::FileRead(ReadFile::whole(file.stamp))])
            }
            Ok((false, _)) => {
                let held = file.stamp.size.min(super::unpack::LARGE as u64);
                self.deal(Work::Files(vec![file]), held)
            }
            Ok((true, open)) => {
                let place = file.place();
                let name = file.name().map(str::to_owned);
                let end = Event::FileRead(ReadFile::whole(file.stamp));
                self.split(&place, name.as_deref(), Box::new(open), end)
            }
        }
    }

    /// Splits a store of many inputs and deals its pieces out.
    fn split(
        &mut self,
        place: &Place,
        name: Option<&str>,
        data: Box<dyn Read + '_>,
        end: Event,
    ) -> ControlFlow<()> {
        let limits = &self.options.limits;
        let tools = Tools::new(limits, self.options.workers, &self.lessons);
        let progress = &self.options.progress;
        let data = BufReader::with_capacity(1 << 20, Counted { inner: data, progress });
        let mut messages = Messages::default();
        let result = Top::stream(limits, place, name, data)
            .pieces(&mut |piece| self.deal_piece(&tools, piece, &mut messages));
        let mut last = Vec::new();
        match result {
            Ok(()) => {}
            Err(error) => last.push(Event::Rejected(error.within(place))),
        }
        self.deal_messages(&mut messages)?;
        if progress.stopped() {
            return ControlFlow::Break(());
        }
        last.push(end);
        self.tell(last)
    }

    fn deal_piece(
        &mut self,
        tools: &Rc<Tools>,
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
                read_piece(tools, piece, &mut |event| out.send(event));
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
        go_on(self.jobs.send(Job { work, out, pass }).is_ok())
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
            Ok(()) => ControlFlow::Continue(Outlet::new(channel)),
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
        self.bytes += MESSAGE_OVERHEAD
            + match &message {
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
