"""The mailbox: sixty days in the life of three domains.

Names, addresses and numbers are ours; the signing and envelope domains of well-known services are real, since
that is what tells a service by its traces.
"""
import hashlib, json, lzma
from calendar import timegm
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from .pack import attached, b64, crlf, entity, gz, mail_headers, mboxed, multipart, part, plain_part, tarred, zipped

LAST_DAY, DAYS = date(2026, 11, 21), 60
POLICIES = {"example.com": "none", "example.net": "quarantine", "example.org": "reject"}


def v4(prefix, first, count):
    return [f"{prefix}.{first + i}" for i in range(count)]


BOTS = (v4("203.0.113", 128, 100) + v4("198.51.100", 150, 50) + v4("192.0.2", 200, 40)
        + [f"2001:db8:bad:{i:x}::{i * 7:x}" for i in range(1, 25)])
CAMPAIGN = {date(2026, 11, 9), date(2026, 11, 10), date(2026, 11, 11)}


@dataclass
class Stream:
    """One kind of mail: who sends it, how much on a working day and (as a share of that) at weekends."""
    domain: str
    sender: str
    kind: str  # what an owner should make of it; see expected()
    workday: float
    weekend: float
    addresses: list
    spread: int  # the most addresses one report shows
    dkim: list
    spf: tuple
    header_from: str = ""
    weekday: int = -1  # only on this day of the week, Monday is 0
    surge: float = 1  # times as much on the days of the campaign

    def expected_messages(self, day):
        if self.weekday not in (-1, day.weekday()):
            return 0
        weekend = self.weekend if day.weekday() >= 5 else 1
        return self.workday * weekend * (self.surge if day in CAMPAIGN else 1)

    def passes(self):
        def aligned(name):
            return name == self.domain or name.endswith("." + self.domain)

        return any(r == "pass" and aligned(d) for d, _, r in self.dkim), self.spf[1] == "pass" and aligned(self.spf[0])


GOOGLE = [("example.com", "google", "pass")]
SENDGRID = [("example.com", "s1", "pass"), ("sendgrid.info", "smtpapi", "pass")]
FASTMAIL = [("example.net", "fm2", "pass"), ("messagingengine.com", "fm2", "pass")]
LISTED = [("groups.io", "20240830", "pass"), ("example.com", "google", "fail")]
OFFERS = [("offers.example", "x1", "pass")]
WORKSPACE = v4("192.0.2", 32, 12) + [f"2001:db8:4:{i}::1" for i in range(20, 24)]
RELAYS, LIST_HOSTS = v4("203.0.113", 10, 2), v4("203.0.113", 50, 2)
BROKEN = [("example.com", "google", "fail")]

