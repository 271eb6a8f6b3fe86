"""What the comparisons and the growth test share: building, timing, medians."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import venv
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# A process begins with the peak memory of the one it was started from, so a small one starts what is measured. What
# it starts runs once before where `times` is more than one, and then so many times.
STARTER = """
import json, os, subprocess, sys, time
def run(out):
    began = time.perf_counter()
    child = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL, stdout=out)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6
times = int(sys.argv[2])
with open(os.devnull, "wb") as nothing:
    found = [run(None)] + [run(nothing) for _ in range(times - 1)]
with open(sys.argv[1], "w") as out:
    json.dump(found[1:] or found, out)
"""


class Figures(NamedTuple):
    """What one run took: seconds, seconds of all threads, and megabytes of its largest process."""

    wall: float
    cpu: float
    peak: float


class Spread(NamedTuple):
    """The median of several runs, and how far they lie apart."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values):
        values = list(values)
        return cls(statistics.median(values), min(values), max(values))

    def show(self, digits):
        return f"{self.median:.{digits}f} [{self.least:.{digits}f}-{self.most:.{digits}f}]"


def timed_often(command, times, accept=(0,)):
    """Runs a command once, and then as many times as are measured; gives the figures of these and its first output."""
    with tempfile.NamedTemporaryFile() as figures, tempfile.TemporaryFile() as err:
        starter = [sys.executable, "-S", "-c", STARTER, figures.name, str(times), *map(str, command)]
        done = subprocess.run(starter, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err, check=True)
        runs = json.load(figures)
        for status, *_ in runs:
            if status not in accept:
                err.seek(0)
                said = err.read()[-2000:].decode(errors="replace")
                sys.exit(f"{' '.join(map(str, command))} ended with {status}: {said}")
        return [Figures(*run[1:]) for run in runs], done.stdout


def timed(command, accept=(0,)):
    """Runs a command once; gives its figures and its standard output."""
    (figures,), out = timed_often(command, 1, accept)
    return figures, out


def built(*benches):
    """Builds the command line and benches as they are released; gives their paths by their names."""
    commands = [["build", "--release", "--bin", "whosends"]]
    if benches:
        commands.append(["bench", "--no-run", *(part for bench in benches for part in ("--bench", bench))])
    found = {}
    for command in commands:
        command = ["cargo", *command, "--locked", "--message-format=json-render-diagnostics"]
        for line in subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout.splitlines():
            message = json.loads(line)
            if message.get("executable"):
                found[message["target"]["name"]] = pathlib.Path(message["executable"])
    return {name: found[name] for name in ("whosends", *benches)}


def installed(folder, package, *more):
    """Installs a package from PyPI into a virtual environment, unless it is there; gives the folder of its programs."""
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    if not (programs / package.split("==")[0]).exists():
        venv.create(folder, with_pip=True)
        subprocess.run([programs / "python", "-m", "pip", "install", "-q", package, *more], check=True)
    return programs


def table(rows):
    """Prints rows, the first of which is the heading, as a Markdown table."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    rows = [rows[0], ["-" * width for width in widths], *rows[1:]]
    for row in rows:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
    sys.stdout.flush()
