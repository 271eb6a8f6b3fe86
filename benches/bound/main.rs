//! The bound: the same mails or report read, unpacked and tokenised, with no database behind it.
//!
//! `--mails FOLDER` and `--report FILE`, with `--threads N` (2 for mails, 1 for a report), print what was read as one
//! JSON object. `compare.py` runs it beside `whosends ingest`: a yardstick for the rest of the work, and no product.
//! It knows no duplicates, checks little, and keeps nothing.
//!
//! It does each step the fastest way known to us without `unsafe`: MIME parts are found by hand, base64 goes through a
//! table, and whole attachments are inflated by libdeflate into one buffer a thread. Their claimed size is capped
//! before the buffer grows, and their CRC is checked. (With zlib-rs in its place, 20,000 mails take about a tenth more
//! CPU time.) A `--report` is inflated as a stream by zlib-rs, as libdeflate can't, in the same thread or, with two, in
//! one of its own.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't be run has to end")]
#![expect(clippy::print_stdout, reason = "it tells `compare.py` what it read")]

#[path = "../support/arguments.rs"]
mod arguments;
mod mime;
mod tokens;
mod unpack;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use flate2::read::GzDecoder;

use arguments::Arguments;
use tokens::Totals;
use unpack::Unpacker;

/// Bytes of a report that are inflated and tokenised at a time.
const CHUNK: usize = 256 * 1024;
/// Chunks that lie between two threads.
const WAITING: usize = 4;
/// Mails that a thread takes at a time.
const MAILS: usize = 16;

/// Every file of a folder and of those in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let to = if entry.file_type().unwrap().is_dir() { &mut folders } else { &mut files };
            to.push(entry.path());
        }
    }
    files
}

/// Reads a file into the front of a buffer that stays as large as it ever was.
fn read_file<'b>(path: &Path, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
    let (mut file, mut len) = (File::open(path)?, 0);
    loop {
        if len == buffer.len() {
            buffer.resize((2 * len).max(64 * 1024), 0);
        }
        match file.read(&mut buffer[len..])? {
            0 => return Ok(&buffer[..len]),
            read => len += read,
        }
    }
}

/// Takes mails from the list until there is none.
fn work(files: &[PathBuf], next: &AtomicUsize) -> Totals {
    let (mut totals, mut mail, mut unpacker) = (Totals::default(), Vec::new(), Unpacker::default());
    loop {
        let from = next.fetch_add(MAILS, Ordering::Relaxed);
        let Some(files) = files.get(from..files.len().min(from + MAILS)).filter(|files| !files.is_empty())
        else {
            return totals;
        };
        for path in files {
            let mail = read_file(path, &mut mail).unwrap();
            let before = totals.reports;
            mime::attachments(mail, &mut |body, encoding| {
                if let Some(text) = unpacker.text(body, encoding) {
                    tokens::read(text, &mut totals);
                }
            });
            totals.unread += u64::from(totals.reports == before);
        }
    }
}

/// Reads a folder of mails with so many threads.
fn mails(folder: &Path, threads: usize) -> Totals {
    let (files, next) = (files(folder), AtomicUsize::new(0));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| work(&files, &next))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    })
}

/// Tokenises a text as it comes.
fn stream(mut text: impl Read) -> io::Result<Totals> {
    let (mut totals, mut buffer, mut kept) = (Totals::default(), vec![0; CHUNK], 0);
    loop {
        if kept == buffer.len() {
            buffer.resize(2 * kept, 0);
        }
        let read = text.read(&mut buffer[kept..])?;
        if read == 0 {
            return Ok(totals);
        }
        // A record that is cut off is read again from its beginning.
        let have = kept + read;
        let done = tokens::read(&buffer[..have], &mut totals);
        buffer.copy_within(done..have, 0);
        kept = have - done;
    }
}

/// A text that another thread inflates.
struct Chunks {
    full: Receiver<Vec<u8>>,
    empty: SyncSender<Vec<u8>>,
    current: Vec<u8>,
    at: usize,
}

impl Read for Chunks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.current.len() {
            let Ok(next) = self.full.recv() else { return Ok(0) };
            // The other thread may be done and have no more need of buffers.
            let _ = self.empty.try_send(std::mem::replace(&mut self.current, next));
            self.at = 0;
        }
        let read = into.len().min(self.current.len() - self.at);
        into[..read].copy_from_slice(&self.current[self.at..self.at + read]);
        self.at += read;
        Ok(read)
    }
}

/// Inflates until the end; each chunk is whole but the last.
fn inflate(mut text: impl Read, full: &SyncSender<Vec<u8>>, empty: &Receiver<Vec<u8>>) -> io::Result<()> {
    loop {
        let mut chunk = empty.try_recv().unwrap_or_default();
        chunk.clear();
        if text.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)? == 0 || full.send(chunk).is_err() {
            return Ok(());
        }
    }
}

/// Reads one report, inflated and tokenised by one thread, or by one each.
fn report(path: &Path, threads: usize) -> io::Result<Totals> {
    let text = GzDecoder::new(io::BufReader::with_capacity(CHUNK, File::open(path)?));
    if threads < 2 {
        return stream(text);
    }
    let (to, full) = sync_channel(WAITING);
    let (empty, from) = sync_channel(WAITING + 1);
    thread::scope(|scope| {
        let inflating = scope.spawn(move || inflate(text, &to, &from));
        let totals = stream(Chunks { full, empty, current: Vec::new(), at: 0 });
        inflating.join().unwrap()?;
        totals
    })
}

fn main() {
    let args = Arguments::read();
    let threads = |usual| args.number("--threads").map_or(usual, |threads| threads as usize);
    let Totals { reports, records, messages, unread } = match (args.value("--mails"), args.value("--report"))
    {
        (Some(folder), _) => mails(folder.as_ref(), threads(2)),
        (_, Some(file)) => report(file.as_ref(), threads(1)).unwrap(),
        _ => return println!("benches/compare.py runs this"),
    };
    println!(
        "{{\"reports\": {reports}, \"records\": {records}, \"messages\": {messages}, \"unread\": {unread}}}"
    );
}
