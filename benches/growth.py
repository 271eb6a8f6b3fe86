#!/usr/bin/env python3
"""Whether time and memory follow the domain and period asked for, and not the size of the database.

    benches/growth.py                  databases of 100 thousand, 1 and 10 million records
    benches/growth.py --all            and one of 100 million: some 5 GB of disk and ten minutes
    benches/growth.py --sizes 1000000  these sizes

Each database is made in one process through the library, not from mail. The busiest domain has 200,000 rows (one
a day, reporter, address and combination) in its last thirty days, from a million records on; what is more are more years
and more domains. A second series has ever more rows in one month. Queries run in fresh processes with a warm cache;
times are medians of several runs.

It fails where making a database takes more than in proportion; where a thirty-day query of the busiest domain takes
more than 100 ms, or at the largest size more than twice its time at a million; where any command takes more than 10 ms
to start with 10 million records, or --help more than 5; and where, in the second series, a row costs more than 0.3
microseconds or more than in proportion.
"""

import argparse
import os
import pathlib
import sys
import tempfile

from support.measure import ROOT, Spread, built, table, timed, timed_often

DOMAIN, NOBODY, TODAY = "busy.example", "nobody.example", "2026-11-21"
SAVED = ROOT / "samples" / "zones" / "example.com.json"
SIZES, LARGEST = [100_000, 1_000_000, 10_000_000], 100_000_000
MONTHS = [50_000, 100_000, 200_000, 400_000, 800_000]

# What is asked of the busiest domain's last thirty days.
MONTH = {
    "sources": ["sources", DOMAIN],
    "sources by address": ["sources", DOMAIN, "--by", "address"],
    "sources by network": ["sources", DOMAIN, "--by", "network"],
    "sources by reporter": ["sources", DOMAIN, "--by", "reporter"],
    "source": ["source", "sendgrid", DOMAIN],
    "changes": ["changes", DOMAIN],
}
# What takes time with what it reads: every domain, a year, records one by one, everything.
OTHERS = {
    "domains, all of them": ["domains"],
    "changes, 30 days and 30 before": ["changes", DOMAIN, "--since", "30d"],
    "ready, a year": ["ready", DOMAIN],
    "replay, every record": ["replay", DOMAIN, "--p", "reject"],
    "sources of everything": ["sources", "--since", "all"],
}
# Every command that opens the database, where there is next to nothing to answer: the time until it is at work.
STARTS = {
    "sources": ["sources", NOBODY],
    "source": ["source", "sendgrid", NOBODY],
    "domains": ["domains", "--since", "2001-01-01", "--until", "2001-01-02"],
    "ready": ["ready", NOBODY],
    "replay": ["replay", NOBODY, "--p", "reject"],
    "changes": ["changes", NOBODY],
    "mark": ["mark", "--list"],
    "classify": ["classify", "-"],
    "reports": ["reports", "--domain", NOBODY],
    "notes": ["notes", "--domain", NOBODY],
    "export": ["export", NOBODY],
    "senders": ["senders", "sendgrid"],
    "check": ["check", "example.com", "--offline", SAVED],
    "spf": ["spf", "example.com", "--offline", SAVED],
    "ingest": ["ingest", "--json", os.devnull],
    "db info": ["db", "info"],
}
HELP = ["--help"]

# The musts.
MONTH_MS, START_MS, HELP_MS = 100, 10, 5
MONTH_GROWTH = 2
MICROSECONDS_A_ROW = 0.3
# More a record than this from one size to the next is more than linear: trees get deeper, which costs a little.
MAKING_GROWTH, ROW_GROWTH = 1.25, 1.5
# Growth is counted from this size, and what takes more than so many milliseconds is told at that one.
GROWTH_FROM, AT = 1_000_000, 10_000_000


def make(maker, database, *shape):
    figures, out = timed([maker, "--make", database, *shape])
    records, _, _ = out.split()
    size = sum(file.stat().st_size for file in database.parent.glob(database.name + "*"))
    return {"records": int(records), "figures": figures, "bytes": size / int(records)}


def remove(database):
    for file in database.parent.glob(database.name + "*"):
        file.unlink()


def ask(whosends, database, query, runs):
    """Spreads of wall and CPU milliseconds and of megabytes. A no, a don't know and a nothing are answers too."""
    command = [whosends, "--db", database, "--today", TODAY, *query]
    figures, _ = timed_often(command, runs + 1, accept=(0, 1, 2, 4))
    wall, cpu, peak = zip(*figures)
    return {
        "wall ms": Spread.of(1000 * each for each in wall),
        "CPU ms": Spread.of(1000 * each for each in cpu),
        "MB": Spread.of(peak),
    }


def number(count):
    return f"{count:,}"


