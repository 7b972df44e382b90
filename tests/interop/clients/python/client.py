#!/usr/bin/env python3
"""A complete HeartbeatGateway client that uses only the standard library: client.py HOST PORT SECRET CLIENT_ID

When SECRET is -, the client reads the secret from the environment variable GATEWAY_SECRET, which other users of the machine
cannot see. GATEWAY_KEY_ID is the key id, for a gateway with several keys. The client prints one event per line. It sends each
line of its input as a message, and again after a reconnect until the gateway has acknowledged it. Exit codes: 0 after SIGTERM or
SIGINT, 2 for wrong arguments, 3 after a close with retry: false.
"""
import base64, calendar, collections, hashlib, hmac, json, os, random, re, secrets, select, signal, socket, struct, sys, time

MAGIC, HEADER, PADDING = 0x76, 158, bytes(range(0x21))
MAX_RECEIVED, MAX_SENT = 1 << 20, 1 << 16  # content bytes: limit of this client, limit of the gateway
MAX_KEPT = 100  # messages that are not acknowledged; above it no input is read
CONNECT_TIMEOUT, LONGEST_PAUSE, STABLE_AFTER, CLOSE_TIMEOUT = 10, 60, 30, 2  # seconds


class Ended(Exception):
    """The connection has ended; the message gives the reason."""


NUMBER = re.compile(rb" n=(0|[1-9]\d{0,11}) g=(\d{1,13})")
KEY_ID = os.environ.get("GATEWAY_KEY_ID", "").encode()


def token(key, frame_start, frame_rest):
    mac = hmac.new(key, frame_start + frame_rest, hashlib.sha256).digest()
    return (KEY_ID and KEY_ID + b".") + base64.urlsafe_b64encode(mac).rstrip(b"=")


def field(text):
    return text.encode().ljust(50, b"\0")


def tell(event):
    print("".join(c if c.isprintable() else "?" for c in event), flush=True)


