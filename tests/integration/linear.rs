//! Work grows with the size of the input and no faster, whatever stands in it: the address that reports go to is
//! public, and anybody may send anything there.

use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::time::{ClockId, clock_gettime};
use whosends_core::error::Error;
use whosends_core::ingest::unpack;
use whosends_core::limits::Limits;
use whosends_core::model::Record;
use whosends_core::xml::{Ending, Sink, read_stream};

/// How many times as long an input of [`FACTOR`] times the size may take. Linear work makes it eight and quadratic
/// work 64; where a tenth of the work at the smaller size is quadratic, it is 13.6.
const MOST: f64 = 13.0;
const FACTOR: usize = 8;
/// Times shorter than this say little.
const LEAST: Duration = Duration::from_millis(4);
/// The most bytes of the smaller input; eight times as much is still read on one thread.
const MOST_BYTES: usize = 384 << 10;
/// Whatever else the machine does can only add to the time that an input takes, so the least of some is nearest to
/// what the work costs.
const TRIES: usize = 8;
/// Two shapes that are timed beside each other push each other out of the processor's caches.
static ALONE: Mutex<()> = Mutex::new(());

/// Makes an input of about so many bytes.
type Make = Box<dyn Fn(usize) -> Vec<u8>>;

/// What a shape is read as.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// An input with whatever is in it.
    Input,
    /// A report that comes in chunks.
    Stream,
}

struct Shape {
    name: String,
    make: Make,
    way: Way,
}

/// The processor's time that this thread has had.
fn spent() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

struct Nothing;

