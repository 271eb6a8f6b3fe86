//! The elements of a report: names, places, and the spellings that are taken for them.

/// What may stand in an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Elements.
    Container,
    /// Text.
    Value,
    /// Anything: the content is passed over and gives no note.
    Passed,
}

/// How an element's name was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As the schema has it.
    Plain,
    /// In another case.
    Case,
    /// As some reporter misspells it.
    Misspelt,
}

/// Lays down the tree of elements in one place: a parent and the way to its children, then these with name
/// and kind.
macro_rules! elements {
    ($($parent:ident $way:literal { $($element:ident $name:literal $kind:ident,)+ })+) => {
        /// An element of a report, known by its place.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Element { Feedback, $($($element,)+)+ }

        impl Element {
            /// Every element.
            pub(super) const ALL: &[Self] = &[Self::Feedback, $($(Self::$element,)+)+];

            /// The name in the schema.
            pub(super) const fn name(self) -> &'static str {
                match self { Self::Feedback => "feedback", $($(Self::$element => $name,)+)+ }
            }

            /// The element it stands in.
            pub(super) const fn parent(self) -> Option<Self> {
                match self { Self::Feedback => None, $($(Self::$element => Some(Self::$parent),)+)+ }
            }

            /// The way to it below `feedback`, such as `record/row/count`.
            pub(super) const fn path(self) -> &'static str {
                match self { Self::Feedback => "", $($(Self::$element => concat!($way, $name),)+)+ }
            }

            /// The elements that may stand in it.
            const fn children(self) -> &'static [Self] {
                match self { $(Self::$parent => &[$(Self::$element,)+],)+ _ => &[] }
            }

            /// What may stand in it.
            pub(super) const fn kind(self) -> Kind {
                match self { Self::Feedback => Kind::Container, $($(Self::$element => Kind::$kind,)+)+ }
            }
        }
    };
}

// RFC 9990 appendix A and RFC 7489 appendix C, with `extensions` and `version_published` of the drafts
// between them. Children stand in the order most reporters write them: the search for a name is linear.
elements! {
    Feedback "" {
        Record "record" Container,
        Version "version" Value,
        Metadata "report_metadata" Container,
        Policy "policy_published" Container,
        Extension "extension" Passed,
        Extensions "extensions" Passed,
    }
    Metadata "report_metadata/" {
        OrgName "org_name" Value,
        Email "email" Value,
        ExtraContactInfo "extra_contact_info" Value,
        ReportId "report_id" Value,
        DateRange "date_range" Container,
        ReportError "error" Value,
        Generator "generator" Value,
    }
    DateRange "report_metadata/date_range/" {
        Begin "begin" Value,
        End "end" Value,
    }
    Policy "policy_published/" {
        Domain "domain" Value,
        Adkim "adkim" Value,
        Aspf "aspf" Value,
        P "p" Value,
        Sp "sp" Value,
        Np "np" Value,
        Pct "pct" Value,
        Fo "fo" Value,
        Testing "testing" Value,
        DiscoveryMethod "discovery_method" Value,
        VersionPublished "version_published" Passed,
    }
    Record "record/" {
        Row "row" Container,
        Identifiers "identifiers" Container,
        AuthResults "auth_results" Container,
        RecordExtension "extension" Passed,
        RecordExtensions "extensions" Passed,
    }
    Row "record/row/" {
        SourceIp "source_ip" Value,
        Count "count" Value,
        Evaluated "policy_evaluated" Container,
    }
    Evaluated "record/row/policy_evaluated/" {
        Disposition "disposition" Value,
        EvaluatedDkim "dkim" Value,
        EvaluatedSpf "spf" Value,
        Reason "reason" Container,
    }
    Reason "record/row/policy_evaluated/reason/" {
        ReasonType "type" Value,
        ReasonComment "comment" Value,
    }
    Identifiers "record/identifiers/" {
        HeaderFrom "header_from" Value,
        EnvelopeFrom "envelope_from" Value,
        EnvelopeTo "envelope_to" Value,
    }
    AuthResults "record/auth_results/" {
        Dkim "dkim" Container,
        Spf "spf" Container,
    }
    Dkim "record/auth_results/dkim/" {
        DkimDomain "domain" Value,
        DkimSelector "selector" Value,
        DkimResult "result" Value,
        DkimHumanResult "human_result" Value,
    }
    Spf "record/auth_results/spf/" {
        SpfDomain "domain" Value,
        SpfScope "scope" Value,
        SpfResult "result" Value,
        SpfHumanResult "human_result" Value,
    }
}

