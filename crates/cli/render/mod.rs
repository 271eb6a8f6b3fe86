//! Values to tables and lines of a terminal. What every front end says alike comes from `whosends-present`. Pure: nothing here reads files, the database or the arguments.

pub(crate) mod answer;
pub(crate) mod by_sender;
pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod database;
pub(crate) mod dns;
pub(crate) mod domains;
pub(crate) mod first;
pub(crate) mod ingest;
pub(crate) mod mark;
pub(crate) mod mark_log;
pub(crate) mod next_step;
pub(crate) mod notes;
pub(crate) mod overview;
pub(crate) mod paint;
pub(crate) mod period;
pub(crate) mod plan;
pub(crate) mod ready;
mod ready_publish;
mod ready_sentence;
mod ready_stakes;
pub(crate) mod ready_text;
pub(crate) mod replay;
pub(crate) mod replay_text;
pub(crate) mod report;
pub(crate) mod reports;
pub(crate) mod resolve;
pub(crate) mod runs;
pub(crate) mod senders;
pub(crate) mod source;
pub(crate) mod sources;
pub(crate) mod spf;
pub(crate) mod spf_recheck;
pub(crate) mod spf_tree;
pub(crate) mod spf_used;
pub(crate) mod start;
pub(crate) mod sums;
pub(crate) mod table;
mod wrap;

pub(crate) use whosends_present::{
    advice, classified, csv, export, json, judged, number, policy, printable, trend, words,
};
