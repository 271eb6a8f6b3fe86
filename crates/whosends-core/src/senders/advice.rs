//! What an owner can do about mail of a service that fails.

use std::fmt;

use super::catalogue::{Alignment, Catalogue, Category, PublishRecord, RecordType, Service, Setup, SignKind};
use super::source::SourceKey;

/// What kind of entry is to be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A record of its own.
    Record(RecordType),
    /// A term to add to the SPF record that stands at the name.
    SpfTerm,
}

impl EntryKind {
    /// The words that stand in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Record(kind) => kind.as_str(),
            Self::SpfTerm => "SPF term",
        }
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An entry to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The whole name it stands at.
    pub owner: String,
    /// What kind of entry it is.
    pub kind: EntryKind,
    /// Its value; `None` where each customer gets another one from the service.
    pub value: Option<String>,
}

/// What to do, in words and as entries to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// Whole sentences.
    pub text: String,
    /// What to publish.
    pub records: Vec<Entry>,
}

/// What the owner of `domain` can do about failing mail of a source, which may be confirmed as the owner's.
#[must_use]
pub fn advice_for(source: &SourceKey, confirmed: bool, domain: &str, catalogue: &Catalogue) -> Advice {
    let text = match source {
        SourceKey::Service(service) => return advice(catalogue.service(*service), domain, catalogue),
        SourceKey::Own => format!(
            "Have the server sign with DKIM as {domain}, and list its address in the SPF record of {domain}."
        ),
        SourceKey::Wave(_) => "Nothing has to be done: no policy has to spare this mail.".to_owned(),
        SourceKey::Host(_) | SourceKey::Network(_) | SourceKey::Block(_) if confirmed => format!(
            "Have it sign with DKIM as {domain}, and list it in the SPF record of the domain in its return path."
        ),
        SourceKey::Host(_) | SourceKey::Network(_) | SourceKey::Block(_) => {
            "Find out whether this is yours. If it is, have it sign with DKIM as your domain and list it in SPF; \
             if not, record that it is not."
                .to_owned()
        }
    };
    Advice { text, records: Vec::new() }
}

/// What the owner of `domain` can do to make a service's mail pass.
#[must_use]
pub fn advice(service: &Service, domain: &str, catalogue: &Catalogue) -> Advice {
    let mut sentences: Vec<_> =
        what_to_do(service).into_iter().chain(spf_sentence(service).map(str::to_owned)).collect();
    if !service.runs_on.is_empty() {
        let names: Vec<_> = service.runs_on.iter().map(|&id| short_name(catalogue.service(id))).collect();
        sentences.push(format!("Its mail leaves through {}.", names.join(" or ")));
    }
    sentences.extend(service.note.clone());
    let can_set_up = service.dkim_align != Alignment::No || service.spf_align != Alignment::No;
    let records = if can_set_up { entries(service, domain) } else { Vec::new() };
    Advice { text: sentences.join(" "), records }
}

/// The name without what stands in brackets after it.
fn short_name(service: &Service) -> &str {
    service.name.split(" (").next().unwrap_or(&service.name)
}

fn what_to_do(service: &Service) -> Option<String> {
    let name = short_name(service);
    let nothing_aligns = service.dkim_align == Alignment::No && service.spf_align == Alignment::No;
    let text = match service.category {
        _ if service.setup == Setup::Elsewhere => return None,
        Category::List | Category::Forwarder if nothing_aligns => format!(
            "Mail from {name} was passed on for others: there is nothing to set up. A DKIM signature of yours keeps \
             copies passing that arrive unchanged."
        ),
        Category::Isp | Category::MailHost if nothing_aligns => format!(
            "Somebody writes as your domain from a personal mailbox ({name}), which can't pass: give that person a \
             mailbox of the domain, or its submission server."
        ),
        Category::SecurityGateway => format!(
            "If you send out through {name}, have it or your mail host sign with your domain, and list it in SPF. If \
             a recipient filters with it, there is nothing to set up."
        ),
        _ if nothing_aligns => format!(
            "Mail of {name} goes out under the service's own name and can't be signed as your domain: leave its own \
             address in From."
        ),
        _ => set_up(service),
    };
    Some(text)
}

