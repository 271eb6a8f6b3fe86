//! Writes small files in the MaxMind DB format, version 2.0: a search tree over the bits of addresses, and the
//! entries its leaves point to.

use std::net::{IpAddr, Ipv6Addr};

/// Where a record of a node leads.
#[derive(Clone, Copy)]
enum Leads {
    Nowhere,
    ToNode(u32),
    ToEntry(u32),
}

/// A value of an entry.
pub(crate) enum Value<'a> {
    Number(u32),
    Text(&'a str),
}

/// A file of networks: prefix, number, name.
pub(crate) fn networks(entries: &[(&str, u32, &str)]) -> Vec<u8> {
    let entries: Vec<_> = entries
        .iter()
        .map(|&(prefix, number, name)| {
            let entry = vec![
                ("autonomous_system_number", Value::Number(number)),
                ("autonomous_system_organization", Value::Text(name)),
            ];
            (prefix, entry)
        })
        .collect();
    file("Test-ASN", &entries)
}

/// A file of any entries.
pub(crate) fn file(kind: &str, entries: &[(&str, Vec<(&str, Value<'_>)>)]) -> Vec<u8> {
    let mut nodes = vec![[Leads::Nowhere; 2]];
    let mut data = Vec::new();
    for (prefix, entry) in entries {
        let at = u32::try_from(data.len()).unwrap();
        map(&mut data, entry);
        insert(&mut nodes, prefix, at);
    }
    let count = u32::try_from(nodes.len()).unwrap();
    let mut file = Vec::new();
    for leads in nodes.iter().flatten() {
        let value = match leads {
            Leads::Nowhere => count,
            Leads::ToNode(node) => *node,
            Leads::ToEntry(at) => count + 16 + at,
        };
        file.extend(&value.to_be_bytes()[1..]);
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    metadata(&mut file, kind, count);
    file
}

/// Puts an entry at a prefix; IPv4 lies in the first 96 bits' zeros.
fn insert(nodes: &mut Vec<[Leads; 2]>, prefix: &str, entry: u32) {
    let (address, length) = prefix.split_once('/').unwrap();
    let length: u32 = length.parse().unwrap();
    let (bits, length) = match address.parse().unwrap() {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), length + 96),
        IpAddr::V6(v6) => (u128::from(v6 as Ipv6Addr), length),
    };
    let mut at = 0;
    for depth in 0..length {
        let side = usize::from(bits >> (127 - depth) & 1 == 1);
        if depth + 1 == length {
            nodes[at][side] = Leads::ToEntry(entry);
        } else if let Leads::ToNode(next) = nodes[at][side] {
            at = next as usize;
        } else {
            nodes.push([nodes[at][side]; 2]);
            let next = nodes.len() - 1;
            nodes[at][side] = Leads::ToNode(u32::try_from(next).unwrap());
            at = next;
        }
    }
}

const TEXT: u8 = 2;
const U16: u8 = 5;
const U32: u8 = 6;
const MAP: u8 = 7;
const U64: u8 = 9;
const ARRAY: u8 = 11;

fn control(data: &mut Vec<u8>, kind: u8, size: usize) {
    let short = if size < 29 { size } else { 29 };
    let short = u8::try_from(short).unwrap();
    match kind {
        ..8 => data.push(kind << 5 | short),
        _ => data.extend([short, kind - 7]),
    }
    if size >= 29 {
        data.push(u8::try_from(size - 29).unwrap());
    }
}

fn text(data: &mut Vec<u8>, text: &str) {
    control(data, TEXT, text.len());
    data.extend(text.as_bytes());
}

fn number(data: &mut Vec<u8>, kind: u8, number: u64) {
    let bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    control(data, kind, bytes.len());
    data.extend(bytes);
}

fn map(data: &mut Vec<u8>, entry: &[(&str, Value<'_>)]) {
    control(data, MAP, entry.len());
    for (key, value) in entry {
        text(data, key);
        match value {
            Value::Number(value) => number(data, U32, u64::from(*value)),
            Value::Text(value) => text(data, value),
        }
    }
}

fn metadata(file: &mut Vec<u8>, kind: &str, nodes: u32) {
    control(file, MAP, 9);
    for (key, of, value) in [
        ("binary_format_major_version", U16, 2),
        ("binary_format_minor_version", U16, 0),
        ("build_epoch", U64, 1_795_348_800),
        ("ip_version", U16, 6),
        ("node_count", U32, u64::from(nodes)),
        ("record_size", U16, 24),
    ] {
        text(file, key);
        number(file, of, value);
    }
    text(file, "database_type");
    text(file, kind);
    text(file, "languages");
    control(file, ARRAY, 0);
    text(file, "description");
    control(file, MAP, 0);
}
