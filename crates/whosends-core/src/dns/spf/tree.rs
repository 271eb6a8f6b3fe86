//! What a domain's record leads to, as far as it can be told without a message: the worst case.

use super::super::answer::{Answer, Failure};
use super::super::answers::Inquiry;
use super::super::name::DnsName;
use super::super::query::{Query, RecordType};
use super::super::record::printable;
use super::macros::MacroString;
use super::macros::Place;
use super::message::checkable;
use super::net::Net;
use super::record::{DomainSpec, Mechanism, Prefixes, Qualifier, SpfRecord, Term, TermBody};
use super::{MOST_NAMES, records_of};

/// How many records a tree holds before it is cut. A valid one has at most eleven.
const MOST_RECORDS: u32 = 64;
/// How deep a tree goes before it is cut.
const DEEPEST: usize = 16;
/// How many questions a tree asks. A record may hold thousands of terms, but where ten are too many,
/// nobody needs to know what the others find.
const MOST_QUESTIONS: usize = 150;

/// A record with everything it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// Whose record it is, as spelt on the way there, made printable.
    pub domain: String,
    /// What was found there.
    pub state: State,
    /// The terms of the record, in order.
    pub branches: Vec<Branch>,
}

/// What stands at a domain that a tree leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// One record.
    Record(SpfRecord),
    /// No record.
    NoRecord,
    /// So many records that they count as an error.
    Several(Vec<String>),
    /// Nobody knows.
    Failed(Failure),
    /// The domain stands on the way to itself; these are the domains of that way.
    Loop(Vec<String>),
    /// Something that can have no record.
    NotADomain,
    /// The tree is larger than any valid one: it is not followed further.
    Cut,
}

/// What a term does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// `all`
    All,
    /// `include`
    Include,
    /// `a`
    A,
    /// `mx`
    Mx,
    /// `ptr`
    Ptr,
    /// `ip4` or `ip6`
    Range,
    /// `exists`
    Exists,
    /// `redirect`
    Redirect,
    /// `exp`
    Explain,
    /// A modifier nobody knows.
    Unknown,
}

/// One term with what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// What it does.
    pub role: Role,
    /// The term, made printable.
    pub text: String,
    /// What a match says; `None` for modifiers.
    pub qualifier: Option<Qualifier>,
    /// The domain it asks about, made printable; `None` where it has none, or where a message decides.
    pub target: Option<String>,
    /// Whether it counts at all: not behind an `all`, and no `redirect` beside one.
    pub reached: bool,
    /// Whether a message decides what it asks.
    pub dynamic: bool,
    /// Whether its macros put the sender's address or mailbox into a question.
    pub names_sender: bool,
    /// Whether it counts as a lookup.
    pub counted: bool,
    /// Whether that finds nothing; `None` where a message decides or DNS did not answer.
    pub void: Option<bool>,
    /// What it asked that had no answer.
    pub failed: Vec<(Query, Failure)>,
    /// Whether it matches every sender.
    pub everyone: bool,
    /// The ranges it matches, as far as they are known.
    pub nets: Vec<Net>,
    /// How many mail hosts it leads to, for `mx`.
    pub exchanges: usize,
    /// Mail hosts without any address, for `mx`.
    pub addressless: Vec<DnsName>,
    /// The record it leads to, for `include` and `redirect`.
    pub child: Option<Box<Tree>>,
    /// Whether an `exp` leads to a text that can be used; `None` where a message decides.
    pub explains: Option<bool>,
}

/// Builds the tree of `domain`. `None` while answers are missing; all that can be asked is asked.
#[must_use]
pub fn tree(inquiry: &Inquiry<'_>, domain: &DnsName) -> Option<Tree> {
    let labels: Vec<_> = domain.labels().collect();
    let text = labels.join(&b'.');
    Builder { inquiry, records: 0, questions: 0 }.tree(&text, &mut Vec::new())
}

struct Builder<'i, 'a> {
    inquiry: &'i Inquiry<'a>,
    records: u32,
    questions: usize,
}

