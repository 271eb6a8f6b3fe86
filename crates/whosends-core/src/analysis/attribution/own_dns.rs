//! What a kept conversation with DNS says of a domain's owner: its servers, and the services it lets send.

use crate::dns::resolve::{Bounds, Immediate, drive};
use crate::dns::spf::{Branch, Qualifier, Role, State, Tree, tree};
use crate::dns::{Answer, Answers, DnsName, Failure, Outcome, Query, RecordType, Want};
use crate::model::Name;
use crate::senders::catalogue::SignKind;
use crate::senders::{Catalogue, Owner, Prefix};

/// The shortest prefixes that can be an owner's servers, for IPv4 and IPv6: who lists half the internet says
/// nothing of where its mail comes from.
const WIDEST: (u8, u8) = (16, 32);

/// What the DNS of a domain says of its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDns {
    /// The domain.
    pub domain: Name,
    /// The addresses of the owner's own servers: those that its SPF record lists itself, and not those of others
    /// that it includes.
    pub addresses: Vec<Prefix>,
    /// Whom it includes.
    pub includes: Vec<String>,
    /// Where its DKIM selectors point to.
    pub selector_targets: Vec<String>,
    /// Whether it declares that it has no mail: its SPF record lets nobody send, and a null MX stands beside it
    /// (RFC 7505). The record alone may be a mistake, which must not make strangers of the owner's own senders.
    pub never_sends: bool,
}

#[cfg(feature = "store")]
crate::model::stored::stored!(struct OwnDns { domain, addresses, includes, selector_targets, never_sends });

impl OwnDns {
    /// Reads a conversation about a domain. `domains` are the owner's: their names are no one else's.
    #[must_use]
    pub fn read(domain: &Name, answers: &Answers, domains: &[Name], catalogue: &Catalogue) -> Self {
        let mut owner = Owner::default();
        domains.iter().chain([domain]).for_each(|domain| owner.add_domain(domain.as_str()));
        let mut reader = Reader {
            owner: &owner,
            catalogue,
            answers,
            found: Self {
                domain: domain.clone(),
                addresses: Vec::new(),
                includes: Vec::new(),
                selector_targets: Vec::new(),
                never_sends: false,
            },
        };
        if let Ok(name) = DnsName::from_dotted(domain.as_str()) {
            let tree = saved_tree(answers, &name);
            if let Some(tree) = &tree {
                reader.found.never_sends = lets_nobody_send(tree) && takes_no_mail(answers, &name);
                reader.record(tree);
            }
            reader.selectors(&name);
        }
        reader.found
    }

    /// Adds what is known to an owner.
    pub(super) fn teach(&self, owner: &mut Owner, catalogue: &Catalogue) {
        self.addresses.iter().for_each(|&prefix| owner.add_addresses(prefix));
        let includes = self.includes.iter().map(String::as_str);
        let targets = self.selector_targets.iter().map(String::as_str);
        owner.confirm_from_dns(self.domain.as_str(), catalogue, includes, targets);
    }
}

/// The tree of a domain's record, as far as the conversation holds it.
fn saved_tree(answers: &Answers, domain: &DnsName) -> Option<Tree> {
    let mut offline = Immediate::new(|_: &Query| Answer::direct(Outcome::Failed(Failure::NotSaved)));
    let mut answers = answers.clone();
    drive(&mut offline, &mut answers, &Bounds::default(), |inquiry| tree(inquiry, domain)).value
}

/// Whether a record says that the domain never sends: `v=spf1 -all` and nothing else.
fn lets_nobody_send(tree: &Tree) -> bool {
    let State::Record(record) = &tree.state else { return false };
    let fails = |branch: &Branch| branch.role == Role::All && branch.qualifier == Some(Qualifier::Fail);
    record.faults().is_empty() && matches!(&tree.branches[..], [only] if fails(only))
}

/// Whether a null MX says that a domain takes no mail.
fn takes_no_mail(answers: &Answers, domain: &DnsName) -> bool {
    let answer = answers.get(&Query::records(domain.clone(), RecordType::Mx));
    answer.is_some_and(|answer| matches!(answer.exchanges()[..], [(_, host)] if host.is_root()))
}

struct Reader<'a> {
    owner: &'a Owner,
    catalogue: &'a Catalogue,
    answers: &'a Answers,
    found: OwnDns,
}

