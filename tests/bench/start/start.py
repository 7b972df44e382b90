#!/usr/bin/env python3
"""Measures the time from the start of the gateway's process to the first pong of the first client, and the size of the gateway.

    tests/bench/start/start.py                      publishes plain and ReadyToRun, as the Dockerfile does, and compares them
    tests/bench/start/start.py FOLDER[:VAR=value]…  compares published folders, each with additional environment variables

The variants take turns, so that other work of the machine affects all of them. Nothing else should run meanwhile.
"""
import argparse
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
SERVICE = ROOT / "src/HeartbeatGateway/HeartbeatGateway.csproj"
SECRET = "correct horse battery staple"
sys.path.insert(0, str(ROOT / "tests/vectors"))
import generate  # noqa: E402


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def pong(port, give_up, process):
    """Connects as soon as the port is open, sends a ping and waits for the answer."""
    now = int(time.time())
    ping = bytes.fromhex(generate.vector("ping", keys={"k1": SECRET}, created_unix=now, now=now)["frame"])
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
                sock.sendall(ping)
                answer = sock.recv(158, socket.MSG_WAITALL)
                assert len(answer) == 158 and answer[8:12] == b"ping", answer
                return
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > give_up:
                raise SystemExit(f"the gateway did not start: {process.communicate()[0].decode()}")
            time.sleep(0.001)


def start(folder, variables):
    """Starts the gateway once; returns the milliseconds until the first pong, and the resident memory at that time, in MB."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("Gateway__", "ASPNETCORE_", "DOTNET_Tiered"))} | {
        "ASPNETCORE_URLS": f"http://127.0.0.1:{free_port()}", "Gateway__Tcp__Endpoint": f"127.0.0.1:{port}",
        "Gateway__Tokens__Keys__0__Secret": SECRET, "Gateway__Draining__Duration": "00:00:00", "DOTNET_EnableDiagnostics": "0",
    } | variables
    began = time.monotonic()
    process = subprocess.Popen(["dotnet", str(folder / "HeartbeatGateway.dll")], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        pong(port, began + 30, process)
        took = (time.monotonic() - began) * 1000
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        return took, int(status.split("VmRSS:")[1].split()[0]) / 1024
    finally:
        process.terminate()
        process.communicate()


def publish(folder):
    plain = ["dotnet", "publish", str(SERVICE), "--configuration", "Release", "--nologo", "--verbosity", "quiet", "-p:UseAppHost=false",
             "-p:ArtifactsPath=" + str(folder / "build")]
    subprocess.run([*plain, "-p:PublishReadyToRun=false", "--output", str(folder / "plain")], check=True)
    subprocess.run([*plain, "-p:PublishReadyToRun=true", "--runtime", "linux-x64", "--self-contained", "false", "--output", str(folder / "ready-to-run")], check=True)
    return [str(folder / "plain"), str(folder / "ready-to-run")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variants", nargs="*", metavar="FOLDER[:VAR=value]")
    parser.add_argument("--starts", type=int, default=11)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="heartbeatgateway-start-") as folder:
        variants = {v: (pathlib.Path(v.split(":")[0]), dict(p.split("=", 1) for p in v.split(":")[1:])) for v in options.variants or publish(pathlib.Path(folder))}
        results = {v: [] for v in variants}
        for _ in range(options.starts):
            for name, variant in variants.items():
                results[name].append(start(*variant))
        for name, (path, _) in variants.items():
            times, memory = zip(*results[name])
            size = sum(f.stat().st_size for f in path.rglob("*") if f.is_file()) / 1e6
            label = name if options.variants else path.name
            print(f"{label}: first pong after {statistics.median(times):.0f} ms (median of {len(times)}, {min(times):.0f} to {max(times):.0f}); "
                  f"{size:.1f} MB on disk, {statistics.median(memory):.0f} MB resident")


if __name__ == "__main__":
    main()
