//! Every reader takes anything: records cut, doubled and with bytes changed.

use super::bimi::BimiRecord;
use super::dkim::{DkimKey, looks_like_key};
use super::dmarc::{DmarcRecord, Subject, lookalike};
use super::mta_sts::{MtaStsPolicy, MtaStsRecord};
use super::tls_rpt::TlsRptRecord;
use crate::dns::propose;
use crate::dns::spf::SpfRecord;
use crate::dns::testing::Dice;
use crate::dns::{DnsName, RecordType};

const SEEDS: &[&str] = &[
    "v=spf1 a:%{ir}.%{l1r+-}.example.com/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 redirect=x.example exp=%{d2} -all",
    "v=DMARC1; p=reject; sp=none; np=x; rua=mailto:a%20b@example.com!10m, https://example.com; fo=1:d; pct=50; psd=y",
    "v=DKIM1; k=rsa; h=sha1:sha256; s=email:*; t=y:s; p=MEgCQQD/////////////////AgMBAAE=",
    "v=STSv1; id=20261122; more=x",
    "v=TLSRPTv1; rua=mailto:t@example.com,https://example.com/t?a=b; x=y",
    "v=BIMI1; l=https://example.com/l.svg; a=; avp=brand",
    "version: STSv1\r\nmode: enforce\nmx: *.example.com\nmax_age: 86400\n",
];

#[test]
fn a_hundred_thousand_mutated_records() {
    let mut dice = Dice::new();
    let mut sound = 0;
    for _ in 0..100_000 {
        let text = {
            let seed = SEEDS[dice.below(SEEDS.len())];
            dice.mutated(seed.as_bytes())
        };
        if let Some(record) = SpfRecord::parse(&text) {
            for fault in record.faults() {
                assert!(!record.shown(fault.span()).is_empty());
            }
            sound += usize::from(record.faults().is_empty());
        }
        if let Some(record) = DmarcRecord::parse(&text) {
            assert_eq!(
                record.policy(Subject::NonExistent).is_none(),
                record.policy(Subject::Domain).is_none()
            );
            assert!(record.problems.iter().all(|problem| problem.span.end <= text.len()));
            sound += usize::from(record.problems.is_empty());
        } else {
            let _ = lookalike(&text);
        }
        for proposed in [propose::dmarc::mended(&text), propose::spf::mended(&text)].into_iter().flatten() {
            assert!(proposed.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{proposed:?}");
        }
        let key = DkimKey::parse(&text);
        assert!(key.problems.iter().all(|problem| problem.span.end <= text.len()));
        sound += usize::from(looks_like_key(&text) && key.problems.is_empty());
        sound += usize::from(MtaStsRecord::parse(&text).is_some_and(|record| record.problems.is_empty()));
        sound += usize::from(MtaStsPolicy::parse(&text).problems.is_empty());
        sound += usize::from(TlsRptRecord::parse(&text).is_some_and(|record| record.problems.is_empty()));
        sound += usize::from(BimiRecord::parse(&text).is_some_and(|record| record.problems.is_empty()));
        if let Ok(name) = DnsName::from_dotted(&text) {
            assert_eq!(DnsName::from_escaped(&name.to_string()), Ok(name));
        }
        let _ = RecordType::from_word(&String::from_utf8_lossy(&text));
    }
    // Mutations that broke every record would test the first check only.
    assert!(sound > 1_000, "{sound}");
}
