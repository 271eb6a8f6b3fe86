//! Text -> SPF record, by the grammar of RFC 7208 section 12.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::macros::{MacroFault, MacroString, Place};
use super::net::Net;
use super::record::{
    DomainSpec, Fault, FaultKind, Mechanism, Prefixes, Qualifier, SpfRecord, Term, TermBody,
};

/// The version that a record starts with, in any case.
const VERSION: &[u8] = b"v=spf1";

/// Whether a text is an SPF record: the version, followed by a blank or nothing (section 4.5).
#[must_use]
pub fn is_spf(text: &[u8]) -> bool {
    after_version(text).is_some()
}

fn after_version(text: &[u8]) -> Option<&[u8]> {
    let (version, rest) = text.split_at_checked(VERSION.len())?;
    let ends = rest.first().is_none_or(|&byte| byte == b' ');
    (version.eq_ignore_ascii_case(VERSION) && ends).then_some(rest)
}

impl SpfRecord {
    /// Reads a record; `None` where the text is no SPF record. Whatever is wrong with one becomes a
    /// [fault](Self::faults).
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let rest = after_version(text)?;
        let mut record = Self { text: text.to_vec(), terms: Vec::new(), faults: Vec::new() };
        let mut start = VERSION.len();
        for word in rest.split(|&byte| byte == b' ') {
            let span = start..start + word.len();
            start = span.end + 1;
            if !word.is_empty() {
                record.add(word, span);
            }
        }
        Some(record)
    }

    fn add(&mut self, word: &[u8], span: Range<usize>) {
        match parse_term(word) {
            Ok(body) => {
                let twice = match &body {
                    TermBody::Redirect(_) => self.has(|other| matches!(other, TermBody::Redirect(_))),
                    TermBody::Explain(_) => self.has(|other| matches!(other, TermBody::Explain(_))),
                    _ => false,
                };
                if twice {
                    self.faults.push(Fault { span, kind: FaultKind::Repeated });
                } else {
                    self.terms.push(Term { span, body });
                }
            }
            Err(kind) => self.faults.push(Fault { span, kind }),
        }
    }

    fn has(&self, sort: impl Fn(&TermBody) -> bool) -> bool {
        self.terms.iter().any(|term| sort(&term.body))
    }
}

fn parse_term(word: &[u8]) -> Result<TermBody, FaultKind> {
    match modifier(word) {
        Some((name, value)) => parse_modifier(name, value),
        None => parse_directive(word),
    }
}

/// The name and value of a modifier: a name directly followed by `=`.
fn modifier(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = word.iter().position(|&byte| byte == b'=')?;
    let (name, value) = word.split_at(equals);
    let (first, others) = name.split_first()?;
    let sound = first.is_ascii_alphabetic()
        && others.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte));
    sound.then(|| (name, value.get(1..).unwrap_or_default()))
}

fn parse_modifier(name: &[u8], value: &[u8]) -> Result<TermBody, FaultKind> {
    if name.eq_ignore_ascii_case(b"redirect") {
        Ok(TermBody::Redirect(domain_spec(value)?))
    } else if name.eq_ignore_ascii_case(b"exp") {
        Ok(TermBody::Explain(domain_spec(value)?))
    } else {
        MacroString::parse(value, Place::UnknownModifier).map_err(fault_of)?;
        Ok(TermBody::Unknown)
    }
}

