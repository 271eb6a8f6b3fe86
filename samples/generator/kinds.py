"""Odd encodings, every wrapping of one report, other kinds of report, and what has to be refused."""
import base64, bz2, hashlib, lzma, quopri
from datetime import datetime

from .pack import (attached, b64, crlf, entity, gz, locked_zip, mail_headers, mboxed, multipart, part, plain_part,
                   tarred, zipped)


def renamed(xml, new_id, old_id=b"wrapped-20261012"):
    assert old_id in xml
    return xml.replace(old_id, new_id.encode())


def encodings(files, report):
    def variant(new_id, org):
        return renamed(report, new_id).decode().replace("wrapped.example</org", org + "</org")

    text = variant("utf-16", "Größere Post").replace('"UTF-8"', '"UTF-16"')
    files["reports/utf-16.xml"] = b"\xff\xfe" + text.encode("utf-16-le")
    text = variant("windows-1252", "Müller’s €-Post").replace('"UTF-8"', '"windows-1252"')
    files["reports/windows-1252.xml"] = text.encode("cp1252")
    text = variant("byte-order-mark", "Größere Post")
    files["reports/byte-order-mark.xml"] = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    text = variant("invalid-bytes", "M\udcfcller")
    files["odd/invalid-bytes.xml"] = text.encode("utf-8", "surrogateescape")
    files["odd/control-characters.xml"] = variant("control-characters", "\x1b[2J\x1b[31mred\u202etxet").encode()


def archives(files, report):
    name = "wrapped.example!example.com!1791763200!1791849599.xml"
    lines = report.splitlines(keepends=True)
    head, tail = b"".join(lines[:30]), b"".join(lines[30:])
    packed = gz(report, name)
    wrong = packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    junk = [("__MACOSX/._" + name, b"\0\5\x16\7\0\2\0\0Mac OS X"), ("README.txt", b"Your report is inside.\n"), ("reports/", b"")]
    files.update({
        "containers/report.xml.gz": packed,
        "containers/several-members.xml.gz": gz(head) + gz(tail),
        "containers/trailing-line-end.xml.gz": packed + b"\r\n",
        "containers/wrong-checksum.xml.gz": wrong,
        "containers/gzip-in-gzip.xml.gz.gz": gz(packed),
        "containers/report.zip": zipped([(name, report)]),
        "containers/stored.zip": zipped([(name, report)], packed=False),
        "containers/streamed.zip": zipped([(name, report)], stream=True),
        "containers/junk-before-report.zip": zipped(junk + [("reports/" + name, report)]),
        "containers/gzip-in-zip.zip": zipped([(name + ".gz", packed)]),
        "containers/gzip-named.zip": packed,
        "containers/report.tar": tarred([(name, report)]),
        "containers/report.tar.gz": gz(tarred([(name, report)])),
        "containers/report.xml.bz2": bz2.compress(report[:400]) + bz2.compress(report[400:]),
        "containers/report.xml.xz": lzma.compress(report),
        "containers/report.tar.xz": lzma.compress(tarred([(name, report)])),
        "invalid/report.7z": b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(24),
        "invalid/encrypted.zip": locked_zip(name, report, b"secret"),
        "invalid/no-central-directory.zip": (whole := zipped([(name, report)]))[:whole.index(b"PK\1\2")],
        "invalid/cut-before-first-record.xml.gz": packed[:200],
    })


def mails(files, report):
    when = datetime(2026, 10, 13, 4, 5, 6)
    name = "wrapped.example!example.com!1791763200!1791849599"
    packed, text = gz(report), plain_part("This is an aggregate report.\n")

    def headers(key):
        subject = "Report Domain: example.com Submitter: wrapped.example\n Report-ID: <wrapped-20261012>"
        return mail_headers("dmarc@wrapped.example", "dmarc@example.com", subject, when, key)

    def write(key, mail):
        files[f"containers/{key}.eml"] = crlf(mail)

    def with_part(key, *parts, **how):
        write(key, multipart(headers(key), [text, *parts], **how))

    def root(key, kind, encoding, body):
        write(key, entity([*headers(key), ("MIME-Version", "1.0"), ("Content-Type", kind),
                           ("Content-Transfer-Encoding", encoding)], body))

    sound = part("application/gzip", packed, attached(name + ".xml.gz"))
    with_part("multipart", sound)
    root("root-part", f'application/zip; name="{name}.zip"', "base64", b64(zipped([(name + ".xml", report)])))
    root("quoted-printable", "text/xml; charset=utf-8", "quoted-printable", quopri.encodestring(report).decode())
    with_part("no-file-name", part("application/octet-stream", packed))
    with_part("wrong-type", part("application/zip", packed, attached(name + ".xml.gz")))
    with_part("no-closing-boundary", sound, closed=False)
    with_part("no-content-type", sound.replace("Content-Type", "ContentType"))
    nested = multipart(headers("inner"), [text, sound])
    with_part("nested-message", entity([("Content-Type", "message/rfc822")], nested))
    encoded = base64.b64encode(f"{name}.xml.gz".encode()).decode()
    with_part("encoded-word-name", part("application/gzip", packed, attached(f"=?utf-8?B?{encoded}?=")))
    split = ("Content-Disposition", f"attachment;\n filename*0*=utf-8''wrapped.example%21example.com;\n"
             " filename*1=\"!1791763200!1791849599\";\n filename*2=\".xml.gz\"")
    with_part("rfc2231-name", part("application/gzip", packed, split))
    lines = b64(packed).rstrip("=\n").split("\n")
    assert len(packed) % 3, "there has to be padding to leave out"
    with_part("bad-base64", entity([("Content-Type", "application/gzip"), ("Content-Transfer-Encoding", "base64"),
                                    attached(name + ".xml.gz")], " \n".join(lines) + "\n"))


