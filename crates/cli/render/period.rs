//! Days for people, and what a period leaves out with the flag that takes it in.

use whosends_core::answers;
pub(crate) use whosends_present::period::{Days, LeftOut, age, days_old, in_words, several_days};

use super::number::count;

/// What the core counted, as it is said.
pub(crate) const fn left_out_as_said(left_out: answers::LeftOut) -> LeftOut {
    LeftOut { undated: left_out.undated, future: left_out.future, domains: left_out.domains }
}

/// A line for each kind of report that a period leaves out.
pub(crate) fn left_out(left_out: LeftOut) -> impl Iterator<Item = String> {
    let kinds = [(left_out.undated, "without a usable date"), (left_out.future, "dated in the future")];
    let reports = kinds.into_iter().filter(|&(number, _)| number > 0).map(|(number, kind)| {
        format!("{} {kind} left out; `--since all` takes them in", count(number, "report", "reports"))
    });
    let domains = (left_out.domains > 0).then(|| {
        let domains = count(left_out.domains, "domain", "domains");
        format!("{domains} left out that only other days have reports of; `whosends domains` names them")
    });
    reports.chain(domains)
}
