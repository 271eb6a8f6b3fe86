//! Reads zone files with scripted faults.
//!
//! One record a line, `owner [ttl] TYPE data`; `;` starts a comment line. `$ORIGIN name.` sets what relative
//! names are relative to, `$IMPLICIT off` makes names that only have names below them not exist, `$GENTXT
//! owner length "prefix" "fill"` makes a long text, and `$BEHAVE owner TYPE|ANY action,...` scripts faults.

use std::time::Duration;

use super::zone::{Behaviour, Zone};
use crate::dns::{DnsName, RecordData, RecordType, Text};

/// Adds the records and faults of a zone file to `zone`.
pub(crate) fn read(zone: &mut Zone, text: &str) {
    let mut origin = DnsName::root();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        if read_line(zone, &mut origin, line).is_none() {
            panic!("line {}: can't be read: {line}", index + 1);
        }
    }
}

fn read_line(zone: &mut Zone, origin: &mut DnsName, line: &str) -> Option<()> {
    let (first, rest) = word(line);
    match first {
        "$ORIGIN" => *origin = DnsName::from_escaped(rest).ok()?,
        "$IMPLICIT" => zone.explicit_only = rest == "off",
        "$BEHAVE" => {
            let (owner, rest) = word(rest);
            let (kind, actions) = word(rest);
            let kind = if kind == "ANY" { None } else { Some(RecordType::from_word(kind)?) };
            let what = actions.split(',').map(behaviour).collect::<Option<Vec<_>>>()?.concat();
            zone.behave(absolute(owner, origin)?, kind, what);
        }
        "$GENTXT" => {
            let (owner, rest) = word(rest);
            let (length, rest) = word(rest);
            let (prefix, fill) = match &*strings(rest)? {
                [prefix, fill] => {
                    (String::from_utf8(prefix.to_vec()).ok()?, String::from_utf8(fill.to_vec()).ok()?)
                }
                _ => return None,
            };
            let text = generate(prefix, &fill, length.parse().ok()?);
            zone.add(absolute(owner, origin)?, RecordData::Txt(Text::from(&*text)));
        }
        owner => {
            let (kind, rest) = match word(rest) {
                (ttl, rest) if ttl.bytes().all(|byte| byte.is_ascii_digit()) => word(rest),
                kind => kind,
            };
            let owner = absolute(owner, origin)?;
            match data(kind, rest, origin)? {
                Some(data) => zone.add(owner, data),
                None => zone.exists(owner),
            }
        }
    }
    Some(())
}

fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

fn absolute(name: &str, origin: &DnsName) -> Option<DnsName> {
    if name == "@" {
        return Some(origin.clone());
    }
    let own = DnsName::from_escaped(name).ok()?;
    let ends = name.ends_with('.') && !name.ends_with("\\.");
    if ends { Some(own) } else { own.within(origin).ok() }
}

fn generate(mut text: String, fill: &str, length: usize) -> String {
    let mut count = 0;
    while text.len() < length {
        text.push_str(&fill.replace("%d", &count.to_string()));
        count += 1;
    }
    if !fill.contains("%d") {
        text.truncate(length);
    }
    text
}

fn behaviour(action: &str) -> Option<Vec<Behaviour>> {
    let (action, number) = action.split_once('=').unwrap_or((action, ""));
    Some(match action {
        "servfail" => vec![Behaviour::Code(2)],
        "refused" => vec![Behaviour::Code(5)],
        "formerr" => vec![Behaviour::Code(1)],
        "notimp" => vec![Behaviour::Code(4)],
        "drop" => vec![Behaviour::DropUdp, Behaviour::DropTcp],
        "drop-udp" => vec![Behaviour::DropUdp],
        "drop-tcp" => vec![Behaviour::DropTcp],
        "drop-first" => vec![Behaviour::DropFirst(number.parse().ok()?)],
        "servfail-first" => vec![Behaviour::FailFirst(number.parse().ok()?)],
        "tc" => vec![Behaviour::Truncate],
        "tc-only" => vec![Behaviour::Truncate, Behaviour::TruncateAlways],
        "delay" => vec![Behaviour::Delay(Duration::from_millis(number.parse().ok()?))],
        "nodata" => vec![Behaviour::NoData],
        "wrong-id" => vec![Behaviour::WrongId],
        "garbage" => vec![Behaviour::Garbage],
        "ad" => vec![Behaviour::Authentic],
        _ => return None,
    })
}

/// The data of a record; `Some(None)` for a type that nobody asks for.
fn data(kind: &str, text: &str, origin: &DnsName) -> Option<Option<RecordData>> {
    if kind == "TXT" || kind == "SPF" {
        let text = Text(strings(text)?);
        return Some(Some(if kind == "TXT" { RecordData::Txt(text) } else { RecordData::Spf(text) }));
    }
    let text = text.split(" ;").next()?;
    let fields: Vec<_> = text.split_whitespace().collect();
    let name = |index: usize| absolute(fields.get(index)?, origin);
    let number = |index: usize| fields.get(index)?.parse::<u8>().ok();
    Some(Some(match kind {
        "A" => RecordData::A(fields.first()?.parse().ok()?),
        "AAAA" => RecordData::Aaaa(fields.first()?.parse().ok()?),
        "MX" => RecordData::Mx { preference: fields.first()?.parse().ok()?, exchange: name(1)? },
        "CNAME" => RecordData::Cname(name(0)?),
        "NS" => RecordData::Ns(name(0)?),
        "PTR" => RecordData::Ptr(name(0)?),
        "SOA" => RecordData::Soa(name(0)?, fields.get(2)?.parse().ok()?),
        "TLSA" => RecordData::Tlsa(number(0)?, number(1)?, number(2)?, hex(&fields[3..].concat())?),
        "DS" => {
            RecordData::Ds(fields.first()?.parse().ok()?, number(1)?, number(2)?, hex(&fields[3..].concat())?)
        }
        "DNAME" | "DNSKEY" | "CAA" => return Some(None),
        _ => return None,
    }))
}

fn hex(text: &str) -> Option<Box<[u8]>> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

/// Quoted or bare strings, with `\"`, `\\` and `\DDD`, up to a comment.
fn strings(text: &str) -> Option<Vec<Box<[u8]>>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start().as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b';' {
            break;
        }
        let quoted = first == b'"';
        let mut string = Vec::new();
        rest = if quoted { after } else { rest };
        loop {
            match rest {
                [b'"', after @ ..] if quoted => {
                    rest = after;
                    break;
                }
                [b' ' | b'\t' | b';', ..] | [] if !quoted => break,
                [b'\\', a, b, c, after @ ..] if [a, b, c].iter().all(|byte| byte.is_ascii_digit()) => {
                    let digits = [*a, *b, *c];
                    string.push(std::str::from_utf8(&digits).ok()?.parse().ok()?);
                    rest = after;
                }
                [b'\\', byte, after @ ..] | [byte, after @ ..] => {
                    string.push(*byte);
                    rest = after;
                }
                [] => return None,
            }
        }
        found.extend(if string.is_empty() {
            vec![Box::default()]
        } else {
            string.chunks(255).map(Into::into).collect()
        });
        rest = rest.trim_ascii_start();
    }
    Some(found)
}
