//! A combination that many records share, with what follows from it worked out once.

use std::sync::Arc;

use super::digest::Fields;
use super::judged::Judged;
use super::name::Name;
use super::record::Combination;

/// A combination that many records share, with what follows from it worked out once.
#[derive(Debug, PartialEq, Eq)]
pub struct Shared {
    profile: Arc<Profile>,
    envelope_to: Option<Name>,
    digest: [u8; 16],
}

/// A combination without `envelope_to`: where a reporter names the domain of each recipient, a few of these make
/// many combinations, and no judgement rests on it.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    said: Combination,
    judged: Judged,
    detail: u32,
    digest: [u8; 16],
}

impl Shared {
    /// Takes a combination and works out what follows from it.
    #[must_use]
    pub fn new(mut combination: Combination) -> Self {
        let envelope_to = combination.envelope_to.take();
        let profile = Profile {
            judged: Judged::of(&combination),
            detail: combination.detail(),
            digest: digest(&combination, None),
            said: combination,
        };
        Self::of(Arc::new(profile), envelope_to)
    }

    /// A profile with an `envelope_to`.
    #[must_use]
    pub fn of(profile: Arc<Profile>, envelope_to: Option<Name>) -> Self {
        let digest = match &envelope_to {
            Some(name) => digest(&profile.said, Some(name)),
            None => profile.digest,
        };
        Self { profile, envelope_to, digest }
    }

    /// The combination.
    #[must_use]
    pub fn combination(&self) -> Combination {
        Combination { envelope_to: self.envelope_to.clone(), ..self.profile.said.clone() }
    }

    /// The combination without `envelope_to`.
    #[must_use]
    pub const fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// The recipient's domain.
    #[must_use]
    pub const fn envelope_to(&self) -> Option<&Name> {
        self.envelope_to.as_ref()
    }

    /// How many fields of the combination are stated.
    #[must_use]
    pub fn detail(&self) -> u32 {
        self.profile.detail + u32::from(self.envelope_to.is_some())
    }

    /// The digest of every field of the combination: two are the same where their digests are.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 16] {
        &self.digest
    }
}

impl Profile {
    /// What the combination says, without `envelope_to`.
    #[must_use]
    pub const fn said(&self) -> &Combination {
        &self.said
    }

    /// How its messages were judged.
    #[must_use]
    pub const fn judged(&self) -> Judged {
        self.judged
    }

    /// The digest of every field: that of the combination without `envelope_to`.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 16] {
        &self.digest
    }
}

/// The digest of every field of a combination, with another `envelope_to`.
fn digest(combination: &Combination, envelope_to: Option<&Name>) -> [u8; 16] {
    let Combination {
        disposition,
        dkim,
        spf,
        reasons,
        header_from,
        envelope_from,
        envelope_to: _,
        auth_dkim,
        auth_spf,
    } = combination;
    let mut fields = Fields::new();
    fields.text(disposition.as_ref().map(|word| word.as_str()));
    fields.text(dkim.as_ref().map(|word| word.as_str()));
    fields.text(spf.as_ref().map(|word| word.as_str()));
    for name in [header_from.as_ref(), envelope_from.as_ref(), envelope_to] {
        fields.text(name.map(Name::as_str));
    }
    fields.number(Some(reasons.len() as i64));
    for reason in reasons {
        fields.text(reason.kind.as_ref().map(|word| word.as_str()));
        fields.text(reason.comment.as_deref());
    }
    fields.number(Some(auth_dkim.len() as i64));
    for auth in auth_dkim {
        fields.text(auth.domain.as_ref().map(Name::as_str));
        fields.text(auth.selector.as_deref());
        fields.text(auth.result.as_ref().map(|word| word.as_str()));
        fields.text(auth.human_result.as_deref());
    }
    fields.number(Some(auth_spf.len() as i64));
    for auth in auth_spf {
        fields.text(auth.domain.as_ref().map(Name::as_str));
        fields.text(auth.scope.as_ref().map(|word| word.as_str()));
        fields.text(auth.result.as_ref().map(|word| word.as_str()));
        fields.text(auth.human_result.as_deref());
    }
    fields.first_half()
}
