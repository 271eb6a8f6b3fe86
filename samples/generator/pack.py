"""Archives and mails, byte for byte the same each time."""
import base64, hashlib, io, struct, tarfile, zipfile, zlib


def gz(data, name=None):
    """A gzip member with a fixed header: no time, made on Unix."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = b"\x1f\x8b\x08" + (b"\x08" if name else b"\0") + b"\0\0\0\0\x02\x03"
    head += name.encode() + b"\0" if name else b""
    tail = struct.pack("<II", zlib.crc32(data), len(data))
    return head + packer.compress(data) + packer.flush() + tail


class Pipe(io.RawIOBase):
    """A sink without seek: zipfile then writes sizes after the data, as streaming writers do."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)


def zipped(members, packed=True, stream=False):
    out = Pipe() if stream else io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, (2026, 10, 13, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            archive.writestr(info, data, compresslevel=9)
    return bytes(out.data) if stream else out.getvalue()


def locked_zip(name, data, password):
    """A zip under the traditional password scheme (APPNOTE 6.1), which zipfile reads but doesn't write."""
    table = [crc_step(i) for i in range(256)]
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte):
        keys[0] = table[(keys[0] ^ byte) & 255] ^ keys[0] >> 8
        keys[1] = ((keys[1] + (keys[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = table[(keys[2] ^ keys[1] >> 24) & 255] ^ keys[2] >> 8

    for byte in password:
        update(byte)
    plain = bytes(11) + bytes([zlib.crc32(data) >> 24]) + data
    cipher = bytearray()
    for byte in plain:
        mix = keys[2] & 0xFFFF | 2
        cipher.append(byte ^ (mix * (mix ^ 1) >> 8 & 255))
        update(byte)
    out = bytearray(zipped([(name, bytes(cipher))], packed=False))
    for header, flags in ((out.index(b"PK\3\4"), 6), (out.index(b"PK\1\2"), 8)):
        out[header + flags] |= 1
        struct.pack_into("<I", out, header + flags + 8, zlib.crc32(data))
        struct.pack_into("<I", out, header + flags + 16, len(data))
    return bytes(out)


def crc_step(value):
    for _ in range(8):
        value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
    return value


def tarred(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), 1791849600, 0o644
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


# --------------------------------------------------------------------------------------------- mails
# A mail is text with LF line ends; `crlf` makes it what goes over the wire.

def b64(data):
    return base64.encodebytes(data).decode()


def entity(headers, body):
    return "".join(f"{name}: {value}\n" for name, value in headers) + "\n" + body


def part(kind, payload, *more):
    """A base64 MIME part; `more` are further headers."""
    return entity([("Content-Type", kind), ("Content-Transfer-Encoding", "base64"), *more], b64(payload))


def attached(name):
    return ("Content-Disposition", f'attachment; filename="{name}"')


def plain_part(text):
    return entity([("Content-Type", "text/plain; charset=us-ascii")], text)


def multipart(headers, parts, kind="mixed", closed=True):
    mark = "=_" + hashlib.sha256("".join(parts).encode()).hexdigest()[:16]
    body = "".join(f"--{mark}\n{text}\n" for text in parts) + (f"--{mark}--\n" if closed else "")
    return entity([*headers, ("MIME-Version", "1.0"), ("Content-Type", f'multipart/{kind}; boundary="{mark}"')], body)


def mail_headers(sender, to, subject, when, key):
    host = sender.split("@")[1]
    token = hashlib.sha256(key.encode()).hexdigest()[:20]
    stamp = when.strftime("%a, %d %b %Y %H:%M:%S +0000")
    return [("From", sender), ("To", to), ("Subject", subject), ("Date", stamp), ("Message-ID", f"<{token}@{host}>")]


def crlf(text):
    return text.replace("\n", "\r\n").encode("ascii")


def mboxed(sender, when, text):
    """A message of an mbox; every line that begins with `From `, quoted or not, gets one more `>` (mboxrd)."""
    lines = [">" + line if line.lstrip(">").startswith("From ") else line for line in text.split("\n")]
    return f"From {sender} {when.strftime('%a %b %d %H:%M:%S %Y')}\n".encode() + "\n".join(lines).encode() + b"\n"