class Client:
    def __init__(self, host, port, secret, client_id):
        self.address, self.client_id = (host, port), client_id
        self.inbound_key = secret.encode()  # signs sent frames
        self.outbound_key = hmac.new(self.inbound_key, b"heartbeatgateway outbound", hashlib.sha256).digest()  # signs received frames
        self.instance, self.attempt, self.session = secrets.token_hex(8), 0, None
        self.wanted_heartbeat = float(os.environ.get("HEARTBEAT_SECONDS", "5"))
        self.clock_offset = float(os.environ.get("CLOCK_OFFSET_SECONDS", "0"))  # to test with a wrong clock
        self.failures, self.slot = 0, None  # for the next pause
        self.connected, self.stopping = False, False
        self.typed, self.input_open = b"", True
        self.kept = collections.deque()  # numbers and contents of messages that are not acknowledged
        self.number, self.sent = 0, 0  # the last number given, the highest one sent
        self.pushes, self.received = None, 0  # the gateway's numbering, the highest number received
        self.wakeup, wake = socket.socketpair()  # a signal must interrupt select
        wake.setblocking(False)
        signal.set_wakeup_fd(wake.detach())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.on_signal)

    def on_signal(self, *_):
        if not self.connected:
            sys.exit(0)
        self.stopping = True  # the connection is closed gracefully first

    def run(self):
        while not self.stopping:
            self.pause()
            self.attempt += 1
            tell(f"connecting attempt={self.attempt}")
            try:
                sock = socket.create_connection(self.address, CONNECT_TIMEOUT)
            except OSError as e:
                tell(f"connect-failed {e}")
                continue
            with sock:
                try:
                    self.connected = True
                    self.run_connection(sock)
                except (Ended, OSError, ValueError, KeyError) as e:
                    tell(f"closed {e}")
                finally:
                    self.connected = False

    def pause(self):
        """Waits for the slot from the gateway; without one, for the backoff, which is capped first and then jittered from 0."""
        seconds = random.random() * min(LONGEST_PAUSE, 2 ** min(self.failures, 10)) if self.slot is None else self.slot
        self.slot, self.failures = None, self.failures + 1
        tell(f"waiting ms={seconds * 1000:.0f}")
        time.sleep(seconds)

    def run_connection(self, sock):
        """Runs one connection from hello to its end. This single loop reads, writes and checks the timeouts, and never blocks."""
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.out, self.heartbeat, self.welcomed = bytearray(), self.wanted_heartbeat, False
        self.generation, self.next = None, 0  # None: ack is not granted; the first number that this connection has not sent
        received = bytearray()
        began = last_read = last_write = last_ping = time.monotonic()
        self.send("hello", json.dumps(self.hello()).encode())
        while not self.stopping:
            now = time.monotonic()
            ping_at = max(last_ping, min(last_read, last_write)) + self.heartbeat
            dead_at = last_read + 2 * self.heartbeat
            if self.welcomed and not self.out:
                self.keep_input()
                self.send_kept()
            # Input is not read without a session, while output is pending or while much is not acknowledged. Its pipe is the queue.
            inputs = [0] if self.input_open and self.welcomed and not self.out and len(self.kept) < MAX_KEPT else []
            readable, writable, _ = select.select(
                [sock, self.wakeup] + inputs, [sock] if self.out else [], [], max(0, min(ping_at, dead_at) - now))
            if sock in writable:
                del self.out[:sock.send(self.out)]
                last_write = time.monotonic()
            if sock in readable:
                data = sock.recv(65536)
                if not data:
                    raise Ended("the gateway ended the stream")
                last_read = time.monotonic()
                if self.welcomed and last_read - began >= STABLE_AFTER:
                    self.failures = 0
                received += data
                self.take_frames(received)
            elif now >= dead_at:  # uses the time before select: after a pause of this process, received bytes are read first
                raise Ended(f"nothing was read for {2 * self.heartbeat:g} s")
            if 0 in readable:
                data = os.read(0, MAX_SENT)
                self.input_open = bool(data)
                self.typed += data or b"\n"
            if now >= ping_at:
                self.send("ping", b"")
                last_ping = now
                tell("ping-sent")
        self.close_gracefully(sock)

    def hello(self):
        hello = {"clientId": self.client_id, "instance": self.instance, "attempt": self.attempt,
                 "nonce": secrets.token_hex(16), "heartbeatSeconds": self.wanted_heartbeat, "features": ["close", "ack"]}
        return hello | ({"resume": self.session} if self.session else {}) | ({"sent": self.sent} if self.sent else {})

    def send(self, kind, content, number=None):
        start = struct.pack(">ii", MAGIC, len(content)) + field(kind)
        date = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + self.clock_offset))  # UTC
        created = field(date if number is None else f"{date} n={number} g={self.generation}")
        self.last_token = token(self.inbound_key, start, created + content)
        self.out += start + self.last_token.ljust(50, b"\0") + created + content

    def take_frames(self, received):
        self.ack_due = False
        while len(received) >= 8:
            magic, length = struct.unpack_from(">ii", received)
            if magic != MAGIC or not 0 <= length <= MAX_RECEIVED:
                raise Ended("no frame where one must start")
            if len(received) < HEADER + length:
                break
            frame = bytes(received[:HEADER + length])
            del received[:HEADER + length]
            if not hmac.compare_digest(frame[58:108].strip(PADDING), token(self.outbound_key, frame[:58], frame[108:])):
                raise Ended("a token does not verify")
            self.handle(frame[8:58].strip(PADDING).decode(errors="replace"), frame[108:158].strip(PADDING), frame[HEADER:])
        if self.ack_due:  # one for all that were read together
            self.send("ack", b"", self.received)

    def handle(self, kind, created, content):
        number = self.number_of(kind, created)
        if kind == "ping":  # an answer or a keep-alive of the gateway; a client never answers it
            tell("pong-received")
        elif kind == "welcome":
            welcome = json.loads(content)
            self.session, self.heartbeat, self.welcomed = welcome["sessionId"], welcome["heartbeatSeconds"], True
            tell(f"welcome session={self.session} generation={welcome['generation']} "
                 f"reconnected={json.dumps(welcome['reconnected'])} resumed={json.dumps(welcome['resumed'])} "
                 f"heartbeat={self.heartbeat}")
            if "ack" in welcome.get("features", []):
                self.on_ack_granted(welcome)
        elif kind == "close":
            self.on_close(json.loads(content))
        elif kind == "ack" and number is not None:
            self.forget(number)
            tell(f"acknowledged through={number}")
        elif number is not None and number <= self.received:
            self.ack_due = True
            tell(f"duplicate number={number}")
        else:
            if number is not None:
                self.received, self.ack_due = number, True
            tell(f"message type={kind} text={content.decode(errors='replace')}")

    def on_close(self, close):
        retry = close.get("retry") is not False
        tell(f"close reason={close.get('reason')} retry={json.dumps(retry)} detail={close.get('detail', '')}")
        if not retry:
            tell("closed for good")
            sys.exit(3)
        if close.get("reason") == "token_expired" and close.get("inReplyTo") == self.last_token.decode():
            # Only an answer to the frame just sent may set the clock. Otherwise a recorded close could set it.
            server_time = calendar.timegm(time.strptime(close["serverTime"], "%Y-%m-%dT%H:%M:%SZ"))
            wrong_by = server_time - (time.time() + self.clock_offset)
            self.clock_offset += wrong_by
            tell(f"clock-corrected by={wrong_by:.0f}")
        if close.get("afterMs") is not None:
            self.slot = max(0, close["afterMs"] / 1000)
        raise Ended("after a close frame")

    def number_of(self, kind, created):
        """Returns the number of a frame; None when it has none, or when the gateway has not granted the feature ack."""
        if self.generation is None or not (kind == "ack" or created.startswith(b" n=", 19)):
            return None
        found = NUMBER.fullmatch(created, 19)
        if not found or int(found[2]) != self.generation:
            raise Ended("a number is not of this connection")
        return int(found[1])

    def on_ack_granted(self, welcome):
        self.generation = welcome["generation"]
        if welcome["pushes"] != self.pushes:  # a new numbering begins with 1
            self.pushes, self.received = welcome["pushes"], 0
        self.send("ack", b"", self.received)
        self.forget(welcome.get("accepted") or 0)

    def forget(self, acknowledged):
        while self.kept and self.kept[0][0] <= acknowledged:
            self.kept.popleft()

    def keep_input(self):
        """Numbers the lines that were read and keeps them, as long as there is room."""
        while len(self.kept) < MAX_KEPT and (b"\n" in self.typed or len(self.typed) >= MAX_SENT):
            line = self.typed.split(b"\n", 1)[0][:MAX_SENT]  # a line that is too long for one message is sent in pieces
            self.typed = self.typed[len(line):].removeprefix(b"\n")
            if line:
                self.number += 1
                self.kept.append((self.number, line))

    def send_kept(self):
        """Sends what this connection has not sent. Without the feature ack, messages have no number and are sent once."""
        for number, content in [message for message in self.kept if message[0] >= self.next]:
            self.send("message", content, number if self.generation else None)
            event = "message-sent" if number > self.sent else "message-resent"
            tell(f"{event} bytes={len(content)}" + (f" number={number}" if self.generation else ""))
            self.sent = max(self.sent, number)
        self.next = self.number + 1
        if not self.generation:
            self.kept.clear()

    def close_gracefully(self, sock):
        """Sends the pending output and FIN, then reads to the end: a close with unread bytes would reset the connection."""
        sock.settimeout(CLOSE_TIMEOUT)
        try:
            sock.sendall(self.out)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
        except OSError as e:  # the peer is gone or takes too long
            print(f"graceful close: {e}", file=sys.stderr)
        tell("closed by the client")
        sys.exit(0)


if __name__ == "__main__":
    if len(sys.argv) != 5 or not sys.argv[2].isdigit() or not re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", sys.argv[4]):
        print("usage: client.py HOST PORT SECRET CLIENT_ID (the id: 1 to 128 of A-Z a-z 0-9 . _ : -)", file=sys.stderr)
        sys.exit(2)
    secret = os.environ.get("GATEWAY_SECRET", "") if sys.argv[3] == "-" else sys.argv[3]
    if len(secret.encode()) < 16:
        print("the secret must have 16 bytes or more", file=sys.stderr)
        sys.exit(2)
    Client(sys.argv[1], int(sys.argv[2]), secret, sys.argv[4]).run()
