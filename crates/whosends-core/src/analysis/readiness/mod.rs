//! Whether a domain can enforce its policy without losing mail, and which mail it would lose.
//!
//! A [`Tally`] takes ninety days of judged records, [`Reporters`] who reported them; [`assess`] then holds a
//! [`Situation`] to the gates of a step.

mod assess;
mod at_stake;
mod coverage;
mod currency;
mod gates;
mod judged;
mod measure;
mod outcome;
mod publish;
mod silence;
mod situation;
mod tally;
#[cfg(test)]
mod tests;
mod weight;

pub use assess::assess;
pub use coverage::{Coverage, Covered, Heard, Reporters};
pub use currency::Currency;
pub use gates::{Gate, GateKind, GateState, Measure, Span, Step, Thresholds};
pub use judged::{Circumstances, DomainReadiness, Subdomain, assess_domain};
pub use outcome::{Broken, BrokenForwards, Losing, Quiet, Readiness, SpfOnly, Stopped, Verdict};
pub use publish::{Publish, TagChange};
pub use silence::{DnsSilence, Ever, OwnMail, Proof, Suspect};
pub use situation::{DnsState, PolicyInForce, ScoredSource, Situation, Waivers};
pub use tally::{Outcomes, SourceTraffic, Tally};
