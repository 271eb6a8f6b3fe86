//! Makes the mails and the large report of `compare.py`: the same for the same seed, on every machine.
//!
//! `--mails FOLDER --reports N` writes so many mails, and with `--again` and `--damaged`, of a thousand each, mails with
//! a report that came before, and mails with something that is no report. `--report FILE --records N` writes one report
//! as `.xml.gz`. What was written is told as one JSON object.

#![expect(clippy::unwrap_used, reason = "what can't be written has to end")]
#![expect(clippy::print_stdout, reason = "it tells `compare.py` what it wrote")]

mod support;

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use support::Random;
use support::arguments::Arguments;
use support::corpus::mail::{Kind, Mail};
use support::corpus::records_of;
use support::corpus::report::{Report, Sums};

/// What is asked for besides the mails with reports, of a thousand each.
struct Extra {
    again: u64,
    damaged: u64,
}

/// Everything that was written.
#[derive(Default)]
struct Written {
    sums: Sums,
    mails: u64,
    bytes: u64,
}

impl Written {
    fn mail(&mut self, path: &Path, mail: &Mail) {
        fs::write(path, &mail.bytes).unwrap();
        (self.mails, self.bytes) = (self.mails + 1, self.bytes + mail.bytes.len() as u64);
    }

    fn report(&mut self, sums: Sums) {
        self.sums.reports += sums.reports;
        self.sums.records += sums.records;
        self.sums.messages += sums.messages;
        self.sums.text += sums.text;
    }
}

fn mails(folder: &Path, seed: u64, reports: u64, extra: &Extra) -> Written {
    fs::create_dir_all(folder).unwrap();
    let (mut written, mut random) = (Written::default(), Random::of(seed, 0, 0));
    for number in 0..reports {
        let mail = Mail::new(seed, number, records_of(seed, number), Kind::First);
        written.mail(&folder.join(format!("{number:07}.eml")), &mail);
        written.report(mail.sums);
        if random.below(1_000) < extra.again {
            let before = random.below(number + 1);
            let mail = Mail::new(seed, before, records_of(seed, before), Kind::Again);
            written.mail(&folder.join(format!("{number:07}-again.eml")), &mail);
        }
        if random.below(1_000) < extra.damaged {
            let mail = Mail::new(seed, reports + number, 1, Kind::Damaged);
            written.mail(&folder.join(format!("{number:07}-damaged.eml")), &mail);
        }
    }
    written
}

fn report(path: &Path, seed: u64, records: u64) -> Written {
    let file = BufWriter::new(File::create(path).unwrap());
    let mut packed = GzEncoder::new(file, Compression::default());
    let mut written = Written::default();
    let sums = Report::new(seed, 0, records).write(&mut |piece| packed.write_all(piece.as_bytes()).unwrap());
    written.report(sums);
    packed.finish().unwrap().flush().unwrap();
    written.bytes = path.metadata().unwrap().len();
    written
}

fn main() {
    let args = Arguments::read();
    let number = |flag, usual| args.number(flag).unwrap_or(usual);
    let seed = number("--seed", 1);
    let written = match (args.value("--mails"), args.value("--report")) {
        (Some(folder), _) => {
            let extra = Extra { again: number("--again", 0), damaged: number("--damaged", 0) };
            mails(folder.as_ref(), seed, number("--reports", 1_000), &extra)
        }
        (_, Some(file)) => report(file.as_ref(), seed, number("--records", 1_000_000)),
        _ => return println!("benches/compare.py runs this"),
    };
    let Written { sums: Sums { reports, records, messages, text }, mails, bytes } = written;
    println!(
        "{{\"reports\": {reports}, \"records\": {records}, \"messages\": {messages}, \"mails\": {mails}, \
         \"bytes\": {bytes}, \"xml_bytes\": {text}}}"
    );
}
