"""`whosends check` and checkdmarc, with the same name server and zones."""

import contextlib
import json
import pathlib
import subprocess
import sys

from .measure import timed

CHECKDMARC = "checkdmarc==6.0.4"
SELECTORS = ",".join(f"sel{number}" for number in range(10))

# checkdmarc asks port 53 alone: this is the command with another port.
MOVED = """
import sys
import dns.nameserver
plain = dns.nameserver.Do53Nameserver.__init__
def moved(self, address, port=53):
    plain(self, address, PORT)
dns.nameserver.Do53Nameserver.__init__ = moved
from checkdmarc._cli import _main
sys.exit(_main())
"""


def zone(count):
    """Domains that each include the SPF records of two of twenty providers, which nest twice, and have two mail hosts,
    DMARC reports that go elsewhere with consent, and TLS-RPT."""
    lines = ["net. NS ns1.host.net.", "ns1.host.net. A 192.0.2.1", "ns2.host.net. A 192.0.2.2"]
    for number in range(20):
        name = f"p{number}.net."
        lines += [
            f"{name} SOA ns1.host.net. host.{name} 1 3600 600 86400 300",
            f'_spf.{name} TXT "v=spf1 include:_a._spf.{name} include:_b._spf.{name} ~all"',
            f'_a._spf.{name} TXT "v=spf1 ip4:198.51.{number}.0/24 ~all"',
            f'_b._spf.{name} TXT "v=spf1 ip4:203.0.{number}.0/24 ~all"',
            f"mx1.{name} A 198.51.{number}.1",
            f"mx2.{name} A 198.51.{number}.2",
            f"1.{number}.51.198.in-addr.arpa. PTR mx1.{name}",
            f"2.{number}.51.198.in-addr.arpa. PTR mx2.{name}",
            f'*._report._dmarc.reports.{name} TXT "v=DMARC1"',
            f"reports.{name} MX 10 mx1.{name}",
        ]
    for number in range(count):
        one, two = number % 20, (number + 7) % 20
        name = f"d{number}.com."
        lines += [
            f"{name} SOA ns1.host.net. host.{name} 1 3600 600 86400 300",
            f"{name} NS ns1.host.net.",
            f"{name} NS ns2.host.net.",
            f"{name} A 192.0.2.9",
            f"{name} MX 10 mx1.p{one}.net.",
            f"{name} MX 20 mx2.p{one}.net.",
            f'{name} TXT "v=spf1 include:_spf.p{one}.net include:_spf.p{two}.net -all"',
            f'_dmarc.{name} TXT "v=DMARC1; p=reject; rua=mailto:d@reports.p{two}.net"',
            f'_smtp._tls.{name} TXT "v=TLSRPTv1; rua=mailto:t@{name[:-1]}"',
        ]
    return "\n".join(lines) + "\n"


class NameServer:
    """The server as a process of its own."""

    def __init__(self, process):
        self.process = process
        self.port = int(process.stdout.readline())

    def questions(self):
        """How many came since the last time."""
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextlib.contextmanager
def name_server(work, count, latency):
    (work / "zone").write_text(zone(count))
    program = pathlib.Path(__file__).with_name("nameserver.py")
    command = [sys.executable, program, work / "zone", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield NameServer(process)
        process.stdin.close()


class Checker:
    """Checks domains, and says how many it read the SPF and DMARC record of."""

    def __init__(self, server, names, listed):
        self.server, self.names, self.listed = server, names, listed
        self.questions = []

    def run(self):
        self.server.questions()
        figures, out = timed(self.command(), self.accept)
        self.questions.append(self.server.questions())
        return figures, (self.read(json.loads(out)),)


class Ours(Checker):
    name, accept = "whosends", (0, 1)

    def __init__(self, whosends, *more):
        super().__init__(*more)
        self.whosends = whosends

    def command(self):
        resolver = f"127.0.0.1:{self.server.port}"
        # A database of its own that is gone afterwards: what is kept about domains is another thing to time.
        start = [self.whosends, "--db", ":memory:", "check", f"@{self.listed}", "--json"]
        return [*start, "--resolver", resolver, "--selector", SELECTORS]

    @staticmethod
    def read(found):
        return sum(bool(one["spf"]["record"] and one["dmarc"]["record"]) for one in found["domains"])


class Checkdmarc(Checker):
    name, accept = CHECKDMARC.replace("==", " "), (0,)

    def __init__(self, programs, *more):
        super().__init__(*more)
        self.python = programs / "python"

    def run(self):
        """On a busy machine it gives a domain up now and then; such a run is no measure of it, and is run again."""
        for _ in range(3):
            figures, read = super().run()
            if read == (len(self.names),):
                break
        return figures, read

    def command(self):
        domains = self.names if len(self.names) == 1 else [self.listed]
        return [self.python, "-c", MOVED.replace("PORT", str(self.server.port)), "-n", "127.0.0.1", "--", *domains]

    @staticmethod
    def read(found):
        found = found if isinstance(found, list) else [found]
        return sum(bool(one["spf"].get("record") and one["dmarc"].get("record")) for one in found)
