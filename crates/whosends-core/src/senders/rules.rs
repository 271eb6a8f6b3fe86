//! The rules of attribution and classification, one case each.

use super::testing::Scene;
use super::*;

const PASS: bool = true;
const FAIL: bool = false;

#[track_caller]
fn check(scene: &Scene, wanted: &str) {
    assert_eq!(scene.outcome(), wanted);
}

#[test]
fn results_that_did_not_pass_name_nobody() {
    let scene =
        Scene::new((FAIL, FAIL), "sendgrid.net/smtpapi=fail;example.com/smtpapi=fail", "sendgrid.net=fail");
    check(&scene, "- unknown from - by -");
    let claims: Vec<_> =
        scene.explained().evidence.iter().map(|piece| (piece.kind, piece.points())).collect();
    assert_eq!(claims, [(EvidenceKind::Claim, 0)]);
    check(
        &Scene::new((FAIL, FAIL), "sendgrid.net/x=neutral", "sendgrid.net=softfail"),
        "- unknown from - by -",
    );
    check(
        &Scene::new((FAIL, FAIL), "sendgrid.net/x=permerror", "sendgrid.net=temperror"),
        "- unknown from - by -",
    );
}

#[test]
fn a_helo_name_is_no_envelope() {
    let scene = Scene::new((FAIL, FAIL), "", "em1234.example.com@helo=pass");
    check(&scene, "- unknown from - by -");
    let scene = Scene::new((FAIL, FAIL), "", "o1.outbound-mail.sendgrid.net@helo=pass");
    check(&scene, "sendgrid unknown from sendgrid by sendgrid");
}

#[test]
fn the_owners_own_domain_is_never_a_services() {
    // A vendor of the catalogue looks at its own reports.
    let mut scene = Scene::new((PASS, PASS), "github.com/pf2023=pass", "github.com=pass");
    scene.combination.header_from = crate::model::Name::from_stated("github.com");
    check(&scene, "- aligned from - by -");
}

#[test]
fn an_overlay_shows_over_its_infrastructure() {
    let scene = Scene::new(
        (PASS, FAIL),
        "example.com/resend=pass;amazonses.com/abc=pass",
        "eu-west-1.amazonses.com=pass",
    );
    check(&scene, "resend aligned from resend by amazon-ses");
}

#[test]
fn a_weak_selector_needs_the_machine() {
    let scene = || Scene::new((PASS, PASS), "example.com/s1=pass", "mail.example.com=pass");
    check(&scene(), "- aligned from - by -");
    check(&scene().named("o1.outbound-mail.sendgrid.net"), "sendgrid aligned from sendgrid by sendgrid");
    check(&scene().named("mx1.other.example"), "- aligned from - by -");
    check(&scene().doubtfully_named("o1.outbound-mail.sendgrid.net", Some(false)), "- aligned from - by -");
}

#[test]
fn a_weak_label_of_an_overlay_is_not_enough_on_its_infrastructure() {
    // Any customer of Amazon SES can call its envelope host so.
    let scene = Scene::new((PASS, PASS), "example.com/x1=pass", "send.example.com=pass")
        .named("a1-2.smtp-out.amazonses.com");
    check(&scene, "amazon-ses aligned from amazon-ses by amazon-ses");
}

#[test]
fn a_selector_gives_way_to_the_machine() {
    let signature = "example.com/google=pass";
    check(
        &Scene::new((PASS, PASS), signature, "example.com=pass"),
        "google-workspace aligned from google-workspace by -",
    );
    let direct =
        Scene::new((PASS, PASS), signature, "example.com=pass").named("o1.outbound-mail.sendgrid.net");
    check(&direct, "sendgrid aligned from sendgrid by sendgrid");
    let bounce = Scene::new((PASS, FAIL), signature, "mg.mailgun.org=pass");
    check(&bounce, "mailgun forwarder from google-workspace by mailgun");
    check(&Scene::new((PASS, PASS), "example.com/cm=pass", "example.com=pass"), "- aligned from - by -");
}

