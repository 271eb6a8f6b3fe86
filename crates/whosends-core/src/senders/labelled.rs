//! The labelled cases: rows of real and real-shaped reports with the sender and class they should get.

use crate::model::words::{Disposition, OverrideType, Verdict};
use crate::model::{Combination, Name, Reason};

use super::*;

struct LabelledCase {
    id: String,
    combination: Combination,
    facts: AddressFacts,
    owner: Owner,
    sender: Option<String>,
    class: Class,
}

fn cases(text: &str, catalogue: &Catalogue) -> Vec<LabelledCase> {
    let mut lines = text.lines();
    let heads: Vec<_> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| heads.iter().position(|head| *head == name).unwrap();
    lines
        .map(|line| {
            let cells: Vec<_> = line.split('\t').collect();
            let cell = |name: &str| cells.get(column(name)).copied().unwrap_or_default();
            let owner_context = cell("owner_context");
            LabelledCase {
                id: cell("case_id").to_owned(),
                combination: combination(&cell),
                facts: facts(&cell, owner_context.contains("rdns_checked=yes")),
                owner: owner(cell("header_from"), owner_context, cell("dkim"), catalogue),
                sender: Some(cell("expected_sender")).filter(|id| !id.is_empty()).map(str::to_owned),
                class: Class::from_word(cell("expected_class")).unwrap(),
            }
        })
        .collect()
}

fn combination<'t>(cell: &impl Fn(&str) -> &'t str) -> Combination {
    let reasons = cell("reasons").split(';').filter(|item| !item.is_empty()).map(|item| {
        let (kind, comment) = item.split_once(':').unwrap_or((item, ""));
        Reason { kind: OverrideType::from_stated(kind), comment: Some(comment.to_owned()) }
    });
    Combination {
        disposition: Disposition::from_stated(cell("disposition")),
        dkim: Verdict::from_stated(cell("eval_dkim")),
        spf: Verdict::from_stated(cell("eval_spf")),
        reasons: reasons.collect(),
        header_from: Name::from_stated(cell("header_from")),
        envelope_from: None,
        envelope_to: None,
        auth_dkim: testing::dkim(cell("dkim")),
        auth_spf: testing::spf(cell("spf")),
    }
}

fn facts<'t>(cell: &impl Fn(&str) -> &'t str, looked_up: bool) -> AddressFacts {
    let confirmed = match cell("fcrdns") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let reverse = match cell("rdns") {
        "" if looked_up => ReverseName::Absent,
        "" => ReverseName::Unasked,
        name => ReverseName::Found { name: name.to_owned(), confirmed },
    };
    let address = cell("source_ip").parse().unwrap();
    AddressFacts { address, reverse, network: cell("asn").parse().ok() }
}

fn owner(header_from: &str, context: &str, dkim: &str, catalogue: &Catalogue) -> Owner {
    let mut owner = Owner::default();
    owner.add_domain(header_from);
    for (key, value) in context.split(';').filter_map(|item| item.split_once('=')) {
        for value in value.split(',') {
            match key {
                "confirmed" => owner.confirm(catalogue.find(value).unwrap().key),
                "own" => owner.add_addresses(Prefix::parse(value).unwrap()),
                "tenants" => owner.add_tenant(value),
                "sel_known" => {
                    let selectors =
                        dkim.split(';').filter_map(|item| item.split_once('=')?.0.split_once('/'));
                    selectors.for_each(|(_, selector)| owner.add_selector(selector));
                }
                _ => {}
            }
        }
    }
    owner
}

fn outcome(case: &LabelledCase, facts: &AddressFacts, catalogue: &Catalogue) -> (Option<String>, Class) {
    let ranges = Ranges::default();
    let judge = Judge { catalogue, owner: &case.owner, ranges: &ranges };
    let explained = judge.explain(&case.combination, facts);
    let named = Some(&explained.source).filter(|source| source.is_named());
    (named.map(|source| source.text(catalogue)), explained.judgement.class)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the cases lie outside the project")]
fn labelled_cases_get_their_sender_and_class() {
    let Some(shared) = std::env::var_os("WHOSENDS_SHARED") else {
        println!("skipped: WHOSENDS_SHARED is not set");
        return;
    };
    let path = std::path::Path::new(&shared).join("facts/senders-labelled.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let catalogue = testing::catalogue();
    let cases = cases(&text, catalogue);
    assert!(cases.len() >= 43);
    let mut wrong = Vec::new();
    let mut unnamed = 0;
    for case in &cases {
        let full = outcome(case, &case.facts, catalogue);
        if full != (case.sender.clone(), case.class) {
            wrong.push(format!("{}: {full:?}, not {:?} {}", case.id, case.sender, case.class));
        }
        let (bare, _) = outcome(case, &AddressFacts::bare(case.facts.address), catalogue);
        if bare.is_some() && bare != case.sender {
            wrong.push(format!("{} without its name: {bare:?}, not {:?}", case.id, case.sender));
        }
        unnamed += usize::from(bare.is_none() && case.sender.is_some());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let named = cases.iter().filter(|case| case.sender.is_some()).count();
    println!(
        "{} cases; {} of {named} names stay without reverse DNS and network",
        cases.len(),
        named - unnamed
    );
}
