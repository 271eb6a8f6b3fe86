//! What file names and media types say, which is only compared with what the bytes are.

use super::packing::Packing;
use super::sniff::Kind;

/// The kinds that have names and media types of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedKind {
    Xml,
    Gzip,
    Zip,
}

impl NamedKind {
    pub(super) const fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Text => Some(Self::Xml),
            Kind::Packed(Packing::Gzip) => Some(Self::Gzip),
            Kind::Zip => Some(Self::Zip),
            _ => None,
        }
    }

    /// Whether the extension of `name`, where it is one of a report's, is this kind's.
    pub(super) fn fits_name(self, name: &str) -> bool {
        let Some((_, extension)) = name.rsplit_once('.') else { return true };
        match extension.to_ascii_lowercase().as_str() {
            "xml" => self == Self::Xml,
            "gz" | "gzip" | "tgz" => self == Self::Gzip,
            "zip" => self == Self::Zip,
            _ => true,
        }
    }

    /// Whether a declared media type, in lower case, is the right one for this kind: RFC 9990 section 3.5
    /// for XML and gzip, IANA's for zip.
    pub(super) fn fits_media_type(self, media_type: &str) -> bool {
        match self {
            Self::Xml => media_type.starts_with("text/") || media_type == "application/xml",
            Self::Gzip => media_type == "application/gzip",
            Self::Zip => media_type == "application/zip",
        }
    }
}

/// Whether a file name follows the grammar of reports (RFC 9990 section 3.5.2): receiver, policy domain,
/// begin and end with `!` between them.
pub(super) fn names_a_report(name: &str) -> bool {
    let mut parts = name.split('!').skip(2);
    let is_time =
        |part: Option<&str>| part.is_some_and(|part| part.as_bytes().first().is_some_and(u8::is_ascii_digit));
    is_time(parts.next()) && is_time(parts.next())
}

/// The period that such a file name states, in Unix seconds.
pub(super) fn period_in_name(name: &str) -> Option<(i64, i64)> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let mut parts = name.split('!').skip(2).map(|part| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        part[..digits].parse::<i64>().ok().filter(|time| is_plausible(*time))
    });
    let (begin, end) = (parts.next()??, parts.next()??);
    (begin <= end).then_some((begin, end))
}

/// Whether a time, in Unix seconds, may be that of a report: from 2010, before which there was no DMARC, to 2100.
pub(super) fn is_plausible(time: i64) -> bool {
    (1_262_304_000..4_102_444_800).contains(&time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_names_are_known() {
        assert!(names_a_report("receiver.example!example.com!1795219200!1795305599.xml.gz"));
        assert!(names_a_report("!example.com!1795219200!1795305599!id7.zip"));
        assert!(!names_a_report("wow!so!many!marks.txt"));
        assert!(!names_a_report("report.xml"));
    }

    #[test]
    fn names_say_when() {
        let period = Some((1_795_219_200, 1_795_305_599));
        assert_eq!(period_in_name("in/receiver.example!example.com!1795219200!1795305599.xml.gz"), period);
        assert_eq!(period_in_name("receiver.example!example.com!1795219200!1795305599!id7.zip"), period);
        for name in ["a!b!1795305599!1795219200.xml", "a!b!0!1.xml", "a!b!1795219200.xml", "report.xml"] {
            assert_eq!(period_in_name(name), None, "{name}");
        }
    }

    #[test]
    fn names_and_types_are_compared_with_what_is_there() {
        assert!(NamedKind::Gzip.fits_name("a.xml.gz") && !NamedKind::Gzip.fits_name("a.zip"));
        assert!(NamedKind::Zip.fits_name("no extension"));
        assert!(!NamedKind::Gzip.fits_media_type("application/zip"));
    }
}
