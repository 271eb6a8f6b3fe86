//! The nouns: what a report says, as plain owned values.
//!
//! Three states are kept apart everywhere: absent is `None`, a known word is its variant, and a word nobody
//! knows keeps its text. Nothing here reads, stores or prints.

pub mod batch;
pub(crate) mod digest;
pub mod id;
pub mod judged;
pub mod name;
pub mod note;
pub mod origin;
pub mod period;
pub mod record;
pub mod report;
pub mod scope;
pub(crate) mod series;
pub mod shared;
#[cfg(feature = "store")]
pub(crate) mod stored;
pub mod time;
pub mod traffic;
pub mod words;

pub use batch::{ContentHash, RecordBatch};
pub use id::{AddressId, CombinationId};
pub use judged::{Judged, Judgement};
pub use name::Name;
pub use note::{Note, NoteCode, Notes};
pub use origin::{FileStamp, Origin, ReadFile};
pub use period::{Period, Since};
pub use record::{Combination, DkimAuth, Reason, Record, SpfAuth};
pub use report::{Header, Metadata, PolicyPublished, Report};
pub use scope::{Domains, Filter, Scope};
pub use shared::{Profile, Shared};
pub use time::Day;
pub use traffic::TrafficRow;
