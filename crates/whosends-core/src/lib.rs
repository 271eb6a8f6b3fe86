//! Reads DMARC aggregate reports, stores them and says who sends mail as a domain.
//!
//! ```
//! use whosends_core::{limits::Limits, xml};
//!
//! let bytes = br#"<feedback>
//!   <report_metadata>
//!     <org_name>receiver.example</org_name>
//!     <email>dmarc@receiver.example</email>
//!     <report_id>2026-11-21.1</report_id>
//!     <date_range><begin>1795219200</begin><end>1795305599</end></date_range>
//!   </report_metadata>
//!   <policy_published><domain>example.com</domain><p>none</p></policy_published>
//!   <record>
//!     <row>
//!       <source_ip>192.0.2.10</source_ip>
//!       <count>12</count>
//!       <policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated>
//!     </row>
//!     <identifiers><header_from>example.com</header_from></identifiers>
//!     <auth_results/>
//!   </record>
//! </feedback>"#;
//!
//! let read = xml::read_report(bytes, &Limits::default())?;
//! assert_eq!(read.report.header.policy.domain.as_str(), "example.com");
//! assert_eq!(read.report.records[0].count, 12);
//! assert!(read.notes.is_empty());
//! # Ok::<(), whosends_core::error::Error>(())
//! ```
//!
//! Data flows one way: bytes become [`model`] values in [`xml`], containers around them are taken off in
//! [`ingest`], [`store`] keeps them and [`analysis`] sums them up. Nothing here prints, reads the
//! environment or looks at the clock: time comes in as an argument.
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `store` | yes | the SQLite database in [`store`] |
//! | `live-dns` | yes | a resolver that asks real name servers |
//!
//! No type of another crate stands in this API.

pub mod analysis;
#[cfg(feature = "store")]
pub mod answers;
pub mod dns;
pub mod error;
pub mod ingest;
pub mod limits;
pub mod model;
pub mod senders;
#[cfg(feature = "store")]
pub mod store;
pub mod written;
pub mod xml;
