"""The compared servers: how each is started, and the heartbeat of its protocol."""

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
    """A frame of the gateway's protocol. Without a secret its token is empty."""
    head = (0x76).to_bytes(4, "big") + len(content).to_bytes(4, "big") + kind.ljust(50, b"\0")
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S").encode().ljust(50, b"\0")
    token = b""
    if secret:
        token = base64.urlsafe_b64encode(hmac.new(secret, head + date + content, hashlib.sha256).digest()).rstrip(b"=")
    return head + token.ljust(50, b"\0") + date + content


class Server:
    """One kind of server. `request` is created for each run, since tokens expire."""

    program = None  # the program that must be installed, if the command does not start with it
    first = None  # the bytes sent after connecting, and the number of bytes of their answer
    cast_order = None
    answer_bytes = 158
    closes_idle_clients = False  # within the time that other servers take to start

    def __init__(self, name, command, environment=None):
        self.name, self.command, self.environment = name, command, environment or {}

    def request(self):
        return frame(b"ping")

    def start(self, port, core):
        """Starts the server on one core. Its output goes to a file, which is printed if it does not start."""
        self.output = tempfile.TemporaryFile()
        command = [word.replace("{port}", str(port)).replace("{next}", str(port + 1)) for word in self.command]
        environment = {**os.environ, **{k: v.replace("{port}", str(port)).replace("{next}", str(port + 1)) for k, v in self.environment.items()}}
        return subprocess.Popen(["taskset", "-c", str(core), *command], env=environment, stdout=self.output, stderr=self.output)


class Floor(Server):
    cast_order = staticmethod(lambda: frame(b"broadcast"))


class Gateway(Server):
    """The gateway with all settings at their defaults, except the secret, which has no default, and the ports."""

    closes_idle_clients = True

    def __init__(self, name, dll, transport="Sockets"):
        super().__init__(name, ["dotnet", dll], {
            "ASPNETCORE_ENVIRONMENT": "Production",
            "ASPNETCORE_URLS": "http://127.0.0.1:{next}",
            "Gateway__Tcp__Endpoint": "0.0.0.0:{port}",
            "Gateway__Tcp__Transport": transport,
            "Gateway__Tokens__Keys__0__Secret": SECRET.decode(),
        })

    def request(self):
        return frame(b"ping", secret=SECRET)


class CastingGateway(Gateway):
    """The service in a host whose message sink broadcasts on command. Its idle timeout is longer than the default, since the clients only receive."""

    def __init__(self, name, dll, transport="Sockets"):
        super().__init__(name, dll, transport)
        self.environment["Gateway__Heartbeat__ReaderIdle"] = "00:01:00"

    cast_order = staticmethod(lambda: frame(b"broadcast", b"x" * CAST_BYTES, SECRET))


class Nats(Server):
    answer_bytes = len(b"PONG\r\n")
    # The server first sends an INFO line of varying length, so the bytes received before the measurement are not counted.
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
    """All servers by name. `build` is the folder of the binaries that run.sh built."""
    return {server.name: server for server in (
        Floor("floor (C, epoll)", [f"{build}/floor", "{port}"]),
        Server("bare Kestrel, tuned", ["dotnet", f"{ROOT}/tests/bench/bare/bin/Release/net10.0/kestrel-bare.dll", "{port}"]),
        Server("bare Kestrel, epoll", ["dotnet", f"{ROOT}/tests/bench/bare/bin/Release/net10.0/kestrel-bare.dll", "{port}", "epoll"]),
        Gateway("HeartbeatGateway", f"{build}/published/HeartbeatGateway.dll"),
        Gateway("HeartbeatGateway, epoll", f"{build}/published/HeartbeatGateway.dll", "Epoll"),
        CastingGateway("HeartbeatGateway, casting", f"{ROOT}/tests/support/FaultHost/bin/Release/net10.0/HeartbeatGateway.FaultHost.dll"),
        CastingGateway("HeartbeatGateway, epoll, casting", f"{ROOT}/tests/support/FaultHost/bin/Release/net10.0/HeartbeatGateway.FaultHost.dll", "Epoll"),
        Nats("nats-server PING", ["nats-server", "-a", "127.0.0.1", "-p", "{port}"]),
        Mosquitto("mosquitto PINGREQ", ["sh", "-c", f"printf '{MOSQUITTO}' >{build}/mosquitto.conf && exec mosquitto -c {build}/mosquitto.conf"]),
        Redis("redis PING", ["redis-server", "--port", "{port}", "--bind", "127.0.0.1", "--protected-mode", "no", "--save", "", "--maxclients", "19900"]),
        Server("article on Netty", ["java", "-Xmx1g", "-cp", f"{build}/netty:{netty_jars()}", "bench.ArticleServer", "{port}"]),
    )}