fn parse_directive(word: &[u8]) -> Result<TermBody, FaultKind> {
    let (qualifier, word) = match word.split_first() {
        Some((b'+', rest)) => (Qualifier::Pass, rest),
        Some((b'-', rest)) => (Qualifier::Fail, rest),
        Some((b'~', rest)) => (Qualifier::SoftFail, rest),
        Some((b'?', rest)) => (Qualifier::Neutral, rest),
        _ => (Qualifier::Pass, word),
    };
    let end = word.iter().position(|byte| b":/".contains(byte)).unwrap_or(word.len());
    let (name, rest) = word.split_at(end);
    let mechanism = match name.to_ascii_lowercase().as_slice() {
        b"all" if rest.is_empty() => Mechanism::All,
        b"all" => return Err(FaultKind::UnexpectedArgument),
        b"include" => Mechanism::Include(domain_spec(argument(rest)?)?),
        b"exists" => Mechanism::Exists(domain_spec(argument(rest)?)?),
        b"ptr" if rest.is_empty() => Mechanism::Ptr(None),
        b"ptr" => Mechanism::Ptr(Some(domain_spec(argument(rest)?)?)),
        b"a" => host(rest).map(|(domain, prefixes)| Mechanism::A(domain, prefixes))?,
        b"mx" => host(rest).map(|(domain, prefixes)| Mechanism::Mx(domain, prefixes))?,
        b"ip4" => Mechanism::Range(range::<Ipv4Addr>(argument(rest)?, 32)?),
        b"ip6" => Mechanism::Range(range::<Ipv6Addr>(argument(rest)?, 128)?),
        name if name.iter().all(u8::is_ascii_graphic) => return Err(FaultKind::UnknownMechanism),
        _ => return Err(FaultKind::Unprintable),
    };
    Ok(TermBody::Directive(qualifier, mechanism))
}

/// What follows a mechanism's colon.
fn argument(rest: &[u8]) -> Result<&[u8], FaultKind> {
    match rest.split_first() {
        Some((b':', argument)) => Ok(argument),
        Some(_) => Err(FaultKind::UnexpectedArgument),
        None => Err(FaultKind::MissingArgument),
    }
}

fn domain_spec(text: &[u8]) -> Result<DomainSpec, FaultKind> {
    if text.is_empty() {
        return Err(FaultKind::MissingArgument);
    }
    let spec = MacroString::parse(text, Place::Domain).map_err(fault_of)?;
    if spec.ends_as_domain() { Ok(DomainSpec(spec)) } else { Err(FaultKind::BadDomain) }
}

const fn fault_of(fault: MacroFault) -> FaultKind {
    match fault {
        MacroFault::Unprintable => FaultKind::Unprintable,
        MacroFault::BadMacro => FaultKind::BadMacro,
    }
}

/// The arguments of `a` and `mx`: a domain and prefix lengths, each optional.
fn host(rest: &[u8]) -> Result<(Option<DomainSpec>, Prefixes), FaultKind> {
    let (rest, v6) = split_prefix(rest, b"//");
    let (rest, v4) = split_prefix(rest, b"/");
    let prefixes = Prefixes {
        v4: v4.map_or(Ok(32), |digits| prefix(digits, 32))?,
        v6: v6.map_or(Ok(128), |digits| prefix(digits, 128))?,
    };
    let domain = match rest.split_first() {
        None => None,
        Some((b':', domain)) => Some(domain_spec(domain)?),
        Some(_) => return Err(FaultKind::BadPrefix),
    };
    Ok((domain, prefixes))
}

/// Cuts a prefix length off the end: digits behind these slashes and no further one. A slash may stand in
/// a domain too, but no domain ends in one and digits.
fn split_prefix<'t>(text: &'t [u8], slashes: &[u8]) -> (&'t [u8], Option<&'t [u8]>) {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, digits) = text.split_at(text.len() - digits);
    match before.strip_suffix(slashes) {
        Some(rest) if !digits.is_empty() => (rest, Some(digits)),
        _ => (text, None),
    }
}

/// A prefix length: no leading zero, and not above `most`.
fn prefix(digits: &[u8], most: u8) -> Result<u8, FaultKind> {
    let plain = digits == b"0" || digits.first().is_some_and(|first| (b'1'..=b'9').contains(first));
    let value = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u8>().ok());
    value.filter(|value| plain && *value <= most).ok_or(FaultKind::BadPrefix)
}

