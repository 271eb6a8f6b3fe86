-- The names and texts that repeat stand once each and are referred to by id. An id never changes.

CREATE TABLE domain (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Who wrote a report and with what. Two rows may have one `org_name`.
CREATE TABLE reporter (
    id                 INTEGER PRIMARY KEY,
    digest             BLOB NOT NULL UNIQUE CHECK (length(digest) = 16),
    org_name           TEXT,
    email              TEXT,
    extra_contact_info TEXT,
    generator          TEXT,
    version            TEXT,
    namespace          TEXT
) STRICT;

-- Everything `policy_published` says but the domain.
CREATE TABLE policy (
    id               INTEGER PRIMARY KEY,
    digest           BLOB NOT NULL UNIQUE CHECK (length(digest) = 16),
    p                TEXT,
    sp               TEXT,
    np               TEXT,
    adkim            TEXT,
    aspf             TEXT,
    pct              INTEGER,
    fo               TEXT,
    testing          TEXT,
    discovery_method TEXT
) STRICT;

-- IPv6 addresses only: the id of an IPv4 address is its number less 2^31, so it needs no row.
CREATE TABLE address (
    id    INTEGER PRIMARY KEY CHECK (id >= 2147483648),
    bytes BLOB NOT NULL UNIQUE CHECK (length(bytes) = 16),
    text  TEXT NOT NULL
) STRICT;

-- What a record says besides its address, its count and whom the mail was for. `reasons` and `auth` are JSON as
-- in the export.
CREATE TABLE profile (
    id            INTEGER PRIMARY KEY,
    digest        BLOB NOT NULL UNIQUE CHECK (length(digest) = 16),
    header_from   TEXT,
    envelope_from TEXT,
    disposition   TEXT,
    dkim          TEXT,
    spf           TEXT,
    reasons       TEXT NOT NULL,
    auth          TEXT NOT NULL
) STRICT;

-- What a record says besides its address and count. A few profiles make many of these, where a reporter names
-- the domain of each recipient.
CREATE TABLE combination (
    id          INTEGER PRIMARY KEY,
    digest      BLOB NOT NULL UNIQUE CHECK (length(digest) = 16),
    profile     INTEGER NOT NULL,
    envelope_to TEXT
) STRICT;

-- One variant of a report. Its records are those with the ids first_record .. first_record + records - 1.
-- `counts` is 0 where another variant of the same identity counts in its place.
CREATE TABLE report (
    id              INTEGER PRIMARY KEY,
    identity        INTEGER NOT NULL,
    content         BLOB NOT NULL CHECK (length(content) = 16),
    content_version INTEGER NOT NULL,
    domain          INTEGER NOT NULL,
    reporter        INTEGER NOT NULL,
    policy          INTEGER NOT NULL,
    report_id       TEXT,
    "begin"         INTEGER,
    "end"           INTEGER,
    day             INTEGER,
    multi_day       INTEGER NOT NULL CHECK (multi_day IN (0, 1)),
    counts          INTEGER NOT NULL CHECK (counts IN (0, 1)),
    truncated       INTEGER NOT NULL CHECK (truncated IN (0, 1)),
    first_record    INTEGER NOT NULL,
    records         INTEGER NOT NULL CHECK (records >= 0),
    messages        INTEGER NOT NULL CHECK (messages >= 0),
    records_skipped INTEGER NOT NULL CHECK (records_skipped >= 0),
    notes           INTEGER NOT NULL CHECK (notes >= 0),
    errors          TEXT,
    ingested_at     INTEGER NOT NULL,
    parser_version  INTEGER NOT NULL
) STRICT;

-- Finds a report's variants (domain, day, identity, content), and serves every reading of a domain's period
-- without a look at the reports themselves. Days grow with time, so new entries go to few pages.
CREATE INDEX report_by_day
    ON report (domain, day, identity, content, counts, multi_day, reporter, first_record, records);

CREATE INDEX report_truncated ON report (domain, day, identity) WHERE truncated = 1;

-- Few reports are superseded: `db info` counts them here.
CREATE INDEX report_superseded ON report (domain) WHERE counts = 0;

-- No index and no report column: a report's records lie side by side.
CREATE TABLE record (
    id          INTEGER PRIMARY KEY,
    address     INTEGER NOT NULL,
    count       INTEGER NOT NULL CHECK (count >= 0),
    combination INTEGER NOT NULL
) STRICT;

-- Where each copy of a report came from; the first few copies are kept.
CREATE TABLE origin (
    report     INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    place      TEXT NOT NULL,
    mail_from  TEXT,
    message_id TEXT,
    seen_at    INTEGER NOT NULL,
    PRIMARY KEY (report, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE note (
    report INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    code   TEXT NOT NULL,
    path   TEXT NOT NULL,
    raw    TEXT,
    line   INTEGER,
    times  INTEGER NOT NULL,
    PRIMARY KEY (report, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE file (
    path           BLOB NOT NULL PRIMARY KEY,
    size           INTEGER NOT NULL,
    modified_ns    INTEGER NOT NULL,
    inode          INTEGER NOT NULL,
    device         INTEGER NOT NULL,
    parser_version INTEGER NOT NULL,
    read_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Reports of `domain` and below, or of every domain where it is empty, that begin before the day `before`
-- are not taken in again.
CREATE TABLE cutoff (
    domain TEXT NOT NULL PRIMARY KEY,
    before INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `generation` counts the prunings: ids remembered from before one may be gone.
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('generation', 0);

-- Sums over the counting reports of a domain's day, in messages unless the name says otherwise. The day of
-- reports without a readable begin is the smallest integer. Sums stop at the largest integer.
CREATE TABLE domain_day (
    domain             INTEGER NOT NULL,
    day                INTEGER NOT NULL,
    reports            INTEGER NOT NULL,
    multi_day_reports  INTEGER NOT NULL,
    records            INTEGER NOT NULL,
    messages           INTEGER NOT NULL,
    multi_day_messages INTEGER NOT NULL,
    dmarc_pass         INTEGER NOT NULL,
    dkim_pass          INTEGER NOT NULL,
    spf_pass           INTEGER NOT NULL,
    dmarc_unknown      INTEGER NOT NULL,
    dkim_unknown       INTEGER NOT NULL,
    spf_unknown        INTEGER NOT NULL,
    PRIMARY KEY (domain, day)
) STRICT, WITHOUT ROWID;

-- The counting records of a domain's day in a form that is read in bulk: by reporter, address, profile and
-- messages, in parts. `rows` is packed as store/packed.rs says.
CREATE TABLE traffic (
    domain INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    part   INTEGER NOT NULL,
    rows   BLOB NOT NULL,
    PRIMARY KEY (domain, day, part)
) STRICT, WITHOUT ROWID;

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

CREATE VIEW v_reports AS
SELECT report.id AS id,
       reporter.org_name AS reporter,
       reporter.email AS email,
       report.report_id AS report_id,
       report."begin" AS "begin",
       report."end" AS "end",
       date(report.day * 86400, 'unixepoch') AS day,
       report.multi_day AS multi_day,
       domain.name AS policy_domain,
       policy.p AS p,
       policy.sp AS sp,
       policy.np AS np,
       policy.adkim AS adkim,
       policy.aspf AS aspf,
       policy.pct AS pct,
       policy.fo AS fo,
       policy.testing AS testing,
       policy.discovery_method AS discovery_method,
       report.records AS records,
       report.messages AS messages,
       report.records_skipped AS records_skipped,
       report.truncated AS truncated,
       report.notes AS notes
FROM domain
CROSS JOIN report ON report.domain = domain.id
CROSS JOIN reporter ON reporter.id = report.reporter
CROSS JOIN policy ON policy.id = report.policy
WHERE report.counts = 1;

CREATE VIEW v_records AS
SELECT v_reports.id AS report,
       v_reports.reporter AS reporter,
       v_reports.report_id AS report_id,
       v_reports."begin" AS "begin",
       v_reports."end" AS "end",
       v_reports.day AS day,
       v_reports.multi_day AS multi_day,
       v_reports.policy_domain AS policy_domain,
       v_reports.p AS p,
       v_reports.sp AS sp,
       v_reports.np AS np,
       v_reports.adkim AS adkim,
       v_reports.aspf AS aspf,
       v_reports.pct AS pct,
       v_reports.fo AS fo,
       v_reports.testing AS testing,
       v_reports.discovery_method AS discovery_method,
       CASE WHEN record.address >= 2147483648
            THEN (SELECT address.text FROM address WHERE address.id = record.address)
            ELSE printf('%d.%d.%d.%d',
                        ((record.address + 2147483648) >> 24) & 255, ((record.address + 2147483648) >> 16) & 255,
                        ((record.address + 2147483648) >> 8) & 255, (record.address + 2147483648) & 255)
       END AS source_ip,
       record.count AS count,
       profile.disposition AS disposition,
       profile.dkim AS dkim,
       profile.spf AS spf,
       profile.reasons AS reasons,
       profile.header_from AS header_from,
       profile.envelope_from AS envelope_from,
       combination.envelope_to AS envelope_to,
       profile.auth AS auth
FROM v_reports
CROSS JOIN report ON report.id = v_reports.id
CROSS JOIN record ON record.id >= report.first_record AND record.id < report.first_record + report.records
CROSS JOIN combination ON combination.id = record.combination
CROSS JOIN profile ON profile.id = combination.profile;

-- total() adds up as floating point and so never overflows; the cast stops at the largest integer.
CREATE VIEW v_sources_daily AS
SELECT policy_domain, day, reporter, source_ip, header_from, disposition, dkim, spf,
       CAST(total(count) AS INTEGER) AS messages,
       count(*) AS records
FROM v_records
GROUP BY policy_domain, day, reporter, source_ip, header_from, disposition, dkim, spf;

CREATE VIEW v_domains_daily AS
SELECT domain.name AS policy_domain,
       CASE WHEN domain_day.day > -9223372036854775808
            THEN date(domain_day.day * 86400, 'unixepoch') END AS day,
       reports, multi_day_reports, records, messages, multi_day_messages,
       dmarc_pass, dkim_pass, spf_pass, dmarc_unknown, dkim_unknown, spf_unknown
FROM domain_day
CROSS JOIN domain ON domain.id = domain_day.domain
WHERE reports > 0;