#[test]
fn equal_evidence_for_strangers_names_nobody() {
    let scene = Scene::new((FAIL, FAIL), "sendgrid.info/a=pass;mailgun.org/b=pass", "x.example.net=fail");
    check(&scene, "- unknown from - by -");
    let settled =
        Scene::new((FAIL, FAIL), "sendgrid.info/a=pass;mailgun.org/b=pass", "bounce.mailgun.org=pass");
    check(&settled, "mailgun unknown from mailgun by mailgun");
}

#[test]
fn a_mail_host_that_signs_what_it_forwards_is_the_hop() {
    let signatures = "example.com/20260101000000pm=pass;messagingengine.com/fm1=pass";
    let scene = Scene::new((PASS, FAIL), signatures, "forwarder.example.net=pass");
    check(&scene, "fastmail forwarder from postmark by fastmail");
    let evidence = scene.explained().evidence;
    assert!(evidence.iter().any(|piece| piece.kind == EvidenceKind::HostSignature), "{evidence:?}");
}

#[test]
fn a_relays_name_beats_an_envelope() {
    let scene = Scene::new((PASS, FAIL), "example.com/m9=pass", "bounce.mailgun.org=pass")
        .named("mx0a-00000001.pphosted.com");
    check(&scene, "proofpoint forwarder from mailgun by proofpoint");
}

#[test]
fn networks_and_doubtful_names_give_low_confidence() {
    let scene = Scene::new((PASS, PASS), "", "example.com=pass").network(11377);
    check(&scene, "sendgrid aligned from sendgrid by sendgrid");
    assert_eq!(scene.explained().judgement.confidence, Some(Confidence::Low));
    let scene = Scene::new((PASS, PASS), "", "example.com=pass").doubtfully_named("mx.mail.ovh.net", None);
    assert_eq!(scene.explained().judgement.confidence, Some(Confidence::Low));
    let scene = scene.doubtfully_named("mx.mail.ovh.net", Some(false));
    check(&scene, "- aligned from - by -");
}

#[test]
fn a_customers_line_is_no_machine_of_its_provider() {
    let scene = Scene::new((FAIL, FAIL), "", "example.com=softfail")
        .named("192-0-2-1.sys.comcast.net")
        .network(22606);
    check(&scene, "- unauthorised from - by -");
}

#[test]
fn spf_passing_is_aligned_unless_another_tenant_rides_along() {
    let scene = || Scene::new((FAIL, PASS), "fabrikam.onmicrosoft.com/selector1=pass", "example.com=pass");
    check(&scene(), "microsoft-365 aligned from microsoft-365 by -");
    assert!(scene().explained().judgement.flags.spf_only);
    let known = scene().tenant("contoso.onmicrosoft.com");
    check(&known, "microsoft-365 unauthorised from microsoft-365 by -");
    let own = scene().tenant("fabrikam.onmicrosoft.com");
    check(&own, "microsoft-365 aligned from microsoft-365 by -");
}

#[test]
fn dkim_alone_is_aligned_from_its_own_service_only() {
    let mail = |envelope| Scene::new((PASS, FAIL), "example.com/20260101000000pm=pass", envelope);
    check(&mail("pm.mtasv.net=pass"), "postmark aligned from postmark by postmark");
    check(&mail("pm.mtasv.net=temperror"), "postmark aligned from postmark by -");
    check(&mail("example.com=softfail"), "- forwarder from postmark by -");
    check(&mail("somebody.example.net=pass"), "- forwarder from postmark by -");
    check(&mail("example.com=fail").own_address(), "own aligned from postmark by own");
    check(&mail("example.com=fail").named("mx.mail.ovh.net"), "ovh-mail forwarder from postmark by ovh-mail");
    check(&mail("example.com=fail").reason("mailing_list", ""), "- forwarder from postmark by -");
}