/// The arguments of `ip4` and `ip6`: an address and perhaps one prefix length.
fn range<T: std::str::FromStr + Into<IpAddr>>(text: &[u8], most: u8) -> Result<Net, FaultKind> {
    if text.is_empty() {
        return Err(FaultKind::MissingArgument);
    }
    let slash = text.iter().position(|&byte| byte == b'/');
    let (address, length) = match slash {
        Some(slash) => (text.get(..slash), prefix(text.get(slash + 1..).unwrap_or_default(), most)?),
        None => (Some(text), most),
    };
    let address = std::str::from_utf8(address.unwrap_or_default()).map_err(|_| FaultKind::BadAddress)?;
    let address: IpAddr = address.parse::<T>().map_err(|_| FaultKind::BadAddress)?.into();
    Net::new(address, length).ok_or(FaultKind::BadPrefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first fault of a record, or none.
    fn fault(text: &str) -> Option<FaultKind> {
        SpfRecord::parse(text.as_bytes()).unwrap().faults.first().map(|fault| fault.kind)
    }

    #[test]
    fn the_version_ends_with_a_blank_or_the_text() {
        for text in ["v=spf1", "V=SpF1 -all", "v=spf1 "] {
            assert!(is_spf(text.as_bytes()), "{text}");
        }
        for text in ["", " v=spf1", "v=spf10 -all", "v=spf1\t-all", "v=spf1-all", "spf1 -all", "v = spf1"] {
            assert!(!is_spf(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn every_term_of_the_grammar() {
        let text = "v=spf1 ALL Include:a.example a A/0 a//0 ?a/24//64 a:b.example -a:b.example/8//9 mx ~mx:%{d}/1 \
                    ptr ptr:c.example ip4:192.0.2.1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ip6:::192.0.2.1 \
                    exists:%{ir}.%{l1r+}.%%.%_ a:foo:bar/baz.example.com include:x-1.example. \
                    redirect=r.example EXP=e.example other.tag_-1=any%_thing empty=";
        let record = SpfRecord::parse(text.as_bytes()).unwrap();
        assert_eq!(record.faults, []);
        assert_eq!(record.terms.len(), 23);
        assert_eq!(record.shown(record.terms[7].span()), "-a:b.example/8//9");
    }

    #[test]
    fn each_fault_is_named() {
        use FaultKind::*;
        for (term, expected) in [
            ("moo", UnknownMechanism),
            ("ipv4:192.0.2.1", UnknownMechanism),
            ("192.0.2.1", UnknownMechanism),
            ("all.", UnknownMechanism),
            ("-all:x.example", UnexpectedArgument),
            ("all/8", UnexpectedArgument),
            ("include", MissingArgument),
            ("include:", MissingArgument),
            ("include:x.example/24", BadDomain),
            ("ptr/0", UnexpectedArgument),
            ("ptr:", MissingArgument),
            ("a:", MissingArgument),
            ("a:/24", MissingArgument),
            ("a:museum", BadDomain),
            ("a:museum.", BadDomain),
            ("a:111.222.33.44", BadDomain),
            ("a:x.example:8080", BadDomain),
            ("a:x.-com", BadDomain),
            ("a:x.example/33", BadPrefix),
            ("a//129", BadPrefix),
            ("a/24/64", BadPrefix),
            ("a/", BadPrefix),
            ("ip4", MissingArgument),
            ("ip4:192.0.2.1/032", BadPrefix),
            ("ip4:192.0.2.1//32", BadPrefix),
            ("ip4:192.0.2", BadAddress),
            ("ip4:192.0.2.1:25", BadAddress),
            ("ip4:2001:db8::1", BadAddress),
            ("ip6:192.0.2.1", BadAddress),
            ("ip6::2001::db8", BadAddress),
            ("exists:%{c}.example", BadMacro),
            ("exists:%(ir).example", BadMacro),
            ("foo=%abc", BadMacro),
            ("exp=", MissingArgument),
            ("redirect=-all", BadDomain),
            ("redirect:x.example", UnknownMechanism),
            ("1up=foo", UnknownMechanism),
            ("=all", UnknownMechanism),
            ("a:caf\u{e9}.example", Unprintable),
            ("a\ttr", Unprintable),
            ("exp=x.example exp=y.example", Repeated),
        ] {
            assert_eq!(fault(&format!("v=spf1 {term} ?all")), Some(expected), "{term}");
        }
    }
}
