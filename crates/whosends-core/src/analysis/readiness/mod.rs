//! Whether a domain can enforce its policy without losing mail, and which mail it would lose.
//!
//! A [`Tally`] takes ninety days of judged records, [`Reporters`] who reported them; [`assess`] then holds a
//! [`Situation`] to the gates of a step.

mod assess;
mod gates;
mod judged;
mod outcome;
mod situation;
mod tally;
#[cfg(test)]
mod tests;

pub use assess::assess;
pub use gates::{Gate, GateKind, GateState, Measure, Step, Thresholds};
pub use judged::{Circumstances, DomainReadiness, Subdomain, assess_domain};
pub use outcome::{BrokenForwards, Losing, Quiet, Readiness, Verdict};
pub use situation::{DnsState, PolicyInForce, ScoredSource, Situation, Waivers};
pub use tally::{Coverage, Reporters, SourceTraffic, Tally};