class Growth:
    """The first series: databases of ever more records."""

    def __init__(self, args, programs, work):
        self.args, self.whosends, self.maker, self.work = args, programs["whosends"], programs["growth"], work
        self.made, self.month, self.others, self.starts = {}, {}, {}, {}

    def run(self):
        for size in self.args.sizes:
            database = self.work / f"{size}.db"
            self.made[size] = make(self.maker, database, "--records", str(size))
            print(f"{size:,} records are made", file=sys.stderr, flush=True)
            for found, queries, runs in (
                (self.month, MONTH, self.args.runs),
                # Some of these take as long as the database is large.
                (self.others, OTHERS, self.args.runs if size <= AT else 2),
                (self.starts, {**STARTS, "--help": HELP}, 3 * self.args.runs),
            ):
                found[size] = {name: ask(self.whosends, database, query, runs) for name, query in queries.items()}
            remove(database)
        self.show()

    def show(self):
        rows = [["made", "seconds", "CPU s", "records/s", "bytes/record", "MB"]]
        for made in self.made.values():
            wall, cpu, peak = made["figures"]
            rate, size = made["records"] / wall, made["bytes"]
            rows.append([
                number(made["records"]), f"{wall:.2f}", f"{cpu:.2f}", number(round(rate)), f"{size:.1f}", f"{peak:.0f}"
            ])
        table(rows)
        for title, found in (
            ("the busiest domain's last 30 days", self.month),
            ("what reads more", self.others),
            ("until a command is at work", self.starts),
        ):
            for unit in ("wall ms", "CPU ms", "MB"):
                rows = [[f"{title}, {unit}", *(number(size) for size in self.made)]]
                names = next(iter(found.values()))
                rows += [[name, *(asked[name][unit].show(1) for asked in found.values())] for name in names]
                print()
                table(rows)

    def wrong(self):
        return [*self.wrong_making(), *self.wrong_month(), *self.wrong_starts()]

    def wrong_making(self):
        sizes = [size for size in self.made if size >= GROWTH_FROM]
        for less, more in zip(sizes, sizes[1:]):
            each = [self.made[size]["figures"].cpu / self.made[size]["records"] for size in (less, more)]
            if each[1] > MAKING_GROWTH * each[0]:
                yield f"making {more:,} records took {each[1] / each[0]:.2f} times the time a record of {less:,}"

    def wrong_month(self):
        for name, took in self.month.get(AT, {}).items():
            if took["wall ms"].median > MONTH_MS:
                yield f"{name} took {took['wall ms'].show(0)} ms of {MONTH_MS} at {AT:,} records"
        sizes = [size for size in self.month if size >= GROWTH_FROM]
        for name in MONTH if len(sizes) > 1 else ():
            times = self.month[sizes[-1]][name]["CPU ms"].median / self.month[sizes[0]][name]["CPU ms"].median
            if times > MONTH_GROWTH:
                yield f"{name} took {times:.2f} times as long at {sizes[-1]:,} records as at {sizes[0]:,}"

    def wrong_starts(self):
        for name, took in self.starts.get(AT, {}).items():
            most = HELP_MS if name == "--help" else START_MS
            if took["wall ms"].median > most:
                yield f"{name} took {took['wall ms'].show(1)} ms of {most} to start at {AT:,} records"


def density(args, programs, work):
    """The second series; gives what is wrong."""
    rows, spent = [["sources of 30 days by rows", "wall ms", "CPU ms", "MB"]], []
    for month in MONTHS:
        database = work / f"month-{month}.db"
        make(programs["growth"], database, "--month", str(month))
        # Unless a period is named, what is quickly told stands with the next steps, for which all is judged twice.
        took = ask(programs["whosends"], database, [*MONTH["sources"], "--since", "30d"], args.runs)
        rows.append([number(month), *(took[unit].show(1) for unit in ("wall ms", "CPU ms", "MB"))])
        spent.append((month, took["CPU ms"].median))
        remove(database)
    print()
    table(rows)
    (few, least), (half, middle), (many, most) = spent[0], spent[-2], spent[-1]
    each = (most - least) / (many - few) * 1000
    print(f"\n{each:.3f} microseconds a row")
    if each > MICROSECONDS_A_ROW:
        yield f"a row costs {each:.3f} microseconds of {MICROSECONDS_A_ROW}"
    if (most - middle) / (many - half) > ROW_GROWTH * (middle - least) / (half - few):
        yield "rows cost more the more there are"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="100 million records as well")
    parser.add_argument("--sizes", type=int, nargs="*", help="in place of the usual ones")
    parser.add_argument("--runs", type=int, default=7, help="runs a query, of which the median counts")
    parser.add_argument("--folder", type=pathlib.Path, help="where the databases are made [a temporary one]")
    parser.add_argument("--no-density", action="store_true", help="leave the second series out")
    parser.add_argument("--whosends", type=pathlib.Path, help="a binary [builds one]")
    args = parser.parse_args()
    if args.sizes is None:
        args.sizes = SIZES + ([LARGEST] if args.all else [])
    programs = built("growth")
    if args.whosends:
        programs["whosends"] = args.whosends
    wrong = []
    with tempfile.TemporaryDirectory(prefix="whosends-growth-", dir=args.folder) as work:
        work = pathlib.Path(work)
        if args.sizes:
            growth = Growth(args, programs, work)
            growth.run()
            wrong += growth.wrong()
        if not args.no_density:
            wrong += density(args, programs, work)
    for line in wrong:
        print(f"FAILED: {line}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
