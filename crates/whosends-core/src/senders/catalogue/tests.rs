use super::*;

fn error(text: &str) -> String {
    Catalogue::with(text, "mine.toml").unwrap_err().to_string()
}

#[test]
fn the_built_in_catalogue_keeps_every_rule() {
    let catalogue = Catalogue::with("", "empty.toml").unwrap();
    assert!(catalogue.services().len() >= 413);
    let ids: Vec<_> = catalogue.services().iter().map(|service| service.id.as_str()).collect();
    assert!(ids.is_sorted(), "the file is kept in the order of its ids");
    assert_eq!(Catalogue::built_in().unwrap().services(), catalogue.services());
}

#[test]
fn a_users_file_adds_and_overrides() {
    let text = r#"
        [[sender]]
        id = "our-relay"
        name = "Our relay"
        category = "transactional"
        bounce = ["Bounce.Relay.example"]
        runs-on = ["sendgrid"]

        [[sender]]
        id = "sendgrid"
        name = "SendGrid"
    "#;
    let catalogue = Catalogue::with(text, "mine.toml").unwrap();
    let relay = catalogue.find("our-relay").unwrap();
    assert_eq!(relay.signs(SignKind::Bounce), ["bounce.relay.example"]);
    let sendgrid = catalogue.find("sendgrid").unwrap();
    assert_eq!(sendgrid.name, "SendGrid");
    assert!(sendgrid.signs(SignKind::Dkim).contains(&"sendgrid.net".to_owned()), "other keys stay");
    assert!(catalogue.related(relay.key, sendgrid.key));
}

#[test]
fn errors_point_at_the_line() {
    let sender = |rest: &str| format!("[[sender]]\nid = \"x\"\nname = \"X\"\ncategory = \"crm\"\n{rest}");
    let cases = [
        ("[[sender]]\nid = \"x\"\n", "mine.toml:1: this sender has no name"),
        (&sender("colour = \"red\""), "mine.toml:5: unknown key `colour`"),
        (&sender("bounce = [\n\"a.example\",\n\"co.uk\"]"), "mine.toml:7: `co.uk` is a public suffix"),
        (&sender("rdns = [\"not a name\"]"), "mine.toml:5: `not a name` is no domain name"),
        (&sender("rdns = ['/mx\\d+/']"), "mine.toml:5: /mx\\d+/ has no literal dot"),
        (&sender("rdns = ['/[a-z]+\\.com/']"), "mine.toml:5: /[a-z]+\\.com/ is too wide"),
        (&sender("rdns = ['/(\\.example/']"), "mine.toml:5: /(\\.example/"),
        (&sender("selectors = [\"S1\"]"), "mine.toml:5: `s1` is a selector in everybody's use"),
        (&sender("selectors = ['/s[0-9]/']"), "mine.toml:5: /s[0-9]/ matches `s1`"),
        (&sender("selectors = [\"brevo1\"]"), "mine.toml:5: `brevo1` of `x` is also `brevo`'s"),
        (&sender("selectors = ['/brevo\\d/']"), "mine.toml:5: /brevo\\d/ of `x` matches `brevo1` of `brevo`"),
        (&sender("dkim = [\"sendgrid.net\"]"), "mine.toml:5: `sendgrid.net` of `x` is also `sendgrid`'s"),
        (&sender("runs-on = [\"nobody\"]"), "mine.toml:5: `nobody` is no known sender"),
        (&sender("asn = [0]"), "mine.toml:5: this should be the number of a network"),
        (&sender("category = 3"), "mine.toml:5: duplicate key"),
        (
            "shared = [{ kind = \"dkim\", sign = \"a.example\", primary = \"brevo\" }]",
            "`brevo` does not claim",
        ),
        ("[[sender]]\nid = \"own\"\nname = \"X\"\ncategory = \"crm\"", "mine.toml:1: `own` can't be an id"),
        (
            "[[sender]]\nid = \"x\"\n\n[[sender]]\nid = \"x\"\n",
            "mine.toml:4: the id `x` stands in line 1 already",
        ),
        ("[[sender]]\nid = \"brevo\"\ncategory = \"shop\"", "mine.toml:3: `shop` is none of alerts, crm"),
    ];
    for (text, wanted) in cases {
        let found = error(text);
        assert!(found.contains(wanted), "{text}\n  gave {found}\n  not {wanted}");
    }
}