STREAMS = [
    Stream("example.com", "google-workspace", "aligned", 6200, .20, WORKSPACE, 5, GOOGLE, ("example.com", "pass")),
    Stream("example.com", "google-workspace", "aligned", 12, .20, WORKSPACE, 1, BROKEN, ("example.com", "pass")),
    Stream("example.com", "sendgrid", "aligned", 2100, .85, v4("198.51.100", 16, 6), 3, SENDGRID, ("sendgrid.net", "pass")),
    Stream("example.com", "amazon-ses", "aligned", 480, .70, v4("198.51.100", 240, 4), 2,
           [("example.com", "mq5a2v7kdx3jzr6ohw4tb7yenclfgp2s", "pass"),
            ("amazonses.com", "224i4yxa5dv7c2xz3womw6peuasteono", "pass")], ("bounce.example.com", "pass")),
    Stream("example.com", "mailchimp", "misaligned", 9000, 1, v4("198.51.100", 130, 4), 3,
           [("mailchimpapp.net", "k2", "pass")], ("mail31.suw11.rsgsv.net", "pass"), weekday=1),
    Stream("example.com", "mailchimp", "aligned", 1300, 1, v4("198.51.100", 134, 2), 2,
           [("news.example.com", "k3", "pass"), ("mailchimpapp.net", "k3", "pass")],
           ("mail31.suw11.rsgsv.net", "pass"), header_from="news.example.com", weekday=3),
    Stream("example.com", "old CRM server", "unknown", 210, .05, ["192.0.2.25"], 1, [], ("crm.example.com", "none")),
    Stream("example.com", "forward.example", "forwarder", 60, .80, RELAYS, 2, GOOGLE, ("forward.example", "pass")),
    Stream("example.com", "forward.example", "forwarder", 20, .80, RELAYS, 1, SENDGRID, ("forward.example", "pass")),
    Stream("example.com", "alumni host, envelope kept", "forwarder", 25, .80, ["198.51.100.77", "2001:db8:a1::25"], 2,
           GOOGLE, ("example.com", "fail")),
    Stream("example.com", "groups-io", "forwarder", 40, .50, LIST_HOSTS, 1, LISTED, ("groups.io", "pass")),
    Stream("example.com", "lists.example", "forwarder", 12, .30, ["203.0.113.60"], 1, BROKEN, ("lists.example", "pass")),
    Stream("example.com", "spoofer", "unauthorised", 14, 1.2, BOTS, 60, [], ("example.com", "fail"), surge=75),
    Stream("example.com", "spammer", "unauthorised", 9, 1, BOTS[5:30], 9, OFFERS, ("offers.example", "pass")),
    Stream("example.net", "fastmail", "aligned", 900, .25, v4("192.0.2", 96, 6), 3, FASTMAIL, ("example.net", "pass")),
    Stream("example.net", "postmark", "aligned", 700, .80, v4("198.51.100", 33, 4), 2,
           [("example.net", "20240611093015pm", "pass")], ("pm-bounces.example.net", "pass")),
    Stream("example.net", "forward.example", "forwarder", 14, .70, RELAYS, 1, FASTMAIL, ("forward.example", "pass")),
    Stream("example.net", "groups-io", "forwarder", 5, .50, LIST_HOSTS, 1,
           [("groups.io", "20240830", "pass"), ("example.net", "fm2", "fail")], ("groups.io", "pass")),
    Stream("example.net", "spoofer", "unauthorised", 9, 1.1, BOTS, 40, [], ("example.net", "fail"), surge=20),
    Stream("example.org", "spoofer", "unauthorised", 5, 1, BOTS, 40, [], ("example.org", "fail"), surge=60),
]


@dataclass
class Reporter:
    """Who reports, what share of each domain's mail it gets, and how its reports look."""
    org: str
    host: str
    hour: int  # UTC hour of the mail
    shares: dict
    pack: str  # gz, zip, root-zip
    style: set = field(default_factory=set)
    override: dict = field(default_factory=dict)  # kind -> (disposition, reason type, comment)


ARC = {"groups-io": ("none", "local_policy", "arc=pass"), "lists.example": ("none", "local_policy", "arc=pass")}
MAILING_LIST = {"groups-io": ("none", "mailing_list", ""), "lists.example": ("none", "mailing_list", "")}
REPORTERS = [
    Reporter("bigmail.example", "bigmail.example", 3, {"example.com": .46, "example.net": .50, "example.org": .55},
             "root-zip", {"contact", "np", "selector-last", "version"}, ARC),
    Reporter("Mailhaven Enterprise", "mailhaven.example", 6, {"example.com": .22, "example.net": .30, "example.org": .45},
             "gz", {"version", "scope", "envelope", "envelope_to", "fo", "one-line", "next-midnight"},
             {"spoofer/reject": ("quarantine", "local_policy", "reject is honoured as quarantine")}),
    Reporter("Postbox", "postbox.example", 5, {"example.com": .12}, "gz", {"no-sp"}),
    Reporter("netzpost.example", "netzpost.example", 1, {"example.com": .07, "example.net": .15}, "gz",
             {"rfc9990", "scope", "envelope", "fo"}, MAILING_LIST),
    Reporter("Courrier", "courrier.example", 2, {"example.com": .05}, "zip", {"version", "scope", "envelope", "fo", "contact"}),
    Reporter("Fastpost Pty Ltd", "fastpost.example", 0, {"example.com": .04, "example.net": .05}, "gz",
             {"version", "scope", "envelope"}, {"groups-io": ("none", "trusted_forwarder", "known mailing list")}),
    Reporter("University of Example", "univ.example", 7, {"example.com": .02}, "gz", {"version", "scope", "envelope", "fo"}),
    Reporter("Gatekeeper Mail Security", "gatekeeper.example", 4, {"example.com": .02}, "gz",
             {"rfc9990", "scope", "envelope", "envelope_to"},
             {"spoofer": ("quarantine", "local_policy", "sender reputation")}),
]
CUSTOMERS = ["customer-one.example", "customer-two.example", "customer-three.example"]


