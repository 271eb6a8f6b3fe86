//! Organisational domains by the public suffix list.

/// The organisational domain of a lower-case A-label name by the public suffix list, or the name itself where
/// it has none (a public suffix, a single label, an address, text that is no domain).
///
/// RFC 7489 section 3.2 defines it by the list, which reporters still use; RFC 9989 section 4.10 finds it in
/// DNS, which old records can't be asked for again.
#[must_use]
pub fn organizational_domain(name: &str) -> &str {
    if name.ends_with(|last: char| last.is_ascii_digit()) {
        // The list would make `2.1` of an address.
        return name;
    }
    psl::domain_str(name).unwrap_or(name)
}

/// Whether two lower-case names have one organisational domain.
#[must_use]
pub fn same_organization(one: &str, other: &str) -> bool {
    one == other || organizational_domain(one) == organizational_domain(other)
}

/// Whether strangers can register names directly below `name`: a public suffix that is no single company's.
pub(super) fn is_public_suffix(name: &str) -> bool {
    match psl::suffix(name.as_bytes()) {
        Some(suffix) => suffix.as_bytes() == name.as_bytes() && suffix.typ() != Some(psl::Type::Private),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_decides_and_odd_names_stand_for_themselves() {
        assert_eq!(organizational_domain("a.b.example.co.uk"), "example.co.uk");
        assert_eq!(organizational_domain("example.com"), "example.com");
        assert_eq!(organizational_domain("co.uk"), "co.uk");
        assert_eq!(organizational_domain("192.0.2.1"), "192.0.2.1");
        assert_eq!(organizational_domain(""), "");
        assert!(same_organization("mail.example.com", "example.com"));
        assert!(!same_organization("example.com", "example.net"));
    }

    #[test]
    fn a_company_namespace_is_no_public_suffix() {
        assert!(is_public_suffix("com") && is_public_suffix("co.uk") && is_public_suffix("localnet"));
        assert!(!is_public_suffix("firebaseapp.com") && !is_public_suffix("example.com"));
    }
}
