//! Says in words, built from the sums, why a source is what it is.

use crate::analysis::tally::Tally;
use crate::senders::{Class, ClassTotals, Decision, GroupJudgement, GroupRule, SpoofSign};

/// Why a source has its class: a sentence or two.
#[must_use]
pub(super) fn reason(judgement: &GroupJudgement, tally: &Tally, classes: &ClassTotals) -> String {
    let all = tally.messages;
    let (failing, passing) = (tally.dmarc.fail, tally.dmarc.pass);
    let known = if judgement.confirmed { "It is known to send for you" } else { "Nothing confirms it" };
    match &judgement.rule {
        GroupRule::Decided(decision) => match decision {
            Decision::Authorised => "You decided that it sends for you.".to_owned(),
            Decision::Unauthorised => "You decided that it does not send for you.".to_owned(),
            Decision::Forwarder => "You decided that it passes mail on.".to_owned(),
            Decision::Ignore => "You decided to leave it out.".to_owned(),
        },
        GroupRule::Passes if failing == 0 => format!("{known}, and {passing} of {all} messages pass DMARC."),
        GroupRule::Passes => {
            format!("{known}, and {passing} of {all} messages pass DMARC; {failing} fail.")
        }
        GroupRule::Fails => {
            format!("{known}, and {failing} of {all} messages pass neither DKIM nor SPF aligned.")
        }
        GroupRule::Relays => relays(tally, classes.of(Class::Forwarder)),
        GroupRule::FanIn => format!(
            "It sends a little mail that never passes SPF, signed with several of your keys or for several of your \
             domains: somebody's mailbox forwards it ({all} messages)."
        ),
        GroupRule::RecipientGateway => {
            "It is a filter in front of recipients, which reports of Microsoft show in place of the sender."
                .to_owned()
        }
        GroupRule::Spoofing(signs) => {
            let signs: Vec<_> = signs.iter().map(|&sign| spoof_sign(sign)).collect();
            format!("{failing} of {all} messages fail, nothing confirms it, and {}.", signs.join(", and "))
        }
        GroupRule::Undecided => match failing {
            0 => format!("Nothing decides it: {all} messages, none of them stated to fail."),
            _ => format!("Nothing decides it: {failing} of {all} messages fail, and nothing confirms it."),
        },
    }
}

fn relays(tally: &Tally, relayed: u64) -> String {
    let kept = match (tally.dkim.pass, tally.messages) {
        (0, _) => "none of them with your signature intact".to_owned(),
        (kept, all) if kept == all => "all of them with your signature intact".to_owned(),
        (kept, _) => format!("{kept} of them with your signature intact"),
    };
    match relayed {
        0 => format!("It exists to pass mail on: {} messages, {kept}.", tally.messages),
        _ => format!("{relayed} of {} messages were passed on, {kept}.", tally.messages),
    }
}

const fn spoof_sign(sign: SpoofSign) -> &'static str {
    match sign {
        SpoofSign::ManyDomains => {
            "each of its addresses uses three of your domains or more, one of which never sends"
        }
        SpoofSign::Wave => {
            "it came from twenty new addresses or more in five networks or more within a week, all in one shape"
        }
        SpoofSign::SilentDomain => "it uses a domain that declares in DNS that it has no mail",
        SpoofSign::SpokenAgainst => "something speaks against most of its records one by one",
    }
}
