//! A sender as somebody types it.

use whosends_core::senders::{Catalogue, Search, ServiceId, SourceKey, Wanted, search};

use crate::failure::Failure;

/// What a text means: a source, or a stretch of addresses.
pub(super) fn wanted(catalogue: &Catalogue, text: &str) -> Result<Wanted, Failure> {
    match search(catalogue, text) {
        Search::One(wanted) => Ok(wanted),
        Search::Several(found) => Err(Failure::new(format!("`{text}` can be several services"))
            .because(list(catalogue, &found))
            .hint("name one of them by its id")),
        Search::Nothing(near) => {
            let failure = Failure::new(format!("no sender is called `{text}`"));
            Err(match &near[..] {
                [] => failure.hint(
                    "`whosends sources` lists who sends, `whosends senders` the services there are; a domain, a \
                     network (AS64500), a prefix and an address name a source too",
                ),
                near => failure.hint(format!("did you mean {}?", list(catalogue, near))),
            })
        }
    }
}

/// The source that a decision can be about.
pub(super) fn to_mark(catalogue: &Catalogue, text: &str) -> Result<SourceKey, Failure> {
    match wanted(catalogue, text)? {
        Wanted::Source(SourceKey::Wave(_)) => {
            Err(Failure::new(format!("`{text}` is many addresses that began at once, and can't be marked"))
                .hint("mark the addresses or prefixes of it that are yours"))
        }
        Wanted::Source(source) => Ok(source),
        Wanted::Addresses(prefix) => Ok(SourceKey::Block(prefix)),
    }
}

fn list(catalogue: &Catalogue, found: &[ServiceId]) -> String {
    let named = found.iter().map(|&key| {
        let service = catalogue.service(key);
        format!("`{}` ({})", service.id, service.name)
    });
    named.collect::<Vec<_>>().join(", ")
}
