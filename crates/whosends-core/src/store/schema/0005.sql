-- What was learned from the mail of all policy domains, so that a question need not read it all: part 0 holds what is the
-- same for every domain, the others what holds for the domain of that id. `stamp` is a digest of what it was made from; where
-- that is another by now, it is made anew. `digest` is that of `value`.
CREATE TABLE learned (
    part    INTEGER PRIMARY KEY CHECK (part >= 0),
    stamp   BLOB NOT NULL CHECK (length(stamp) = 16),
    digest  BLOB NOT NULL CHECK (length(digest) = 16),
    value   BLOB NOT NULL
) STRICT;

-- How often anything changed that is learned from.
INSERT INTO meta (key, value) VALUES ('revision', 0);

-- Few reports have notes: `notes` finds them here.
CREATE INDEX report_with_notes ON report (domain, day) WHERE notes > 0;
