//! A sound report, to be spoilt by tests.

/// A sound report of two records, in the order and with the line breaks most reporters use.
pub(super) const SOUND: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<feedback>
  <version>1.0</version>
  <report_metadata>
    <org_name>Receiver Example</org_name>
    <email>dmarc@receiver.example</email>
    <extra_contact_info>https://receiver.example/dmarc</extra_contact_info>
    <report_id>1795219200.7</report_id>
    <date_range>
      <begin>1795219200</begin>
      <end>1795305599</end>
    </date_range>
  </report_metadata>
  <policy_published>
    <domain>example.com</domain>
    <adkim>r</adkim>
    <aspf>s</aspf>
    <p>quarantine</p>
    <sp>none</sp>
    <pct>100</pct>
    <fo>0:d</fo>
  </policy_published>
  <record>
    <row>
      <source_ip>192.0.2.1</source_ip>
      <count>12</count>
      <policy_evaluated>
        <disposition>none</disposition>
        <dkim>pass</dkim>
        <spf>fail</spf>
        <reason>
          <type>forwarded</type>
          <comment>a list &amp; more</comment>
        </reason>
      </policy_evaluated>
    </row>
    <identifiers>
      <envelope_to>receiver.example</envelope_to>
      <envelope_from>bounce.example.net</envelope_from>
      <header_from>news.example.com</header_from>
    </identifiers>
    <auth_results>
      <dkim>
        <domain>example.com</domain>
        <selector>s1</selector>
        <result>pass</result>
        <human_result/>
      </dkim>
      <spf>
        <domain>bounce.example.net</domain>
        <scope>mfrom</scope>
        <result>pass</result>
      </spf>
    </auth_results>
  </record>
  <record>
    <row>
      <source_ip>2001:db8::2</source_ip>
      <count>3</count>
      <policy_evaluated>
        <disposition>quarantine</disposition>
        <dkim>fail</dkim>
        <spf>fail</spf>
      </policy_evaluated>
    </row>
    <identifiers>
      <header_from>example.com</header_from>
    </identifiers>
    <auth_results>
      <spf>
        <domain>example.org</domain>
        <result>softfail</result>
      </spf>
    </auth_results>
  </record>
</feedback>
"#;

/// The sample with the first place of `what` changed.
pub(super) fn with(what: &str, instead: &str) -> String {
    assert!(SOUND.contains(what), "{what} is not in the sample");
    SOUND.replacen(what, instead, 1)
}

/// The text from the start of `from` to the end of `to`.
pub(super) fn part<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).unwrap();
    let end = start + text[start..].find(to).unwrap() + to.len();
    &text[start..end]
}

/// The sample's first record.
pub(super) fn first_record() -> &'static str {
    part(SOUND, "<record>", "</record>")
}

/// The sample without its records.
pub(super) fn without_records() -> String {
    let first = SOUND.find("  <record>").unwrap();
    let end = SOUND.rfind("</feedback>").unwrap();
    format!("{}{}", &SOUND[..first], &SOUND[end..])
}
