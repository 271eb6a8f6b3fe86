//! What whosends says of its answers, the same in every front end: JSON objects, lines of JSON and CSV that are
//! promises, numbers and days as people read them, and sentences.
//!
//! Pure: nothing here reads files, the database, the clock or arguments, or knows where its text is going. A
//! terminal draws tables and wraps lines by itself.

pub mod advice;
pub mod answer;
pub mod changes;
pub mod classified;
pub mod csv;
pub mod export;
pub mod json;
pub mod judged;
pub mod mark;
pub mod mark_log;
pub mod notes;
pub mod number;
pub mod period;
pub mod plan;
pub mod policy;
pub mod printable;
pub mod start;
pub mod trend;
pub mod words;
