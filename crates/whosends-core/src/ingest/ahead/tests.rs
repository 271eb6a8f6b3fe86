//! A report gives the same whether one thread reads it or several.

use std::fmt::Write as _;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::Arc;

use super::super::event::{Event, FoundReport};
use super::super::tools::Tools;
use super::super::unpack::Unpacker;
use super::LARGE_CHUNK;
use crate::error::Place;
use crate::limits::Limits;
use crate::model::RecordBatch;
use crate::xml;

const HEAD: &str = "<?xml version='1.0'?>\n<feedback><report_metadata><org_name>receiver.example</org_name>\
    <report_id>1</report_id><date_range><begin>1795219200</begin><end>1795305599</end></date_range>\
    </report_metadata>\n<policy_published><domain>example.com</domain><p>none</p></policy_published>\n";

/// More than is handed on at a time.
const MANY: u32 = 9000;

fn record(number: u32) -> String {
    let (high, low) = (number >> 8 & 0xff, number & 0xff);
    format!(
        "<record>\n<row><source_ip>192.0.{high}.{low}</source_ip><count>{}</count></row>\
         <identifiers><header_from>h{}.example</header_from></identifiers></record>\n",
        number % 7,
        number % 50
    )
}

/// A report of many records with something before the record of a number.
fn report(at: u32, odd: &str) -> String {
    let mut text = HEAD.to_owned();
    for number in 0..MANY {
        if number == at {
            text.push_str(odd);
        }
        text.push_str(&record(number));
    }
    text + "</feedback>\n"
}

fn told_of(batch: &RecordBatch) -> String {
    let said: Vec<_> = batch.combinations().iter().map(|shared| shared.combination()).collect();
    format!("{said:?} {:?}", batch.rows())
}

fn told(event: &Event) -> String {
    let of = |found: &FoundReport| {
        let FoundReport { header, truncated, records_skipped, notes, batch, origin } = found;
        let notes = notes.as_slice();
        format!("{header:?} {truncated} {records_skipped} {notes:?} {} {origin:?}", told_of(batch))
    };
    match event {
        Event::Report(found) => format!("report {}", of(found)),
        Event::Rejected(error) => format!("{:?} {error}", error.kind()),
        other => format!("{other:?}"),
    }
}

