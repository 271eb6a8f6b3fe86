//! A database with reports for the tests of the answers.

use super::ingest::Question;
use crate::store::{Location, Store};

/// 2026-11-22 at noon.
pub(super) const NOW: i64 = 1_795_348_800;

/// A report about `example.com` of the day before: two addresses, each with 12 messages.
pub(super) fn reported() -> Store {
    let folder = Folder::new();
    let begin = NOW - 86_400 - 43_200;
    let record = |last: u8| {
        format!(
            "<record><row><source_ip>192.0.2.{last}</source_ip><count>12</count><policy_evaluated>\
             <disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>\
             <identifiers><header_from>example.com</header_from></identifiers><auth_results><dkim>\
             <domain>example.com</domain><selector>a</selector><result>pass</result></dkim></auth_results></record>"
        )
    };
    let report = format!(
        "<feedback><report_metadata><org_name>receiver.example</org_name><email>dmarc@receiver.example</email>\
         <report_id>1</report_id><date_range><begin>{begin}</begin><end>{}</end></date_range>\
         </report_metadata><policy_published><domain>example.com</domain><p>none</p></policy_published>\
         {}{}</feedback>",
        begin + 86_399,
        record(1),
        record(2),
    );
    std::fs::write(folder.0.join("report.xml"), report).unwrap();
    let mut store = Store::open(&Location::Memory).unwrap();
    let read = Question::paths([&folder.0]).answer(&mut store, NOW, &mut ()).unwrap();
    assert_eq!(read.reports.new, 1);
    store
}

/// A folder that goes with its value.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("whosends-reported-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
