#!/usr/bin/env python3
"""Writes the samples that can't be kept by hand: bytes in odd encodings, archives, mails, the mailbox.

    python3 samples/make.py            write them
    python3 samples/make.py --check    write nothing; fail if a file is not what would be written

Standard library only. Nothing here is random: where numbers have to look like life, each is derived from a
hash of what it stands for, so a second run writes the same bytes. Deflate is zlib's at level 9; a Python
linked against another implementation may pack differently, with the same content.

The plain XML files in reports/, odd/ and invalid/ are kept by hand, and so are containers/report.xml, which
is wrapped, its .zst, which Python only learnt to write with 3.14, and other/tls-rpt.json, which is mailed.
"""
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from generator import kinds
from generator.mailbox import mailbox

HERE = Path(__file__).resolve().parent


def made():
    """Every made file: its path below samples/ and its bytes."""
    files = {}
    report = (HERE / "containers/report.xml").read_bytes()
    tls_report = (HERE / "other/tls-rpt.json").read_bytes()
    kinds.encodings(files, report)
    kinds.archives(files, report)
    kinds.mails(files, report)
    kinds.mail_stores(files, report)
    kinds.other_kinds(files, tls_report)
    kinds.refused(files)
    mailbox(files, kinds.tls_rpt_mail(tls_report))
    return files


def main():
    files = made()
    stale = [path for path, data in files.items() if not (HERE / path).is_file() or (HERE / path).read_bytes() != data]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"not as made: {path}", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        (HERE / path).parent.mkdir(parents=True, exist_ok=True)
        (HERE / path).write_bytes(files[path])
    print(f"{len(files)} files, {len(stale)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
