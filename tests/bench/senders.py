"""Clients that send messages which the server acknowledges: for each protocol the handshake, a message, and how acknowledgements are read."""

import base64
import datetime
import hashlib
import hmac
import json
import os

import servers


class Sender:
    """One connection. Each message gets a number, from 1 on; `acknowledged` is how many the server has confirmed."""

    def __init__(self, number, content):
        self.number, self.content = number, content
        self.sent = self.acknowledged = 0
        self.received = b""

    def hello(self):
        """The bytes sent after connecting. `ready` tells when the server has answered them."""
        return b""

    def feed(self, data):
        """Takes bytes of the server, and returns bytes that have to be sent in return."""
        self.received += data
        return b""

    def messages(self, count):
        return b"".join(self.message() for _ in range(count))


class GatewaySender(Sender):
    """Numbered frames, acknowledged by cumulative `ack` frames; docs/protocol.md, part 5."""

    HEADER = 158

    def __init__(self, number, content):
        super().__init__(number, content)
        self.generation = None
        self.type = b"message".ljust(50, b"\0")
        self.start = (0x76).to_bytes(4, "big") + len(content).to_bytes(4, "big") + self.type
        self.date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S").encode()

    ready = property(lambda self: self.generation is not None)

    def hello(self):
        hello = {"clientId": f"bench-{self.number}", "instance": "bench", "nonce": os.urandom(16).hex(), "features": ["ack"]}
        return servers.frame(b"hello", json.dumps(hello, separators=(",", ":")).encode(), servers.SECRET)

    def numbered(self, start, content, number):
        created = (self.date + b" n=%d g=%d" % (number, self.generation)).ljust(50, b"\0")
        token = base64.urlsafe_b64encode(hmac.digest(servers.SECRET, start + created + content, hashlib.sha256))[:43]
        return start + token.ljust(50, b"\0") + created + content

    def message(self):
        self.sent += 1
        return self.numbered(self.start, self.content, self.sent)

    def feed(self, data):
        reply = super().feed(data)
        at = 0
        while len(self.received) - at >= self.HEADER:
            length = int.from_bytes(self.received[at + 4:at + 8], "big")
            if len(self.received) - at < self.HEADER + length:
                break
            kind = self.received[at + 8:at + 58].rstrip(b"\0")
            if kind == b"ack":
                self.acknowledged = int(self.received[at + 108:at + self.HEADER].split(b" n=")[1].split(b" ")[0])
            elif kind == b"welcome":
                self.generation = json.loads(self.received[at + self.HEADER:at + self.HEADER + length])["generation"]
                reply += self.numbered((0x76).to_bytes(4, "big") + bytes(4) + b"ack".ljust(50, b"\0"), b"", 0)
            elif kind == b"close":
                raise SystemExit(f"the gateway closed: {self.received[at + self.HEADER:at + self.HEADER + length]!r}")
            at += self.HEADER + length
        self.received = self.received[at:]
        return reply


class JetStreamSender(Sender):
    """Publishes with a reply subject; the stream answers each message when it has stored it."""

    ready = False

    def hello(self):
        stream = json.dumps({"name": "bench", "subjects": ["bench.>"], "storage": "memory", "max_bytes": 64 << 20, "discard": "old"})
        return (b'CONNECT {"verbose":false,"pedantic":false}\r\nSUB _INBOX.%d 1\r\nSUB _CREATED.%d 2\r\n' % (self.number, self.number)
                + b"PUB $JS.API.STREAM.CREATE.bench _CREATED.%d %d\r\n%s\r\n" % (self.number, len(stream), stream.encode()))

    def message(self):
        self.sent += 1
        return b"PUB bench.%d _INBOX.%d %d\r\n%s\r\n" % (self.number, self.number, len(self.content), self.content)

    def feed(self, data):
        reply = super().feed(data)
        lines = self.received.split(b"\r\n")
        self.received = lines.pop()
        for line in lines:
            if line.startswith(b"MSG _INBOX."):
                self.acknowledged += 1
            elif line.startswith(b"MSG _CREATED."):
                self.ready = True
            elif line.startswith(b"-ERR") or b'"error"' in line:
                raise SystemExit(f"nats-server: {line!r}")
            elif line == b"PING":
                reply += b"PONG\r\n"
        return reply


class MqttSender(Sender):
    """PUBLISH with QoS 1, answered with PUBACK. Nobody subscribes, so the broker stores nothing and sends nothing on."""

    ready = False

    def hello(self):
        name = b"bench-%d" % self.number
        body = b"\0\4MQTT" + bytes([4, 2, 1, 44]) + len(name).to_bytes(2, "big") + name
        return bytes([0x10, len(body)]) + body

    def message(self):
        self.sent += 1
        topic = b"bench/%d" % self.number
        body = len(topic).to_bytes(2, "big") + topic + ((self.sent - 1) % 65535 + 1).to_bytes(2, "big") + self.content
        length = bytes([len(body) % 128 | 0x80, len(body) // 128]) if len(body) > 127 else bytes([len(body)])
        return b"\x32" + length + body

    def feed(self, data):
        reply = super().feed(data)
        while len(self.received) >= 4:
            if self.received[0] not in (0x20, 0x40):
                raise SystemExit(f"mosquitto: {self.received[:16]!r}")
            if self.received[0] == 0x20:
                self.ready = True
            else:
                self.acknowledged += 1
            self.received = self.received[4:]
        return reply
