#!/usr/bin/env python3
"""Whether time and memory follow the domain and period asked for, and not the size of the database.

    benches/growth.py                  databases of 100 thousand, 1 and 10 million records
    benches/growth.py --all            and one of 100 million: some 6 GB of disk and several minutes
    benches/growth.py --sizes 1000000  these sizes

Each database is made in one process through the library, not from mail. The busiest domain has 200,000 rows (one
a day, reporter, address and combination) in its last thirty days, whatever the size; what is more are more years
and more domains. Queries run in fresh processes with a warm cache: the median of several runs.

It fails where making a database takes more than in proportion, where a thirty-day query of the busiest domain
takes more than twice the time at the largest size than at a million, or where, in a second series of databases
with ever more rows a month, a row costs more than 0.3 microseconds or more than in proportion.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from compare import timed

DOMAIN = "busy.example"
SIZES = [100_000, 1_000_000, 10_000_000]
MONTHS = [50_000, 100_000, 200_000, 400_000, 800_000]
# What is asked of the busiest domain's last thirty days.
MONTH = {
    "sources": ["sources", DOMAIN],
    "by address": ["sources", DOMAIN, "--by", "address"],
    "by network": ["sources", DOMAIN, "--by", "network"],
    "source": ["source", "sendgrid", DOMAIN],
    "changes": ["changes", DOMAIN],
}
# What takes time with what it reads: every domain, a year, everything.
OTHERS = {
    "domains": ["domains"],
    "ready": ["ready", DOMAIN],
    "replay": ["replay", DOMAIN, "--p", "reject"],
    "sources, all of it": ["sources", "--since", "all"],
    "start": ["db", "--help"],
    "help": ["--help"],
}
MICROSECONDS_A_ROW = 0.3


def build():
    root = pathlib.Path(__file__).resolve().parent.parent
    command = ["cargo", "build", "--release", "--bin", "whosends", "--message-format=json"]
    out = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=True).stdout
    whosends = executable(out, "whosends")
    command = ["cargo", "bench", "--bench", "growth", "--no-run", "--message-format=json"]
    out = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=True).stdout
    return whosends, executable(out, "growth")


def executable(messages, name):
    for line in messages.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == name:
            return pathlib.Path(message["executable"])
    sys.exit(f"cargo built no {name}")


def knows(whosends, query):
    """Whether this release has the command."""
    return subprocess.run([whosends, query[0], "--help"], capture_output=True).returncode == 0


def make(maker, database, *shape):
    wall, cpu, peak, out = timed([maker, "--make", database, *shape])
    records, _, _ = out.split()
    size = sum(file.stat().st_size for file in database.parent.glob(database.name + "*"))
    return {"records": int(records), "wall": wall, "cpu": cpu, "peak": peak, "bytes": size / int(records)}


def ask(whosends, database, query, runs):
    # `ready` answers with status 1 and 4 too.
    command = [whosends, "--db", database, "--today", "2026-11-21", *query]
    timed(command, accept=(0, 1, 4))
    figures = [timed(command, accept=(0, 1, 4))[:3] for _ in range(runs)]
    wall, cpu, peak = (statistics.median(column) for column in zip(*figures))
    return {"wall": wall * 1000, "cpu": cpu * 1000, "peak": peak}


def table(title, rows):
    print(f"\n{title}")
    widths = [max(len(str(row[at])) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        print("  ".join(str(cell).rjust(width) for cell, width in zip(row, widths)))
    sys.stdout.flush()


def growth(args, whosends, maker, work):
    """The first series; gives what is wrong."""
    queries = {name: query for name, query in {**MONTH, **OTHERS}.items() if knows(whosends, query)}
    made, asked = {}, {}
    for size in args.sizes:
        database = work / f"{size}.db"
        made[size] = make(maker, database, "--records", str(size))
        asked[size] = {name: ask(whosends, database, query, args.runs) for name, query in queries.items()}
        for file in work.glob(f"{size}.db*"):
            file.unlink()
    lines = [["records", "seconds", "CPU s", "records/s", "bytes/record", "peak MiB"]]
    for size, did in made.items():
        rate = did["records"] / did["wall"]
        line = [f"{did['wall']:.2f}", f"{did['cpu']:.2f}", f"{rate:.0f}", f"{did['bytes']:.1f}"]
        lines.append([did["records"], *line, f"{did['peak']:.0f}"])
    table("made", lines)
    for unit, what in [("wall", "wall ms"), ("cpu", "CPU ms"), ("peak", "peak MiB")]:
        lines = [["", *made]]
        lines += [[name, *(f"{asked[size][name][unit]:.1f}" for size in made)] for name in queries]
        table(f"queries of the busiest domain's last 30 days, {what}", lines)
    return judge_growth(made, asked, [name for name in MONTH if name in queries])


def judge_growth(made, asked, months):
    wrong = []
    compared = [size for size in made if size >= 1_000_000]
    for less, more in zip(compared, compared[1:]):
        times = made[more]["cpu"] / made[less]["cpu"] / (made[more]["records"] / made[less]["records"])
        if times > 1.25:
            wrong.append(f"making {more} records took {times:.2f} times the time a record of {less}")
    if len(compared) > 1:
        for name in months:
            times = asked[compared[-1]][name]["cpu"] / asked[compared[0]][name]["cpu"]
            if times > 2:
                wrong.append(f"{name} took {times:.2f} times as long at {compared[-1]} records")
    return wrong


def density(args, whosends, maker, work):
    """The second series; gives what is wrong."""
    lines, spent = [["rows", "wall ms", "CPU ms", "peak MiB"]], []
    for month in MONTHS:
        database = work / f"month-{month}.db"
        make(maker, database, "--month", str(month))
        took = ask(whosends, database, MONTH["sources"], args.runs)
        lines.append([month, *(f"{took[unit]:.1f}" for unit in ("wall", "cpu", "peak"))])
        spent.append((month, took["cpu"]))
        for file in work.glob(f"month-{month}.db*"):
            file.unlink()
    table("sources by sender, thirty days of ever more rows", lines)
    wrong = []
    (few, least), (half, middle), (many, most) = spent[0], spent[-2], spent[-1]
    each = (most - least) / (many - few) * 1000
    print(f"{each:.3f} microseconds a row")
    if each > MICROSECONDS_A_ROW:
        wrong.append(f"a row costs {each:.3f} microseconds")
    if (most - middle) / (many - half) > 1.5 * (middle - least) / (half - few):
        wrong.append("rows cost more the more there are")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="100 million records as well")
    parser.add_argument("--sizes", type=int, nargs="*", help="in place of the usual ones")
    parser.add_argument("--runs", type=int, default=7, help="runs a query, of which the median counts")
    parser.add_argument("--folder", type=pathlib.Path, help="where the databases are made")
    parser.add_argument("--no-density", action="store_true", help="leave the second series out")
    parser.add_argument("--built", type=pathlib.Path, nargs=2, help="whosends and the maker, where they are built")
    args = parser.parse_args()
    if args.sizes is None:
        args.sizes = SIZES + ([100_000_000] if args.all else [])
    whosends, maker = args.built or build()
    with tempfile.TemporaryDirectory(prefix="whosends-growth-", dir=args.folder) as work:
        wrong = growth(args, whosends, maker, pathlib.Path(work)) if args.sizes else []
        if not args.no_density:
            wrong += density(args, whosends, maker, pathlib.Path(work))
    for line in wrong:
        print(f"FAILED: {line}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
