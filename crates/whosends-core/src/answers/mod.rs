//! What a front end asks: one module a question.
//!
//! A question is a plain value, and answering it joins what the other modules know: the database, the catalogue of
//! senders, DNS. The answer holds everything that any front end shows, notices among it. Nothing here prints, reads
//! the environment or looks at the clock.
//!
//! | question | answer |
//! |---|---|
//! | [`ingest::Question`] | what was read into the database, and what was refused |

pub mod ingest;