impl<'a> Builder<'_, 'a> {
    fn tree(&mut self, domain: &[u8], path: &mut Vec<DnsName>) -> Option<Tree> {
        let leaf = |state| Some(Tree { domain: printable(domain), state, branches: Vec::new() });
        let Some(name) = checkable(domain) else { return leaf(State::NotADomain) };
        if let Some(start) = path.iter().position(|above| *above == name) {
            let mut way: Vec<_> = path.iter().skip(start).map(ToString::to_string).collect();
            way.push(name.to_string());
            return leaf(State::Loop(way));
        }
        if self.records >= MOST_RECORDS || path.len() >= DEEPEST {
            return leaf(State::Cut);
        }
        self.records += 1;
        let answer = self.inquiry.records(&name, RecordType::Txt)?;
        if let Some(failure) = answer.failure() {
            return leaf(State::Failed(failure));
        }
        let mut texts = records_of(answer);
        if texts.len() > 1 {
            return leaf(State::Several(texts.iter().map(|text| printable(text)).collect()));
        }
        let Some(record) = texts.pop().and_then(|text| SpfRecord::parse(&text)) else {
            return leaf(State::NoRecord);
        };
        path.push(name);
        let branches = self.branches(&record, domain, path);
        path.pop();
        Some(Tree { domain: printable(domain), state: State::Record(record), branches: branches? })
    }

    fn branches(
        &mut self,
        record: &SpfRecord,
        domain: &[u8],
        path: &mut Vec<DnsName>,
    ) -> Option<Vec<Branch>> {
        let is_all = |term: &Term| matches!(term.body, TermBody::Directive(_, Mechanism::All));
        let has_all = record.terms().iter().any(is_all);
        let mut ended = false;
        let mut branches = Vec::new();
        for term in record.terms() {
            let reached = match term.body {
                TermBody::Directive(..) => !ended,
                TermBody::Redirect(_) => !has_all,
                TermBody::Explain(_) | TermBody::Unknown => true,
            };
            ended |= is_all(term);
            let branch = Branch::of(term, record, reached);
            branches.push(if reached { self.follow(branch, term, domain, path) } else { Some(branch) });
        }
        branches.into_iter().collect()
    }

    /// Looks up what a term asks.
    fn follow(
        &mut self,
        mut branch: Branch,
        term: &Term,
        domain: &[u8],
        path: &mut Vec<DnsName>,
    ) -> Option<Branch> {
        let spec = spec_of(&term.body);
        let target = match spec {
            Some(spec) if spec.0.needs_no_message() => Some(spec.0.expand_static(domain)),
            Some(_) => None,
            None => Some(domain.to_vec()),
        };
        branch.dynamic = target.is_none() || branch.role == Role::Ptr;
        branch.names_sender = spec.is_some_and(|spec| spec.0.uses(b"sl"));
        branch.target = spec.and(target.as_deref()).map(printable);
        let Some(target) = target else { return Some(branch) };
        if branch.counted || branch.role == Role::Explain {
            if self.questions >= MOST_QUESTIONS {
                return Some(branch);
            }
            self.questions += 2;
        }
        let name = DnsName::from_dotted(&target).ok();
        match &term.body {
            TermBody::Directive(_, Mechanism::All) => branch.everyone = true,
            TermBody::Directive(_, Mechanism::Range(net)) => branch.nets.push(*net),
            TermBody::Directive(_, Mechanism::Include(_)) | TermBody::Redirect(_) => {
                let child = self.tree(&target, path)?;
                branch.everyone = branch.role == Role::Include && child.passes_everyone();
                branch.nets = child.passing();
                branch.child = Some(Box::new(child));
            }
            TermBody::Directive(_, Mechanism::A(_, prefixes)) => {
                let Some(name) = name else { return Some(branch) };
                branch.void = self.addresses(&name, *prefixes, &mut branch)?;
            }
            TermBody::Directive(_, Mechanism::Mx(_, prefixes)) => {
                self.mx(name.as_ref(), *prefixes, &mut branch)?
            }
            TermBody::Directive(_, Mechanism::Exists(_)) => {
                let Some(name) = name else { return Some(branch) };
                let answer = self.ask(&name, RecordType::A, &mut branch)?;
                branch.everyone = !answer.records().is_empty();
                branch.void = answer.failure().is_none().then(|| answer.is_absent());
            }
            TermBody::Explain(_) => {
                branch.explains = match name {
                    Some(name) => {
                        let answer = self.inquiry.records(&name, RecordType::Txt)?;
                        answer.failure().is_none().then(|| explains(answer))
                    }
                    None => Some(false),
                };
            }
            TermBody::Directive(_, Mechanism::Ptr(_)) | TermBody::Unknown => {}
        }
        Some(branch)
    }

    fn ask(&self, name: &DnsName, kind: RecordType, branch: &mut Branch) -> Option<&'a Answer> {
        let answer = self.inquiry.records(name, kind)?;
        if let Some(failure) = answer.failure() {
            branch.failed.push((Query::records(name.clone(), kind), failure));
        }
        Some(answer)
    }

    /// Adds the addresses of a host, and says whether it has none.
    fn addresses(&self, host: &DnsName, prefixes: Prefixes, branch: &mut Branch) -> Option<Option<bool>> {
        let kinds = [(RecordType::A, prefixes.v4), (RecordType::Aaaa, prefixes.v6)];
        let found = kinds.map(|(kind, prefix)| self.ask(host, kind, branch).map(|answer| (answer, prefix)));
        let mut void = Some(true);
        for one in found {
            let (answer, prefix) = one?;
            branch.nets.extend(answer.addresses().filter_map(|address| Net::new(address, prefix)));
            void = match (void, answer.failure()) {
                (Some(void), None) => Some(void && answer.is_absent()),
                _ => None,
            };
        }
        Some(void)
    }

    fn mx(&mut self, name: Option<&DnsName>, prefixes: Prefixes, branch: &mut Branch) -> Option<()> {
        let Some(name) = name else { return Some(()) };
        let answer = self.ask(name, RecordType::Mx, branch)?;
        branch.void = answer.failure().is_none().then(|| answer.is_absent());
        let hosts = answer.exchanges();
        branch.exchanges = hosts.len();
        let hosts = hosts.into_iter().map(|(_, host)| host).filter(|host| !host.is_root());
        let hosts: Vec<_> = hosts.take(MOST_NAMES).collect();
        self.questions += hosts.len() * 2;
        let looked_up: Vec<_> =
            hosts.into_iter().map(|host| (host, self.addresses(host, prefixes, branch))).collect();
        for (host, void) in looked_up {
            if void? == Some(true) {
                branch.addressless.push(host.clone());
            }
        }
        Some(())
    }
}

