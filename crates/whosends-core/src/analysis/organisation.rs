//! Whose a domain is.

use crate::model::Name;

/// The organizational domain of a name by the public suffix list; a public suffix, or what is no domain,
/// stands for itself.
pub(crate) fn organisation(name: &Name) -> &str {
    // The list knows lower-case names only, and would make `2.1` of `192.0.2.1`: neither comes here, as a
    // name that is a domain is in lower case and ends in no number.
    match name.is_domain() {
        true => psl::domain_str(name.as_str()).unwrap_or(name.as_str()),
        false => name.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_ends_where_the_public_suffix_begins() {
        for (name, whose) in [
            ("em12.mail.example.com", "example.com"),
            ("Mail.EXAMPLE.co.uk.", "example.co.uk"),
            ("co.uk", "co.uk"),
            ("user.github.io", "user.github.io"),
            ("a.b.unheard-of", "b.unheard-of"),
            ("192.0.2.1", "192.0.2.1"),
            ("a.example, b.example", "a.example, b.example"),
        ] {
            assert_eq!(organisation(&Name::from_stated(name).unwrap()), whose);
        }
    }
}
