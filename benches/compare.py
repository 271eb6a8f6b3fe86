#!/usr/bin/env python3
"""Times `whosends ingest` beside parsedmarc on the same mails, in the same run, one after the other.

    benches/compare.py --corpus FOLDER            mails of your own, as .eml files
    benches/compare.py --generator gen_corpus.py  makes 2,000 mails with that generator first

Each run starts from nothing: a new database here, a new output folder there. parsedmarc is installed from PyPI
into a virtual environment outside the tree. Printed are medians of wall and CPU seconds, the peak memory of
the largest process, and the ratio of each pair of runs. The comparison fails where the two did not read the
same reports and records: a tool that reads less is no faster.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv

PARSEDMARC = "parsedmarc==11.1.0"


def timed(command, env=None, accept=(0,)):
    """Runs a command; gives wall seconds, CPU seconds, peak MiB and its standard output."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=env)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if child.returncode not in accept:
            err.seek(0)
            sys.exit(f"{command[0]} ended with {child.returncode}: {err.read()[-2000:].decode(errors='replace')}")
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.read()


def ours(whosends, corpus, work, number):
    database = work / f"{number}.db"
    # Status 3 says that something was rejected, as it should be in a corpus with damaged mails.
    *figures, out = timed([whosends, "--db", database, "ingest", "--json", corpus], accept=(0, 3))
    did = json.loads(out)
    for file in work.glob(f"{number}.db*"):
        file.unlink()
    return figures, (did["reports"]["new"], did["records"])


def theirs(parsedmarc, corpus, work, number):
    folder = work / f"parsedmarc-{number}"
    files = sorted(str(file) for file in corpus.rglob("*.eml"))
    *figures, _ = timed([parsedmarc, "--offline", "-s", "-o", folder, *files])
    reports = json.loads((folder / "aggregate.json").read_text())
    shutil.rmtree(folder)
    return figures, (len(reports), sum(len(report["records"]) for report in reports))


def install(folder):
    parsedmarc = folder / "bin" / "parsedmarc"
    if not parsedmarc.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", PARSEDMARC], check=True)
    return parsedmarc


def build():
    root = pathlib.Path(__file__).resolve().parent.parent
    subprocess.run(["cargo", "build", "--release", "--quiet", "--manifest-path", root / "Cargo.toml"], check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
    return target / "release" / "whosends"


def row(name, runs):
    wall, cpu, peak = (statistics.median(run[column] for run in runs) for column in range(3))
    print(f"{name:<12} {wall:>9.3f} {cpu:>9.3f} {peak:>9.0f}")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = args.add_mutually_exclusive_group(required=True)
    source.add_argument("--corpus", type=pathlib.Path, help="a folder of .eml files")
    source.add_argument("--generator", type=pathlib.Path, help="a program that makes such a folder")
    args.add_argument("--reports", type=int, default=2000, help="reports to generate [2000]")
    args.add_argument("--runs", type=int, default=5, help="pairs of runs [5]")
    args.add_argument("--venv", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "whosends-peers")
    args.add_argument("--at-least", type=float, default=0, help="fail below this median ratio of wall time")
    args = args.parse_args()

    whosends, parsedmarc = build(), install(args.venv)
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        corpus = args.corpus
        if corpus is None:
            corpus = work / "corpus"
            subprocess.run(
                [sys.executable, args.generator, "--out", corpus, "--reports", str(args.reports), "--seed", "1",
                 "--dup-rate", ".03", "--corrupt-rate", ".02"],
                check=True, stdout=subprocess.DEVNULL,
            )
        a, b = [], []
        for number in range(args.runs):
            ours_figures, ours_read = ours(whosends, corpus, work, number)
            theirs_figures, theirs_read = theirs(parsedmarc, corpus, work, number)
            if ours_read != theirs_read:
                sys.exit(f"not the same was read: {ours_read} and {theirs_read} (reports, records)")
            a.append(ours_figures)
            b.append(theirs_figures)
    ratios = [theirs[0] / ours[0] for ours, theirs in zip(a, b)]
    ratio = statistics.median(ratios)
    print(f"{ours_read[0]} reports, {ours_read[1]} records; medians of {args.runs} pairs")
    print(f"{'':<12} {'wall s':>9} {'CPU s':>9} {'peak MiB':>9}")
    row("whosends", a)
    row("parsedmarc", b)
    print(f"parsedmarc takes {ratio:.0f} times as long [{min(ratios):.0f}-{max(ratios):.0f}]")
    if ratio < args.at_least:
        sys.exit(f"less than {args.at_least:.0f} times")


if __name__ == "__main__":
    main()