fn set_up(service: &Service) -> String {
    let name = short_name(service);
    if service.dkim_align == Alignment::No {
        return format!("{name} can't sign as your domain, so mail of it passes by SPF only.");
    }
    let place = service.place.as_deref().unwrap_or(name);
    let text = match service.setup {
        Setup::Delegate => {
            format!(
                "Delegate a subdomain to {name} and send from it: signature and return path are then both yours."
            )
        }
        Setup::Ask => {
            format!("Ask {name} to sign as your domain; until it does, leave its own address in From.")
        }
        Setup::Customer | Setup::Elsewhere => {
            format!("Set your domain up in {place} and publish the DKIM records it shows.")
        }
    };
    match service.dkim_align {
        Alignment::Partial if service.setup == Setup::Customer => {
            format!("{text} Not every customer gets that.")
        }
        _ => text,
    }
}

fn spf_sentence(service: &Service) -> Option<&'static str> {
    let hosts =
        matches!(service.category, Category::MailHost | Category::Hosting | Category::SecurityGateway);
    match service.spf_align {
        _ if service.dkim_align == Alignment::No || hosts || service.setup == Setup::Elsewhere => None,
        Alignment::No => {
            Some("Its return path stays its own, so SPF can't align and an include of it gains nothing.")
        }
        Alignment::Partial if service.note.is_none() => {
            Some("SPF aligns only with a return path of your own there.")
        }
        Alignment::Yes | Alignment::Partial | Alignment::Unknown => None,
    }
}

fn entries(service: &Service, domain: &str) -> Vec<Entry> {
    let record = |record: &PublishRecord| Entry {
        owner: format!("{}.{domain}", record.owner),
        kind: EntryKind::Record(record.kind),
        value: record.value.as_ref().map(|value| value.replace("{domain}", domain)),
    };
    let mut entries: Vec<_> = service.publish.iter().map(record).collect();
    if let (true, [include]) = (sends_under_customers_envelope(service), service.signs(SignKind::Spf)) {
        let value = Some(format!("include:{include}"));
        entries.push(Entry { owner: domain.to_owned(), kind: EntryKind::SpfTerm, value });
    }
    entries
}

/// Whether the customer's own domain stands in the return path, so that its SPF record has to list the service.
fn sends_under_customers_envelope(service: &Service) -> bool {
    let hosts =
        matches!(service.category, Category::MailHost | Category::Hosting | Category::SecurityGateway);
    hosts && service.spf_align != Alignment::No
}

#[cfg(test)]
mod tests {
    use super::super::testing::catalogue;
    use super::*;

    fn of(id: &str) -> Advice {
        let catalogue = catalogue();
        advice(catalogue.find(id).unwrap(), "example.com", catalogue)
    }

    #[test]
    fn records_are_ready_to_publish_where_they_are_known() {
        let fastmail = of("fastmail");
        assert_eq!(
            fastmail.records[0],
            Entry {
                owner: "fm1._domainkey.example.com".to_owned(),
                kind: EntryKind::Record(RecordType::Cname),
                value: Some("fm1.example.com.dkim.fmhosted.com".to_owned()),
            }
        );
        let brevo = of("brevo");
        assert_eq!(
            (brevo.records[0].owner.as_str(), &brevo.records[0].value),
            ("brevo1._domainkey.example.com", &None)
        );
        let google = of("google-workspace").records;
        assert_eq!(google.last().and_then(|entry| entry.value.as_deref()), Some("include:_spf.google.com"));
    }

    #[test]
    fn what_cannot_align_gets_no_records() {
        for id in ["gmail", "paypal", "groups-io", "comcast"] {
            assert!(of(id).records.is_empty(), "{id}");
        }
        assert!(of("gmail").text.contains("personal mailbox"));
        assert!(of("mailchimp").records.iter().all(|entry| entry.kind != EntryKind::SpfTerm));
    }

    #[test]
    fn every_service_has_something_to_say() {
        for service in catalogue().services() {
            let text = of(&service.id).text;
            assert!(text.ends_with('.') && !text.contains("  "), "{}: {text}", service.id);
        }
    }
}