#[test]
fn personal_mailboxes_forward_what_the_owner_signed() {
    // Nobody's domain can be signed there, so that a signature of the owner's was made elsewhere.
    let mail = |envelope| Scene::new((PASS, FAIL), "example.com/s1=pass", envelope);
    check(&mail("gmail.com=pass"), "gmail forwarder from - by gmail");
    check(&mail("hotmail.com=pass"), "outlook-consumer forwarder from - by outlook-consumer");
    let signed = "example.com/s1=pass;yahoo.com/s2048=pass";
    check(&Scene::new((PASS, FAIL), signed, "yahoo.com=pass"), "yahoo-mail forwarder from - by yahoo-mail");
    check(
        &mail("example.com=fail").named("sonic301.mail.yahoo.com"),
        "yahoo-mail forwarder from - by yahoo-mail",
    );
    // What is composed there has no signature of the owner's.
    let written = Scene::new((FAIL, FAIL), "gmail.com/20230601=pass", "gmail.com=pass");
    check(&written, "gmail unknown from gmail by gmail");
}

#[test]
fn the_owners_key_from_nowhere_is_unknown_until_its_selector_is() {
    let scene = || Scene::new((PASS, FAIL), "example.com/k20=pass", "example.com=softfail");
    check(&scene(), "- unknown from - by -");
    assert_eq!(scene().explained().judgement.rule, Rule::SignsWithYourKey);
    check(&scene().selector("K20"), "- forwarder from - by -");
}

#[test]
fn a_shared_name_goes_to_the_one_who_can() {
    let scene = Scene::new((PASS, PASS), "example.com/x1=pass", "example.com=pass").named("mxd1.seznam.cz");
    check(&scene, "seznam-profi aligned from seznam-profi by seznam-profi");
    let forwarded =
        Scene::new((PASS, FAIL), "example.com/x1=pass", "example.com=fail").named("mxd1.seznam.cz");
    check(&forwarded, "seznam forwarder from - by seznam");
}

#[test]
fn failing_mail_is_misaligned_only_when_confirmed() {
    let scene = || Scene::new((FAIL, FAIL), "sendgrid.info/s=pass", "sendgrid.net=pass");
    check(&scene(), "sendgrid unknown from sendgrid by sendgrid");
    check(&scene().confirmed("sendgrid"), "sendgrid misaligned from sendgrid by sendgrid");
    let by_name = Scene::new((FAIL, FAIL), "", "example.com=fail").named("mx.mail.ovh.net");
    check(&by_name.confirmed("ovh-mail"), "ovh-mail misaligned from ovh-mail by ovh-mail");
    let own = Scene::new((FAIL, FAIL), "", "example.com=fail").own_address();
    check(&own, "own misaligned from - by own");
}

#[test]
fn another_customer_of_a_confirmed_host_is_not_the_owners_mail() {
    let scene = || {
        Scene::new((FAIL, FAIL), "attacker.onmicrosoft.com/s=pass", "attacker.onmicrosoft.com=pass")
            .named("mail-1.outbound.protection.outlook.com")
            .confirmed("microsoft-365")
    };
    check(&scene(), "microsoft-365 unknown from microsoft-365 by microsoft-365");
    check(
        &scene().tenant("attacker.onmicrosoft.com"),
        "microsoft-365 misaligned from microsoft-365 by microsoft-365",
    );
    let personal =
        Scene::new((FAIL, FAIL), "gmail.com/20230601=pass", "gmail.com=pass").confirmed("google-workspace");
    check(&personal, "gmail unknown from gmail by gmail");
}

