//! `classify`: names the sender of records that are given as ndjson.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use whosends_core::senders::{Catalogue, classify};

use super::Context;
use super::given::Given;
use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::classified;
use crate::streams::Streams;

/// The longest line that is read; a record of a report is a few hundred bytes.
const LONGEST: u64 = 1 << 20;

/// Answers `classify`.
pub(crate) fn run(
    args: &args::Classify,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let catalogue = context.catalogue()?;
    let mut input = open(&args.input)?;
    let (mut line, mut usable, mut rejected) = (Vec::new(), 0_u64, 0_u64);
    for number in 1_u64.. {
        match next_line(&mut input, &mut line).map_err(|why| unreadable(&args.input, &why))? {
            Next::End => break,
            Next::Line if line.iter().all(u8::is_ascii_whitespace) => continue,
            next => match answer(&next, &line, &catalogue, streams)? {
                Ok(()) => usable += 1,
                Err(why) => {
                    rejected += 1;
                    streams.error(&crate::render::printable::printable(&format!("line {number}: {why}")));
                }
            },
        }
    }
    if usable == 0 && rejected == 0 {
        let name =
            if args.input.as_os_str() == "-" { "stdin".into() } else { args.input.display().to_string() };
        return Err(Failure::new(format!("no record in {name}"))
            .hint("each line holds one, as `whosends export --format ndjson` writes them"));
    }
    Ok(match (usable, rejected) {
        (0, _) => Exit::Nothing,
        (_, 0) => Exit::Fine,
        _ => Exit::Partial,
    })
}

/// Answers one line, or says what is wrong with it.
fn answer(
    next: &Next,
    line: &[u8],
    catalogue: &Catalogue,
    streams: &mut Streams,
) -> Result<Result<(), String>, Failure> {
    if matches!(next, Next::TooLong) {
        return Ok(Err(format!("longer than {LONGEST} bytes")));
    }
    let single = serde_json::from_slice::<Given>(line).map_err(|error| wrong(&error));
    let found = single
        .and_then(Given::into_record)
        .and_then(|single| classify(&single, catalogue).map_err(|error| error.reason().to_string()));
    match found {
        Ok(found) => Ok(Ok(classified::line(streams.out(), &found, catalogue)?)),
        Err(why) => Ok(Err(why)),
    }
}

/// What is wrong with a line; it has no other lines.
fn wrong(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at line 1 column ") {
        Some((what, column)) => format!("{what} (column {column})"),
        None => text,
    }
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).map_err(|why| unreadable(path, &why))?;
    Ok(Box::new(BufReader::new(file)))
}

fn unreadable(path: &Path, why: &io::Error) -> Failure {
    let name = if path.as_os_str() == "-" { "stdin".into() } else { path.display().to_string() };
    Failure::new(format!("cannot read {name}")).because(why)
}

/// What comes next in a file.
enum Next {
    /// A line.
    Line,
    /// A line that is not held.
    TooLong,
    /// Nothing.
    End,
}

fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<Next> {
    line.clear();
    let read = Read::take(&mut *input, LONGEST).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(Next::End);
    }
    if line.last() == Some(&b'\n') || (read as u64) < LONGEST {
        return Ok(Next::Line);
    }
    input.skip_until(b'\n')?;
    Ok(Next::TooLong)
}
