-- What the owner of a domain decided about a sender of it. `sender` is a catalogue id, `own`, or the text that
-- names a source elsewhere.
CREATE TABLE decision (
    domain   TEXT NOT NULL,
    sender   TEXT NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('authorised', 'unauthorised', 'forwarder', 'ignore')),
    note     TEXT,
    made_by  TEXT,
    made_at  INTEGER NOT NULL,
    PRIMARY KEY (domain, sender)
) STRICT, WITHOUT ROWID;

-- The reverse name of an address, by the id that records refer to it with; prune takes both. `name` is null where
-- it has none; `confirmed` says whether the name leads back to the address.
CREATE TABLE reverse_name (
    address   INTEGER NOT NULL PRIMARY KEY,
    name      TEXT,
    confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
    asked_at  INTEGER NOT NULL
) STRICT;

-- The addresses that a service's SPF include authorised when it was asked: prefixes, separated by spaces.
CREATE TABLE service_range (
    sender   TEXT NOT NULL,
    include  TEXT NOT NULL,
    prefixes TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    PRIMARY KEY (sender, include)
) STRICT, WITHOUT ROWID;

-- What DNS answered about a domain, as JSON, from when to when it answered so.
CREATE TABLE conversation (
    domain      TEXT NOT NULL,
    first_asked INTEGER NOT NULL,
    last_asked  INTEGER NOT NULL,
    answers     TEXT NOT NULL,
    PRIMARY KEY (domain, first_asked)
) STRICT;