impl Reader<'_> {
    /// Reads a record of the owner's, and those of its own names that it leads to.
    fn record(&mut self, tree: &Tree) {
        for branch in tree.branches.iter().filter(|branch| branch.reached) {
            let passes = branch.qualifier == Some(Qualifier::Pass);
            match branch.role {
                Role::Include | Role::Redirect if passes || branch.role == Role::Redirect => {
                    let Some(child) = &branch.child else { continue };
                    match self.owner.has_domain(&child.domain) {
                        true => self.record(child),
                        false => self.found.includes.push(child.domain.clone()),
                    }
                }
                Role::Range => self.addresses(branch, passes),
                Role::A => {
                    let host = branch.target.as_deref().unwrap_or(&tree.domain);
                    self.addresses(branch, passes && !self.is_a_services(host));
                }
                Role::Mx => {
                    let host = branch.target.as_deref().unwrap_or(&tree.domain);
                    self.addresses(branch, passes && self.takes_its_own_mail(host));
                }
                _ => {}
            }
        }
    }

    fn addresses(&mut self, branch: &Branch, counts: bool) {
        let nets = branch.nets.iter().filter(|_| counts && !branch.everyone);
        let prefixes = nets.filter_map(|net| {
            let least = if net.address().is_ipv4() { WIDEST.0 } else { WIDEST.1 };
            (net.prefix() >= least).then(|| Prefix::new(net.address(), net.prefix()))
        });
        self.found.addresses.extend(prefixes);
    }

    /// Whether a host is one of a service's machines.
    fn is_a_services(&self, host: &str) -> bool {
        !self.catalogue.lookup(SignKind::Rdns, host).is_empty()
    }

    /// Whether none of a domain's mail hosts is a service's: whoever has a service take its mail does not send
    /// from there.
    fn takes_its_own_mail(&self, domain: &str) -> bool {
        let Ok(name) = DnsName::from_dotted(domain) else { return false };
        let Some(answer) = self.answers.get(&Query::records(name, RecordType::Mx)) else { return false };
        let hosts = answer.exchanges();
        hosts.into_iter().all(|(_, host)| !self.is_a_services(&host.to_string()))
    }

    /// Reads where the selectors of a domain point to that hold a key.
    fn selectors(&mut self, domain: &DnsName) {
        let Ok(below) = domain.child("_domainkey") else { return };
        for (query, answer) in self.answers.iter() {
            let is_key = query.want == Want::Records(RecordType::Txt) && query.name.is_within(&below);
            if is_key && answer.texts().next().is_some() {
                self.found.selector_targets.extend(answer.aliases.iter().map(ToString::to_string));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::testing::zone_of;
    use crate::senders::testing::catalogue;

    /// What is read of example.com where DNS is as the zone has it.
    fn read(zone: &str, others: &[&str]) -> OwnDns {
        let zone = zone_of(zone);
        let domain = Name::from_stated("example.com").unwrap();
        let name = DnsName::from_dotted("example.com").unwrap();
        let mut answers = Answers::new();
        let mut resolver = Immediate::new(|query: &Query| zone.answer(query));
        drive(&mut resolver, &mut answers, &Bounds::default(), |inquiry| tree(inquiry, &name));
        let mx = Query::records(name.clone(), RecordType::Mx);
        answers.insert(mx.clone(), zone.answer(&mx));
        for selector in ["s1", "gone"] {
            let key = name.child(&format!("{selector}._domainkey")).unwrap();
            let query = Query::records(key, RecordType::Txt);
            answers.insert(query.clone(), zone.answer(&query));
        }
        let domains: Vec<_> = others.iter().filter_map(|name| Name::from_stated(name)).collect();
        OwnDns::read(&domain, &answers, &domains, catalogue())
    }

    fn addresses(found: &OwnDns) -> Vec<String> {
        found.addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn own_servers_are_those_the_record_lists_itself() {
        let zone = r#"
$ORIGIN example.com.
@    TXT "v=spf1 ip4:192.0.2.0/28 ?ip4:192.0.2.99 a:web.example.com a:mx.sendgrid.net mx include:_spf.example.com include:sendgrid.net redirect=_spf.example.net"
@    MX 10 mail
mail A 192.0.2.77
web  A 192.0.2.78
_spf TXT "v=spf1 ip6:2001:db8::/48 ip4:0.0.0.0/1 -all"
s1._domainkey   CNAME s1.domainkey.u1.wl.sendgrid.net.
gone._domainkey CNAME gone.domainkey.u1.wl.sendgrid.net.
s1.domainkey.u1.wl.sendgrid.net. TXT "v=DKIM1; p=AAAA"
sendgrid.net.    TXT "v=spf1 ip4:198.51.100.0/24 -all"
mx.sendgrid.net. A 198.51.100.1
_spf.example.net. TXT "v=spf1 ip4:203.0.113.0/29 -all"
"#;
        let found = read(zone, &[]);
        assert_eq!(addresses(&found), ["192.0.2.0/28", "192.0.2.78", "192.0.2.77", "2001:db8::/48"]);
        assert_eq!(found.includes, ["sendgrid.net", "_spf.example.net"]);
        assert_eq!(found.selector_targets, ["s1.domainkey.u1.wl.sendgrid.net"]);
        assert!(!found.never_sends);
        // What redirects to another domain of the owner's is the owner's as well.
        let found = read(zone, &["example.net"]);
        assert_eq!(addresses(&found).last().map(String::as_str), Some("203.0.113.0/29"));
        assert_eq!(found.includes, ["sendgrid.net"]);
        let mut owner = Owner::default();
        found.teach(&mut owner, catalogue());
        let sendgrid = catalogue().find("sendgrid").unwrap().key;
        assert!(owner.has_confirmed("news.example.com", sendgrid));
        assert!(!owner.has_confirmed("example.net", sendgrid));
        assert!(owner.has_address([192, 0, 2, 77].into()) && !owner.has_address([198, 51, 100, 1].into()));
    }

    #[test]
    fn who_has_a_service_take_its_mail_does_not_send_from_there() {
        let zone = "$ORIGIN example.com.\n@ TXT \"v=spf1 mx -all\"\n@ MX 1 aspmx.l.google.com.\n\
                    aspmx.l.google.com. A 198.51.100.9\n";
        assert_eq!(addresses(&read(zone, &[])), Vec::<String>::new());
    }

    #[test]
    fn a_domain_that_never_sends_says_so() {
        let says = |record: &str, mx: &str| {
            read(&format!("example.com. TXT \"v=spf1 {record}\"\n{mx}"), &[]).never_sends
        };
        let null = "example.com. MX 0 .\n";
        for (record, silent) in [("-all", true), ("~all", false), ("mx -all", false), ("-al", false)] {
            assert_eq!(says(record, null), silent, "{record}");
        }
        for mx in ["", "example.com. MX 10 mail.example.com.\n"] {
            assert!(!says("-all", mx), "the record alone may be a mistake");
        }
        assert!(!read("", &[]).never_sends);
    }
}
