//! Whether a mail was meant to bring a report: where none is found in it, one was lost.

use super::unread::Unread;
use crate::error::{Error, ErrorKind};

/// What of a mail's header says that it brings a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// The subject is the one that RFC 9990 section 3.5.2 asks for.
    Subject,
    /// The sender does nothing else but send reports.
    Reporter,
    /// The sender has to do with DMARC, and may well write other mail.
    Address,
}

impl Sign {
    /// The sign of a mail with this subject and sender.
    pub(super) fn of(subject: Option<&str>, from: Option<&str>, display_name: Option<&str>) -> Option<Self> {
        if subject.is_some_and(is_report_subject) {
            return Some(Self::Subject);
        }
        let from = from?.to_ascii_lowercase();
        if REPORTERS.contains(&from.as_str()) {
            return Some(Self::Reporter);
        }
        let names_dmarc = |text: &str| {
            text.split(|c: char| !c.is_ascii_alphanumeric())
                .any(|word| word.eq_ignore_ascii_case("dmarc") || word.starts_with("dmarcre"))
        };
        (names_dmarc(&from) || display_name.is_some_and(names_dmarc)).then_some(Self::Address)
    }

    /// Why a mail with such a sign is no ordinary mail, where nothing came out of it.
    pub(super) fn missed(sign: Option<Self>, unread: Option<Unread>) -> Option<Error> {
        let certain = |what: &str| {
            let reason = format!(
                "{what} says that it brings a report, and none is in it; if your mail program shows one, save it \
                 and read that, else it was lost on the way"
            );
            Error::new(ErrorKind::NoFeedback, reason)
        };
        match (sign, unread) {
            (Some(_), Some(unread)) => Some(unread.container.error()),
            (None, Some(unread)) => unread.is_named.then(|| unread.container.error()),
            (Some(Self::Subject), None) => Some(certain("its subject")),
            (Some(Self::Reporter), None) => Some(certain("its sender")),
            (Some(Self::Address) | None, None) => None,
        }
    }
}

/// Addresses of large reporters from which nothing else comes.
const REPORTERS: [&str; 6] = [
    "noreply-dmarc-support@google.com",
    "dmarcreport@microsoft.com",
    "noreply@dmarc.yahoo.com",
    "dmarchelp@yahooinc.com",
    "dmarc_support@corp.mail.ru",
    "dmarc-noreply@linkedin.com",
];

/// Whether a subject is a report's, forwarded or not. An answer to a report is none, and no more is the notice that
/// somebody is out of office.
fn is_report_subject(subject: &str) -> bool {
    let subject = subject.to_ascii_lowercase();
    let mut words = subject.split_whitespace().peekable();
    while words.next_if(|word| is_forward(word)).is_some() {}
    let mut rest = words.skip_while(|word| word.starts_with('[') && word.ends_with(']'));
    rest.next() == Some("report") && rest.next() == Some("domain:") && rest.any(|word| word == "submitter:")
}

/// Whether a word of a subject, in lower case, is what mail programs put before that of a forwarded mail, or what
/// a gateway puts before that of a stranger's.
fn is_forward(word: &str) -> bool {
    const WORDS: [&str; 12] =
        ["fwd:", "fw:", "wg:", "tr:", "rv:", "enc:", "i:", "vs:", "doorst:", "vb:", "pd:", "external:"];
    WORDS.contains(&word) || word.starts_with('[') && word.ends_with(']')
}

#[cfg(test)]
mod tests {
    use super::super::unread::Unsupported;
    use super::*;

    #[test]
    fn subjects_of_reports_are_known() {
        for subject in [
            "Report Domain: example.com Submitter: receiver.example Report-ID: <1@receiver.example>",
            "Report domain: example.com Submitter: receiver.example Report-ID: 1",
            "Fwd: [External] Report Domain: example.com  Submitter: receiver.example",
        ] {
            assert!(is_report_subject(subject), "{subject}");
        }
        for subject in [
            "Re: Report Domain: example.com Submitter: receiver.example Report-ID: <1@receiver.example>",
            "Automatic reply: Report Domain: example.com Submitter: receiver.example",
            "Undeliverable: Report Domain: example.com Submitter: receiver.example",
            "Report Domain: how to read one",
            "Report",
            "",
        ] {
            assert!(!is_report_subject(subject), "{subject}");
        }
    }

    #[test]
    fn a_sender_alone_says_little() {
        let sign = |from: &str| Sign::of(Some("Hello"), Some(from), None);
        assert_eq!(sign("noreply-dmarc-support@google.com"), Some(Sign::Reporter));
        assert_eq!(sign("dmarc@receiver.example"), Some(Sign::Address));
        assert_eq!(sign("news@dmarcian.example"), None);
        assert!(Sign::missed(Some(Sign::Address), None).is_none());
        let unread = |is_named| Some(Unread { container: Unsupported::Rar, is_named });
        assert!(Sign::missed(Some(Sign::Address), unread(false)).is_some());
        assert!(Sign::missed(None, unread(true)).is_some() && Sign::missed(None, unread(false)).is_none());
    }
}