def draw(*key):
    """A number from 0 up to 1 that depends on the key alone."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8], "big") / 2 ** 64


@dataclass
class Record:
    stream: Stream
    address: str
    count: int
    disposition: str
    reason: tuple
    envelope_to: str


@dataclass
class Report:
    reporter: Reporter
    domain: str
    day: date
    records: list

    def begin(self):
        return timegm(self.day.timetuple())

    def end(self):
        return self.begin() + (86400 if "next-midnight" in self.reporter.style else 86399)

    def id(self):
        token = hashlib.sha256(repr((self.reporter.org, self.domain, self.day)).encode()).hexdigest()
        if "np" in self.reporter.style:
            return str(int(token, 16))[:19]
        return f"{token[:12]}@{self.reporter.host}" if "rfc9990" in self.reporter.style else token[:32]


def spread_out(stream, reporter, day, messages):
    """Splits messages over some of the stream's addresses, unevenly; the sum stays."""
    key = (stream.domain, stream.sender, stream.spf, stream.header_from, reporter.host, day)
    picked = sorted(stream.addresses, key=lambda a: draw(key, a))[:min(stream.spread, messages)]
    weights = [.2 + draw(key, a, "weight") for a in picked]
    done, reached = 0, 0.
    for address, weight in zip(picked, weights):
        reached += weight
        upto = round(messages * reached / sum(weights))
        if upto > done:
            yield address, upto - done
            done = upto


def judged(stream, reporter):
    """The disposition and the reason it differs from the policy."""
    policy = POLICIES[stream.domain]
    if any(stream.passes()):
        return ("pass" if "rfc9990" in reporter.style and policy != "none" else "none"), None
    for key in (f"{stream.sender}/{policy}", stream.sender):
        if key in reporter.override:
            disposition, *reason = reporter.override[key]
            return disposition, tuple(reason)
    return policy, None


def mailbox_reports():
    for ago in range(DAYS - 1, -1, -1):
        day = LAST_DAY - timedelta(days=ago)
        for reporter in REPORTERS:
            for domain, share in reporter.shares.items():
                records = []
                for stream in (s for s in STREAMS if s.domain == domain):
                    mean = stream.expected_messages(day) * share
                    luck = draw(day, reporter.host, domain, stream.sender, stream.spf, stream.dkim)
                    messages = int(mean * (.8 + .4 * luck) + draw("round", day, reporter.host, stream.sender, stream.spf, domain))
                    to = CUSTOMERS[int(3 * luck)]
                    for address, count in spread_out(stream, reporter, day, messages):
                        records.append(Record(stream, address, count, *judged(stream, reporter), to))
                if records:
                    yield Report(reporter, domain, day, records)


# ------------------------------------------------------------------------------------------- the bytes

def tag(name, *inside):
    return [f"<{name}>", *("  " + line for part in inside for line in part), f"</{name}>"]


def leaf(name, value):
    return [f"<{name}>{value}</{name}>"]


def auth_results(stream, style):
    dkim = []
    for domain, selector, result in stream.dkim:
        fields = [leaf("domain", domain), leaf("selector", selector), leaf("result", result)]
        dkim.append(tag("dkim", *(fields[::2] + fields[1:2] if "selector-last" in style else fields)))
    scope = [leaf("scope", "mfrom")] if "scope" in style else []
    return tag("auth_results", *dkim, tag("spf", leaf("domain", stream.spf[0]), *scope, leaf("result", stream.spf[1])))


