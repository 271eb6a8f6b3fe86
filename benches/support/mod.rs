//! Reports and traffic of a plausible mix, made in the process.

#![expect(dead_code, reason = "each bench uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up has to end")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use flate2::Compression;
use flate2::write::GzEncoder;
use whosends_core::model::words::{Disposition, DkimResult, SpfResult, Verdict};
use whosends_core::model::{Combination, DkimAuth, Header, Metadata, Name, PolicyPublished, Record, SpfAuth};

/// The first day of the made traffic, 2026-01-01, in Unix seconds.
pub(crate) const FIRST: i64 = 1_767_225_600;

/// Random numbers (xorshift64*) that are the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound
    }
}

/// A report's text with so many records.
pub(crate) fn xml(number: u64, records: u64) -> String {
    let mut random = Random(number + 1);
    let begin = FIRST + (number % 90) as i64 * 86_400;
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<feedback>\n  <report_metadata>\n    \
         <org_name>receiver.example</org_name>\n    <email>noreply@receiver.example</email>\n    \
         <report_id>{number}</report_id>\n    <date_range>\n      <begin>{begin}</begin>\n      \
         <end>{}</end>\n    </date_range>\n  </report_metadata>\n  <policy_published>\n    \
         <domain>example.com</domain>\n    <adkim>r</adkim>\n    <aspf>r</aspf>\n    <p>none</p>\n    \
         <sp>none</sp>\n    <pct>100</pct>\n  </policy_published>\n",
        begin + 86_399
    );
    for _ in 0..records {
        let (host, selector) = (random.below(60_000), random.below(4));
        let verdict = if random.below(10) == 0 { "fail" } else { "pass" };
        let _ = write!(
            text,
            "  <record>\n    <row>\n      <source_ip>198.51.{}.{}</source_ip>\n      <count>{}</count>\n      \
             <policy_evaluated>\n        <disposition>none</disposition>\n        <dkim>{verdict}</dkim>\n        \
             <spf>fail</spf>\n      </policy_evaluated>\n    </row>\n    <identifiers>\n      \
             <header_from>example.com</header_from>\n    </identifiers>\n    <auth_results>\n      <dkim>\n        \
             <domain>example.com</domain>\n        <result>{verdict}</result>\n        \
             <selector>s{selector}</selector>\n      </dkim>\n      <spf>\n        \
             <domain>bounce.example.net</domain>\n        <result>pass</result>\n      </spf>\n    \
             </auth_results>\n  </record>\n",
            host >> 8,
            host & 255,
            1 + random.below(40),
        );
    }
    text + "</feedback>\n"
}

/// A mail with that report in a gzip attachment.
pub(crate) fn mail(number: u64, records: u64) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(xml(number, records).as_bytes()).unwrap();
    let packed = base64(&packed.finish().unwrap());
    let mut mail = format!(
        "Received: from mail.receiver.example by mail.example.com; Fri, 02 Jan 2026 04:00:00 +0000\r\n\
         From: noreply@receiver.example\r\nTo: reports@example.com\r\nMessage-ID: <{number}@receiver.example>\r\n\
         Subject: Report Domain: example.com Submitter: receiver.example Report-ID: {number}\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\
         Content-Type: text/plain\r\n\r\nA report.\r\n--b\r\nContent-Type: application/gzip\r\n\
         Content-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"receiver.example!example.com!1!2.xml.gz\"\r\n\r\n"
    )
    .into_bytes();
    for line in packed.chunks(76) {
        mail.extend_from_slice(line);
        mail.extend_from_slice(b"\r\n");
    }
    mail.extend_from_slice(b"--b--\r\n");
    mail
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let bits = chunk.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte))
                << (8 * (3 - chunk.len()));
            let mut four = [18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift & 63) as usize]);
            four[chunk.len() + 1..].fill(b'=');
            four
        })
        .collect()
}

/// Records per report as in the wild: median 2, a long tail.
pub(crate) fn records_of(number: u64) -> u64 {
    let mut random = Random(number.wrapping_mul(7919) + 3);
    match random.below(100) {
        0..50 => 1 + random.below(2),
        50..90 => 3 + random.below(36),
        90..99 => 40 + random.below(160),
        _ => 300 + random.below(400),
    }
}

/// A header of the reporter, domain and day that `number` stands for.
pub(crate) fn header(number: u64) -> Header {
    let begin = FIRST + (number % 365) as i64 * 86_400;
    let policy = PolicyPublished {
        domain: Name::from_stated(&format!("domain{}.example", number % 10)).unwrap(),
        p: None,
        sp: None,
        np: None,
        adkim: None,
        aspf: None,
        pct: None,
        fo: None,
        testing: None,
        discovery_method: None,
    };
    let metadata = Metadata {
        org_name: Some(format!("receiver{}.example", number % 20)),
        report_id: Some(number.to_string()),
        begin: Some(begin),
        end: Some(begin + 86_399),
        ..Metadata::default()
    };
    Header { version: None, namespace: None, metadata, policy }
}

/// So many records, of a few hundred combinations and some ten thousand addresses.
pub(crate) fn records(number: u64, count: u64) -> impl Iterator<Item = Record> {
    let mut random = Random(number + 11);
    (0..count).map(move |_| {
        let kind = random.below(200);
        let pass = kind > 20;
        let selector = Some(format!("s{kind}"));
        let own = Name::from_stated("domain1.example");
        Record {
            source: IpAddr::V4(Ipv4Addr::from_bits(0xC633_0000 + random.below(35_000) as u32)),
            count: 1 + random.below(40),
            combination: Combination {
                disposition: Some(Disposition::None),
                dkim: Some(if pass { Verdict::Pass } else { Verdict::Fail }),
                spf: Some(Verdict::Fail),
                header_from: own.clone(),
                auth_dkim: vec![DkimAuth {
                    domain: own,
                    selector,
                    result: Some(DkimResult::Pass),
                    human_result: None,
                }],
                auth_spf: vec![SpfAuth {
                    domain: Name::from_stated("bounce.example.net"),
                    scope: None,
                    result: Some(SpfResult::Pass),
                    human_result: None,
                }],
                ..Combination::default()
            },
        }
    })
}
