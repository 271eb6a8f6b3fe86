//! The DMARC record to publish in place of the one in DNS.

use super::dmarc_values::value;
use super::near::nearest;
use super::plain::plain;
use crate::dns::record::dmarc::{DmarcRecord, Standing};

/// The tags that receivers know, those of RFC 7489 too.
const KNOWN: &[&str] = &["p", "sp", "np", "rua", "ruf", "adkim", "aspf", "fo", "t", "psd", "pct", "rf", "ri"];

/// The longest text that is worth mending. TXT records of a DMARC policy have a few hundred bytes.
const LONGEST: usize = 4096;

/// A policy record in the making: its tags in order, without the version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    tags: Vec<(String, String)>,
}

impl Draft {
    /// A record that says nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What a text was meant to say, each tag with the value that was meant; `None` where more than one
    /// meaning is left, or where the text was no policy record.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let text = plain(text).replace(['"', '\\'], "");
        let body = without_version(&text)?;
        let mut draft = Self::default();
        for piece in pieces(&body) {
            draft.add(&piece)?;
        }
        draft.put_policy_first();
        Some(draft)
    }

    fn add(&mut self, piece: &str) -> Option<()> {
        let Some((name, text)) = split_tag(piece) else {
            // An address that lost its tag to a wrong separator; anything else is nothing a receiver reads.
            if piece.contains('@') && matches!(self.tags.last(), Some((last, _)) if is_list(last)) {
                let more = value("rua", piece)?;
                self.append_to_last(&more);
            }
            return Some(());
        };
        let Some(tag) = known(&name) else {
            // Receivers pass over tags that they do not know: one that is well written stays.
            let sound = name.bytes().all(|byte| byte.is_ascii_alphabetic()) && !text.is_empty();
            let sound =
                sound && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) && self.get(&name).is_none();
            if sound {
                self.tags.push((name, text));
            }
            return Some(());
        };
        // Without a value a tag says nothing, and its default counts.
        if text.is_empty() {
            return Some(());
        }
        let meant = match value(tag, &text) {
            Some(meant) => meant,
            // For these a default counts in place of what nobody can read.
            None if matches!(tag, "pct" | "ri" | "rf" | "fo" | "adkim" | "aspf" | "t" | "psd") => {
                return Some(());
            }
            None => return None,
        };
        match self.get(tag) {
            None => self.tags.push((tag.to_owned(), meant)),
            Some(first) if first == meant => {}
            Some(first) if is_list(tag) => {
                let joined = value(tag, &format!("{first},{meant}"))?;
                self.set(tag, &joined);
            }
            Some(_) if matches!(tag, "p" | "sp" | "np") => return None,
            // The first counts.
            Some(_) => {}
        }
        Some(())
    }

    fn append_to_last(&mut self, more: &str) {
        if let Some((tag, list)) = self.tags.last_mut()
            && let Some(joined) = value(tag, &format!("{list},{more}"))
        {
            *list = joined;
        }
    }

    /// Receivers of RFC 7489 look for `p` behind the version.
    fn put_policy_first(&mut self) {
        if let Some(at) = self.tags.iter().position(|(name, _)| name == "p") {
            let policy = self.tags.remove(at);
            self.tags.insert(0, policy);
        }
    }

    /// The value of a tag.
    #[must_use]
    pub fn get(&self, tag: &str) -> Option<&str> {
        self.tags.iter().find(|(name, _)| name == tag).map(|(_, value)| value.as_str())
    }

    /// Sets a tag, where it stands or at the end; `p` comes first.
    pub fn set(&mut self, tag: &str, to: &str) {
        match self.tags.iter_mut().find(|(name, _)| name == tag) {
            Some((_, value)) => to.clone_into(value),
            None => self.tags.push((tag.to_owned(), to.to_owned())),
        }
        self.put_policy_first();
    }

    /// States the policy that an absent one counts as (RFC 9989 section 4.10.1).
    pub fn state_policy(&mut self) {
        if self.get("p").is_none() {
            self.set("p", "none");
        }
    }

    /// Turns the record into one of a domain that sends no mail: everything is refused, and below it too.
    pub fn refuse_everything(&mut self) {
        self.set("p", "reject");
        for tag in ["sp", "np", "t", "pct"] {
            self.remove(tag);
        }
    }

    /// Drops a tag.
    pub fn remove(&mut self, tag: &str) {
        self.tags.retain(|(name, _)| name != tag);
    }

    /// The record, where it is one with a policy that receivers can read and without a fault.
    #[must_use]
    pub fn record(&self) -> Option<String> {
        let mut text = "v=DMARC1".to_owned();
        for (name, value) in &self.tags {
            text.push_str(&format!("; {name}={value}"));
        }
        let read = DmarcRecord::parse(text.as_bytes())?;
        (read.problems.is_empty() && read.standing() == Standing::Sound).then_some(text)
    }
}

