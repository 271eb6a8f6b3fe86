//! Which service or server is behind a source.