#[test]
fn a_stated_primary_settles_a_shared_sign() {
    let text = r#"
        shared = [{ kind = "dkim", sign = "sendgrid.net", primary = "x" }]
        [[sender]]
        id = "x"
        name = "X"
        category = "crm"
        dkim = ["sendgrid.net"]
    "#;
    let catalogue = Catalogue::with(text, "mine.toml").unwrap();
    let keys = ["x", "sendgrid"].map(|id| catalogue.find(id).unwrap().key);
    assert_eq!(catalogue.lookup(SignKind::Dkim, "mail.sendgrid.net"), keys);
}

#[test]
fn every_literal_domain_is_found_and_no_look_alike_is() {
    let catalogue = Catalogue::built_in().unwrap();
    for service in catalogue.services() {
        for kind in SignKind::ALL.into_iter().filter(|kind| kind.is_domain()) {
            let named = |name: &str| catalogue.lookup(kind, name).contains(&service.key);
            for sign in service.signs(kind).iter().filter(|sign| !sign.starts_with('/')) {
                assert!(named(sign) && named(&format!("A.{sign}")), "{kind} {sign}");
                for stranger in [format!("{sign}.attacker.example"), format!("x{sign}"), format!("x-{sign}")]
                {
                    assert!(!named(&stranger) || covered(service, kind, &stranger), "{kind} {stranger}");
                }
            }
        }
    }
}

/// Whether another, shorter name of the service covers `name`.
fn covered(service: &Service, kind: SignKind, name: &str) -> bool {
    service.signs(kind).iter().any(|sign| crate::model::name::is_within(name, sign))
}

#[test]
fn signs_of_every_kind_are_looked_up() {
    let catalogue = Catalogue::built_in().unwrap();
    let first = |kind, sign: &str| {
        catalogue.lookup(kind, sign).first().map(|&id| catalogue.service(id).id.as_str().to_owned())
    };
    assert_eq!(first(SignKind::Rdns, "mail-sor-f41.google.com").as_deref(), Some("google-workspace"));
    assert_eq!(first(SignKind::Selector, "AWBR2RP4EGB35WBG4UMQ4E5DCOE5KC4N").as_deref(), Some("amazon-ses"));
    assert_eq!(first(SignKind::Label, "em1234").as_deref(), Some("sendgrid"));
    assert_eq!(first(SignKind::Asn, "14782").as_deref(), Some("mailchimp"));
    assert_eq!(first(SignKind::Rdns, "relay.some.edu").as_deref(), Some("university-relays"));
    assert_eq!(first(SignKind::Asn, "AS14782"), None);
}

#[test]
fn a_selector_that_names_a_service_alone_is_no_common_word() {
    // Words that people name hosts and keys by, and abbreviations of two letters that are anybody's.
    let common = [
        "square",
        "titan",
        "mailo",
        "gears",
        "strong",
        "intercom",
        "front",
        "drip",
        "lever",
        "wave",
        "secure",
        "server",
        "auto",
        "send",
        "sendmail",
        "campaign",
        "news",
        "newsletter",
        "bounce",
        "relay",
        "gateway",
        "proof",
        "mg",
        "sg",
    ];
    for service in Catalogue::built_in().unwrap().services() {
        for selector in service.signs(SignKind::Selector).iter().filter(|selector| !selector.starts_with('/'))
        {
            let bare = selector.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
            assert!(
                selector.len() > 7 || bare.len() > 2 && !common.contains(&bare),
                "{selector} of {}",
                service.id
            );
        }
    }
}