impl Sink for Nothing {
    fn record(&mut self, _: Record) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn document(&mut self, _: Result<Ending, Error>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

fn time(shape: &Shape, bytes: usize) -> Duration {
    let input = (shape.make)(bytes);
    // Where a limit is reached what follows costs something else, which is no growth.
    let limits = Limits { entries: u64::MAX, records: u64::MAX, text_bytes: 1 << 20, ..Limits::default() };
    let before = spent();
    match shape.way {
        Way::Input => unpack("input", input, &limits, &mut |_| {}),
        Way::Stream => read_stream(&input[..], &limits, &mut Nothing),
    }
    spent() - before
}

/// The least time of one size, and of [`FACTOR`] times that size.
struct Growth {
    bytes: usize,
    once: Duration,
    times: Duration,
}

impl Growth {
    fn ratio(&self) -> f64 {
        self.times.as_secs_f64() / self.once.as_secs_f64()
    }
}

/// Times a shape at one size and at [`FACTOR`] times that size, in turn and as often as it takes to see that the work
/// is in proportion, up to [`TRIES`].
fn growth(shape: &Shape) -> Growth {
    let mut bytes = 24 << 10;
    while bytes < MOST_BYTES && time(shape, bytes) < LEAST {
        bytes *= 2;
    }
    let mut growth = Growth { bytes, once: Duration::MAX, times: Duration::MAX };
    for _ in 0..TRIES {
        // What takes no time to speak of at the smaller size is held to the least time that says something.
        growth.once = time(shape, bytes).max(LEAST).min(growth.once);
        growth.times = time(shape, bytes * FACTOR).min(growth.times);
        if growth.ratio() <= MOST {
            break;
        }
    }
    growth
}

const HEAD: &str = "<?xml version=\"1.0\"?><feedback><report_metadata><org_name>Receiver</org_name><report_id>1</report_id>\
    <date_range><begin>1795219200</begin><end>1795305599</end></date_range></report_metadata>\
    <policy_published><domain>example.com</domain><p>none</p></policy_published>";
const RECORD: &str = "<record><row><source_ip>192.0.2.1</source_ip><count>1</count><policy_evaluated>\
    <disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>\
    <identifiers><header_from>example.com</header_from></identifiers></record>";

/// What stands around a run of something in a report.
const PLACES: [(&str, &str, &str); 8] = [
    ("between records", "", ""),
    ("in a value", "<report_metadata><email>", "</email></report_metadata>"),
    ("in a record", "<record><row>", "</row></record>"),
    ("in a record's value", "<record><identifiers><envelope_to>", "</envelope_to></identifiers></record>"),
    ("in an unknown element", "<unknown>", "</unknown>"),
    ("in an extension", "<extension>", "</extension>"),
    ("in a comment", "<!-- ", " -->"),
    ("in a tag", "<unknown a='", "'/>"),
];

fn report(before: &str, run: &[u8], after: &str) -> Vec<u8> {
    [HEAD.as_bytes(), before.as_bytes(), run, after.as_bytes(), RECORD.as_bytes(), b"</feedback>"].concat()
}

fn repeated(piece: &[u8], bytes: usize) -> Vec<u8> {
    piece.repeat((bytes / piece.len()).max(1))
}

/// What may stand in a report very often.
const PIECES: [&[u8]; 38] = [
    b"&",
    b"&amp;",
    b"&#65;",
    b"&zz;",
    b"&#",
    b"&a ",
    b"<",
    b">",
    b"</",
    b"</x>",
    b"<x>",
    b"<x/>",
    b"<x",
    b"<!--",
    b"<!-- -->",
    b"<![CDATA[",
    b"<![CDATA[]]>",
    b"]]>",
    b"<?",
    b"<?x?>",
    b"<!",
    b"<!DOCTYPE x [",
    b"'",
    b"\"",
    b"\xe9",
    b"\0",
    b" ",
    b"\n",
    "\u{feff}".as_bytes(),
    b"<feedback>",
    b"<record>",
    b"</record>",
    b"<count>",
    b"<count/>",
    b"<a:x xmlns:a='u:a'>",
    b"<x xmlns='u:a'/>",
    b"<dkim><result>",
    b"-",
];

fn of_reports() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (at, piece) in PIECES.into_iter().enumerate() {
        for (place_at, (place, before, after)) in PLACES.into_iter().enumerate() {
            // References everywhere, all else in two places each.
            if !piece.starts_with(b"&") && (at + place_at) % 4 != 0 {
                continue;
            }
            let way = if (at + place_at) % 3 == 0 { Way::Stream } else { Way::Input };
            let name = format!("{} {place}", piece.escape_ascii());
            let make = Box::new(move |bytes| report(before, &repeated(piece, bytes), after));
            shapes.push(Shape { name, make, way });
        }
    }
    shapes
}

/// Shapes that are more than one piece again and again.
fn of_numbered_pieces() -> Vec<Shape> {
    let mut shapes = Vec::new();
    let mut add = |name: &str, before: &'static str, piece: fn(&mut String, usize), after: &'static str| {
        for way in [Way::Input, Way::Stream] {
            let make = Box::new(move |bytes| {
                let mut run = String::new();
                for number in 0.. {
                    if run.len() >= bytes {
                        break;
                    }
                    piece(&mut run, number);
                }
                report(before, run.as_bytes(), after)
            });
            shapes.push(Shape { name: name.to_owned(), make, way });
        }
    };
    add("attributes", "<unknown", |run, number| write!(run, " a{number}='x'").unwrap(), "/>");
    add(
        "declared prefixes",
        "<unknown",
        |run, number| write!(run, " xmlns:a{number}='urn:x'").unwrap(),
        "/>",
    );
    add("long names", "", |run, number| write!(run, "<{}{number}/>", "x".repeat(900)).unwrap(), "");
    add("names of marks", "", |run, number| write!(run, "<{}{number}/>", "-._".repeat(300)).unwrap(), "");
    add(
        "different records",
        "",
        |run, number| {
            let record = RECORD.replace("<header_from>", &format!("<header_from>a{number}."));
            run.push_str(&record);
        },
        "",
    );
    add(
        "different layouts",
        "",
        |run, number| {
            run.push_str(&RECORD.replace("<row>", &format!("<x>{number}</x><row>")));
        },
        "",
    );
    add(
        "reasons",
        "<record><row><policy_evaluated>",
        |run, number| {
            write!(run, "<reason><comment>{number}</comment></reason>").unwrap();
        },
        "</policy_evaluated></row></record>",
    );
    add(
        "signatures",
        "<record><auth_results>",
        |run, number| {
            write!(run, "<dkim><domain>a{number}.example</domain></dkim>").unwrap();
        },
        "</auth_results></record>",
    );
    shapes
}

const MIXED: &[u8] = b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n";

/// Mail, and stores of it.
fn of_mail() -> Vec<Shape> {
    const RUNS: [(&str, &[u8], &[u8]); 30] = [
        ("header fields", b"Subject: x\n", b"a:\n"),
        ("fields of interest", b"Subject: x\n", b"Content-Type: text/plain\n"),
        ("a folded field", b"Subject: x\nContent-Type: text/plain", b"\n ;a"),
        ("parameters", b"Subject: x\nContent-Type: text/plain", b";a=b"),
        ("addresses", b"Subject: x\nFrom: ", b"a@example.com,"),
        ("encoded words", b"Subject: ", b"=?utf-8?q?a?= "),
        ("blank lines", b"Subject: x\n", b"\n"),
        ("carriage returns", b"Subject: x\n\n", b"\r"),
        ("doubled carriage returns", b"Subject: x\r\r\n\r\r\n", b"x\r\r\n"),
        ("delimiters", MIXED, b"--b\n"),
        ("delimiters that close", MIXED, b"--b--\n"),
        ("lines of dashes", MIXED, b"--\n"),
        ("almost delimiters", MIXED, b"--b.\n"),
        ("parts", MIXED, b"--b\nContent-Type: application/gzip\n\nx\n"),
        ("messages in messages", b"", b"Content-Type: message/rfc822\n\n"),
        ("base64", b"Subject: x\nContent-Transfer-Encoding: base64\n\n", b"QUJD"),
        ("no base64", b"Subject: x\nContent-Transfer-Encoding: base64\n\n", b"!"),
        ("padding", b"Subject: x\nContent-Transfer-Encoding: base64\n\n", b"="),
        ("quoted printable", b"Subject: x\nContent-Transfer-Encoding: quoted-printable\n\n", b"=3D"),
        ("soft line ends", b"Subject: x\nContent-Transfer-Encoding: quoted-printable\n\n", b"=\n"),
        ("uuencoded beginnings", b"Subject: x\n\n", b"begin 644 x\n"),
        ("uuencoded lines", b"Subject: x\n\nbegin 644 x\n", b"#0V%T\n"),
        ("base64 in text", b"Subject: x\n\n", b"H4sI\n"),
        (
            "separators",
            b"From a Mon Nov 23 10:00:00 2026\nSubject: x\n\n",
            b"From a Mon Nov 23 10:00:00 2026\n",
        ),
        ("messages", b"", b"From a Mon Nov 23 10:00:00 2026\nSubject: x\n\nx\n\n"),
        ("bare separators", b"From \nSubject: x\n\n", b"From \n"),
        ("lines that begin with From", b"From a Mon Nov 23 10:00:00 2026\nSubject: x\n\n", b"From here\n"),
        ("blank lines and From", b"From a Mon Nov 23 10:00:00 2026\nSubject: x\n\n", b"\nFrom here\n"),
        ("quoted separators", b"From a Mon Nov 23 10:00:00 2026\nSubject: x\n\n", b">From a\n"),
        (
            "open multiparts",
            b"From \nSubject: x\n\n",
            b"From \nContent-Type: multipart/mixed; boundary=b\n\n--b\n",
        ),
    ];
    let mut shapes: Vec<Shape> = RUNS
        .into_iter()
        .map(|(name, before, piece)| {
            let make = Box::new(move |bytes| [before, &repeated(piece, bytes)].concat());
            Shape { name: name.to_owned(), make, way: Way::Input }
        })
        .collect();
    shapes.push(Shape {
        name: "multiparts in one another".to_owned(),
        make: Box::new(nested),
        way: Way::Input,
    });
    shapes
}

fn nested(bytes: usize) -> Vec<u8> {
    let mut text = String::new();
    for level in 0..60 {
        write!(
            text,
            "Content-Type: multipart/mixed; boundary={}{level}\n\n--{}{level}\n",
            "x".repeat(60),
            "x".repeat(60)
        )
        .unwrap();
    }
    [text.as_bytes(), &repeated(format!("--{}\n", "x".repeat(60)).as_bytes(), bytes)].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Archives.
fn of_archives() -> Vec<Shape> {
    let member = gzip(b"x");
    let members: Make = Box::new(move |bytes| repeated(&member, bytes));
    let packed: Make =
        Box::new(|bytes| gzip(&report("<report_metadata><email>", &repeated(b"&", bytes), "")));
    let tar: Make = Box::new(|bytes| {
        let mut tar = tar::Builder::new(Vec::new());
        for number in 0..=bytes / 1024 {
            let mut header = tar::Header::new_gnu();
            header.set_size(4);
            tar.append_data(&mut header, format!("{number}.txt"), &b"text"[..]).unwrap();
        }
        tar.into_inner().unwrap()
    });
    let zip: Make = Box::new(|bytes| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for number in 0..=bytes / 128 {
            let stored = zip::write::SimpleFileOptions::default();
            zip.start_file(format!("{number}.txt"), stored).unwrap();
            zip.write_all(b"text").unwrap();
        }
        zip.finish().unwrap().into_inner()
    });
    [("gzip members", members), ("a packed report", packed), ("tar members", tar), ("zip members", zip)]
        .map(|(name, make)| Shape { name: name.to_owned(), make, way: Way::Input })
        .into()
}

fn hold(shapes: &[Shape]) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut wrong = Vec::new();
    for shape in shapes {
        let growth = growth(shape);
        let stream = if shape.way == Way::Stream { ", as a stream" } else { "" };
        let line = format!(
            "{:.1} times as long for {FACTOR} times {} bytes: {}{stream} ({:?}, {:?})",
            growth.ratio(),
            growth.bytes,
            shape.name,
            growth.once,
            growth.times
        );
        eprintln!("{line}");
        if growth.ratio() > MOST {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn reports_take_time_in_proportion_to_their_size() {
    hold(&of_reports());
}

#[test]
fn numbered_pieces_take_time_in_proportion_to_their_size() {
    hold(&of_numbered_pieces());
}

#[test]
fn mail_takes_time_in_proportion_to_its_size() {
    hold(&of_mail());
}

#[test]
fn archives_take_time_in_proportion_to_their_size() {
    hold(&of_archives());
}