def record_xml(record, style):
    stream = record.stream
    dkim, spf = ("pass" if passed else "fail" for passed in stream.passes())
    reason = []
    if record.reason:
        kind, comment = record.reason
        reason = [tag("reason", leaf("type", kind), *([leaf("comment", comment)] if comment else []))]
    verdict = tag("policy_evaluated", leaf("disposition", record.disposition), leaf("dkim", dkim), leaf("spf", spf), *reason)
    names = [leaf("header_from", stream.header_from or stream.domain)]
    names = ([leaf("envelope_from", stream.spf[0])] if "envelope" in style else []) + names
    names = ([leaf("envelope_to", record.envelope_to)] if "envelope_to" in style else []) + names
    row = tag("row", leaf("source_ip", record.address), leaf("count", record.count), verdict)
    return tag("record", row, tag("identifiers", *names), auth_results(stream, style))


def report_xml(report):
    style, policy = report.reporter.style, POLICIES[report.domain]
    host = report.reporter.host

    def has(flag, *lines):
        return list(lines) if flag in style else []

    new = "rfc9990" in style
    metadata = tag("report_metadata", leaf("org_name", report.reporter.org), leaf("email", f"dmarc-reports@{host}"),
                   *has("contact", leaf("extra_contact_info", f"https://{host}/help/dmarc")), leaf("report_id", report.id()),
                   tag("date_range", leaf("begin", report.begin()), leaf("end", report.end())),
                   *has("rfc9990", leaf("generator", "Example Reporter 2.4")))
    published = tag("policy_published", leaf("domain", report.domain), leaf("adkim", "r"), leaf("aspf", "r"), leaf("p", policy),
                    *([] if "no-sp" in style else [leaf("sp", policy)]), *([] if new else [leaf("pct", 100)]),
                    *has("np", leaf("np", policy)), *has("fo", leaf("fo", 1)),
                    *has("rfc9990", leaf("testing", "n"), leaf("discovery_method", "treewalk")))
    root = tag("feedback", *has("version", leaf("version", "1.0")), metadata, published,
               *(record_xml(record, style) for record in report.records))
    if new:
        root[0] = '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *root]
    if "one-line" in style:
        return "".join(line.strip() for line in lines).encode()
    return ("\n".join(lines) + "\n").encode()


def report_mail(report, resent=0):
    """The mail that carries a report, when it was sent, and by whom."""
    reporter, xml = report.reporter, report_xml(report)
    seconds = int(3000 * draw("minute", report.id(), resent))
    when = datetime(*report.day.timetuple()[:3], reporter.hour) + timedelta(days=1 + resent, seconds=seconds)
    name = f"{reporter.host}!{report.domain}!{report.begin()}!{report.end()}"
    subject = f"Report Domain: {report.domain} Submitter: {reporter.host}\n Report-ID: <{report.id()}>"
    sender = f"dmarc-reports@{reporter.host}"
    headers = mail_headers(sender, "dmarc@example.com", subject, when, f"{report.id()} {resent}")
    if reporter.pack == "root-zip":
        data = zipped([(name + ".xml", xml)])
        text = entity([*headers, ("MIME-Version", "1.0"), ("Content-Type", f'application/zip; name="{name}.zip"'),
                       attached(name + ".zip"), ("Content-Transfer-Encoding", "base64")], b64(data))
        return when, sender, text
    if reporter.pack == "gz":
        kind, data, file_name = "application/gzip", gz(xml), name + ".xml.gz"
    else:
        kind, data, file_name = "application/zip", zipped([(name + ".xml", xml)]), name + ".zip"
    greeting = plain_part(f"This is an aggregate report from {reporter.org}.\n")
    return when, sender, multipart(headers, [greeting, part(kind, data, attached(file_name))])


