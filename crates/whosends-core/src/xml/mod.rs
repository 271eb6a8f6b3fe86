//! Report bytes to values: RFC 9990, RFC 7489 and the drafts before them, in any mixture.
