"""The servers that are compared: how each is started, and what a heartbeat is in its protocol."""

import base64
import datetime
import glob
import hashlib
import hmac
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SECRET = b"a secret for comparisons only"
CAST_BYTES = 1024
MOSQUITTO = r"listener {port} 127.0.0.1\nallow_anonymous true\nmax_connections -1\npersistence false\n"


def frame(kind, content=b"", secret=None):
    """A frame of the gateway's protocol; without a secret its token stays empty."""
    head = (0x76).to_bytes(4, "big") + len(content).to_bytes(4, "big") + kind.ljust(50, b"\0")
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S").encode().ljust(50, b"\0")
    token = b""
    if secret:
        token = base64.urlsafe_b64encode(hmac.new(secret, head + date + content, hashlib.sha256).digest()).rstrip(b"=")
    return head + token.ljust(50, b"\0") + date + content


class Server:
    """One kind of server. `request` is made anew for each run, since tokens age."""

    program = None  # what must be installed, where the command does not say it
    first = None  # bytes sent after connecting, and how many bytes answer them
    cast_order = None
    answer_bytes = 158
    gives_up_the_silent = False  # within the time that other servers take to start

    def __init__(self, name, command, environment=None):
        self.name, self.command, self.environment = name, command, environment or {}

    def request(self):
        return frame(b"ping")

    def start(self, port, core):
        """Starts it on one core. Its output goes to a file that is shown when it does not start."""
        self.output = tempfile.TemporaryFile()
        command = [word.replace("{port}", str(port)).replace("{next}", str(port + 1)) for word in self.command]
        environment = {**os.environ, **{k: v.replace("{port}", str(port)).replace("{next}", str(port + 1)) for k, v in self.environment.items()}}
        return subprocess.Popen(["taskset", "-c", str(core), *command], env=environment, stdout=self.output, stderr=self.output)


class Floor(Server):
    cast_order = staticmethod(lambda: frame(b"broadcast"))


class Gateway(Server):
    """Everything at its default; the one setting is the secret, which has none."""

    gives_up_the_silent = True

    def __init__(self, name, dll):
        super().__init__(name, ["dotnet", dll], {
            "ASPNETCORE_ENVIRONMENT": "Production",
            "ASPNETCORE_URLS": "http://127.0.0.1:{next}",
            "Gateway__Tcp__Endpoint": "0.0.0.0:{port}",
            "Gateway__Tokens__Keys__0__Secret": SECRET.decode(),
        })

    def request(self):
        return frame(b"ping", secret=SECRET)


class CastingGateway(Gateway):
    """The service in a host whose message sink broadcasts on demand, to clients that only receive for longer than the default lets them."""

    def __init__(self, name, dll):
        super().__init__(name, dll)
        self.environment["Gateway__Heartbeat__ReaderIdle"] = "00:01:00"

    cast_order = staticmethod(lambda: frame(b"broadcast", b"x" * CAST_BYTES, SECRET))


class Nats(Server):
    answer_bytes = len(b"PONG\r\n")
    # Its INFO line, which comes first, is of a length that differs: whatever comes before the measuring is not counted.
    first = (b'CONNECT {"verbose":false,"pedantic":false}\r\nPING\r\n', 0)

    def request(self):
        return b"PING\r\n"


class Mosquitto(Server):
    answer_bytes = 2
    program = "mosquitto"

    # CONNECT of MQTT 3.1.1: clean session, keep alive 300 s, no client id; answered with CONNACK.
    first = (bytes([0x10, 12, 0, 4]) + b"MQTT" + bytes([4, 2, 1, 44, 0, 0]), 4)

    def request(self):
        return b"\xc0\x00"


class Redis(Server):
    answer_bytes = len(b"+PONG\r\n")

    def request(self):
        return b"PING\r\n"


def netty_jars():
    return ":".join(jar for module in ("common", "buffer", "resolver", "transport", "codec", "handler")
                    for jar in glob.glob(f"/usr/share/java/netty-{module}.jar"))


def all_servers(build):
    """Every server that can be started here, by name; `build` is where the compiled ones stand."""
    return {server.name: server for server in (
        Floor("floor (C, epoll)", [f"{build}/floor", "{port}"]),
        Server("bare Kestrel, tuned", ["dotnet", f"{ROOT}/tests/bench/bare/bin/Release/net10.0/kestrel-bare.dll", "{port}"]),
        Gateway("HeartbeatGateway", f"{ROOT}/src/HeartbeatGateway/bin/Release/net10.0/HeartbeatGateway.dll"),
        CastingGateway("HeartbeatGateway, casting", f"{ROOT}/tests/support/FaultHost/bin/Release/net10.0/HeartbeatGateway.FaultHost.dll"),
        Nats("nats-server PING", ["nats-server", "-a", "127.0.0.1", "-p", "{port}"]),
        Mosquitto("mosquitto PINGREQ", ["sh", "-c", f"printf '{MOSQUITTO}' >{build}/mosquitto.conf && exec mosquitto -c {build}/mosquitto.conf"]),
        Redis("redis PING", ["redis-server", "--port", "{port}", "--bind", "127.0.0.1", "--protected-mode", "no", "--save", "", "--maxclients", "19900"]),
        Server("article on Netty", ["java", "-Xmx1g", "-cp", f"{build}/netty:{netty_jars()}", "bench.ArticleServer", "{port}"]),
    )}
