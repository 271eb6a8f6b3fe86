//! What a domain needs for DMARC reports to come, for people.

use std::io::{self, Write};

use whosends_core::dns::check::AdvisedRecord;
use whosends_core::dns::destination::{Consent, External};
use whosends_core::dns::start::{Asking, MailSystem, Start};
use whosends_core::model::Day;
use whosends_present::start::{Answer, is_complete};

use super::answer::{Json, Screen, Show};
use super::check::zone_line;
use super::paint::{Paint, Tone};
use super::printable::printable;
use super::wrap::wrapped;

/// Days until most receivers have sent the report of a day.
const DUE: i64 = 2;

/// What was found out, and what is wanted of it.
#[derive(Debug)]
pub(crate) struct Told {
    /// What was found out.
    pub(crate) start: Start,
    /// Whether it is asked whether all is there.
    pub(crate) is_test: bool,
    /// Today.
    pub(crate) today: Day,
}

impl Json for Told {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        Answer { start: &self.start }.json(out)
    }
}

impl Show for Told {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let mut text = Text { out, screen };
        let name = printable(&self.start.domain.to_string()).into_owned();
        text.head(&name)?;
        self.asking(&mut text)?;
        self.publish(&mut text)?;
        self.others(&mut text)?;
        self.ending(&name, &mut text)?;
        if self.is_test { Ok(()) } else { self.signing(&mut text) }
    }
}

impl Told {
    /// What is there.
    fn asking(&self, text: &mut Text<'_>) -> io::Result<()> {
        let start = &self.start;
        match &start.asking {
            Asking::Published(at, record) => {
                text.say(&format!("_dmarc.{at} says: {record}"))?;
                match start.addresses.is_empty() {
                    true => text.say("It names no address, so nobody sends reports."),
                    false => {
                        let addresses: Vec<_> = start.addresses.iter().map(|uri| uri.text.as_str()).collect();
                        text.say(&format!("Reports go to {}.", addresses.join(" and ")))?;
                        start.addresses.iter().filter(|uri| uri.size_limit.is_some()).try_for_each(|uri| {
                            text.say(&format!(
                                "{} limits their size: receivers that heed it leave out larger reports. Drop what stands \
                                 from the `!` on.",
                                uri.text
                            ))
                        })
                    }
                }
            }
            Asking::Absent => text.say("There is no DMARC record, so nobody sends reports."),
            Asking::Several(at, count) => text.say(&format!(
                "There are {count} DMARC records at _dmarc.{at}, which count as none. Leave one of them."
            )),
            Asking::Unknown(at, failure) => text.say(&format!(
                "DNS did not answer about _dmarc.{at} ({failure}), so that nobody can tell what to publish. Try again."
            )),
        }
    }

    /// What to publish.
    fn publish(&self, text: &mut Text<'_>) -> io::Result<()> {
        let start = &self.start;
        if let Some(record) = &start.record {
            let instead = match &start.asking {
                Asking::Published(at, _) if record.owner == format!("_dmarc.{at}") => " in place of it",
                _ => "",
            };
            text.gap()?;
            text.say(&format!("Publish{instead}:"))?;
            text.record(record)?;
        } else if start.addresses.is_empty() && matches!(start.asking, Asking::Absent | Asking::Published(..))
        {
            text.gap()?;
            text.say(&format!(
                "Name the mailbox that is to take them: `whosends start {0} --rua dmarc@{0}`",
                start.domain
            ))?;
        }
        match &start.consent {
            Some(agreement) if agreement.state != Consent::Given => {
                text.gap()?;
                text.say(match agreement.state {
                    Consent::Unknown(_) => {
                        "DNS did not say whether the owner of the address's domain agrees, with:"
                    }
                    _ => "The address is at another domain, whose owner has to agree to it, with:",
                })?;
                text.record(&agreement.record)
            }
            _ => Ok(()),
        }
    }

