//! Reports to store, and what a store holds.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::model::words::{Disposition, Policy, Verdict};
use crate::model::{
    AddressId, Combination, CombinationId, Filter, Header, Metadata, Name, NoteCode, Notes, Origin,
    PolicyPublished, Record, RecordBatch,
};
use crate::store::{
    Added, Ended, ExportRecord, ExportReport, Incoming, Location, ReportFilter, ReportId, ReportRow, Store,
    Writer,
};

/// The start of 2026-11-21.
pub(super) const BEGIN: i64 = 1_795_219_200;

/// A report to be stored.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) header: Header,
    pub(super) truncated: bool,
    pub(super) damaged: bool,
    pub(super) records: Vec<Record>,
}

pub(super) fn name(text: &str) -> Name {
    Name::from_stated(text).expect("a name")
}

/// A record of 192.0.2.`last`; DKIM passes, SPF fails.
pub(super) fn record(last: u8, count: u64) -> Record {
    let combination = Combination {
        disposition: Some(Disposition::None),
        dkim: Some(Verdict::Pass),
        spf: Some(Verdict::Fail),
        header_from: Some(name("example.com")),
        ..Combination::default()
    };
    Record { source: [192, 0, 2, last].into(), count, combination }
}

/// A whole report of example.com by receiver.example with this id.
pub(super) fn sample(report_id: &str, records: impl IntoIterator<Item = Record>) -> Sample {
    let header = Header {
        version: Some("1.0".into()),
        namespace: None,
        metadata: Metadata {
            org_name: Some("receiver.example".into()),
            email: Some("dmarc@receiver.example".into()),
            report_id: Some(report_id.into()),
            begin: Some(BEGIN),
            end: Some(BEGIN + 86_399),
            ..Metadata::default()
        },
        policy: PolicyPublished {
            p: Some(Policy::None),
            pct: Some(100),
            ..PolicyPublished::of(name("example.com"))
        },
    };
    Sample { header, truncated: false, damaged: false, records: records.into_iter().collect() }
}

impl Sample {
    /// The same report cut after some records.
    pub(super) fn cut(&self, records: usize) -> Self {
        Self { truncated: true, records: self.records[..records].to_vec(), ..self.clone() }
    }

    pub(super) fn add(&self, writer: &mut Writer<'_>) -> Added {
        let batch: RecordBatch = self.records.iter().cloned().collect();
        let notes = self.notes();
        writer
            .add(&Incoming { ending: self.ended(&notes), batch: &batch, origin: &origin("a.xml") })
            .expect("added")
    }

    /// The same by a stream of parts of a few records.
    pub(super) fn stream(&self, writer: &mut Writer<'_>) -> Added {
        writer.large_begin().expect("begun");
        for part in self.records.chunks(3) {
            writer.large_records(&part.iter().cloned().collect()).expect("written");
        }
        let notes = self.notes();
        writer.large_end(&self.ended(&notes), &origin("a.xml")).expect("finished")
    }

    fn notes(&self) -> Notes {
        let mut notes = Notes::default();
        if self.damaged {
            notes.add(NoteCode::MalformedXml, "record", None, None);
        }
        notes
    }

    pub(super) fn ended<'a>(&'a self, notes: &'a Notes) -> Ended<'a> {
        Ended { header: &self.header, truncated: self.truncated, records_skipped: 0, notes }
    }
}

pub(super) fn origin(place: &str) -> Origin {
    Origin { place: place.into(), mail_from: None, message_id: None }
}

pub(super) fn memory() -> Store {
    Store::open(&Location::Memory).expect("a database")
}

/// Adds samples in one transaction.
pub(super) fn add_all(store: &mut Store, samples: &[Sample]) -> Vec<Added> {
    let mut writer = store.writer(BEGIN).expect("a writer");
    let added = samples.iter().map(|sample| sample.add(&mut writer)).collect();
    writer.commit().expect("committed");
    added
}

/// What is exported, without the ids, which differ from one database to another.
pub(super) fn export(store: &Store) -> Vec<ExportRecord> {
    let mut found = Vec::new();
    let mut visit = |record: &ExportRecord| {
        let report = Arc::new(ExportReport { domain: 0, ..(*record.report).clone() });
        let (address, combination_id) = (AddressId::new(0), CombinationId::new(0));
        found.push(ExportRecord { report, address, combination_id, ..record.clone() });
        ControlFlow::Continue(())
    };
    store.export(&Filter::default(), &mut visit).expect("exported");
    found
}

/// Messages by source, over everything that counts.
pub(super) fn messages(store: &Store) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for record in export(store) {
        *sums.entry(record.source_ip.to_string()).or_default() += record.count;
    }
    sums
}

/// What a store holds, in a form that does not depend on ids.
pub(super) fn dump(store: &Store) -> String {
    let mut text = String::new();
    for record in export(store) {
        text += &format!("{record:?}\n");
    }
    for domain in store.domains(&Filter::default()).expect("read") {
        text += &format!("{domain:?}\n");
    }
    let mut reports: Vec<_> = store
        .reports(&ReportFilter::default())
        .expect("read")
        .into_iter()
        .map(|row| format!("{:?}\n", ReportRow { id: ReportId(0), ..row }))
        .collect();
    reports.sort();
    text + &reports.concat()
}

/// Asserts that nothing is wrong with the database.
pub(super) fn assert_sound(store: &Store) {
    assert_eq!(store.check().expect("checked"), Vec::<String>::new());
}

/// Numbers that look random and are the same at every run.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at as u64 + 1) as usize);
        }
    }
}

/// A folder of its own for a test, gone when dropped.
#[derive(Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("whosends-store-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(super) fn file(&self, name: &str) -> Location {
        Location::File(self.0.join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
