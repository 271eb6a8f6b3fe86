#!/usr/bin/env python3
"""A name server on loopback that answers from a file, each time after so many milliseconds.

    nameserver.py ZONE LATENCY

A line of the file is a name, a type and a value: `example.com. MX 10 mx.example.com.`; texts stand in quotes, and
`*.` begins a wildcard. It listens over UDP and TCP on one port, which it prints. For each line on standard input it
prints how many questions came since the last, and it ends with standard input.
"""

import asyncio
import ipaddress
import struct
import sys

TYPES = {"A": 1, "NS": 2, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
OPT = 41
TTL = 300
NO_SUCH_NAME = 3
TRUNCATED = 0x0200
# An answer, from a server that has authority and recursion, to a question that wants recursion or not.
FLAGS = 0x8480


def wire(name):
    labels = name.rstrip(".").encode().split(b".")
    return b"".join(bytes([len(label)]) + label for label in labels if label) + b"\0"


def value(kind, text):
    """The wire form of a record's value."""
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(text).packed
    if kind == "TXT":
        text = text.strip('"').encode()
        parts = [text[at:at + 255] for at in range(0, len(text), 255)] or [b""]
        return b"".join(bytes([len(part)]) + part for part in parts)
    if kind == "MX":
        preference, host = text.split()
        return struct.pack(">H", int(preference)) + wire(host)
    if kind == "SOA":
        server, mailbox, *numbers = text.split()
        return wire(server) + wire(mailbox) + struct.pack(">5I", *map(int, numbers))
    return wire(text)


class Zone:
    def __init__(self, text):
        self.records, self.names = {}, {""}
        for line in filter(None, map(str.strip, text.splitlines())):
            name, kind, rest = line.split(None, 2)
            name = name.rstrip(".").lower()
            self.records.setdefault((name, TYPES[kind]), []).append(value(kind, rest))
            # A name exists where anything stands below it.
            while name not in self.names:
                self.names.add(name)
                name = name.partition(".")[2]

    def find(self, name, kind):
        """The values at a name, and whether it exists."""
        if name in self.names:
            return self.records.get((name, kind), []), True
        above = name.partition(".")[2]
        while above not in self.names:
            above = above.partition(".")[2]
        wildcard = f"*.{above}"
        return self.records.get((wildcard, kind), []), wildcard in self.names

    def authority(self, name):
        """The record that says how long an absence holds."""
        while name and (name, TYPES["SOA"]) not in self.records:
            name = name.partition(".")[2]
        values = self.records.get((name, TYPES["SOA"]), [value("SOA", ". . 1 3600 600 86400 300")])
        return wire(name) + struct.pack(">2HIH", TYPES["SOA"], 1, TTL, len(values[0])) + values[0]

    def answer(self, question, longest):
        """The answer to a message, where it is a question; no longer than what the other side takes over UDP."""
        number, flags, questions, _, _, more = struct.unpack_from(">6H", question)
        if questions != 1 or flags & 0x8000:
            return None
        at, labels = 12, []
        while length := question[at]:
            labels.append(question[at + 1:at + 1 + length].decode("latin-1").lower())
            at += 1 + length
        kind, _ = struct.unpack_from(">2H", question, at + 1)
        asked, name = question[12:at + 5], ".".join(labels)
        extended = more > 0 and question[at + 5:at + 8] == b"\0" + struct.pack(">H", OPT)
        if extended and longest:
            longest = max(longest, struct.unpack_from(">H", question, at + 8)[0])
        values, exists = self.find(name, kind)
        head = b"\xc0\x0c" + struct.pack(">2HI", kind, 1, TTL)
        answers = b"".join(head + struct.pack(">H", len(one)) + one for one in values)
        absence = b"" if values else self.authority(name)
        options = b"\0" + struct.pack(">2HIH", OPT, 1232, 0, 0) if extended else b""
        flags = FLAGS | flags & 0x0100 | (0 if exists else NO_SUCH_NAME)
        if longest and 12 + len(asked) + len(answers) + len(absence) + len(options) > longest:
            return struct.pack(">6H", number, flags | TRUNCATED, 1, 0, 0, bool(options)) + asked + options
        counts = struct.pack(">6H", number, flags, 1, len(values), bool(absence), bool(options))
        return counts + asked + answers + absence + options


class Server(asyncio.DatagramProtocol):
    def __init__(self, zone, latency):
        self.zone, self.latency, self.count = zone, latency, 0

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, question, address):
        self.count += 1
        if answer := self.zone.answer(question, 512):
            asyncio.get_running_loop().call_later(self.latency, self.transport.sendto, answer, address)

    async def stream(self, reader, writer):
        async def reply(question):
            await asyncio.sleep(self.latency)
            if answer := self.zone.answer(question, None):
                writer.write(struct.pack(">H", len(answer)) + answer)

        replies = set()
        try:
            while True:
                (length,) = struct.unpack(">H", await reader.readexactly(2))
                self.count += 1
                reply_to = asyncio.create_task(reply(await reader.readexactly(length)))
                replies.add(reply_to)
                reply_to.add_done_callback(replies.discard)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def counted(self, ended):
        if not sys.stdin.readline():
            ended.set()
            return
        print(self.count, flush=True)
        self.count = 0


async def serve(zone, latency):
    server, loop, ended = Server(zone, latency), asyncio.get_running_loop(), asyncio.Event()
    tcp = await asyncio.start_server(server.stream, "127.0.0.1", 0)
    port = tcp.sockets[0].getsockname()[1]
    await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", port))
    loop.add_reader(sys.stdin, server.counted, ended)
    print(port, flush=True)
    await ended.wait()


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        asyncio.run(serve(Zone(file.read()), float(sys.argv[2]) / 1000))
