//! Who sent one record, and why.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::senders::{Catalogue, Classified, Evidence, Sender};

use crate::json;

#[derive(Serialize)]
struct Line<'a> {
    sender: Option<&'a str>,
    originator: Option<&'a str>,
    hop: Option<&'a str>,
    class: &'static str,
    confidence: Option<&'static str>,
    evidence: Vec<Piece<'a>>,
    reason: &'a str,
}

#[derive(Serialize)]
struct Piece<'a> {
    kind: &'static str,
    value: &'a str,
    names: &'a str,
    points: u8,
}

/// Writes one JSON object.
pub fn line(out: &mut dyn Write, found: &Classified, catalogue: &Catalogue) -> io::Result<()> {
    let line = Line {
        sender: found.sender.as_deref(),
        originator: found.originator.as_deref(),
        hop: found.hop.as_deref(),
        class: found.class.as_str(),
        confidence: found.confidence.map(|confidence| confidence.as_str()),
        evidence: found.evidence.iter().map(|piece| self::piece(piece, catalogue)).collect(),
        reason: &found.reason,
    };
    json::line(out, &line)
}

fn piece<'a>(piece: &'a Evidence, catalogue: &'a Catalogue) -> Piece<'a> {
    let names = match piece.names {
        Sender::Own => "own",
        Sender::Service(service) => &catalogue.service(service).id,
    };
    Piece { kind: piece.kind.as_str(), value: &piece.value, names, points: piece.points() }
}