/// What reporters have written, letters only, beside what they meant: `data_range` and `identities` are
/// known from the field, the others are their nearest relatives.
const MISSPELT: &[(&str, Element)] = &[
    ("datarange", Element::DateRange),
    ("identities", Element::Identifiers),
    ("identity", Element::Identifiers),
    ("identifier", Element::Identifiers),
    ("authresult", Element::AuthResults),
    ("authenticationresults", Element::AuthResults),
    ("policyevaluate", Element::Evaluated),
    ("policypublish", Element::Policy),
    ("sourceipaddress", Element::SourceIp),
    ("organization", Element::OrgName),
];

impl Element {
    /// The child of exactly this name.
    pub(super) fn child(self, name: &str) -> Option<Self> {
        self.children().iter().copied().find(|child| child.name() == name)
    }

    /// The child that a local name stands for, however it is spelt.
    pub(super) fn find(self, local: &str) -> Option<(Self, Spelling)> {
        if let Some(child) = self.child(local) {
            return Some((child, Spelling::Plain));
        }
        let of_case = |child: &&Self| child.name().eq_ignore_ascii_case(local);
        if let Some(&child) = self.children().iter().find(of_case) {
            return Some((child, Spelling::Case));
        }
        let meant = |child: &&Self| letters(child.name()).eq(letters(local));
        let known = |&&(word, element): &&(&str, Self)| {
            element.parent() == Some(self) && letters(local).eq(word.chars())
        };
        let child = self.children().iter().find(meant).copied();
        let child = child.or_else(|| MISSPELT.iter().find(known).map(|&(_, element)| element));
        child.map(|child| (child, Spelling::Misspelt))
    }

    /// Whether a local name stands for this element where this element is expected.
    pub(super) fn is_called(self, local: &str) -> bool {
        match self.parent() {
            Some(parent) => parent.find(local).is_some_and(|(child, _)| child == self),
            None => is_feedback(local),
        }
    }

    /// This element, then those around it, from the inside out.
    pub(super) fn line_up(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |element| element.parent())
    }

    /// Whether it is a record or lies in one.
    pub(super) const fn is_in_record(self) -> bool {
        IN_RECORD & self.bit() != 0
    }

    const fn bit(self) -> u64 {
        1 << self as u32
    }

    /// Whether it is one of the parts a report is made of: where one begins, whatever broke before is over.
    pub(super) const fn is_section(self) -> bool {
        matches!(self, Self::Record | Self::Metadata | Self::Policy)
    }

    /// Whether it may stand several times side by side.
    pub(super) const fn may_repeat(self) -> bool {
        use Element::{
            Dkim, Extension, Extensions, Reason, Record, RecordExtension, RecordExtensions, ReportError, Spf,
        };
        matches!(
            self,
            Record
                | ReportError
                | Reason
                | Dkim
                | Spf
                | Extension
                | Extensions
                | RecordExtension
                | RecordExtensions
        )
    }

    /// Whether its text is prose or an opaque mark: one that is cut still says what it says, whereas a cut
    /// name, word or number says something else.
    pub(super) const fn is_free_text(self) -> bool {
        use Element::{
            DkimHumanResult, DkimSelector, Email, ExtraContactInfo, Generator, OrgName, ReasonComment,
            ReportError, ReportId, SpfHumanResult,
        };
        matches!(
            self,
            OrgName
                | Email
                | ExtraContactInfo
                | ReportId
                | ReportError
                | Generator
                | ReasonComment
                | DkimSelector
                | DkimHumanResult
                | SpfHumanResult
        )
    }
}