#[test]
fn what_passes_for_one_other_organisation_is_unknown_and_goes_by_its_name() {
    // A service that nobody set up looks like this.
    let mail = |signature, envelope| Scene::new((FAIL, FAIL), signature, envelope);
    for (signature, envelope, name) in [
        ("", "b.saas.example=pass", "saas.example"),
        ("saas.example/tt1=pass", "b.saas.example=pass", "saas.example"),
        ("saas.example/tt1=pass", "example.com=fail", "saas.example"),
        ("saas.example/tt1=pass", "saas.example=none", "saas.example"),
        // The signature says more than the return path.
        ("saas.example/tt1=pass", "bounces.other.example=pass", "saas.example"),
    ] {
        let scene = mail(signature, envelope).named("ec2-192-0-2-1.compute-1.amazonaws.com");
        check(&scene, "- unknown from - by -");
        assert_eq!(scene.explained().source.text(scene.catalogue), name);
    }
    // A confirmed host's other customers are not the owner.
    let scene = mail("saas.example/tt1=pass", "saas.example=pass")
        .named("mail-sor-f41.google.com")
        .confirmed("google-workspace");
    assert_eq!(scene.explained().judgement.class, Class::Unknown);
    assert_eq!(scene.explained().source.text(scene.catalogue), "saas.example");
}

#[test]
fn the_owners_record_refuses_and_two_signs_speak_against() {
    let mail = |envelope| Scene::new((FAIL, FAIL), "", envelope);
    check(&mail("example.com=hardfail"), "- unauthorised from - by -");
    for envelope in
        ["example.com=softfail", "example.com=neutral", "example.com=none", "example.com=temperror"]
    {
        check(&mail(envelope), "- unknown from - by -");
        check(&mail(envelope).named("ip-192-0-2-1.isp.example"), "- unauthorised from - by -");
        let mut absent = mail(envelope);
        absent.facts.reverse = ReverseName::Absent;
        check(&absent, "- unauthorised from - by -");
        // A name that leads elsewhere is a slip as often as not.
        check(&mail(envelope).doubtfully_named("mail.example.org", Some(false)), "- unknown from - by -");
    }
}

#[test]
fn a_failing_signature_of_the_owners_is_never_unauthorised() {
    for envelope in ["example.com=fail", "example.com=softfail", "example.com=none"] {
        let mut scene = Scene::new((FAIL, FAIL), "example.com/k20=fail", envelope);
        check(&scene, "- unknown from - by -");
        scene.facts.reverse = ReverseName::Absent;
        check(&scene, "- unknown from - by -");
        assert_eq!(scene.explained().judgement.rule, Rule::OwnSignatureFails);
    }
}

#[test]
fn the_owners_key_under_a_strangers_return_path() {
    let mail = |envelope| Scene::new((PASS, FAIL), "example.com/inx2=pass", envelope);
    // A service that holds the key.
    check(&mail("mx1.unlisted.example=pass"), "- aligned from - by -");
    assert!(mail("mx1.unlisted.example=pass").explained().judgement.flags.dkim_only);
    // Marks of forwarding.
    check(&mail("club.example=pass").selector("inx2"), "- forwarder from - by -");
    check(&mail("lists.club.example=pass"), "- forwarder from - by -");
    check(&mail("srs.club.example=pass"), "- forwarder from - by -");
    check(&mail("club.example=pass").named("fwd3.club.example"), "- forwarder from - by -");
    check(&mail("club.example=pass").reason("local_policy", "arc=pass"), "- forwarder from - by -");
    check(
        &mail("club.example=pass").named("mail-sor-f41.google.com"),
        "google-workspace forwarder from - by google-workspace",
    );
}

#[test]
fn a_broken_signature_under_a_strangers_envelope_was_passed_on() {
    let scene = Scene::new((FAIL, FAIL), "example.com/s9=fail", "club.example.net=pass");
    check(&scene, "- forwarder from - by -");
    assert!(scene.explained().judgement.flags.broken);
    let gateway =
        Scene::new((FAIL, FAIL), "example.com/s9=fail", "example.com=fail").named("mx0a-1.pphosted.com");
    check(&gateway, "- unknown from - by proofpoint");
}

