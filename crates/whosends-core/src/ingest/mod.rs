//! Takes containers off: files, folders, mail, mbox, tar, zip and gzip around reports.