/// What comes of a report, however many parts its records come in, and the bytes that may be unpacked after it.
fn read(limits: &Limits, workers: usize, how: impl FnOnce(&mut Unpacker<'_>)) -> (Vec<String>, u64) {
    let mut events = Vec::new();
    let tools = Tools::new(limits, workers, &Arc::default());
    let mut records = RecordBatch::default();
    let mut emit = |event| match event {
        Event::Records(batch) => records.append(*batch),
        Event::LargeReport(mut found) => {
            let mut all = std::mem::take(&mut records);
            all.append(std::mem::take(&mut found.batch));
            found.batch = all;
            events.push(told(&Event::Report(found)));
        }
        Event::LargeReportLost => {
            let lost = std::mem::take(&mut records);
            events.push(format!("lost {}", !lost.rows().is_empty()));
        }
        event => events.push(told(&event)),
    };
    let mut unpacker = Unpacker::new(&tools, &Place::new("a.xml"), &mut emit);
    how(&mut unpacker);
    let room = unpacker.budget.room();
    drop(unpacker);
    (events, room)
}

/// What one thread makes of it.
fn by_one(input: &mut dyn Read, limits: &Limits, chunk_bytes: usize) -> (Vec<String>, u64) {
    use super::super::report_sink::{Handover, ReportSink};
    read(limits, 1, |unpacker| {
        let mut metered = unpacker.budget.meter(input);
        let tools = Rc::clone(&unpacker.tools);
        let mut handover = Handover::new(unpacker);
        let mut sink = ReportSink::new(true, |parsed| {
            let around = handover.unpacker.around();
            handover.take(parsed, &around);
        });
        let memory = &mut tools.memory.borrow_mut();
        xml::read_chunks_with(xml::Reading(&mut metered), chunk_bytes, limits, memory, &mut sink);
    })
}

/// What several make of it, of which so many read records.
fn by_several(
    input: &mut dyn Read,
    limits: &Limits,
    chunk_bytes: usize,
    readers: usize,
) -> (Vec<String>, u64) {
    read(limits, readers + 1, |unpacker| {
        let mut metered = unpacker.budget.meter(input);
        unpacker.read_ahead(&mut metered, chunk_bytes);
    })
}

#[test]
fn several_threads_give_what_one_gives() {
    let limits = Limits::default();
    let short = Limits { text_bytes: 1000, ..limits.clone() };
    let few = Limits { records: 8500, ..limits.clone() };
    let little = Limits { unpacked_bytes: 700_000, ..limits.clone() };
    let long = format!("<!-- {} -->", "a comment </record> ".repeat(500));
    let sound = report(0, "");
    let cut = &sound[..sound.len() / 2];
    let utf16: Vec<u8> = sound.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin = report(8300, "<x>\u{e9}</x>").replacen("'1.0'", "'1.0' encoding='iso-8859-1'", 1);
    let latin: Vec<u8> = latin.chars().map(|c| c as u8).collect();
    let mut invalid = sound.clone().into_bytes();
    for at in [3000, 100_000, 100_001, 700_000, sound.len() - 300] {
        invalid[at] = 0xff;
    }
    // One that is only wrapped, with the end tags of records that never began.
    let wrapped = format!("<feedback></record></record><!--{}-->{sound}</feedback>", "-".repeat(5000));
    let wrapped = wrapped.replace("<?xml version='1.0'?>", "");
    // So many that no room is left for text between records.
    let errors = "<error>x</error>".repeat(17_000);
    let policy = &HEAD[HEAD.find("<policy_published>").unwrap()..];
    let crowded = sound.replace(policy, "").replace("<feedback>", &format!("<feedback>{policy}"));
    let crowded = crowded.replace("</report_metadata>", &format!("{errors}</report_metadata>"));
    let crowded = crowded.replace("</record>", "</record>\nstray\n");
    let cases: Vec<(&str, Vec<u8>, &Limits)> = vec![
        ("sound", sound.clone().into(), &limits),
        ("cut", cut.into(), &limits),
        ("twice", format!("{sound} and {sound}").into(), &limits),
        ("too many records", sound.clone().into(), &few),
        ("too many bytes", sound.clone().into(), &little),
        ("a long comment", report(8300, &long).into(), &limits),
        ("hidden records", report(8300, "<![CDATA[</record><record>]]><!DOCTYPE a>").into(), &limits),
        ("broken", report(4000, "<record><row><count>1</record>< <").into(), &limits),
        ("notes in every record", sound.replace("<count>", "<Count>").into(), &limits),
        (
            "more notes than are kept",
            sound.replace("<header_from>h", "<header_from>_ h").replace("192.0.7", "x192.0.7").into(),
            &limits,
        ),
        (
            "another prefix",
            sound.replace("<feedback>", "<n:feedback>").replace("</feedback>", "</n:feedback>").into(),
            &limits,
        ),
        (
            "a header late",
            report(8300, "<policy_published><domain>example.org</domain></policy_published>").into(),
            &limits,
        ),
        ("a report in a report", report(8300, "<feedback/><feedback>").into(), &limits),
        ("wrapped", wrapped.into(), &limits),
        ("no room for text", crowded.into(), &short),
        ("no report", "<a/>".repeat(100_000).into(), &limits),
        ("utf-16", utf16, &limits),
        ("latin-1", latin, &limits),
        ("control characters", report(8300, "<x>\u{1}</x>").into(), &limits),
        ("invalid bytes", invalid, &limits),
        ("nothing", Vec::new(), &limits),
    ];
    for (what, bytes, limits) in &cases {
        for (chunk_bytes, readers) in [(2048, 1), (2048, 2), (10_007, 2), (LARGE_CHUNK, 2)] {
            let one = by_one(&mut bytes.as_slice(), limits, chunk_bytes);
            let several = by_several(&mut bytes.as_slice(), limits, chunk_bytes, readers);
            assert!(one == several, "{what}, {chunk_bytes}, {readers}: {}", differing(&one.0, &several.0));
            assert!(!one.0.is_empty());
        }
    }
}

fn differing(one: &[String], other: &[String]) -> String {
    let mut text = format!("{} and {} events", one.len(), other.len());
    for (one, other) in one.iter().zip(other).filter(|(one, other)| one != other) {
        let at = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
        let tail =
            |text: &str| text.get(at.saturating_sub(40)..).unwrap_or_default().chars().take(120).collect();
        let (one, other): (String, String) = (tail(one), tail(other));
        let _ = write!(text, "\n{one}\n{other}");
    }
    text
}

/// Gives some bytes and then fails.
struct Failing<'b>(&'b [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Ok(0) => Err(io::ErrorKind::TimedOut.into()),
            other => other,
        }
    }
}

#[test]
fn what_can_not_be_read_on_is_cut() {
    let (limits, text) = (Limits::default(), report(0, ""));
    let half = &text.as_bytes()[..text.len() / 2];
    let one = by_one(&mut Failing(half), &limits, 10_007);
    let several = by_several(&mut Failing(half), &limits, 10_007, 2);
    assert!(one == several, "{}", differing(&one.0, &several.0));
    assert!(one.0.iter().any(|event| event.starts_with("report ")));
}

/// A fault of ours while unpacking must neither hang nor leave records behind.
#[test]
fn a_panic_reaches_whoever_reads() {
    let mut panicking = Panicking(report(0, "").into_bytes(), 0);
    let mut last = String::new();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let tools = Tools::new(&Limits::default(), 3, &Arc::default());
        let mut emit = |event: Event| last = told(&event);
        Unpacker::new(&tools, &Place::new("a.xml"), &mut emit).read_ahead(&mut panicking, 4096);
    }));
    assert!(outcome.is_err());
    assert_eq!(last, "LargeReportLost");
}

/// Panics after most of some bytes.
struct Panicking(Vec<u8>, usize);

impl Read for Panicking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        assert!(self.1 < self.0.len() - 10_000, "as is wanted here");
        let read = (&self.0[self.1..]).read(buffer)?;
        self.1 += read;
        Ok(read)
    }
}
