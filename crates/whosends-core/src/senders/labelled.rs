//! The labelled cases: rows of real and real-shaped reports with the sender and class they should get.

use crate::model::words::{Disposition, OverrideType, Verdict};
use crate::model::{Combination, Name, Reason, Record};

use super::*;

struct LabelledCase {
    id: String,
    single: SingleRecord,
    sender: Option<String>,
    class: Class,
}

fn cases(text: &str) -> Vec<LabelledCase> {
    let mut lines = text.lines();
    let heads: Vec<_> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| heads.iter().position(|head| *head == name).unwrap();
    lines
        .map(|line| {
            let cells: Vec<_> = line.split('\t').collect();
            let cell = |name: &str| cells.get(column(name)).copied().unwrap_or_default();
            LabelledCase {
                id: cell("case_id").to_owned(),
                single: single(&cell),
                sender: Some(cell("expected_sender")).filter(|id| !id.is_empty()).map(str::to_owned),
                class: Class::from_word(cell("expected_class")).unwrap(),
            }
        })
        .collect()
}

fn single<'t>(cell: &impl Fn(&str) -> &'t str) -> SingleRecord {
    let confirmed = match cell("fcrdns") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let reverse = match cell("rdns") {
        "" if cell("owner_context").contains("rdns_checked=yes") => ReverseName::Absent,
        "" => ReverseName::Unasked,
        name => ReverseName::Found { name: name.to_owned(), confirmed },
    };
    SingleRecord {
        record: Record {
            source: cell("source_ip").parse().unwrap(),
            count: cell("count").parse().unwrap(),
            combination: combination(cell),
        },
        policy_domain: Some(cell("header_from").to_owned()),
        reverse,
        network: cell("asn").parse().ok(),
        owner: owner(cell("owner_context"), cell("dkim")),
    }
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
        auth_dkim: testing::dkim(cell("dkim")),
        auth_spf: testing::spf(cell("spf")),
        ..Combination::default()
    }
}

fn owner(context: &str, dkim: &str) -> OwnerFacts {
    let mut owner = OwnerFacts::default();
    for (key, value) in context.split(';').filter_map(|item| item.split_once('=')) {
        let values = value.split(',').map(str::to_owned);
        match key {
            "confirmed" => owner.confirmed.extend(values),
            "own" => owner.addresses.extend(values),
            "tenants" => owner.tenants.extend(values),
            "sel_known" => {
                let names = dkim.split(';').filter_map(|item| item.split_once('=')?.0.split_once('/'));
                owner.selectors.extend(names.map(|(_, selector)| selector.to_owned()));
            }
            _ => {}
        }
    }
    owner
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the cases lie outside the project")]
fn labelled_cases_get_their_sender_and_class() {
    let Some(shared) = std::env::var_os("WHOSENDS_SHARED") else {
        println!("skipped: WHOSENDS_SHARED is not set");
        return;
    };
    let path = std::path::Path::new(&shared).join("facts/senders-labelled.tsv");
    let cases = cases(&std::fs::read_to_string(path).unwrap());
    assert!(cases.len() >= 43);
    let mut wrong = Vec::new();
    let mut kept = 0;
    for case in &cases {
        let full = classify(&case.single, testing::catalogue()).unwrap();
        if (&full.sender, full.class) != (&case.sender, case.class) {
            let LabelledCase { id, sender, class, .. } = case;
            wrong.push(format!("{id}: {:?} {}, not {sender:?} {class}", full.sender, full.class));
        }
        let bare = SingleRecord { reverse: ReverseName::Unasked, network: None, ..case.single.clone() };
        let bare = classify(&bare, testing::catalogue()).unwrap().sender;
        if bare.is_some() && bare != case.sender {
            wrong.push(format!("{} without its name: {bare:?}, not {:?}", case.id, case.sender));
        }
        kept += usize::from(bare.is_some());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let named = cases.iter().filter(|case| case.sender.is_some()).count();
    println!("{} cases; {kept} of {named} names stay without reverse DNS and network", cases.len());
}