def mailbox(files, tls_mail):
    """Writes the mailbox: an mbox a month, and three mails saved as files, one of them a second time."""
    reports = list(mailbox_reports())
    mails = [report_mail(report) for report in reports]
    last_small = [i for i, r in enumerate(reports) if r.day == date(2026, 11, 19) and r.reporter.host in ("courrier.example", "univ.example")]
    twice = next(i for i, r in enumerate(reports) if r.day == date(2026, 11, 18) and r.reporter.host == "netzpost.example")
    resent = next(i for i, r in enumerate(reports) if r.day == date(2026, 10, 20) and r.reporter.host == "mailhaven.example")
    for i in [*last_small, twice]:
        files[f"mailbox/saved/{reports[i].reporter.host}-{reports[i].day}.eml"] = crlf(mails[i][2])
    kept = [mail for i, mail in enumerate(mails) if i not in last_small]
    kept.append(report_mail(reports[resent], resent=1))
    chat = datetime(2026, 10, 14, 8, 40, 0)
    question = entity(mail_headers("it@example.com", "dmarc@example.com", "what are all these mails?", chat, "chat"),
                      "Hi,\n\nwhat is this mailbox, and does anybody read it?\n\nFrom what I see it is all XML.\n")
    kept += [(chat, "it@example.com", question), (datetime(2026, 11, 21, 1, 2, 3), "smtp-tls@modern.example", tls_mail)]
    months = defaultdict(bytes)
    for when, sender, text in sorted(kept):
        months[f"mailbox/{when:%Y-%m}.mbox"] += mboxed(sender, when, text)
    files.update(months)
    # What `whosends demo` shows: the same reports without their mails, small enough to be part of the program.
    bare = [(f"{r.reporter.host}!{r.domain}!{r.begin()}!{r.end()}!{at}.xml", report_xml(r)) for at, r in enumerate(reports)]
    files["demo.tar.xz"] = lzma.compress(tarred(bare), preset=9 | lzma.PRESET_EXTREME)
    counts = {"files": len(months) + len(last_small) + 1, "mails": len(kept) + len(last_small) + 1}
    files["mailbox.expected.json"] = (json.dumps(expected(reports, counts), indent=1) + "\n").encode()


def sums(pairs):
    """What the tests compare: of (report, record) pairs."""
    pairs = list(pairs)
    total = {"reports": len({(r.reporter.org, r.id()) for r, _ in pairs}), "records": len(pairs), "messages": 0,
             "dmarc_pass": 0, "dkim_pass": 0, "spf_pass": 0}
    for _, record in pairs:
        dkim, spf = record.stream.passes()
        for name, counted in (("messages", True), ("dmarc_pass", dkim or spf), ("dkim_pass", dkim), ("spf_pass", spf)):
            total[name] += record.count if counted else 0
    return total


def grouped(pairs, key):
    groups = defaultdict(list)
    for pair in pairs:
        groups[key(*pair)].append(pair)
    return {name: groups[name] for name in sorted(groups)}


def expected(reports, counts):
    """The truth about the mailbox. A sender's `kind` is what its owner would say, knowing it all."""
    pairs = [(report, record) for report in reports for record in report.records]
    truth = {**counts, "duplicates": 2, "other": {"tls_rpt": 1, "failure": 0, "not_a_report": 1}, **sums(pairs), "domains": {}}
    since = LAST_DAY - timedelta(days=29)
    for domain, held in grouped(pairs, lambda report, _: report.domain).items():
        days = grouped(held, lambda report, _: str(report.day))
        truth["domains"][domain] = {
            **sums(held), "policy": POLICIES[domain], "reporters": len({r.reporter.org for r, _ in held}),
            "addresses": len({record.address for _, record in held}), "first_day": min(days), "last_day": max(days),
            "last_30_days": sums(pair for pair in held if pair[0].day >= since),
            "days": {day: sums(some)["messages"] for day, some in days.items()},
            "senders": {f"{sender} ({kind})": sums(some) for (sender, kind), some in
                        grouped(held, lambda _, record: (record.stream.sender, record.stream.kind)).items()},
        }
    truth["reporters"] = {org: sums(some) for org, some in grouped(pairs, lambda report, _: report.reporter.org).items()}
    return truth
