//! An SPF record: its terms and what is wrong with them.

use std::fmt;
use std::ops::Range;

use super::super::record::printable;
use super::macros::{MacroString, Scope};
use super::net::Net;

/// A record that starts with `v=spf1`, read term by term. One grammar serves evaluation and advice: a
/// record with any fault is void (RFC 7208 section 4.6), and yet all its sound terms can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpfRecord {
    pub(super) text: Vec<u8>,
    pub(super) terms: Vec<Term>,
    pub(super) faults: Vec<Fault>,
}

/// A term with its place in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub(super) span: Range<usize>,
    pub(super) body: TermBody,
}

/// What a term says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TermBody {
    Directive(Qualifier, Mechanism),
    Redirect(DomainSpec),
    Explain(DomainSpec),
    /// A modifier nobody knows: ignored (section 6).
    Unknown,
}

/// What a mechanism that matches says about the sender (section 4.6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Qualifier {
    /// `+`, or nothing
    Pass,
    /// `-`
    Fail,
    /// `~`
    SoftFail,
    /// `?`
    Neutral,
}

/// A mechanism with its arguments (section 5). An absent domain is the one of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mechanism {
    All,
    Include(DomainSpec),
    A(Option<DomainSpec>, Prefixes),
    Mx(Option<DomainSpec>, Prefixes),
    Ptr(Option<DomainSpec>),
    Range(Net),
    Exists(DomainSpec),
}

/// How many leading bits of found addresses count, for either kind (`dual-cidr-length`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prefixes {
    pub(super) v4: u8,
    pub(super) v6: u8,
}

/// A domain with macros in it, its syntax checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DomainSpec(pub(super) MacroString);

/// A term that breaks the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub(super) span: Range<usize>,
    pub(super) kind: FaultKind,
}

/// What is wrong with a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// A byte that is not printable ASCII.
    Unprintable,
    /// A mechanism that does not exist.
    UnknownMechanism,
    /// A mechanism or modifier lacks its argument.
    MissingArgument,
    /// A mechanism has an argument that it can't have.
    UnexpectedArgument,
    /// A macro is malformed.
    BadMacro,
    /// A domain does not end as one.
    BadDomain,
    /// An address is malformed, or of the other kind.
    BadAddress,
    /// A prefix length is malformed or too large.
    BadPrefix,
    /// `redirect` or `exp` stands twice.
    Repeated,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unprintable => "a byte that is not printable ASCII",
            Self::UnknownMechanism => "no such mechanism",
            Self::MissingArgument => "its argument is missing",
            Self::UnexpectedArgument => "it can't have this argument",
            Self::BadMacro => "a malformed macro",
            Self::BadDomain => "not a full domain name",
            Self::BadAddress => "a malformed address",
            Self::BadPrefix => "a malformed prefix length",
            Self::Repeated => "it may stand only once",
        })
    }
}

impl DomainSpec {
    /// The domain it spells in `scope`.
    pub(super) fn target(&self, scope: &Scope<'_>) -> Vec<u8> {
        self.0.expand_domain(scope)
    }
}

impl Mechanism {
    /// The domain that it states.
    pub(super) const fn domain_spec(&self) -> Option<&DomainSpec> {
        match self {
            Self::Include(spec) | Self::Exists(spec) => Some(spec),
            Self::A(spec, _) | Self::Mx(spec, _) | Self::Ptr(spec) => spec.as_ref(),
            Self::All | Self::Range(_) => None,
        }
    }

    /// Whether evaluating it counts against the limit on lookups (section 4.6.4).
    pub(super) const fn is_counted(&self) -> bool {
        !matches!(self, Self::All | Self::Range(_))
    }
}

impl SpfRecord {
    /// The text it was read from.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The sound terms, in order.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// What is wrong, in order.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// A part of the text, made printable.
    #[must_use]
    pub fn shown(&self, span: Range<usize>) -> String {
        printable(self.text.get(span).unwrap_or_default())
    }

    /// The first `redirect` that counts: none where there is an `all` (section 5.1).
    pub(super) fn redirect(&self) -> Option<(&Term, &DomainSpec)> {
        let ends = self.terms.iter().any(|term| matches!(term.body, TermBody::Directive(_, Mechanism::All)));
        self.terms.iter().find_map(|term| match &term.body {
            TermBody::Redirect(target) if !ends => Some((term, target)),
            _ => None,
        })
    }

    /// The domain of the first `exp`.
    pub(super) fn explanation(&self) -> Option<&DomainSpec> {
        self.terms.iter().find_map(|term| match &term.body {
            TermBody::Explain(target) => Some(target),
            _ => None,
        })
    }
}

impl Term {
    /// Where it stands in the record's text.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl Fault {
    /// Where the term stands in the record's text.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn kind(&self) -> FaultKind {
        self.kind
    }
}