    /// What others say to reports that go to them already.
    fn others(&self, text: &mut Text<'_>) -> io::Result<()> {
        self.start.external.iter().try_for_each(|external| {
            let External { uri, host, asked, consent } = external;
            let Some(asked) = asked else { return Ok(()) };
            let said = match consent {
                Consent::Given => return Ok(()),
                Consent::Absent => format!(
                    "{host} does not agree to it: reporters leave {} out until it publishes",
                    uri.text
                ),
                Consent::Diverted => {
                    return text.say(&format!(
                        "{host} sends them on to somebody else, which reporters do not follow."
                    ));
                }
                Consent::Unknown(failure) => {
                    return text.say(&format!("DNS did not say whether {host} agrees to it ({failure})."));
                }
            };
            text.say(&said)?;
            text.record(&AdvisedRecord {
                owner: asked.to_string(),
                kind: "TXT",
                value: "v=DMARC1;".to_owned(),
            })
        })
    }

    /// When a report is due.
    fn ending(&self, name: &str, text: &mut Text<'_>) -> io::Result<()> {
        text.gap()?;
        if !self.is_test {
            return text.say(&format!(
                "Receivers send a report for each day (UTC) on which they had mail from the domain, most within a day after. \
                 `whosends start {name} --test` says whether all is there."
            ));
        }
        match is_complete(&self.start) {
            None => text.say("Whether reports can come is not known: DNS did not answer."),
            Some(false) => text.say("Reports can't come yet."),
            Some(true) => text.say(&format!(
                "All is there. Receivers send a report for each day (UTC) on which they had mail from the domain, most within a \
                 day after: the first should be there by {}. If none has come by then, see whether the mailbox takes \
                 attachments and what its spam folder holds, and send a message from the domain to a mailbox at Google, \
                 Yahoo or Outlook.com: who gets none reports none.",
                self.today.plus(DUE)
            )),
        }
    }

    /// What the system does with outgoing mail.
    fn signing(&self, text: &mut Text<'_>) -> io::Result<()> {
        let domain = &self.start.domain;
        let said = match &self.start.mail {
            MailSystem::Microsoft365 => format!(
                "Mail for it goes to Microsoft 365, which signs as onmicrosoft.com until DKIM is switched on for {domain}: that \
                 does not align. The Defender portal shows the two CNAME records, selector1._domainkey and \
                 selector2._domainkey, under Email & collaboration, Policies & rules, Threat policies, Email authentication \
                 settings, DKIM."
            ),
            MailSystem::GoogleWorkspace => format!(
                "Mail for it goes to Google Workspace, which signs as gappssmtp.com until DKIM is switched on for {domain}: that \
                 does not align. The Admin console makes the key for google._domainkey under Apps, Google Workspace, Gmail, \
                 Authenticate email."
            ),
            MailSystem::Other(host) => format!(
                "Mail for it goes to {host}. Whoever sends as {domain} should sign with a key of {domain}; the reports will show \
                 who does."
            ),
            MailSystem::Nobody => {
                "It takes no mail. The reports will show whether anybody sends as it.".to_owned()
            }
            MailSystem::Unknown(failure) => format!("Who takes its mail is not known: {failure}."),
        };
        text.gap()?;
        text.say(&said)
    }
}

/// Writes lines no wider than the screen.
struct Text<'o> {
    out: &'o mut dyn Write,
    screen: Screen,
}

impl Text<'_> {
    fn paint(&self) -> Paint {
        self.screen.paint
    }

    fn head(&mut self, text: &str) -> io::Result<()> {
        let text = self.paint().tone(Tone::Head, text);
        writeln!(self.out, "{text}")
    }

    fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        wrapped(&printable(text), self.screen.columns)
            .iter()
            .try_for_each(|line| writeln!(self.out, "{line}"))
    }

    /// A record is never broken over lines: it is there to be copied.
    fn record(&mut self, record: &AdvisedRecord) -> io::Result<()> {
        let line = self.paint().tone(Tone::Hint, &printable(&zone_line(record)));
        writeln!(self.out, "  {line}")
    }
}
