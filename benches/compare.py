#!/usr/bin/env python3
"""How fast whosends is, beside other programs that read the same, run alternately on this machine.

    benches/compare.py                        everything; some twenty minutes, most of them the others'
    benches/compare.py --only mails report    these rows
    benches/compare.py --thousand             a thousand domains checked as well: the other takes 15 minutes for it
    benches/compare.py --corpus FOLDER        mails of your own in place of the 20,000
    benches/compare.py --generator PROGRAM    mails by another generator (--out, --reports, --seed, --format, ...)

The rows:

    mails       20,000 mails into a new database, beside the bound: the same mails read, unpacked and tokenised on two
                threads with no database (benches/bound)
    shown       the same, and then who sends is shown, as it is without --json
    parsedmarc  2,000 mails, of which some come twice and some hold no report, into a new database and by parsedmarc
                into JSON and CSV
    report      one report of 1,000,000 records into a new database, beside the same report inflated and tokenised as
                a stream
    check       1 and 100 domains checked, beside checkdmarc, with a name server that takes 20 ms for each answer.
                checkdmarc knows no DKIM; ours looks for ten selectors besides

Mails and report are generated, the same on every machine; parsedmarc and checkdmarc are installed from PyPI into
virtual environments outside the tree. Printed is one table of medians [least-most]; a ratio is the median of the
ratios of pairs. Memory is the most that a program held at once, in millions of bytes; what starts it takes 11 of them,
and so no less is seen. It ends with an error where the two of a row did not read the same, and where a must is missed.

Other work on the machine blurs times, and the ratio to the bound most: the bound uses two cores all the time.
"""

import argparse
import pathlib
import sys
import tempfile

from support import check, mails
from support.measure import Spread, built, installed, table

# The musts. Beside the bound: at most so many times its time, so many megabytes, so many bytes a record.
NONE = float("inf")
BOUND = {"mails": (3.7, 150, 70), "shown": (NONE, 150, NONE), "report": (3.0, 100, NONE)}
# Beside others: at least so many times as fast, and at most that part of the questions.
PARSEDMARC = 40
CHECKDMARC = {1: 12, 100: 60, 1000: 200}
QUESTIONS = 0.5

ROWS = ["mails", "shown", "parsedmarc", "report", "check"]
PAIRS = {"mails": 7, "shown": 5, "parsedmarc": 5, "report": 7, "check 1": 7, "check 100": 5, "check 1000": 1}
HEADING = ["", "pairs", "whosends s", "CPU s", "MB", "beside", "s", "CPU s", "MB", "ratio", "and"]


class Comparison:
    """The rows so far, and what is wrong."""

    def __init__(self, pairs, slack):
        self.pairs, self.slack = pairs, slack
        self.rows, self.wrong = [HEADING], []

    def at_most(self, what, value, limit):
        if value is not None and value > limit * self.slack:
            self.wrong.append(f"{what}: {value:.3g}, and must be at most {limit}")

    def at_least(self, what, value, limit):
        if value * self.slack < limit:
            self.wrong.append(f"{what}: {value:.3g}, and must be at least {limit}")

    def run(self, what, kind, ours, theirs, truth):
        """Runs two programs alternately; gives the figures of each. Both have to read what is there, if it is known."""
        pairs, figures = self.pairs or PAIRS[kind], ([], [])
        read = {"there is": {truth}, ours.name: set(), theirs.name: set()}
        for number in range(pairs):
            # Neither of them always comes first.
            order = ((0, ours), (1, theirs))
            for which, program in order if number % 2 == 0 else order[::-1]:
                took, found = program.run()
                figures[which].append(took)
                read[program.name].add(found)
        if len(set().union(*read.values()) - {None}) > 1:
            told = [f"{name} {' or '.join(map(str, found))}" for name, found in read.items()]
            self.wrong.append(f"{what}: not the same was read: {', '.join(told)}")
        print(f"{what}: {pairs} pairs that read {next(iter(read[theirs.name]))}", file=sys.stderr, flush=True)
        return figures

    def row(self, what, figures, theirs, ratio, notes):
        columns = [Spread.of(column) for runs in figures for column in zip(*runs)]
        wall, cpu, peak, other_wall, other_cpu, other_peak = columns
        self.rows.append([
            what, str(len(figures[0])), wall.show(2), f"{cpu.median:.2f}", f"{peak.median:.0f}",
            theirs.name, other_wall.show(2), f"{other_cpu.median:.2f}", f"{other_peak.median:.0f}", ratio, notes,
        ])

    def bound(self, what, kind, ours, theirs, truth):
        """A row beside the bound, by how many times its time ours takes."""
        figures = self.run(what, kind, ours, theirs, truth)
        ratio = Spread.of(one.wall / other.wall for one, other in zip(*figures))
        size = Spread.of(ours.bytes).median if ours.bytes else None
        notes = f"{size:.1f} bytes a record" if size else ""
        self.row(what, figures, theirs, f"{ratio.show(2)} times the time", notes)
        must, most, largest = BOUND[kind]
        self.at_most(f"{what}, times the time of the bound", ratio.median, must)
        self.at_most(f"{what}, megabytes", Spread.of(one.peak for one in figures[0]).median, most)
        self.at_most(f"{what}, bytes a record", size, largest)

    def peer(self, what, kind, ours, theirs, truth, must, notes=lambda: ""):
        """A row beside another program, by how many times as fast ours is."""
        figures = self.run(what, kind, ours, theirs, truth)
        ratio = Spread.of(other.wall / one.wall for one, other in zip(*figures))
        self.row(what, figures, theirs, f"{ratio.show(0)} times as fast", notes())
        self.at_least(f"{what}, times as fast as {theirs.name}", ratio.median, must)