def mail_stores(files, report):
    """An mbox of three and a Maildir, each with the report and a second one."""
    second = renamed(report, "wrapped-20261013").replace(b"1791763200", b"1791849600").replace(b"1791849599", b"1791935999")
    second = second.replace(b"https://wrapped.example/dmarc", b"Ask the postmaster:\nFrom nine to five, on working days")
    whens = [datetime(2026, 10, day, 4, 5, 6) for day in (13, 14, 14)]
    sender, to = "dmarc@wrapped.example", "dmarc@example.com"

    def headers(at, subject):
        return mail_headers(sender, to, subject, whens[at], f"store {at}")

    note = plain_part("Attached is a report.\n\nFrom the postmaster of wrapped.example\n")
    first = multipart(headers(0, "Report Domain: example.com"), [note, part("application/gzip", gz(report), attached("one.xml.gz"))])
    chat = entity(headers(1, "Re: reports"), "Thanks, they arrive.\n\n>From my phone\n")
    bare = entity([*headers(2, "Report Domain: example.com"), ("MIME-Version", "1.0"), ("Content-Type", "text/xml")], second.decode())
    files["containers/three-mails.mbox"] = b"".join(mboxed(sender, whens[i], m) for i, m in enumerate((first, chat, bare)))
    files["containers/maildir/cur/1791864306.M1P7.mail.example"] = first.encode()
    files["containers/maildir/new/1791950706.M2P7.mail.example"] = bare.encode()
    half = len(first) // 2
    files["containers/maildir/tmp/1791950707.M3P7.mail.example"] = first[:half].encode()


def tls_rpt_mail(tls_report):
    headers = mail_headers("smtp-tls@modern.example", "tls-reports@example.com",
                           "Report Domain: example.com Submitter: modern.example", datetime(2026, 11, 21, 1, 2, 3), "tls")
    name = "modern.example!example.com!1795132800!1795219199!001.json.gz"
    return multipart([*headers, ("TLS-Report-Domain", "example.com"), ("TLS-Report-Submitter", "modern.example")],
                     [plain_part("This is a TLS report.\n"),
                      part("application/tlsrpt+gzip", gz(tls_report), attached(name))],
                     kind="report; report-type=tlsrpt")


def other_kinds(files, tls_report):
    when = datetime(2026, 11, 20, 9, 30, 0)
    files["other/tls-rpt.eml"] = crlf(tls_rpt_mail(tls_report))
    about = entity([("Content-Type", "message/feedback-report")], "".join(f"{k}: {v}\n" for k, v in [
        ("Feedback-Type", "auth-failure"), ("User-Agent", "Receiver-Example/1.0"), ("Version", "1"),
        ("Original-Mail-From", "<ceo@example.com>"), ("Arrival-Date", "Fri, 20 Nov 2026 09:29:58 +0000"),
        ("Source-IP", "203.0.113.150"), ("Reported-Domain", "example.com"), ("Auth-Failure", "dmarc"),
        ("Identity-Alignment", "none"), ("Delivery-Result", "delivered"),
        ("Authentication-Results", "receiver.example; dmarc=fail header.from=example.com; spf=fail smtp.mailfrom=example.com")]))
    original = entity([("Content-Type", "text/rfc822-headers")],
                      "From: The boss <ceo@example.com>\nTo: someone@receiver.example\nSubject: urgent\n"
                      "Message-ID: <1@host.example>\nDate: Fri, 20 Nov 2026 09:29:50 +0000\n")
    headers = mail_headers("dmarc-failures@receiver.example", "ruf@example.com", "FW: urgent", when, "arf")
    files["other/failure-report.eml"] = crlf(multipart(headers, [plain_part("This is a DMARC failure report.\n"), about, original],
                                                       kind="report; report-type=feedback-report"))
    headers = mail_headers("colleague@example.com", "dmarc@example.com", "lunch?", when, "plain")
    files["other/plain-mail.eml"] = crlf(entity(headers, "No report in here. Are you coming to lunch at noon?\n"))


def refused(files):
    photo = bytes.fromhex("ffd8ffe000104a46494600010101004800480000ffdb0043") + hashlib.sha512(b"holiday").digest() * 16
    files["invalid/photo.jpg"] = photo + b"\xff\xd9"
    files["invalid/outlook.pst"] = b"!BDN" + hashlib.sha256(b"pst").digest()[:4] + b"SM\x17\0\x13\0\1\1" + bytes(496)
    files["invalid/outlook.msg"] = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + bytes.fromhex("3e000300feff0900") + bytes(480)
