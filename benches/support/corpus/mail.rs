//! The mail that brings a report.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::Random;
use super::report::{Report, Sums};
use super::world::Wrap;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const LINE: usize = 76;

/// A mail, and what is in it.
pub(crate) struct Mail {
    pub(crate) bytes: Vec<u8>,
    pub(crate) sums: Sums,
}

/// How a mail is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The first that brings its report.
    First,
    /// The same report once more.
    Again,
    /// What should be a report is none.
    Damaged,
}

impl Mail {
    /// The mail with the report of that number.
    pub(crate) fn new(seed: u64, number: u64, records: u64, kind: Kind) -> Self {
        let mut random = Random::of(seed, number, 3 + kind as u64);
        let report = Report::new(seed, number, records);
        let (wrap, is_alone) = (report.reporter.wrap, report.reporter.is_alone);
        let file = report.file_name();
        let mut head = head(&mut random, &report);
        let mut text = String::new();
        let sums = report.write(&mut |piece| text.push_str(piece));
        let (name, kind_of_file, packed) = match wrap {
            Wrap::Gzip => (format!("{file}.xml.gz"), "application/gzip", gzip(text.as_bytes())),
            Wrap::Zip => (format!("{file}.zip"), "application/zip", zip(&file, text.as_bytes())),
            Wrap::Bare => (format!("{file}.xml"), "text/xml", text.into_bytes()),
        };
        let packed = if kind == Kind::Damaged { noise(&mut random, packed.len()) } else { packed };
        let attached = format!(
            "Content-Type: {kind_of_file};\r\n\tname=\"{name}\"\r\nContent-Disposition: attachment;\r\n\t\
             filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        );
        let boundary = format!("=_{:016x}", random.next());
        if is_alone {
            head.push_str(&attached);
        } else {
            let _ = write!(
                head,
                "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n\
                 Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\
                 This is a DMARC aggregate report.\r\n\r\n--{boundary}\r\n{attached}"
            );
        }
        let mut bytes = head.into_bytes();
        for line in base64(&packed).chunks(LINE) {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(b"\r\n");
        }
        if !is_alone {
            bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        }
        Self { bytes, sums }
    }
}

/// The header up to what tells of the content: as long as those that went through a few servers.
fn head(random: &mut Random, report: &Report) -> String {
    let (name, host) = report.names();
    let (domain, id) = (report.domain().name, report.report_id());
    let mut text = format!("Return-Path: <noreply-dmarc@{host}>\r\nDelivered-To: reports@{domain}\r\n");
    for by in ["store", "mx", "relay"] {
        let _ = write!(
            text,
            "Received: from {by}.{host} ({by}.{host} [198.51.100.{}])\r\n\t(using TLSv1.3 with cipher \
             TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n\t key-exchange X25519 server-signature RSA-PSS (2048 \
             bits) server-digest SHA256)\r\n\t(No client certificate requested)\r\n\tby {by}.{domain} with \
             ESMTPS id {:012X}\r\n\tfor <reports@{domain}>; Mon, 23 Nov 2026 04:{:02}:{:02} +0000 (UTC)\r\n",
            random.below(256),
            random.next() >> 16,
            random.below(60),
            random.below(60),
        );
    }
    let _ = write!(
        text,
        "Authentication-Results: mx.{domain};\r\n\tdkim=pass (2048-bit key; unprotected) header.d={host} \
         header.i=@{host} header.s=r1;\r\n\tspf=pass (mx.{domain}: domain of noreply-dmarc@{host} designates \
         198.51.100.7 as permitted sender) smtp.mailfrom=noreply-dmarc@{host};\r\n\tdmarc=pass (policy=reject) \
         header.from={host}\r\nDKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={host}; s=r1;\r\n\t\
         h=from:to:subject:date:message-id:mime-version:content-type;\r\n\tbh=",
    );
    signature(random, 44, &mut text);
    text.push_str(";\r\n\tb=");
    for line in 0..5 {
        text.push_str(if line == 0 { "" } else { "\r\n\t " });
        signature(random, 68, &mut text);
    }
    let _ = write!(
        text,
        "\r\nDate: Mon, 23 Nov 2026 04:00:00 +0000\r\nMessage-ID: <{:016x}@{host}>\r\nSubject: Report Domain: \
         {domain} Submitter: {host} Report-ID: <{id}>\r\nFrom: \"{name}\" <noreply-dmarc@{host}>\r\n\
         To: reports@{domain}\r\nMIME-Version: 1.0\r\n",
        random.next(),
    );
    text
}

/// Letters as in a signature.
fn signature(random: &mut Random, len: usize, text: &mut String) {
    text.extend((0..len).map(|_| char::from(ALPHABET[random.below(64) as usize])));
}

fn noise(random: &mut Random, len: usize) -> Vec<u8> {
    // It looks packed at the outset, so that readers try.
    let mut bytes = vec![0x1f, 0x8b, 8, 0];
    bytes.extend((4..len.min(4_000)).map(|_| random.below(256) as u8));
    bytes
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

fn zip(file: &str, text: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(format!("{file}.xml"), SimpleFileOptions::default()).unwrap();
    zip.write_all(text).unwrap();
    zip.finish().unwrap().into_inner()
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        let mut four = [18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift & 63) as usize]);
        four[chunk.len() + 1..].fill(b'=');
        text.extend_from_slice(&four);
    }
    text
}