/// The record for a text that was meant as one, with the policy that counts where none is stated; `None` where more
/// than one meaning is left.
#[must_use]
pub fn mended(text: &[u8]) -> Option<String> {
    let mut draft = Draft::read(text)?;
    draft.state_policy();
    draft.record()
}

/// The record in DNS with some tags set, or dropped where there is no value, and everything else that it
/// says kept and mended: the record to publish for a step towards a stricter policy. `None` where the text in
/// DNS leaves more than one meaning.
#[must_use]
pub fn with(text: &[u8], changes: &[(&str, Option<&str>)]) -> Option<String> {
    let mut draft = Draft::read(text)?;
    for (tag, value) in changes {
        match value {
            Some(value) => draft.set(tag, value),
            None => draft.remove(tag),
        }
    }
    draft.record()
}

fn is_list(tag: &str) -> bool {
    matches!(tag, "rua" | "ruf")
}

/// The tag that a name means, if it is not one that nobody knows.
#[must_use]
pub fn known(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    if let Some(exact) = KNOWN.iter().find(|known| **known == name) {
        return Some(exact);
    }
    match name.as_str() {
        "policy" => return Some("p"),
        "subpolicy" | "subdomainpolicy" => return Some("sp"),
        "percent" | "percentage" => return Some("pct"),
        _ => {}
    }
    let long: Vec<&'static str> = KNOWN.iter().copied().filter(|known| known.len() > 2).collect();
    (name.len() > 2 && name.len() < 8).then(|| nearest(&name, &long, 1)).flatten()
}

/// What follows the version, however that is written and whatever stands before it. A text without a version
/// that begins with a policy counts too.
fn without_version(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let at = lower.match_indices("dmarc").map(|(at, _)| at).find(|at| {
        let before = lower.get(..*at).unwrap_or_default().trim_end_matches([' ', ':', '=']);
        before.is_empty() || before.ends_with('v')
    });
    let Some(at) = at else {
        let starts = split_tag(pieces(text).first()?.as_str());
        return starts.is_some_and(|(name, _)| name == "p").then(|| text.to_owned());
    };
    let before = text.get(..at)?.trim_end_matches([' ', ':', '=']);
    let before = before.strip_suffix(['v', 'V']).unwrap_or(before);
    let rest = text.get(at + "dmarc".len()..)?;
    // `DMARC1`, `DMARC 1`, `DMARCl`, `DMARC2.0`, or nothing but the name.
    let digit = |c: char| c.is_ascii_digit() || c == '.';
    let rest = match rest.trim_start().strip_prefix(['l', 'I', 'i', '|']) {
        Some(behind) if behind.trim_start().starts_with([';', ',']) || behind.trim().is_empty() => behind,
        _ => rest.trim_start().trim_start_matches(digit),
    };
    // Tags before the version were meant; a name, a class and a type out of a zone file were not.
    let tags = pieces(before).into_iter().filter(|piece| {
        let name = split_tag(piece).and_then(|(name, _)| known(&name));
        name.is_some() && !piece.contains(' ')
    });
    let tags: Vec<String> = tags.collect();
    Some(format!("{}; {}", rest.trim_start_matches([' ', ',', ';', ':', '.']), tags.join("; ")))
}

/// The tags of a text, whatever parts them.
fn pieces(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in text.split(';') {
        let mut rest = piece.trim().trim_end_matches([',', '.']).trim();
        while let Some(at) = next_tag(rest) {
            let (one, more) = rest.split_at(at);
            found.push(one.trim().trim_end_matches(',').trim().to_owned());
            rest = more.trim_start_matches([',', ' ']);
        }
        found.push(rest.to_owned());
    }
    found.retain(|piece| !piece.is_empty());
    found
}

/// Where the next tag begins within what should be one: behind a blank or comma, or behind a policy to which
/// it is glued.
fn next_tag(piece: &str) -> Option<usize> {
    let equals = piece.match_indices('=').map(|(at, _)| at);
    for at in equals.skip(usize::from(piece.contains('='))) {
        let before = piece.get(..at)?.trim_end();
        let letters = before.bytes().rev().take_while(u8::is_ascii_alphabetic).count();
        let start = before.len() - letters;
        let name = before.get(start..)?;
        let parted = before.get(..start)?.ends_with([' ', ',']);
        if parted && known(name).is_some() {
            return Some(start);
        }
        let (_, head) = split_tag(piece.get(..start)?.trim_end()).unwrap_or_default();
        if head.is_empty() && !parted {
            // `p=rejectrua=...`: the letters hold a policy and a name.
            let split = KNOWN.iter().filter(|tag| name.len() > tag.len()).find_map(|tag| {
                let word = name.to_ascii_lowercase();
                let word = word.strip_suffix(tag)?;
                ["none", "quarantine", "reject", "r", "s"].contains(&word).then_some(start + word.len())
            });
            if split.is_some() {
                return split;
            }
        }
    }
    None
}

