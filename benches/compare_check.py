#!/usr/bin/env python3
"""Times `whosends check` beside checkdmarc on the same name server and zones, one after the other.

    benches/compare_check.py --server dns_server.py

The server is a scripted one on loopback: it takes `--port`, `--zone FILE` and `--latency-ms`, and tells in the TXT
record of stats.serve.test. how many questions came. Where WHOSENDS_SHARED is set its own is used. The zones are
generated: each domain includes the SPF records of two of twenty providers, which nest twice, has two mail hosts,
DMARC reports that go elsewhere with consent, and TLS-RPT. checkdmarc is installed from PyPI into a
virtual environment outside the tree. It knows no DKIM; ours looks for ten selectors besides.

Printed are medians of wall seconds, the questions that reached the server, and the ratios. The comparison fails
where either of the two did not read the SPF and DMARC record of every domain.
"""

import argparse
import json
import os
import pathlib
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import venv

CHECKDMARC = "checkdmarc==6.0.4"
SERVER_NEEDS = "dnslib"
SELECTORS = [f"sel{number}" for number in range(10)]
# How many domains, pairs of runs, and what is wanted: times as fast.
SIZES = [(1, 7, 12), (100, 3, 60), (1000, 1, 200)]

# checkdmarc asks port 53 alone: this is the command with another port.
THEIRS = """
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
    lines = ["$ORIGIN .", "net. NS ns1.host.net.", "ns1.host.net. A 192.0.2.1", "ns2.host.net. A 192.0.2.2"]
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


def ask(port, name):
    """The texts at a name."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 16, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(2)
        udp.sendto(question, ("127.0.0.1", port))
        return udp.recv(4096)[len(question):]


def questions(port):
    """How many questions came since the last time."""
    answer = ask(port, "stats.serve.test")
    count = counted(answer)
    ask(port, "reset.serve.test")
    return count


def counted(answer):
    total = 0
    for word in (b"udp=", b"tcp="):
        digits = answer.split(word)[1]
        total += int(digits[: next((at for at, byte in enumerate(digits) if not 48 <= byte <= 57), len(digits))])
    return total


def timed(command, accept):
    began = time.perf_counter()
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True)
    spent = time.perf_counter() - began
    if done.returncode not in accept:
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:].decode(errors='replace')}")
    return spent, json.loads(done.stdout)


def ours(whosends, port, names, listed, flags):
    command = [whosends, "check", f"@{listed}", "--json", "--resolver", f"127.0.0.1:{port}", *flags]
    spent, found = timed([*command, "--selector", ",".join(SELECTORS)], (0, 1))
    read = sum(bool(one["spf"]["record"] and one["dmarc"]["record"]) for one in found["domains"])
    return spent, read


def theirs(python, port, names, listed):
    command = [python, "-c", THEIRS.replace("PORT", str(port)), "-n", "127.0.0.1", "--"]
    spent, found = timed([*command, *(names if len(names) == 1 else [listed])], (0,))
    found = found if isinstance(found, list) else [found]
    read = sum(bool(one["spf"].get("record") and one["dmarc"].get("record")) for one in found)
    return spent, read


def install(folder):
    python = folder / "bin" / "python"
    if not (folder / "bin" / "checkdmarc").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", CHECKDMARC, SERVER_NEEDS], check=True)
    return python


def build():
    root = pathlib.Path(__file__).resolve().parent.parent
    subprocess.run(["cargo", "build", "--release", "--quiet", "--manifest-path", root / "Cargo.toml"], check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
    return target / "release" / "whosends"


def serve(python, server, zone, latency):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [python, server, "--port", str(port), "--zone", zone, "--latency-ms", str(latency)],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(100):
        try:
            ask(port, "stats.serve.test")
            return running, port
        except OSError:
            time.sleep(0.1)
    sys.exit("the name server does not answer")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("WHOSENDS_SHARED")
    args.add_argument("--server", type=pathlib.Path, required=not shared, help="the scripted name server",
                      default=pathlib.Path(shared, "tools/dns_server.py") if shared else None)
    args.add_argument("--latency-ms", type=float, default=20, help="how long each answer takes [20]")
    args.add_argument("--sizes", type=int, nargs="+", default=[size for size, *_ in SIZES])
    args.add_argument("--runs", type=int, help="pairs of runs [7, 3 and 1]")
    args.add_argument("--whosends", type=pathlib.Path, help="a binary [builds one]")
    args.add_argument("--flags", nargs="*", default=[], help="more flags for it")
    args.add_argument("--venv", type=pathlib.Path,
                      default=pathlib.Path(tempfile.gettempdir()) / "whosends-peers-check")
    args.add_argument("--strict", action="store_true", help="fail below the ratios that are wanted")
    args = args.parse_args()

    whosends, python = args.whosends or build(), install(args.venv)
    missed = []
    print(f"{'domains':>8} {'':<11} {'wall s':>9} {'questions':>10}")
    for size, runs, wanted in SIZES:
        if size not in args.sizes:
            continue
        with tempfile.TemporaryDirectory() as work:
            work = pathlib.Path(work)
            (work / "zone").write_text(zone(size))
            names = [f"d{number}.com" for number in range(size)]
            (work / "domains.txt").write_text("\n".join(names) + "\n")
            server, port = serve(python, args.server, work / "zone", args.latency_ms)
            try:
                a, b = [], []
                for _ in range(args.runs or runs):
                    for found, run in (
                        (a, lambda: ours(whosends, port, names, work / "domains.txt", args.flags)),
                        (b, lambda: theirs(python, port, names, work / "domains.txt")),
                    ):
                        questions(port)
                        spent, read = run()
                        if read != size:
                            sys.exit(f"{read} of {size} domains were read")
                        found.append((spent, questions(port)))
            finally:
                server.terminate()
                server.wait()
        for name, found in (("whosends", a), ("checkdmarc", b)):
            wall, asked = (statistics.median(one[column] for one in found) for column in range(2))
            print(f"{size:>8} {name:<11} {wall:>9.3f} {asked:>10.0f}")
        times = statistics.median(theirs[0] / ours[0] for ours, theirs in zip(a, b))
        share = statistics.median(ours[1] / theirs[1] for ours, theirs in zip(a, b))
        print(f"{'':>8} {times:.1f} times as fast, {share:.2f} of the questions", flush=True)
        if times < wanted or share > 0.5:
            missed.append(f"{size} domains: wanted are {wanted} times and 0.5")
    if args.strict and missed:
        sys.exit("; ".join(missed))


if __name__ == "__main__":
    main()