#[test]
fn a_verdict_is_never_invented() {
    let mut scene = Scene::new((FAIL, FAIL), "example.com/s9=fail", "example.com=fail");
    scene.combination.spf = None;
    check(&scene, "- unknown from - by -");
    assert_eq!(scene.explained().judgement.rule, Rule::NoVerdict);
    scene.combination.spf = crate::model::words::Verdict::from_stated("maybe");
    check(&scene, "- unknown from - by -");
}

#[test]
fn an_arc_comment_is_a_forward() {
    let scene = || Scene::new((FAIL, FAIL), "", "example.com=fail");
    check(&scene().reason("local_policy", "ARC = Pass"), "- forwarder from - by -");
    check(&scene().reason("local_policy", "arc=fail"), "- unauthorised from - by -");
    check(&scene().reason("local_policy", "search for passes"), "- unauthorised from - by -");
}

#[test]
fn the_owners_word_stands() {
    let scene = || Scene::new((FAIL, FAIL), "", "example.com=fail");
    check(&scene().decided("192.0.2.0/24", Decision::Authorised), "- misaligned from - by -");
    check(&scene().decided("192.0.2.0/24", Decision::Forwarder), "- forwarder from - by -");
    let ignored = scene().decided("192.0.2.0/24", Decision::Ignore);
    check(&ignored, "- unauthorised from - by -");
    assert!(ignored.explained().judgement.flags.ignored);
    let passing = Scene::new((PASS, PASS), "sendgrid.info/s=pass", "em1.example.com=pass");
    check(&passing.decided("sendgrid", Decision::Unauthorised), "sendgrid unauthorised from sendgrid by -");
}

#[test]
fn a_gateway_is_a_sender_where_the_owner_admits_it() {
    let mail = |passed, envelope| Scene::new((FAIL, passed), "", envelope).named("mx0a-1.pphosted.com");
    check(&mail(PASS, "example.com=pass"), "proofpoint aligned from - by proofpoint");
    check(&mail(FAIL, "example.com=fail"), "- unknown from - by proofpoint");
    check(
        &mail(FAIL, "example.com=fail").confirmed("proofpoint"),
        "proofpoint misaligned from - by proofpoint",
    );
}

#[test]
fn a_selector_that_might_be_anybodys_names_nobody_alone() {
    let mail = |selector: &str| {
        Scene::new((PASS, PASS), &format!("example.com/{selector}=pass"), "example.com=pass")
    };
    for selector in [
        "fm1", "sl", "sig1", "titan1", "square", "mailo", "gears", "e1", "ml01", "strong1", "intercom",
        "smtpapi",
    ] {
        check(&mail(selector), "- aligned from - by -");
    }
    // With the service's machine, or that of one it sends through, it does.
    check(&mail("fm1").named("out1-smtp.messagingengine.com"), "fastmail aligned from fastmail by fastmail");
    check(
        &mail("resend").named("a27-190.smtp-out.us-west-2.amazonses.com"),
        "resend aligned from resend by amazon-ses",
    );
}

#[test]
fn a_selector_is_no_name_on_a_machine_of_somebody_elses() {
    let mail = || Scene::new((PASS, PASS), "example.com/brevo1=pass", "example.com=pass");
    check(&mail(), "brevo aligned from brevo by -");
    check(&mail().named("r1.mailin.fr"), "brevo aligned from brevo by brevo");
    for name in ["mail.other.example", "mx.example.com", "static.1.2.0.192.clients.your-server.de"] {
        check(&mail().named(name), "- aligned from - by -");
    }
    // A second sign of the service: its return path, which passed SPF, or its own signature.
    let signed =
        Scene::new((PASS, PASS), "example.com/brevo1=pass;sender-sib.com/x=pass", "example.com=pass");
    check(&signed.named("mail.other.example"), "brevo aligned from brevo by -");
    // What was passed on came from another machine, and the selector still tells who wrote it.
    let copy = Scene::new((PASS, FAIL), "example.com/brevo1=pass", "club.example.net=pass");
    check(&copy.selector("brevo1").named("mail.club.example.net"), "- forwarder from brevo by -");
}
