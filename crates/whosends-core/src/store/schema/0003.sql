-- What makes one version of a report worth more than another: whether it was damaged, and how many fields it states.
-- `said` is a digest of what it says of itself.
ALTER TABLE report ADD COLUMN damaged INTEGER NOT NULL DEFAULT 0 CHECK (damaged IN (0, 1));
ALTER TABLE report ADD COLUMN detail INTEGER NOT NULL DEFAULT 0;
ALTER TABLE report ADD COLUMN said INTEGER NOT NULL DEFAULT 0;

DROP INDEX report_truncated;

-- What reading a file came to: whether anything in it was of use, and how much was refused that nobody has settled yet.
ALTER TABLE file ADD COLUMN usable INTEGER NOT NULL DEFAULT 0 CHECK (usable IN (0, 1));
ALTER TABLE file ADD COLUMN rejected INTEGER NOT NULL DEFAULT 0 CHECK (rejected >= 0);

-- A run of `ingest`. One without an end was killed. `inputs` is JSON; `outcome` says how it ended.
CREATE TABLE run (
    id              INTEGER PRIMARY KEY,
    began_at        INTEGER NOT NULL,
    ended_at        INTEGER,
    inputs          TEXT NOT NULL,
    outcome         TEXT CHECK (outcome IN ('fine', 'partial', 'nothing', 'interrupted')),
    files           INTEGER NOT NULL DEFAULT 0,
    unchanged       INTEGER NOT NULL DEFAULT 0,
    mails           INTEGER NOT NULL DEFAULT 0,
    new             INTEGER NOT NULL DEFAULT 0,
    duplicate       INTEGER NOT NULL DEFAULT 0,
    conflicting     INTEGER NOT NULL DEFAULT 0,
    pruned          INTEGER NOT NULL DEFAULT 0,
    rejected        INTEGER NOT NULL DEFAULT 0,
    still_rejected  INTEGER NOT NULL DEFAULT 0,
    not_a_report    INTEGER NOT NULL DEFAULT 0,
    records         INTEGER NOT NULL DEFAULT 0,
    messages        INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What was refused in an input the last time that it was read; the first of a file are kept. `path` is as in `file`,
-- or what stands for another input. `limit_name` is the limit that was passed, where one was.
CREATE TABLE rejected (
    path       BLOB NOT NULL,
    seq        INTEGER NOT NULL,
    place      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    limit_name TEXT,
    reason     TEXT NOT NULL,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (path, seq)
) STRICT, WITHOUT ROWID;
