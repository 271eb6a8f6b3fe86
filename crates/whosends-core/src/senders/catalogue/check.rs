//! The rules a catalogue keeps, so that no sign names a stranger.

use std::collections::HashMap;

use crate::error::Result;
use crate::model::Name;
use crate::senders::org::is_public_suffix;
use crate::senders::pattern::{Expression, expression_source};

use super::document::{Document, Row, Stated};
use super::service::SignKind;

/// Names that no expression for a sender's domain may match.
const ANYBODY: [&str; 4] = ["example.com", "example.net", "example.org", "mail1.example.co.uk"];

/// Names that stand for something else where a sender is named.
const RESERVED: [&str; 2] = ["own", "none"];

/// Holds a document to every rule; the first breach is the error.
pub(super) fn check(document: &Document) -> Result<()> {
    for row in &document.rows {
        check_id(document, row)?;
        for kind in SignKind::ALL {
            for stated in row.signs(kind) {
                check_sign(document, kind, stated).map_err(|reason| document.error(stated.spot, reason))?;
            }
        }
    }
    let claims = claims(document)?;
    check_shared(document, &claims)
}

fn check_id(document: &Document, row: &Row) -> Result<()> {
    let sound = row.id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if !sound || RESERVED.contains(&row.id.as_str()) {
        let reason = format!("`{}` can't be an id: small letters, digits and hyphens, not `own`", row.id);
        return Err(document.error(row.spot, reason));
    }
    Ok(())
}

fn check_sign(document: &Document, kind: SignKind, stated: &Stated) -> Result<(), String> {
    let sign = stated.text.as_str();
    if kind == SignKind::Asn {
        return Ok(());
    }
    let Some(source) = expression_source(sign) else {
        return check_text(document, kind, sign);
    };
    let expression = Expression::new(source);
    expression.check().map_err(|reason| format!("{sign}: {reason}"))?;
    if kind.is_domain() {
        if !source.contains(r"\.") {
            return Err(format!("{sign} has no literal dot (`\\.`): it would match parts of names"));
        }
        if let Some(name) = ANYBODY.iter().find(|name| expression.matches(name)) {
            return Err(format!("{sign} is too wide: it matches {name}"));
        }
    }
    if matches!(kind, SignKind::Selector | SignKind::LikelySelector)
        && let Some(common) = document.common.iter().find(|common| expression.matches(&common.text))
    {
        return Err(format!("{sign} matches `{}`, a selector in everybody's use", common.text));
    }
    Ok(())
}

fn check_text(document: &Document, kind: SignKind, sign: &str) -> Result<(), String> {
    if kind.is_domain() {
        if !Name::from_stated(sign).is_some_and(|name| name.is_domain() && name.as_str() == sign) {
            return Err(format!("`{sign}` is no domain name"));
        }
        if is_public_suffix(sign) {
            return Err(format!("`{sign}` is a public suffix: anybody can have a name below it"));
        }
    }
    if matches!(kind, SignKind::Selector | SignKind::LikelySelector)
        && document.common.iter().any(|common| common.text == sign)
    {
        return Err(format!("`{sign}` is a selector in everybody's use: list it as a weak one"));
    }
    Ok(())
}

/// Who claims each sign that names a sender.
type AllClaims<'d> = HashMap<(SignKind, &'d str), Vec<&'d str>>;

fn claims(document: &Document) -> Result<AllClaims<'_>> {
    let mut claims = AllClaims::new();
    for row in &document.rows {
        for kind in SignKind::ALL.into_iter().filter(|kind| !kind.is_weak()) {
            for stated in row.signs(kind) {
                let claimants = claims.entry((group(kind), &stated.text)).or_default();
                claimants.push(&row.id);
                if let [first, .., last] = claimants[..]
                    && first != last
                    && document.primary(kind, &stated.text).is_none()
                {
                    let reason = format!(
                        "`{}` of `{last}` is also `{first}`'s: say in `shared` which of them to show",
                        stated.text
                    );
                    return Err(document.error(stated.spot, reason));
                }
            }
        }
    }
    check_selector_expressions(document)?;
    Ok(claims)
}

/// Strong and likely selectors stand in one space.
const fn group(kind: SignKind) -> SignKind {
    match kind {
        SignKind::LikelySelector => SignKind::Selector,
        kind => kind,
    }
}

/// No selector that names one service may match another's expression.
fn check_selector_expressions(document: &Document) -> Result<()> {
    let strong = || {
        document.rows.iter().flat_map(|row| {
            let signs = row.signs(SignKind::Selector).iter().chain(row.signs(SignKind::LikelySelector));
            signs.map(move |stated| (row, stated))
        })
    };
    for (owner, stated) in strong() {
        let Some(source) = expression_source(&stated.text) else { continue };
        let expression = Expression::new(source);
        let taken = strong().find(|(row, other)| row.id != owner.id && expression.matches(&other.text));
        if let Some((row, other)) = taken {
            let reason =
                format!("{} of `{}` matches `{}` of `{}`", stated.text, owner.id, other.text, row.id);
            return Err(document.error(stated.spot, reason));
        }
    }
    Ok(())
}

fn check_shared(document: &Document, claims: &AllClaims<'_>) -> Result<()> {
    for shared in &document.shared {
        let claimants = claims.get(&(group(shared.kind), shared.sign.text.as_str()));
        if !claimants.is_some_and(|claimants| claimants.contains(&shared.primary.text.as_str())) {
            let reason = format!("`{}` does not claim `{}`", shared.primary.text, shared.sign.text);
            return Err(document.error(shared.primary.spot, reason));
        }
    }
    Ok(())
}
