//! Whose tenant of a shared mail host a default signature names.
//!
//! Microsoft 365 and Google Workspace sign mail of customers that have not set up DKIM with a name of the
//! tenant under a domain of their own. Such a name says which customer of the host wrote the mail.

use super::owner::Owner;

const MICROSOFT: &str = ".onmicrosoft.com";
const GOOGLE: &str = ".gappssmtp.com";

/// Whose tenant wrote a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tenant {
    /// The owner's.
    Own,
    /// Nothing tells.
    Unknown,
    /// Another customer's.
    Foreign,
}

/// Whose tenant a signing domain names, where it names one.
pub(super) fn tenant(domain: &str, owner: &Owner, header_from: &str) -> Option<Tenant> {
    if let Some(name) = domain.strip_suffix(MICROSOFT) {
        // `contoso.mail.onmicrosoft.com` belongs to the tenant contoso as well.
        let name = name.split('.').next().unwrap_or(name);
        return Some(microsoft(name, owner, header_from));
    }
    let name = domain.strip_suffix(GOOGLE)?.split('.').next()?;
    Some(google(name, owner, header_from))
}

/// Whether a signing domain names a tenant of Microsoft's.
pub(super) fn is_microsoft(domain: &str) -> bool {
    domain.ends_with(MICROSOFT)
}

/// The owner's tenants have to be known before another one can be called foreign: a company's tenant often
/// has another name than its domain.
fn microsoft(name: &str, owner: &Owner, header_from: &str) -> Tenant {
    let from = super::organizational_domain(header_from);
    let mut labels = owner.organizations().chain([from]).filter_map(|domain| domain.split('.').next());
    if owner.has_tenant(name) || labels.any(|label| label == name) {
        Tenant::Own
    } else if owner.knows_tenants(from) {
        Tenant::Foreign
    } else {
        Tenant::Unknown
    }
}

/// Google writes the customer's domain with hyphens for dots. The owner may have a domain there that nobody
/// has told of, so no name is surely foreign.
fn google(name: &str, owner: &Owner, header_from: &str) -> Tenant {
    let from = super::organizational_domain(header_from);
    let mut domains = owner.domains().chain(owner.organizations()).chain([header_from, from]);
    if domains.any(|domain| domain.replace('.', "-") == name) { Tenant::Own } else { Tenant::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_the_owners_by_name_or_by_word() {
        let mut owner = Owner::default();
        owner.add_domain("example.com");
        let of = |owner: &Owner, domain: &str| tenant(domain, owner, "news.example.com");
        assert_eq!(of(&owner, "example.onmicrosoft.com"), Some(Tenant::Own));
        assert_eq!(of(&owner, "fabrikam.onmicrosoft.com"), Some(Tenant::Unknown));
        assert_eq!(of(&owner, "example-com.20230601.gappssmtp.com"), Some(Tenant::Own));
        assert_eq!(of(&owner, "other-example.20230601.gappssmtp.com"), Some(Tenant::Unknown));
        assert_eq!(of(&owner, "example.com"), None);
        owner.add_tenant("contoso.onmicrosoft.com");
        assert_eq!(of(&owner, "contoso.mail.onmicrosoft.com"), Some(Tenant::Own));
        assert_eq!(of(&owner, "fabrikam.onmicrosoft.com"), Some(Tenant::Foreign));
    }
}