/// Whether a local name is the root's.
pub(super) const fn is_feedback(local: &str) -> bool {
    local.eq_ignore_ascii_case("feedback")
}

/// A tag's name: what stands before the first white space.
pub(super) fn tag_name(tag: &str) -> &str {
    tag.split([' ', '\t', '\r', '\n']).next().unwrap_or_default()
}

/// A name without its namespace prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// A name's namespace prefix, empty where there is none.
pub(super) fn prefix(name: &str) -> &str {
    name.rsplit_once(':').map_or("", |(prefix, _)| prefix)
}

/// The letters and digits of a name, in lower case.
pub(super) fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase())
}

/// A set of elements.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen(u64);

/// The bits of a record and of what lies in it.
const IN_RECORD: u64 = {
    // A parent stands before its children, so that one pass finds them all.
    let (mut bits, mut at) = (Element::Record.bit(), 0);
    while at < Element::ALL.len() {
        let element = Element::ALL[at];
        if let Some(parent) = element.parent()
            && bits & parent.bit() != 0
        {
            bits |= element.bit();
        }
        at += 1;
    }
    bits
};

// The set above has a bit for each.
const _: () = assert!(Element::ALL.len() <= 64);

impl Seen {
    /// Adds an element; `false` where it was there.
    pub(super) const fn insert(&mut self, element: Element) -> bool {
        let is_new = !self.has(element);
        self.0 |= element.bit();
        is_new
    }

    /// Takes an element out.
    pub(super) const fn remove(&mut self, element: Element) {
        self.0 &= !element.bit();
    }

    /// Whether the element is in it.
    pub(super) const fn has(self, element: Element) -> bool {
        self.0 & element.bit() != 0
    }

    /// Whether nothing is in it.
    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all that is in it lies in a record.
    pub(super) const fn is_of_records(self) -> bool {
        self.0 & !IN_RECORD == 0
    }

    /// Takes out every child of an element.
    pub(super) fn forget_children(&mut self, parent: Element) {
        for &child in parent.children() {
            self.0 &= !child.bit();
        }
    }

    /// Takes out everything that lies in a record.
    pub(super) const fn forget_record(&mut self) {
        self.0 &= !IN_RECORD;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_by_its_place() {
        assert_eq!(Element::Evaluated.child("dkim"), Some(Element::EvaluatedDkim));
        assert_eq!(Element::AuthResults.child("dkim"), Some(Element::Dkim));
        assert_eq!(Element::Row.child("dkim"), None);
        assert_eq!(Element::EvaluatedDkim.path(), "record/row/policy_evaluated/dkim");
        for &element in Element::ALL {
            let mut names: Vec<_> = element.line_up().map(Element::name).collect();
            names.pop();
            names.reverse();
            assert_eq!(element.path(), names.join("/"));
            assert_eq!(element.is_in_record(), element.line_up().any(|outer| outer == Element::Record));
        }
    }

    #[test]
    fn spellings() {
        let found = |parent: Element, name| parent.find(name);
        assert_eq!(found(Element::Record, "ROW"), Some((Element::Row, Spelling::Case)));
        assert_eq!(found(Element::Metadata, "data_range"), Some((Element::DateRange, Spelling::Misspelt)));
        assert_eq!(found(Element::Record, "identities"), Some((Element::Identifiers, Spelling::Misspelt)));
        assert_eq!(found(Element::Row, "source-ip"), Some((Element::SourceIp, Spelling::Misspelt)));
        assert_eq!(found(Element::Row, "sourceIp"), Some((Element::SourceIp, Spelling::Misspelt)));
        assert_eq!(found(Element::Row, "ip"), None);
        assert_eq!(found(Element::Row, "identities"), None);
    }
}