def count_of(folder):
    return f"{sum(1 for _ in folder.rglob('*.eml')):,} mails"


def compare_mails(comparison, args, work, programs, corpora):
    folder, truth = (args.corpus, None) if args.corpus else corpora.mails(args.mails, 2, extra=False)
    theirs = mails.Bound(programs["bound"], "--mails", folder, 2)
    # Once, so that every file is in memory.
    theirs.run()
    if "mails" in args.only:
        ours = mails.Whosends(programs["whosends"], work, folder)
        comparison.bound(count_of(folder), "mails", ours, theirs, truth)
    if "shown" in args.only:
        ours = mails.Whosends(programs["whosends"], work, folder, shows=True)
        comparison.bound(f"{count_of(folder)}, shown", "shown", ours, theirs, truth)


def compare_parsedmarc(comparison, args, work, programs, corpora):
    peers = installed(args.venvs / "whosends-peers", mails.PARSEDMARC)
    given = args.small_corpus
    folder, truth = (given, None) if given else corpora.mails(args.small_mails, 1, extra=True)
    ours, theirs = mails.Whosends(programs["whosends"], work, folder), mails.Parsedmarc(peers, work, folder)
    comparison.peer(count_of(folder), "parsedmarc", ours, theirs, truth, PARSEDMARC)


def compare_report(comparison, args, work, programs, corpora):
    file, truth = (args.report, None) if args.report else corpora.report(args.records, 3)
    theirs = mails.Bound(programs["bound"], "--report", file, 1)
    _, (_, records, _) = theirs.run()
    ours = mails.Whosends(programs["whosends"], work, file)
    comparison.bound(f"one report of {records:,} records", "report", ours, theirs, truth)


def compare_check(comparison, args, work, programs):
    peers = installed(args.venvs / "whosends-peers-check", check.CHECKDMARC)
    for size in [1, 100] + ([1000] if args.thousand else []):
        what = f"check of {size:,} domain{'s' if size > 1 else ''}"
        names = [f"d{number}.com" for number in range(size)]
        (work / "domains.txt").write_text("\n".join(names) + "\n")
        with check.name_server(work, size, args.latency_ms) as server:
            asked = (server, names, work / "domains.txt")
            ours, theirs = check.Ours(programs["whosends"], *asked), check.Checkdmarc(peers, *asked)

            def questions():
                few, many = (Spread.of(one.questions).median for one in (ours, theirs))
                comparison.at_most(f"{what}, questions", few, QUESTIONS * many)
                return f"{few:.0f} questions to {many:.0f}"

            comparison.peer(what, f"check {size}", ours, theirs, (size,), CHECKDMARC[size], questions)


def arguments():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--only", nargs="+", choices=ROWS, default=ROWS, help="these rows")
    args.add_argument("--thousand", action="store_true", help="1,000 domains as well")
    args.add_argument("--pairs", type=int, help="pairs of runs [5 or 7]")
    args.add_argument("--slack", type=float, default=1, help="loosen every must by this factor [1]")
    args.add_argument("--mails", type=int, default=20_000, help="reports beside the bound [20000]")
    args.add_argument("--small-mails", type=int, default=2_000, help="reports beside parsedmarc [2000]")
    args.add_argument("--records", type=int, default=1_000_000, help="records of the large report [1000000]")
    args.add_argument("--corpus", type=pathlib.Path, help="a folder of .eml files beside the bound")
    args.add_argument("--small-corpus", type=pathlib.Path, help="a folder of .eml files beside parsedmarc")
    args.add_argument("--report", type=pathlib.Path, help="a large .xml.gz report")
    args.add_argument("--generator", type=pathlib.Path, help="a program that makes mails and a report")
    args.add_argument("--latency-ms", type=float, default=20, help="what a DNS answer takes [20]")
    args.add_argument("--whosends", type=pathlib.Path, help="a binary [builds one]")
    args.add_argument("--folder", type=pathlib.Path, help="where mails and databases are made [a temporary one]")
    args.add_argument("--venvs", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()),
                      help="where the virtual environments are [the folder for temporary files]")
    return args.parse_args()


def main():
    args = arguments()
    programs = built("bound", "corpus")
    if args.whosends:
        programs["whosends"] = args.whosends
    comparison = Comparison(args.pairs, args.slack)
    with tempfile.TemporaryDirectory(prefix="whosends-compare-", dir=args.folder) as work:
        work = pathlib.Path(work)
        corpora = mails.Corpora(programs["corpus"], args.generator, work)
        if {"mails", "shown"} & set(args.only):
            compare_mails(comparison, args, work, programs, corpora)
        if "parsedmarc" in args.only:
            compare_parsedmarc(comparison, args, work, programs, corpora)
        if "report" in args.only:
            compare_report(comparison, args, work, programs, corpora)
        if "check" in args.only:
            compare_check(comparison, args, work, programs)
    table(comparison.rows)
    for line in comparison.wrong:
        print(f"MISSED: {line}")
    sys.exit(1 if comparison.wrong else 0)


if __name__ == "__main__":
    main()
