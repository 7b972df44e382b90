#!/usr/bin/env python3
"""Measures the memory of an idle client: in the gateway's process, and in the kernel for its socket.

    tests/bench/memory.py FOLDER [--clients 9000] [--websocket]

FOLDER is a published gateway. Clients are sockets of this process, so each connection has two ends on this machine; figures that the
kernel counts for both ends are halved. Each client pings once, so that the gateway counts it as connected, and is idle during the
measurement. With --websocket the clients send it over WebSockets. Nothing else should open connections meanwhile.
"""
import argparse
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "start"))
import start  # noqa: E402
from start import SECRET, free_port, generate  # noqa: E402

PAGE = resource.getpagesize()


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def slab():
    return int(re.search(r"^Slab:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)[1]) * 1024


def socket_pages():
    return int(re.search(r"^TCP: .* mem (\d+)", pathlib.Path("/proc/net/sockstat").read_text(), re.M)[1])


def buffers(port):
    """From ss, for the gateway's ends: their number, the bytes in their buffers (sum of r, t and f), and the buffer limits rb and tb."""
    listing = subprocess.run(["ss", "-tmnH", "state", "established", f"( sport = :{port} )"], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"skmem:\(r(\d+),rb(\d+),t(\d+),tb(\d+),f(\d+)", listing)
    held = sum(int(r) + int(t) + int(f) for r, _, t, _, f in found)
    return len(found), held, int(found[0][1]), int(found[0][3])


def upgrade(client):
    """A request whose answer is a WebSocket; the key is that of RFC 6455, section 1.3."""
    client.sendall(b"GET /ws HTTP/1.1\r\nHost: gateway\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    assert head.startswith(b"HTTP/1.1 101 "), head


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--clients", type=int, default=9000)
    parser.add_argument("--websocket", action="store_true")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    port = free_port()
    environment = dict(os.environ) | {
        "ASPNETCORE_URLS": f"http://127.0.0.1:{free_port()}", "Gateway__Tcp__Endpoint": f"127.0.0.1:{port}", "Gateway__Tokens__Keys__0__Secret": SECRET,
        "Gateway__Draining__Duration": "00:00:00", "Gateway__Heartbeat__ReaderIdle": "00:10:00", "Serilog__MinimumLevel__Default": "Warning",
    }
    websocket = free_port()
    if options.websocket:
        environment["Gateway__WebSocket__Endpoint"] = f"127.0.0.1:{websocket}"
    process = subprocess.Popen(["dotnet", str(options.folder / "HeartbeatGateway.dll")], env=environment, stdout=subprocess.DEVNULL)
    clients = []
    try:
        start.pong(port, time.monotonic() + 30, process)
        time.sleep(2)
        before = resident(process.pid), slab(), socket_pages()
        now = int(time.time())
        ping = bytes.fromhex(generate.vector("ping", keys={"k1": SECRET}, created_unix=now, now=now)["frame"])
        for _ in range(options.clients):
            client = socket.create_connection(("127.0.0.1", websocket if options.websocket else port))
            if options.websocket:
                upgrade(client)
            # A binary message whose mask is 0; the answer has no mask.
            client.sendall(b"\x82\xfe\x00\x9e" + bytes(4) + ping if options.websocket else ping)
            clients.append(client)
        answer = 4 + 158 if options.websocket else 158
        for client in clients:
            assert len(client.recv(answer, socket.MSG_WAITALL)) == answer
        time.sleep(5)
        after = resident(process.pid), slab(), socket_pages()
        process_bytes, slab_bytes, pages = (a - b for a, b in zip(after, before))
        count, held, receive, send = buffers(websocket if options.websocket else port)
        n = options.clients
        print(f"{count} clients; of each, in bytes:")
        print(f"  process (VmRSS)                 {process_bytes / n:8.0f}")
        print(f"  kernel objects (Slab, one end)  {slab_bytes / n / 2:8.0f}")
        print(f"  socket buffers (ss -m: r+t+f)   {held / count:8.0f}   may grow to rb {receive}, tb {send}")
        print(f"  charged to net.ipv4.tcp_mem     {pages * PAGE / n / 2:8.0f}   ({pages} pages of /proc/net/sockstat for both ends)")
    finally:
        for client in clients:
            client.close()
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
