-- Whether a decision about addresses takes the mail of services from there too.
ALTER TABLE decision ADD COLUMN with_services INTEGER NOT NULL DEFAULT 0 CHECK (with_services IN (0, 1));

-- Every change of a decision: what it was before (null where there was none) and after (null where it was cleared).
CREATE TABLE decision_change (
    id       INTEGER PRIMARY KEY,
    made_at  INTEGER NOT NULL,
    made_by  TEXT,
    domain   TEXT NOT NULL,
    sender   TEXT NOT NULL,
    before   TEXT,
    after    TEXT,
    note     TEXT,
    CHECK (before IS NOT NULL OR after IS NOT NULL)
) STRICT;

-- What was decided until now was decided when it says.
INSERT INTO decision_change (made_at, made_by, domain, sender, before, after, note)
SELECT made_at, made_by, domain, sender, NULL, decision, note FROM decision ORDER BY made_at, domain, sender;