/// Name and value of a tag. A colon counts as `=` behind the name of a tag.
fn split_tag(piece: &str) -> Option<(String, String)> {
    let at = piece.find(['=', ':'])?;
    let (name, text) = piece.split_at(at);
    let name = name.trim().to_ascii_lowercase();
    let colon = text.starts_with(':');
    if colon && known(&name).is_none() {
        return None;
    }
    let text = text.get(1..)?.trim_start_matches(['=', ' ']).trim();
    Some((name, text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        Draft::read(text.as_bytes())?.record()
    }

    #[test]
    fn records_with_one_meaning_are_mended_whole() {
        for (text, expected) in [
            ("v=DMARC1; p:reject; rua:mailto:a@x.example", "v=DMARC1; p=reject; rua=mailto:a@x.example"),
            (
                "\u{201c}v=DMARC1; p=reject; rua=mailto:a@x.example\u{201d}",
                "v=DMARC1; p=reject; rua=mailto:a@x.example",
            ),
            ("v=DMARCl; p=reject", "v=DMARC1; p=reject"),
            ("v=dmarc1 p=none", "v=DMARC1; p=none"),
            (
                "V=DMARC1, p=reject, rua=mailto:a@x.example, fo=1",
                "v=DMARC1; p=reject; rua=mailto:a@x.example; fo=1",
            ),
            ("v=DMARC1;p=rejectrua=mailto:a@x.example", "v=DMARC1; p=reject; rua=mailto:a@x.example"),
            ("v=DMARC1; p=reject rua=mailto:a@x.example", "v=DMARC1; p=reject; rua=mailto:a@x.example"),
            (
                "v=DMARC1; p=reject; rua=mailto:a@x.example; mailto:b@x.example",
                "v=DMARC1; p=reject; rua=mailto:a@x.example,mailto:b@x.example",
            ),
            (
                "v=DMARC1; rau=mailto:a@x.example; policy=quarantine",
                "v=DMARC1; p=quarantine; rua=mailto:a@x.example",
            ),
            ("p=reject; v=DMARC1; aspf=s", "v=DMARC1; p=reject; aspf=s"),
            ("p=reject; rua=mailto:a@x.example", "v=DMARC1; p=reject; rua=mailto:a@x.example"),
            ("_dmarc.x.example. IN TXT v=DMARC1; p=none", "v=DMARC1; p=none"),
            ("v=DMARC1\\; p=none\\; fo=1\\;", "v=DMARC1; p=none; fo=1"),
            ("v=DMARC1;; p=none;; sp=", "v=DMARC1; p=none"),
            ("v=DMARC1; p=none; caf\u{e9}=x; later=kept", "v=DMARC1; p=none; later=kept"),
            (
                "v=DMARC1; p=none; rua=mailto:a@x.example; rua=b@x.example",
                "v=DMARC1; p=none; rua=mailto:a@x.example,mailto:b@x.example",
            ),
            (
                "v=DMARC1; p=reject; rua=mailto:a@x.example?subject=p=none,mailto:b@x.example",
                "v=DMARC1; p=reject; rua=mailto:a@x.example?subject=p=none,mailto:b@x.example",
            ),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
            assert_eq!(read(expected).as_deref(), Some(expected));
        }
    }

    #[test]
    fn where_two_meanings_are_left_nothing_is_proposed() {
        for text in [
            "v=DMARC1; p=none; p=reject",
            "v=DMARC1; p=perhaps",
            "v=DMARC1; rua=mailto:a@x.example",
            "v=DMARC1; p=none; rua=nobody",
            "v=spf1 -all",
            "hello",
            "",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_step_keeps_what_it_does_not_change() {
        let text = b"v=DMARC1;p=none;rua=mailto:a@x.example!10m;pct=50;t=y; sp=none";
        assert_eq!(
            with(text, &[("p", Some("quarantine")), ("t", None), ("np", Some("reject"))]).as_deref(),
            Some("v=DMARC1; p=quarantine; rua=mailto:a@x.example!10m; pct=50; sp=none; np=reject")
        );
        assert_eq!(with(b"v=DMARC1; p=maybe", &[("p", Some("reject"))]), None);
    }
}