/// The domain that a term states.
const fn spec_of(body: &TermBody) -> Option<&DomainSpec> {
    match body {
        TermBody::Redirect(spec) | TermBody::Explain(spec) => Some(spec),
        TermBody::Directive(_, Mechanism::Include(spec) | Mechanism::Exists(spec)) => Some(spec),
        TermBody::Directive(_, Mechanism::A(spec, _) | Mechanism::Mx(spec, _) | Mechanism::Ptr(spec)) => {
            spec.as_ref()
        }
        TermBody::Directive(_, Mechanism::All | Mechanism::Range(_)) | TermBody::Unknown => None,
    }
}

/// Whether an answer holds one text that can be used as explanation.
fn explains(answer: &Answer) -> bool {
    let mut texts = answer.texts();
    match (texts.next(), texts.next()) {
        (Some(text), None) => MacroString::parse(&text.joined(), Place::Explanation).is_ok(),
        _ => false,
    }
}

impl Branch {
    fn of(term: &Term, record: &SpfRecord, reached: bool) -> Self {
        let (role, qualifier) = match &term.body {
            TermBody::Redirect(_) => (Role::Redirect, None),
            TermBody::Explain(_) => (Role::Explain, None),
            TermBody::Unknown => (Role::Unknown, None),
            TermBody::Directive(qualifier, mechanism) => {
                let role = match mechanism {
                    Mechanism::All => Role::All,
                    Mechanism::Include(_) => Role::Include,
                    Mechanism::A(..) => Role::A,
                    Mechanism::Mx(..) => Role::Mx,
                    Mechanism::Ptr(_) => Role::Ptr,
                    Mechanism::Range(_) => Role::Range,
                    Mechanism::Exists(_) => Role::Exists,
                };
                (role, Some(*qualifier))
            }
        };
        let counted = match &term.body {
            TermBody::Directive(_, mechanism) => mechanism.is_counted(),
            TermBody::Redirect(_) => true,
            TermBody::Explain(_) | TermBody::Unknown => false,
        };
        Self {
            role,
            text: record.shown(term.span()),
            qualifier,
            target: None,
            reached,
            dynamic: false,
            names_sender: false,
            counted: counted && reached,
            void: None,
            failed: Vec::new(),
            everyone: false,
            nets: Vec::new(),
            exchanges: 0,
            addressless: Vec::new(),
            child: None,
            explains: None,
        }
    }

