"""Mails and a large report: where they come from, and who reads them."""

import json
import pathlib
import shutil
import subprocess
import sys

from .measure import timed

PARSEDMARC = "parsedmarc==11.1.0"
THREADS = "2"


class Corpora:
    """Makes what is read with the generator of this repository, or with another that is told the same. With it goes
    what has to be read of it, if that is known: reports, records, messages."""

    def __init__(self, maker, generator, work):
        self.maker, self.generator, self.work = maker, generator, work

    def mails(self, reports, seed, extra):
        """A folder of so many reports; with `extra`, some come twice and some mails hold none."""
        folder = self.work / f"mails-{reports}"
        if self.generator:
            more = ["--dup-rate", ".03", "--corrupt-rate", ".02"] if extra else []
            self.run(sys.executable, self.generator, "--out", folder, "--reports", reports, "--seed", seed, *more)
            return folder, None
        more = ["--again", 30, "--damaged", 20] if extra else []
        return folder, self.made("--mails", folder, "--reports", reports, "--seed", seed, *more)

    def report(self, records, seed):
        """A file of one report, packed."""
        if self.generator:
            folder, size = self.work / "report", ["--fixed-records", records]
            shape = ["--reports", 1, "--format", "gz", *size, "--seed", seed]
            self.run(sys.executable, self.generator, "--out", folder, *shape)
            return next(folder.rglob("*.gz")), None
        file = self.work / "report.xml.gz"
        return file, self.made("--report", file, "--records", records, "--seed", seed)

    def made(self, *args):
        did = json.loads(self.run(self.maker, *args))
        return did["reports"], did["records"], did["messages"]

    @staticmethod
    def run(*command):
        return subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=True).stdout


class Whosends:
    """Reads into a new database each time."""

    name = "whosends"

    def __init__(self, whosends, work, what, shows=False):
        self.command, self.work, self.what, self.shows = whosends, work, what, shows
        self.bytes = []

    def run(self):
        database = self.work / "compared.db"
        show = [] if self.shows else ["--json"]
        command = [self.command, "--db", database, "ingest", "--jobs", THREADS, *show, self.what]
        # Status 3 says that something was rejected, as it should be in a corpus with damaged mails.
        figures, out = timed(command, accept=(0, 3))
        size = sum(file.stat().st_size for file in self.work.glob("compared.db*"))
        for file in self.work.glob("compared.db*"):
            file.unlink()
        if self.shows:
            return figures, None
        did = json.loads(out)
        self.bytes.append(size / did["records"])
        return figures, (did["reports"]["new"], did["records"], did["messages"])


class Bound:
    """Reads, unpacks and tokenises, and keeps nothing."""

    def __init__(self, bound, flag, what, threads):
        self.name = "the bound, 2 threads" if threads == 2 else "the bound, streamed"
        self.command = [bound, flag, what, "--threads", threads]

    def run(self):
        figures, out = timed(self.command)
        did = json.loads(out)
        return figures, (did["reports"], did["records"], did["messages"])


class Parsedmarc:
    """Writes JSON and CSV into a new folder each time."""

    name = PARSEDMARC.replace("==", " ")

    def __init__(self, programs, work, mails):
        self.command, self.folder = [programs / "parsedmarc", "--offline", "-s", "-o"], work / "parsedmarc"
        self.mails = sorted(map(str, pathlib.Path(mails).rglob("*.eml")))

    def run(self):
        figures, _ = timed([*self.command, self.folder, *self.mails])
        reports = json.loads((self.folder / "aggregate.json").read_text())
        shutil.rmtree(self.folder)
        records = [record for report in reports for record in report["records"]]
        return figures, (len(reports), len(records), sum(record["count"] for record in records))
