//! Takes containers off: files, folders, mail, mbox, tar, zip and gzip around reports.
//!
//! What a thing is gets decided by its first bytes, never by its name or declared type. [`read`] goes through
//! files and folders with several threads and hands every [`Event`] to one consumer in the order of the
//! inputs. Every bound is in [`Limits`](crate::limits::Limits).

mod again;
mod ahead;
mod archive;
mod budget;
mod cms;
mod event;
mod gate;
mod gunzip;
mod inflate;
mod mail;
mod markup;
mod mbox;
mod meant;
mod members;
mod mime;
mod names;
mod outlook;
mod packing;
mod pipeline;
mod recode;
mod report_sink;
mod separator;
mod sniff;
mod source;
mod tnef;
mod tools;
mod top;
mod unpack;
mod unpack_mail;
mod unread;
mod uuencode;
mod walker;

pub use event::{Event, FoundReport, OtherKind};
pub use pipeline::{Input, Options, Progress, read};
pub use top::unpack;
pub use walker::measure;