    /// The terms that ask DNS, in this term and in what it leads to.
    #[must_use]
    pub fn lookups(&self) -> u32 {
        u32::from(self.counted).saturating_add(self.child.as_ref().map_or(0, |child| child.lookups()))
    }

    /// How many of those are known to find nothing.
    #[must_use]
    pub fn void_lookups(&self) -> u32 {
        let own = u32::from(self.counted && self.void == Some(true));
        own.saturating_add(self.child.as_ref().map_or(0, |child| child.void_lookups()))
    }
}

impl Tree {
    /// The terms that ask DNS where every term is evaluated (RFC 7208 section 4.6.4).
    #[must_use]
    pub fn lookups(&self) -> u32 {
        self.branches.iter().fold(0, |sum, branch| branch.lookups().saturating_add(sum))
    }

    /// How many of those are known to find nothing.
    #[must_use]
    pub fn void_lookups(&self) -> u32 {
        self.branches.iter().fold(0, |sum, branch| branch.void_lookups().saturating_add(sum))
    }

    /// The record, where there is one.
    #[must_use]
    pub const fn record(&self) -> Option<&SpfRecord> {
        match &self.state {
            State::Record(record) => Some(record),
            _ => None,
        }
    }

    /// The record that this one hands the question on to.
    #[must_use]
    pub fn redirect(&self) -> Option<&Self> {
        let branch = self.branches.iter().find(|branch| branch.role == Role::Redirect && branch.reached)?;
        branch.child.as_deref()
    }

    /// The tree whose record has the last word: this one, or the one that it redirects to in the end.
    #[must_use]
    pub fn end(&self) -> &Self {
        let mut end = self;
        while let Some(next) = end.redirect() {
            end = next;
        }
        end
    }

    /// What the record says of senders that nothing else matched: the qualifier of the `all` that has the
    /// last word. `None` where there is none, and so the answer is neutral.
    #[must_use]
    pub fn last_word(&self) -> Option<Qualifier> {
        self.end().branches.iter().find(|branch| branch.role == Role::All).and_then(|all| all.qualifier)
    }

