//! Cases of mail as example.com, each with the sender and class that a person finds.
//!
//! Where a name or class can't be told for sure, the case wants none: a wrong name is worse than no name.

use super::testing::Scene;
use super::*;

const PASS: bool = true;
const FAIL: bool = false;
const SES: &str = "abcdefghijklmnopqrstuvwxyz234567";

fn mail(verdicts: (bool, bool), signatures: &str, envelope: &str) -> Scene {
    Scene::new(verdicts, signatures, envelope)
}

/// The sender (`-` for none) and the class.
fn told(scene: &Scene) -> String {
    let outcome = scene.outcome();
    outcome.split(" from ").next().unwrap_or_default().to_owned()
}

#[track_caller]
fn check(cases: &[(&str, Scene, &str)]) {
    let wrong = cases.iter().filter_map(|(what, scene, wanted)| {
        let found = told(scene);
        (found != *wanted).then(|| format!("{what}: {}, wanted {wanted}", scene.outcome()))
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn services_that_are_set_up() {
    check(&[
        (
            "Brevo with its own return path",
            mail((PASS, FAIL), "example.com/mail=pass;sender-sib.com/mail=pass", "ha.d.sender-sib.com=pass")
                .named("ha.d.sender-sib.com"),
            "brevo aligned",
        ),
        (
            "Brevo before reverse DNS is known",
            mail((PASS, FAIL), "example.com/mail=pass;sender-sib.com/mail=pass", "ha.d.sender-sib.com=pass"),
            "brevo aligned",
        ),
        (
            "Mailchimp, authenticated",
            mail((PASS, FAIL), "example.com/k3=pass;mailchimpapp.net/k3=pass", "mail11.atl11.rsgsv.net=pass")
                .network(14_782),
            "mailchimp aligned",
        ),
        (
            "Mailchimp by its weak selector and return path",
            mail((PASS, FAIL), "example.com/k2=pass", "mail99.atl11.mcsv.net=pass"),
            "mailchimp aligned",
        ),
        (
            "Constant Contact",
            mail(
                (PASS, FAIL),
                "example.com/ctct1=pass;auth.ccsend.com/1000073432=pass",
                "in.constantcontact.com=pass",
            ),
            "constant-contact aligned",
        ),
        (
            "Salesforce by weak selector and return path",
            mail((PASS, FAIL), "example.com/sf1=pass", "abc.na44-9aaa.bnc.salesforce.com=pass"),
            "salesforce aligned",
        ),
        (
            "HubSpot",
            mail((PASS, FAIL), "example.com/hs2-1234567=pass", "1axcq1.bf01.hubspotemail.net=pass"),
            "hubspot aligned",
        ),
        (
            "Postmark with a return path of the owner's",
            mail((PASS, PASS), "example.com/20230412093122pm=pass", "pm-bounces.example.com=pass"),
            "postmark aligned",
        ),
        (
            "Postmark by the return path alone",
            mail((FAIL, PASS), "", "pm-bounces.news.example.com=pass"),
            "postmark aligned",
        ),
        (
            "Amazon SES with a MAIL FROM of the owner's",
            mail(
                (PASS, PASS),
                &format!("example.com/{SES}=pass;amazonses.com/{SES}=pass"),
                "mail.example.com=pass",
            )
            .named("a27-190.smtp-out.us-west-2.amazonses.com"),
            "amazon-ses aligned",
        ),
        (
            "Amazon SES with nothing but its signature",
            mail(
                (PASS, FAIL),
                &format!("example.com/{SES}=pass;amazonses.com/{SES}=pass"),
                "us-west-2.amazonses.com=pass",
            ),
            "amazon-ses aligned",
        ),
        (
            "Resend over SES",
            mail((PASS, PASS), "example.com/resend=pass;amazonses.com/x=pass", "send.example.com=pass")
                .named("a8-31.smtp-out.amazonses.com"),
            "resend aligned",
        ),
        (
            "Shopify over SendGrid by its return path's label",
            mail(
                (PASS, PASS),
                "example.com/w7x=pass;sendgrid.info/smtpapi=pass",
                "mailerabc.example.com=pass",
            ),
            "shopify aligned",
        ),
        (
            "Microsoft 365 with DKIM of the domain",
            mail((PASS, PASS), "example.com/selector1=pass", "example.com=pass")
                .named("mail-am0eur05.outbound.protection.outlook.com"),
            "microsoft-365 aligned",
        ),
        (
            "Mimecast in front of the owner's own mail",
            mail((PASS, PASS), "example.com/mimecast20200101=pass", "example.com=pass")
                .named("us-smtp-delivery-1.mimecast.com"),
            "mimecast aligned",
        ),
        (
            "Fastmail with its own domain in the envelope",
            mail((PASS, PASS), "example.com/fm1=pass;messagingengine.com/fm1=pass", "example.com=pass"),
            "fastmail aligned",
        ),
        (
            "a host of mail that passes by SPF alone",
            mail((FAIL, PASS), "", "example.com=pass").named("mo10.mail-out.ovh.net"),
            "ovh-mail aligned",
        ),
        (
            "Google Workspace without DKIM of the domain",
            mail((FAIL, PASS), "example-com.20230601.gappssmtp.com/20230601=pass", "example.com=pass"),
            "google-workspace aligned",
        ),
    ]);
}

#[test]
fn services_that_are_not_set_up() {
    check(&[
        (
            "Mailjet, confirmed",
            mail((FAIL, FAIL), "mailjet.com/s=pass", "a123.bnc3.mailjet.com=pass").confirmed("mailjet"),
            "mailjet misaligned",
        ),
        (
            "the same, nothing confirms it",
            mail((FAIL, FAIL), "mailjet.com/s=pass", "a123.bnc3.mailjet.com=pass"),
            "mailjet unknown",
        ),
        (
            "SendGrid of whoever",
            mail((FAIL, FAIL), "sendgrid.info/smtpapi=pass", "sendgrid.net=pass")
                .named("o1.ptr.outbound-mail.sendgrid.net"),
            "sendgrid unknown",
        ),
        (
            "Brevo by its return path, unsigned",
            mail((FAIL, FAIL), "", "ha.d.sender-sib.com=pass"),
            "brevo unknown",
        ),
        (
            "Campaign Monitor, confirmed",
            mail((FAIL, FAIL), "cmail19.com/cm=pass", "cmail19.com=pass").confirmed("campaign-monitor"),
            "campaign-monitor misaligned",
        ),
        (
            "Zendesk, confirmed",
            mail((FAIL, FAIL), "zendesk.com/zendesk1=pass", "zendesk.com=pass").confirmed("zendesk"),
            "zendesk misaligned",
        ),
        (
            "another service is confirmed, this one is not",
            mail((FAIL, FAIL), "zendesk.com/zendesk1=pass", "zendesk.com=pass").confirmed("sendgrid"),
            "zendesk unknown",
        ),
        (
            "somebody's personal mailbox",
            mail((FAIL, FAIL), "gmail.com/20230601=pass", "gmail.com=pass").named("mail-sor-f41.google.com"),
            "gmail unknown",
        ),
        (
            "a server of the owner's that SPF forgot",
            mail((FAIL, FAIL), "", "example.com=fail").own_address(),
            "own misaligned",
        ),
        (
            "a server of the owner's whose signature broke",
            mail((FAIL, FAIL), "example.com/s9=fail", "example.com=softfail").own_address(),
            "own misaligned",
        ),
        (
            "a server of the owner's that signs",
            mail((PASS, FAIL), "example.com/s9=pass", "example.com=softfail").own_address(),
            "own aligned",
        ),
        (
            "the service names the machine by its greeting alone",
            mail((FAIL, FAIL), "", "o1.ptr.outbound-mail.sendgrid.net@helo=pass"),
            "sendgrid unknown",
        ),
    ]);
}

#[test]
fn what_was_passed_on() {
    let postmark = "example.com/20230412093122pm=pass";
    check(&[
        (
            "by a host that rewrites the envelope (SRS)",
            mail((PASS, FAIL), postmark, "forwarder.example.net=pass"),
            "- forwarder",
        ),
        (
            "by a host that keeps the envelope",
            mail((PASS, FAIL), postmark, "example.com=softfail"),
            "- forwarder",
        ),
        (
            "by Pobox, by its return path",
            mail((PASS, FAIL), "example.com/google=pass", "bounce.pobox.com=pass"),
            "pobox forwarder",
        ),
        (
            "by a mailbox at Gmail",
            mail(
                (PASS, FAIL),
                &format!("example.com/{SES}=pass;amazonses.com/{SES}=pass"),
                "somebody.example=pass",
            )
            .named("mail-sor-f41.google.com"),
            "google-workspace forwarder",
        ),
        (
            "by a mailbox at Gmail, under Gmail's own envelope",
            mail((PASS, FAIL), &format!("example.com/{SES}=pass;amazonses.com/{SES}=pass"), "gmail.com=pass")
                .named("mail-sor-f41.google.com"),
            "gmail forwarder",
        ),
        (
            "by a tenant of Microsoft 365",
            mail(
                (PASS, FAIL),
                "example.com/google=pass;fabrikam.onmicrosoft.com/selector1-fabrikam-onmicrosoft-com=pass",
                "fabrikam.example=pass",
            )
            .named("mail-eopbgr80054.outbound.protection.outlook.com"),
            "microsoft-365 forwarder",
        ),
        (
            "by a mailbox at Fastmail, which signs it",
            mail((PASS, FAIL), "example.com/fm2=pass;messagingengine.com/fm2=pass", "other.example=pass")
                .named("out3-smtp.messagingengine.com"),
            "fastmail forwarder",
        ),
        (
            "by a recipient's filter",
            mail((PASS, FAIL), "example.com/google=pass", "example.com=fail").named("us-smtp-1.mimecast.com"),
            "mimecast forwarder",
        ),
        (
            "by a university",
            mail((PASS, FAIL), "example.com/google=pass", "example.com=softfail").named("mx2.cam.ac.uk"),
            "university-relays forwarder",
        ),
        (
            "by a list that breaks the signature",
            mail(
                (FAIL, FAIL),
                "googlegroups.com/20230601=pass;example.com/google=fail",
                "googlegroups.com=pass",
            )
            .named("mail-oo1-f57.google.com"),
            "google-groups forwarder",
        ),
        (
            "by a list that says so with its signature alone",
            mail((FAIL, FAIL), "ietf.org/ietf1=pass;example.com/s9=fail", "ietf.org=none"),
            "ietf-lists forwarder",
        ),
        (
            "by a list nobody knows, by the receiver's word",
            mail((FAIL, FAIL), "lists.example.net/m=pass;example.com/s9=fail", "lists.example.net=pass")
                .reason("mailing_list", ""),
            "- forwarder",
        ),
        (
            "by the receiver's word on ARC, with no signature of the owner's",
            mail((FAIL, FAIL), "", "someotherdomain.example=none")
                .reason("local_policy", "arc=pass")
                .named("mail-pg1-f197.google.com"),
            "google-workspace forwarder",
        ),
        (
            "as the older word has it",
            mail((FAIL, FAIL), "", "example.com=fail").reason("forwarded", ""),
            "- forwarder",
        ),
        (
            "with a signature that broke, under a stranger's envelope",
            mail((FAIL, FAIL), "example.com/s9=fail", "club.example.net=pass"),
            "- forwarder",
        ),
        (
            "from nowhere, with a selector that aligned mail has",
            mail((PASS, FAIL), "example.com/selector1=pass", "example.com=softfail").selector("selector1"),
            "- forwarder",
        ),
    ]);
}

#[test]
fn what_is_not_the_owners() {
    check(&[
        ("a hard fail", mail((FAIL, FAIL), "", "example.com=fail"), "- unauthorised"),
        ("a hard fail in older words", mail((FAIL, FAIL), "", "example.com=hardfail"), "- unauthorised"),
        ("a subdomain's hard fail", mail((FAIL, FAIL), "", "never.example.com=fail"), "- unauthorised"),
        (
            "a line of a customer's",
            mail((FAIL, FAIL), "", "example.com=softfail").named("ip-192-0-2-1.ip.secureserver.net"),
            "- unauthorised",
        ),
        (
            "a rented machine with a name of its provider's",
            mail((FAIL, FAIL), "", "example.com=softfail").named("static.1.2.0.192.clients.your-server.de"),
            "- unauthorised",
        ),
        (
            "another tenant of a shared host, which SPF admits",
            mail(
                (FAIL, PASS),
                "fabrikam.onmicrosoft.com/selector1-fabrikam-onmicrosoft-com=pass",
                "example.com=pass",
            )
            .named("mail-eopbgr80054.outbound.protection.outlook.com")
            .tenant("contoso.onmicrosoft.com"),
            "microsoft-365 unauthorised",
        ),
        (
            "a stranger's signature and envelope",
            mail((FAIL, FAIL), "attacker.example/s=pass", "attacker.example=pass"),
            "- unknown",
        ),
        (
            "a machine whose name leads elsewhere",
            mail((FAIL, FAIL), "", "example.com=softfail")
                .doubtfully_named("o1.outbound-mail.sendgrid.net", Some(false)),
            "- unknown",
        ),
    ]);
}

#[test]
fn large_hosts_of_many_customers() {
    let alias = |mut scene: Scene| {
        scene.owner.add_domain("example.net");
        scene
    };
    let google = "mail-sor-f69.google.com";
    let microsoft = "mail-eopbgr80054.outbound.protection.outlook.com";
    check(&[
        (
            "Google Workspace whose envelope SPF does not list",
            mail((PASS, FAIL), "example.com/google=pass", "example.com=softfail").named(google),
            "google-workspace aligned",
        ),
        (
            "a domain alias of Google Workspace, under the first domain's envelope",
            alias(mail((PASS, FAIL), "example.com/google=pass", "example.net=pass").named(google)),
            "google-workspace aligned",
        ),
        (
            "a stranger's domain in its place",
            mail((PASS, FAIL), "example.com/google=pass", "example.net=pass").named(google),
            "google-workspace forwarder",
        ),
        (
            "a hard fail for another domain of the owner's",
            alias(mail((FAIL, FAIL), "", "example.net=fail")),
            "- unauthorised",
        ),
        (
            "Google Calendar with the domain's own signature",
            mail(
                (PASS, FAIL),
                "google.com/20230601=pass;example.com/google=pass",
                "calendar-server.bounces.google.com=pass",
            )
            .named(google),
            "google-notifications aligned",
        ),
        (
            "Microsoft 365, confirmed, unsigned and under a stranger's SPF",
            mail((FAIL, FAIL), "", "example.com=softfail").named(microsoft).confirmed("microsoft-365"),
            "microsoft-365 misaligned",
        ),
        (
            "the same, nothing confirms it",
            mail((FAIL, FAIL), "", "example.com=softfail").named(microsoft),
            "microsoft-365 unknown",
        ),
        (
            "a personal mailbox at Outlook.com, where the business has Microsoft 365",
            mail((FAIL, FAIL), "outlook.com/selector1=pass", "outlook.com=pass")
                .named(microsoft)
                .confirmed("microsoft-365"),
            "outlook-consumer unknown",
        ),
        (
            "a personal mailbox at Yahoo",
            mail((FAIL, FAIL), "yahoo.com/s2048=pass", "yahoo.com=pass")
                .named("sonic310-21.consmr.mail.yahoo.com"),
            "yahoo-mail unknown",
        ),
        (
            "a provider that forwards",
            mail((PASS, FAIL), "example.com/google=pass;comcast.net/20190202a=pass", "example.com=softfail")
                .named("resqmta-po-01v.sys.comcast.net"),
            "comcast forwarder",
        ),
        (
            "a provider's customer who writes as the domain",
            mail((FAIL, FAIL), "comcast.net/20190202a=pass", "comcast.net=pass"),
            "- unknown",
        ),
        (
            "one service's signature under another's return path",
            mail((PASS, FAIL), "example.com/hs1-12345678=pass", "sendgrid.net=pass"),
            "sendgrid forwarder",
        ),
        (
            "a filter's own customer, whose SPF admits it",
            mail((FAIL, PASS), "", "example.com=pass").named("mx0a-00000001.pphosted.com"),
            "proofpoint aligned",
        ),
        (
            "a filter from which mail fails",
            mail((FAIL, FAIL), "example.com/s9=fail", "example.com=fail").named("mx0a-00000001.pphosted.com"),
            "- unknown",
        ),
    ]);
}

#[test]
fn names_that_only_look_like_a_service() {
    check(&[
        (
            "a longer last label",
            mail((FAIL, FAIL), "notsendgrid.net/smtpapi=pass", "notsendgrid.net=pass"),
            "- unknown",
        ),
        (
            "a service's name in front of a stranger's",
            mail((FAIL, FAIL), "sendgrid.net.evil.example/smtpapi=pass", "sendgrid.net.evil.example=pass"),
            "- unknown",
        ),
        (
            "a host name like one",
            mail((FAIL, FAIL), "", "attacker.example=pass")
                .named("o1.outbound-mail.sendgrid.net.attacker.example"),
            "- unknown",
        ),
        (
            "a host name with a hyphen more",
            mail((FAIL, FAIL), "", "attacker.example=pass").named("mail.my-sendgrid.net"),
            "- unknown",
        ),
        (
            "a university's name in front of a stranger's",
            mail((PASS, FAIL), "example.com/k20=pass", "example.com=softfail")
                .named("mx.nyu.edu.attacker.example"),
            "- unknown",
        ),
        (
            "a selector with something behind it",
            mail((PASS, PASS), "example.com/smtpapi2=pass", "example.com=pass"),
            "- aligned",
        ),
        (
            "a label with something behind it",
            mail((FAIL, PASS), "", "pm-bouncesx.example.com=pass"),
            "- aligned",
        ),
        (
            "a strong selector of a stranger's domain",
            mail((FAIL, FAIL), "attacker.example/smtpapi=pass", "example.com=softfail"),
            "- unknown",
        ),
        (
            "31 letters are no selector of SES",
            mail((PASS, PASS), &format!("example.com/{}=pass", &SES[1..]), "example.com=pass"),
            "- aligned",
        ),
    ]);
}

#[test]
fn selectors_in_everybodys_use_name_nobody() {
    for selector in ["s1", "s2", "selector1", "k1", "default", "mail", "dkim", "x", "api", "pm", "m1", "smtp"]
    {
        let scene = mail((PASS, PASS), &format!("example.com/{selector}=pass"), "example.com=pass");
        assert_eq!(told(&scene), "- aligned", "{selector}");
        let moved = mail((PASS, FAIL), &format!("example.com/{selector}=pass"), "example.com=softfail");
        assert_eq!(told(&moved), "- unknown", "{selector}");
    }
}

#[test]
fn what_is_stated_oddly_or_not_at_all() {
    let nothing = || mail((FAIL, FAIL), "", "");
    check(&[
        ("nothing but the verdicts", nothing(), "- unknown"),
        (
            "no name for the address either",
            {
                let mut scene = nothing();
                scene.facts.reverse = ReverseName::Absent;
                scene
            },
            "- unknown",
        ),
        ("the null sender", mail((FAIL, FAIL), "", "=none"), "- unknown"),
        (
            "a greeting that failed is no envelope",
            mail((FAIL, FAIL), "", "example.com@helo=fail"),
            "- unknown",
        ),
        (
            "a greeting in the owner's name",
            mail((FAIL, FAIL), "", "pm-bounces.example.com@helo=pass"),
            "- unknown",
        ),
        (
            "capitals",
            mail((PASS, PASS), "EXAMPLE.com/SMTPAPI=Pass", "EM1234.Example.COM.=PASS"),
            "sendgrid aligned",
        ),
        (
            "signatures that stand twice",
            mail(
                (PASS, FAIL),
                "example.com/hs1=pass;example.com/hs1=pass;example.com/HS1=pass",
                "x.hubspotemail.net=pass",
            ),
            "hubspot aligned",
        ),
        (
            "no selectors",
            mail((PASS, FAIL), "amazonses.com=pass;example.com=pass", "us-west-2.amazonses.com=pass"),
            "amazon-ses aligned",
        ),
        (
            "an error instead of a result",
            mail((FAIL, FAIL), "sendgrid.net/smtpapi=temperror", "sendgrid.net=temperror"),
            "- unknown",
        ),
        (
            "a neutral result of the owner's envelope",
            mail((FAIL, FAIL), "", "example.com=neutral"),
            "- unknown",
        ),
        (
            "no verdict on SPF",
            {
                let mut scene = nothing();
                scene.combination.spf = None;
                scene
            },
            "- unknown",
        ),
        (
            "DKIM passes, and SPF has no verdict",
            {
                let mut scene = mail((PASS, FAIL), "example.com/20230412093122pm=pass", "pm.mtasv.net=pass");
                scene.combination.spf = None;
                scene
            },
            "postmark aligned",
        ),
        (
            "an author domain in other letters",
            {
                let mut scene =
                    mail((PASS, PASS), "münchen.example/smtpapi=pass", "em1234.münchen.example=pass");
                scene.combination.header_from = crate::model::Name::from_stated("MÜNCHEN.example");
                scene
            },
            "sendgrid aligned",
        ),
        (
            "no author domain at all",
            {
                let mut scene = mail((FAIL, FAIL), "sendgrid.info/smtpapi=pass", "sendgrid.net=pass");
                scene.combination.header_from = None;
                scene
            },
            "sendgrid unknown",
        ),
    ]);
}

#[test]
fn without_names_and_networks_no_case_gets_another_name() {
    // The hop of what was passed on may lose its name, and never gets a stranger's.
    for (signatures, envelope, name) in [
        ("example.com/k2=pass", "example.com=pass", "o1.outbound-mail.sendgrid.net"),
        ("example.com/google=pass", "example.com=fail", "mx0a-1.pphosted.com"),
        ("example.com/s1=pass", "example.com=pass", "a8-31.smtp-out.amazonses.com"),
        ("example.com/resend=pass;amazonses.com/x=pass", "somebody.example=pass", "mail-sor-f41.google.com"),
    ] {
        for verdicts in [(PASS, PASS), (PASS, FAIL), (FAIL, FAIL)] {
            // SPF that passes aligned passed for the owner's envelope.
            if verdicts.1 && envelope != "example.com=pass" {
                continue;
            }
            let known = mail(verdicts, signatures, envelope).named(name).explained();
            let bare = mail(verdicts, signatures, envelope).explained();
            let sender = bare.judgement.sender;
            assert!(
                sender.is_none() || sender == known.judgement.sender,
                "{signatures} {envelope} {verdicts:?}: {sender:?}, with a name {:?}",
                known.judgement.sender
            );
        }
    }
}
