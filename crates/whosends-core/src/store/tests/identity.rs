//! Which reports are one report, and which variants of it count.

use super::support::*;
use crate::store::{Added, Filter};

#[test]
fn the_same_again_is_a_duplicate() {
    let mut store = memory();
    let report = sample("1", [record(1, 5), record(2, 7)]);
    let mut turned = report.clone();
    turned.records.reverse();
    turned.header.metadata.org_name = Some("Receiver.Example".into());
    let added = add_all(&mut store, &[report.clone(), report.clone()]);
    assert_eq!(added, [Added::New, Added::Duplicate]);
    assert_eq!(add_all(&mut store, &[report, turned]), [Added::Duplicate, Added::Duplicate]);
    let domains = store.domains(&Filter::default()).expect("read");
    assert_eq!((domains[0].reports, domains[0].records, domains[0].messages), (1, 2, 12));
    assert_eq!((domains[0].dmarc_pass, domains[0].dkim_pass, domains[0].spf_pass), (12, 12, 0));
    assert_eq!(export(&store).len(), 2);
}