    /// Calls `visit` for this tree and every one it leads to, with the branches that lead there.
    pub fn visit<'t>(&'t self, visit: &mut dyn FnMut(&'t Self, &[&'t Branch])) {
        self.visit_below(&mut Vec::new(), visit);
    }

    fn visit_below<'t>(&'t self, way: &mut Vec<&'t Branch>, visit: &mut dyn FnMut(&'t Self, &[&'t Branch])) {
        visit(self, way);
        for branch in &self.branches {
            if let Some(child) = &branch.child {
                way.push(branch);
                child.visit_below(way, visit);
                way.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::spf::Extent;
    use crate::dns::testing::{settle, zone_of};

    fn grow(zone: &str) -> Tree {
        let domain = DnsName::from_dotted("example.com").unwrap();
        settle(&zone_of(zone), |inquiry| tree(inquiry, &domain))
    }

    #[test]
    fn lookups_and_voids_of_the_whole_tree() {
        let tree = grow(
            r#"
            example.com. TXT "v=spf1 a:gone.example mx include:one.example include:one.example ptr exists:%{l}.example ~all a redirect=two.example"
            example.com. MX 10 mx.example.com.
            example.com. MX 20 bare.example.com.
            mx.example.com. A 192.0.2.1
            mx.example.com. AAAA 2001:db8::1
            one.example. TXT "v=spf1 ip4:192.0.2.0/28 -ip4:192.0.2.99 include:deep.example mx:gone.example -all"
            deep.example. TXT "v=spf1 a:mx.example.com/30//64 ?ip4:203.0.113.0/24"
            "#,
        );
        assert_eq!((tree.lookups(), tree.void_lookups()), (12, 3));
        let lookups: Vec<_> = tree.branches.iter().map(Branch::lookups).collect();
        assert_eq!(lookups, [1, 1, 4, 4, 1, 1, 0, 0, 0]);
        assert_eq!(tree.last_word(), Some(Qualifier::SoftFail));
        let passing: Vec<_> = tree.passing().iter().map(ToString::to_string).collect();
        assert_eq!(passing, ["192.0.2.0/28", "192.0.2.1/30", "192.0.2.1", "2001:db8::1/64", "2001:db8::1"]);
        assert_eq!(Extent::of(&tree.passing()), Extent { v4: 16, v6: 1 << 64 });
        assert_eq!(tree.branches[1].addressless, [DnsName::from_dotted("bare.example.com").unwrap()]);
        assert!(tree.branches[5].dynamic && tree.branches[5].names_sender);
        assert!(!tree.passes_everyone());
    }

    #[test]
    fn what_can_stand_at_a_target() {
        let tree = grow(
            r#"
            example.com. TXT "v=spf1 a:y..example exists:y..example mx:y..example include:none.example include:two.example include:dead.example include:back.example include:x..example -all"
            two.example. TXT "v=spf1 -all"
            two.example. TXT "v=spf1 ~all"
            back.example. TXT "v=spf1 include:Example.com -all"
            $BEHAVE dead.example. TXT drop
            "#,
        );
        let states: Vec<_> =
            tree.branches.iter().filter_map(|branch| Some(&branch.child.as_ref()?.state)).collect();
        assert_eq!(states[0], &State::NoRecord);
        assert!(matches!(states[1], State::Several(texts) if texts.len() == 2));
        assert_eq!(states[2], &State::Failed(Failure::Timeout));
        assert_eq!(states[4], &State::NotADomain);
        let mut found = None;
        tree.visit(&mut |tree, way| {
            if let State::Loop(path) = &tree.state {
                found = Some((path.clone(), way.len()));
            }
        });
        let path = ["example.com", "back.example", "example.com"].map(ToOwned::to_owned);
        assert_eq!(found, Some((path.to_vec(), 2)));
    }

    #[test]
    fn everyone_passes_in_many_ways() {
        for (record, expected) in [
            ("+all", true),
            ("all", true),
            ("-all", false),
            ("~all +all", false),
            ("include:open.example -all", true),
            ("?include:open.example -all", false),
            ("redirect=open.example", true),
            ("-all redirect=open.example", false),
            ("ip4:0.0.0.0/0 -all", false),
            ("ip4:0.0.0.0/0 ip6:::/0 -all", true),
            ("include:both.example -all", true),
            ("a:host.example/0 ip6:::/0 -all", true),
            ("exists:host.example -all", true),
            ("exists:gone.example -all", false),
            ("-exists:host.example +all", false),
        ] {
            let tree = grow(&format!(
                "example.com. TXT \"v=spf1 {record}\"\nopen.example. TXT \"v=spf1 +all\"\n\
                 both.example. TXT \"v=spf1 ip4:0.0.0.0/0 ip6:::/0 -all\"\nhost.example. A 192.0.2.1"
            ));
            assert_eq!(tree.passes_everyone(), expected, "{record}");
        }
    }

    #[test]
    fn thousands_of_terms_are_counted_and_not_asked() {
        let terms: String = (0..4000).map(|index| format!("a:n{index}.example ")).collect();
        let strings: Vec<_> =
            terms.as_bytes().chunks(250).map(|chunk| String::from_utf8_lossy(chunk)).collect();
        let zone = zone_of(&format!("example.com. TXT \"v=spf1 \" \"{}\"", strings.join("\" \"")));
        let domain = DnsName::from_dotted("example.com").unwrap();
        let asked = std::cell::Cell::new(0);
        let tree = settle(&zone, |inquiry| {
            let tree = tree(inquiry, &domain);
            asked.set(inquiry.asked_count());
            tree
        });
        assert_eq!((tree.lookups(), tree.void_lookups()), (4000, 75));
        assert_eq!(asked.get(), 151);
    }

    #[test]
    fn trees_that_branch_without_end_are_cut() {
        let zone: String = (0..20)
            .map(|level| {
                let next = level + 1;
                format!(
                    "l{level}.example. TXT \"v=spf1 include:l{next}.example include:l{next}.example -all\"\n"
                )
            })
            .collect();
        let tree = grow(&format!("example.com. TXT \"v=spf1 redirect=l0.example\"\n{zone}"));
        let mut trees = 0;
        tree.visit(&mut |_, _| trees += 1);
        assert!((64..200).contains(&trees), "{trees}");
        assert!(tree.lookups() > 10);
    }
}
