//! One service of the catalogue.

use std::fmt;

/// A service of a [`Catalogue`](super::Catalogue), and of no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId(pub(in crate::senders) u16);

#[cfg(feature = "store")]
impl crate::model::stored::Stored for ServiceId {
    fn put(&self, out: &mut Vec<u8>) {
        crate::model::stored::Stored::put(&self.0, out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        crate::model::stored::Stored::take(rest).map(Self)
    }
}

/// Defines an enumeration of the words a key of the catalogue may have.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every word, for an error that lists them.
            pub(super) const WORDS: &[&str] = &[$($word),+];

            /// Reads the catalogue's word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The catalogue's word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

choices! {
    /// What kind of service it is.
    Category {
        /// Emergency and crisis messages.
        Alerts = "alerts",
        /// Customer management.
        Crm = "crm",
        /// Shops.
        Ecommerce = "ecommerce",
        /// Signing of documents.
        Esign = "esign",
        /// Invitations and tickets.
        Events = "events",
        /// Invoices and payments.
        Finance = "finance",
        /// Discussion boards.
        Forum = "forum",
        /// Passes mail on to another mailbox.
        Forwarder = "forwarder",
        /// Customer support.
        Helpdesk = "helpdesk",
        /// Web hosts and the relays they use.
        Hosting = "hosting",
        /// Staff and applicants.
        Hr = "hr",
        /// Mail of an access provider or portal.
        Isp = "isp",
        /// Courses.
        Learning = "learning",
        /// Mailing lists.
        List = "list",
        /// Mailboxes.
        MailHost = "mail-host",
        /// Newsletters and campaigns.
        Marketing = "marketing",
        /// What a product tells its users.
        Notification = "notification",
        /// Filters and relays in front of or behind mailboxes.
        SecurityGateway = "security-gateway",
        /// Questionnaires.
        Survey = "survey",
        /// Simulated attacks.
        Training = "training",
        /// Mail that programs send through an interface.
        Transactional = "transactional",
    }
}

impl Category {
    /// Whether it mostly hands on mail that others composed, so that its name says nothing of the originator.
    #[must_use]
    pub const fn is_relay(self) -> bool {
        matches!(self, Self::List | Self::Forwarder | Self::Isp | Self::SecurityGateway)
    }

    /// Whether it exists to pass mail on to others.
    #[must_use]
    pub const fn passes_on(self) -> bool {
        matches!(self, Self::List | Self::Forwarder)
    }
}

choices! {
    /// Whether a customer of the service can get an identifier aligned with its own domain.
    Alignment {
        /// It can.
        Yes = "yes",
        /// It can't.
        No = "no",
        /// Under conditions: a dearer plan, a dedicated address.
        Partial = "partial",
        /// Not known.
        Unknown = "unknown",
    }
}

choices! {
    /// Who sets up signing with the customer's domain.
    Setup {
        /// The customer, on the service's pages.
        Customer = "self",
        /// The service, when asked.
        Ask = "ask",
        /// The service, on a subdomain that the customer delegates to it.
        Delegate = "delegate",
        /// Nobody there: another service signs, as the note says.
        Elsewhere = "elsewhere",
    }
}

choices! {
    /// How sure the facts of a row are.
    Certainty {
        /// Seen in public zones, headers or reports.
        High = "high",
        /// From documentation or general knowledge.
        Medium = "medium",
    }
}

choices! {
    /// What a sign is compared with.
    SignKind {
        /// A DKIM domain the service signs with by itself.
        Dkim = "dkim",
        /// A selector that names the service alone.
        Selector = "selectors",
        /// A selector of its own that anybody may use: it counts with another sign of the service, or of one that it
        /// sends through.
        LikelySelector = "likely-selectors",
        /// A selector that counts only when the machine is known to be the service's.
        WeakSelector = "weak-selectors",
        /// Where a customer's DKIM names point by CNAME.
        Cname = "cname",
        /// An envelope domain of the service's own.
        Bounce = "bounce",
        /// A first label of an envelope host under the customer's domain.
        Label = "labels",
        /// The same, where the machine has to be known as well.
        WeakLabel = "weak-labels",
        /// A host name of the service's machines.
        Rdns = "rdns",
        /// What customers include in SPF.
        Spf = "spf",
        /// A network that serves nothing else.
        Asn = "asn",
    }
}

impl SignKind {
    /// All kinds, in the order of the file.
    pub const ALL: [Self; 11] = [
        Self::Dkim,
        Self::Selector,
        Self::LikelySelector,
        Self::WeakSelector,
        Self::Cname,
        Self::Bounce,
        Self::Label,
        Self::WeakLabel,
        Self::Rdns,
        Self::Spf,
        Self::Asn,
    ];

    /// Whether its signs are domains, matched with every name below them.
    #[must_use]
    pub const fn is_domain(self) -> bool {
        matches!(self, Self::Dkim | Self::Cname | Self::Bounce | Self::Rdns | Self::Spf)
    }

    /// Whether several services may claim one sign without saying which to show: it never names one alone.
    #[must_use]
    pub const fn is_weak(self) -> bool {
        matches!(self, Self::WeakSelector | Self::WeakLabel)
    }
}

choices! {
    /// The type of a record to publish.
    RecordType {
        /// An alias.
        Cname = "CNAME",
        /// A text.
        Txt = "TXT",
        /// A mail exchanger.
        Mx = "MX",
    }
}

/// A record that customers of a service publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishRecord {
    /// The name, relative to the customer's domain.
    pub owner: String,
    /// Its type.
    pub kind: RecordType,
    /// The value; `{domain}` stands for the customer's domain. `None` where each customer gets another one.
    pub value: Option<String>,
}

/// A sending service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its place in the catalogue.
    pub key: ServiceId,
    /// What it is called in data: `amazon-ses`.
    pub id: String,
    /// What it is called by people: `Amazon SES`.
    pub name: String,
    /// What kind of service it is.
    pub category: Category,
    /// Where its owners can be reached.
    pub home: Option<String>,
    /// Services of one family send through each other's machines.
    pub family: Option<String>,
    /// Whether it stands for a whole kind of machines, and so matches only what no other service does.
    pub generic: bool,
    /// The services whose machines it sends through.
    pub runs_on: Vec<ServiceId>,
    /// Whether customers can get SPF aligned.
    pub spf_align: Alignment,
    /// Whether customers can get DKIM aligned.
    pub dkim_align: Alignment,
    /// Who sets signing up.
    pub setup: Setup,
    /// The page to set it up on; reads after "in".
    pub place: Option<String>,
    /// What the other fields do not say.
    pub note: Option<String>,
    /// Records that customers publish.
    pub publish: Vec<PublishRecord>,
    /// How sure the row is.
    pub confidence: Certainty,
    pub(super) signs: [Vec<String>; 11],
}

impl Service {
    /// The service's signs of a kind as the catalogue writes them; an expression stands between slashes.
    #[must_use]
    pub fn signs(&self, kind: SignKind) -> &[String] {
        &self.signs[kind as usize]
    }

    /// Whether it hosts personal mailboxes, with which no customer's domain can align.
    pub(in crate::senders) fn is_personal_mailboxes(&self) -> bool {
        self.category == Category::MailHost
            && self.dkim_align == Alignment::No
            && self.spf_align == Alignment::No
    }
}
