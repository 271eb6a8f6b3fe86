//! Whose element it is.

use super::*;

const FOREIGN: &str = "urn:example:other";

/// The notes on a sample whose extensions leave its header and records as they are.
fn untouched(text: &str) -> Vec<NoteCode> {
    let ((ending, records), (sound, sound_records)) = (read(text), read(SOUND));
    assert_eq!(records, sound_records, "{text}");
    assert_eq!(ending.records_skipped, 0, "{text}");
    let header = crate::model::Header { namespace: None, ..ending.header.clone() };
    assert_eq!(format!("{header:?}"), format!("{:?}", sound.header), "{text}");
    let whole = told(&all(text.as_bytes(), &Limits::default()));
    assert_eq!(told(&all_of_chunks(text.as_bytes(), 100, &Limits::default())), whole);
    codes(&ending)
}

/// An element under a foreign name, by a prefix declared at the root, by one of its own, and by default.
fn foreign_forms(name: &str, inside: &str) -> [String; 4] {
    [
        format!("<v:{name}>{inside}</v:{name}>"),
        format!("<w:{name} xmlns:w='{FOREIGN}'>{inside}</w:{name}>"),
        format!("<{name} xmlns='{FOREIGN}'>{inside}</{name}>"),
        format!("<undeclared:{name}>{inside}</undeclared:{name}>"),
    ]
}

#[test]
fn foreign_elements_are_skipped_wherever_they_stand() {
    let root = format!("<feedback xmlns='urn:ietf:params:xml:ns:dmarc-2.0' xmlns:v='{FOREIGN}'>");
    let record = &SOUND[SOUND.find("<record>").unwrap() + 8..SOUND.find("</record>").unwrap()];
    let policy = "<domain>other.example</domain><p>reject</p><np>reject</np>";
    let places: [(&str, &str, &str); 13] = [
        ("<report_metadata>", "report_metadata", "<org_name>Other</org_name>"),
        ("<org_name>", "org_name", "Other"),
        ("<begin>", "begin", "1"),
        ("<policy_published>", "policy_published", policy),
        ("<p>quarantine", "np", "reject"),
        ("<record>", "record", record),
        ("<row>", "row", "<source_ip>192.0.2.9</source_ip><count>9</count>"),
        ("<count>", "count", "9"),
        ("<reason>", "reason", "<type>mailing_list</type>"),
        ("<identifiers>", "identifiers", "<header_from>other.example</header_from>"),
        ("<envelope_to>", "envelope_to", "other.example"),
        (
            "<auth_results>",
            "auth_results",
            "<dkim><domain>other.example</domain><result>pass</result></dkim>",
        ),
        ("<human_result/>", "result", "fail"),
    ];
    for (before, name, inside) in places {
        for form in foreign_forms(name, inside) {
            let text = with("<feedback>", &root).replacen(before, &format!("{form}{before}"), 1);
            let noted = untouched(&text);
            assert!(noted.iter().all(|code| *code == NoteCode::UnknownElement), "{noted:?} {form}");
        }
    }
}

#[test]
fn a_foreign_element_in_a_value_is_no_part_of_it() {
    for form in foreign_forms("b", "9<count>8</count>") {
        let text = with("<count>12", &format!("<count>1{form}2"));
        assert_eq!(untouched(&text), [NoteCode::MarkupInValue], "{form}");
    }
}

#[test]
fn what_is_in_a_foreign_element_is_foreign() {
    let own =
        "<record xmlns='urn:ietf:params:xml:ns:dmarc-2.0'><row/></record><feedback><record/></feedback>";
    for form in foreign_forms("extra", own) {
        let noted = untouched(&with("<policy_published>", &format!("{form}<policy_published>")));
        assert_eq!(noted, [NoteCode::UnknownElement]);
    }
}

#[test]
fn names_without_a_prefix_go_by_the_default_namespace() {
    // The report's own names have a prefix, and those without one are another's.
    let prefixed =
        SOUND.replace("</", "</d:").replace('<', "<d:").replace("<d:/d:", "</d:").replace("<d:?", "<?");
    let root = format!("<d:feedback xmlns:d='urn:ietf:params:xml:ns:dmarc-2.0' xmlns='{FOREIGN}'>");
    let text = prefixed.replace("<d:feedback>", &root);
    assert_eq!(untouched(&text), []);
    let extended = text.replace("<d:record>", "<record><row><count>9</count></row></record><d:record>");
    assert_eq!(untouched(&extended), [NoteCode::UnknownElement]);
    // A declaration holds within its element only.
    let text = with("<row>", &format!("<x:a xmlns:x='u'/><row xmlns:v='{FOREIGN}'>"));
    assert_eq!(
        untouched(&text.replace("<header_from>", "<v:header_from/><header_from>")),
        [NoteCode::UnknownElement]
    );
    let redeclared = with("<feedback>", "<feedback xmlns='urn:own'>")
        .replace("<record>", "<record xmlns='http://dmarc.org/dmarc-xml/0.1'>")
        .replace("<identifiers>", "<identifiers xmlns=''>");
    assert_eq!(untouched(&redeclared), []);
}
