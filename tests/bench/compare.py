#!/usr/bin/env python3
"""Compares the gateway with a floor, a bare Kestrel handler and other servers in one run, and prints tables.

The server uses one core and the load generator the other. The results are the ratios within one run. Start it with `run.sh`, which builds and
installs everything it needs.

    tests/bench/run.sh [--rounds N] [--seconds S] [--only NAME,NAME] [--tests ping10k,ping100,deep,storm,cast,memory,idle]
"""

import argparse
import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

import servers

SERVER_CORE, LOAD_CORE = 0, 1
MANY, FEW = 18_500, 100
SETTLE = 2
WARM_UP_ROUNDS = 5
MOST_SILENCE = 5
MEMORY_ROUNDS = 3
CASTS = 12  # only the last one is measured: by then tiered compilation has settled


def free_port():
    """A free port whose successor is free too."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                two.bind(("127.0.0.1", port + 1))
                return port


class Running:
    """A running server, and the load generator for it."""

    def __init__(self, server, build):
        self.server, self.build = server, build

    def __enter__(self):
        self.port = free_port()
        self.process = self.server.start(self.port, SERVER_CORE)
        began = time.monotonic()
        while True:
            if self.process.poll() is not None or time.monotonic() - began > 30:
                self.server.output.seek(0)
                raise SystemExit(f"{self.server.name} did not start:\n{self.server.output.read().decode(errors='replace')}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                break
            time.sleep(0.05)
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def file(self, content):
        path = f"{self.build}/request-{hashlib.sha256(content).hexdigest()[:16]}"
        with open(path, "wb") as out:
            out.write(content)
        return path

    def command(self, mode, clients, seconds, request, answer_bytes, *options):
        command = ["taskset", "-c", str(LOAD_CORE), f"{self.build}/load", mode, str(self.port), str(clients), str(seconds),
                   self.file(request), str(answer_bytes), "--pid", str(self.process.pid), *options]
        return command

    def load(self, mode, clients, seconds, request, answer_bytes, *options):
        result = subprocess.run(self.command(mode, clients, seconds, request, answer_bytes, *options), capture_output=True, text=True)
        if result.returncode != 0:
            raise SystemExit(f"{self.server.name}: {result.stdout}{result.stderr}")
        return json.loads(result.stdout)

    def first(self):
        if self.server.first is None:
            return []
        content, answer_bytes = self.server.first
        return ["--first", f"{self.file(content)}:{answer_bytes}"]

    def ping(self, clients, seconds, *options):
        return self.load("ping", clients, seconds, self.server.request(), self.server.answer_bytes, *self.first(), *options)


def microseconds_per_ping(run):
    return run["processor_s"] / run["answers"] * 1e6


class Slices:
    """A server with connected clients, which is measured in slices of time."""

    def __init__(self, running, clients, *options):
        self.running = running
        command = running.command("ping", clients, 0, running.server.request(), running.server.answer_bytes, *running.first(), *options, "--slices", "yes")
        self.load = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, seconds):
        self.load.stdin.write(f"{seconds}\n")
        self.load.stdin.flush()
        return json.loads(self.load.stdout.readline() or sys.exit(f"{self.running.server.name} lost its clients"))

    def close(self):
        self.load.stdin.close()
        if self.load.wait() != 0:
            sys.exit(f"{self.running.server.name} lost clients")


# Number of clients, options of the load generator, and the figure computed from a slice.
PINGS = {
    "ping10k": (10_000, [], microseconds_per_ping),
    "ping100": (100, [], microseconds_per_ping),
    "deep": (100, ["--deep", "16"], lambda run: run["per_s"]),
}


def in_turns(taking_part, build, kind, rounds, seconds):
    """All servers run at once and are measured in turns, one slice each per round. So a temporary slowdown of the machine affects all of them."""
    clients, options, figure = PINGS[kind]
    figures = {name: [] for name in taking_part}
    with contextlib.ExitStack() as stack:
        slices = {}
        # Servers that close idle clients start last: mosquitto takes eight seconds for 10,000 connects, which is longer than their idle timeout.
        for name, server in sorted(taking_part.items(), key=lambda one: one[1].closes_idle_clients):
            slices[name] = Slices(stack.enter_context(Running(server, build)), clients, *options)
            stack.callback(slices[name].close)
            # Keeps the clients of running servers active while the other servers start and their clients connect.
            for one in slices.values():
                one.run(min(seconds, 0.1))
        # Shorter slices with many servers, so that no client is idle for longer than a server's idle timeout.
        seconds = min(seconds, MOST_SILENCE / len(slices))
        for number in range(-WARM_UP_ROUNDS, rounds):
            for name, one in ((name, slices[name]) for name in taking_part):
                value = figure(one.run(seconds))
                # Warm-up rounds do not count, until tiered compilation has settled.
                if number >= 0:
                    figures[name].append(value)
                    print(f"{kind} round {number + 1} {name}: {value:.4g}", file=sys.stderr)
    return figures


def measure(server, build, kind, seconds):
    """One figure of one server, in a new process."""
    with Running(server, build) as running:
        if kind == "storm":
            content, answer_bytes = server.first if server.first and server.first[1] else (server.request(), server.answer_bytes)
            return running.load("storm", MANY, 0, content, answer_bytes)["elapsed_s"]
        if kind == "memory":
            # The process has served before, so that its start and its code are not counted as memory of the clients.
            running.ping(FEW, 1)
            time.sleep(SETTLE)
            before = resident(running.process.pid)
            run = running.ping(MANY, max(seconds, 10), "--every", "5")
            return (run["resident_bytes"] - before) / MANY, run["resident_bytes"] / MANY
        if kind == "cast":
            first = running.file(server.request())
            options = ["--first", f"{first}:158", "--settle", "1", "--casts", str(CASTS)]
            return running.load("cast", MANY, 0, server.cast_order(), 158 + servers.CAST_BYTES, *options)["elapsed_s"]
        raise ValueError(kind)


def resident(pid):
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def detection(server, build, seconds):
    """How late the gateway closes silent clients while 10,000 others ping as fast as they are answered: the p99 bucket of its histogram."""
    with Running(server, build) as running:
        silent = []
        for _ in range(500):
            client = socket.create_connection(("127.0.0.1", running.port))
            client.sendall(server.request())
            silent.append(client)
        running.ping(10_000, seconds + 10)
        page = urllib.request.urlopen(f"http://127.0.0.1:{running.port + 1}/metrics").read().decode()
        buckets = re.findall(r'^heartbeatgateway_idle_detection_delay_seconds_bucket\{le="([^"]+)"\} (\d+)', page, re.M)
        found = int(buckets[-1][1])
        bound = next(le for le, count in buckets if int(count) >= 0.99 * found)
        return found, bound


KINDS = {
    "ping10k": ("processor time per ping, 10,000 connections", "µs", 1),
    "ping100": ("processor time per ping, 100 connections", "µs", 1),
    "deep": ("pings a second, 100 connections, 16 deep", "k/s", 1e-3),
    "storm": (f"{MANY:,} connects, each answered once", "s", 1),
    "cast": (f"1 KiB to {MANY:,} clients", "s", 1),
}


def table(kind, figures):
    title, unit, scale = KINDS[kind]
    floor, bare = (next((f for name, f in figures.items() if name.startswith(prefix)), None) for prefix in ("floor", "bare"))
    lines = [f"### {title}", "", f"| server | median, {unit} | of the rounds | × floor | × bare Kestrel |", "| --- | --- | --- | --- | --- |"]
    for name, values in figures.items():
        def ratio(to):
            # The ratio of each round, since both were measured in it under the same conditions.
            return f"{statistics.median(a / b for a, b in zip(values, to)):.2f}" if to else ""
        rounds = ", ".join(f"{v * scale:.3g}" for v in values)
        lines.append(f"| {name} | {statistics.median(values) * scale:.3g} | {rounds} | {ratio(floor)} | {ratio(bare)} |")
    return "\n".join(lines) + "\n"


def machine():
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "unknown processor")
    commit = subprocess.run(["git", "-C", servers.ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}; commit {commit}"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", required=True, help="the folder of the binaries that run.sh built")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--only", help="only servers whose names start with one of these, separated by commas")
    options.add_argument("--tests", default="ping10k,ping100,deep,storm,cast,memory,idle")
    options.add_argument("--out", help="also write the tables to this file")
    chosen = options.parse_args()
    known = servers.all_servers(chosen.build)
    if chosen.only:
        known = {name: s for name, s in known.items() if any(name.lower().startswith(o.lower()) for o in chosen.only.split(","))}
    for name in [name for name, s in known.items() if not shutil.which(s.program or s.command[0])]:
        print(f"{name} is not installed and is left out", file=sys.stderr)
        del known[name]

    sections = [f"{machine()}\n\n`tests/bench/run.sh {' '.join(a for a in sys.argv[1:] if a != '--build' and a != chosen.build)}`: {chosen.rounds} rounds, "
                "every server once in each, the server on one core and the load on the other.\n"]
    for kind in chosen.tests.split(","):
        if kind in ("memory", "idle"):
            continue
        casting = kind == "cast"
        taking_part = {n: s for n, s in known.items() if (s.cast_order is not None) == casting or (casting is False and n.startswith("floor"))}
        if kind == "storm":
            taking_part = {n: s for n, s in taking_part.items() if not n.startswith("nats")}
        if kind in PINGS:
            figures = in_turns(taking_part, chosen.build, kind, chosen.rounds, chosen.seconds)
        else:
            figures = {name: [] for name in taking_part}
            for number in range(chosen.rounds):
                for name, server in taking_part.items():
                    figures[name].append(measure(server, chosen.build, kind, chosen.seconds))
                    print(f"{kind} round {number + 1} {name}: {figures[name][-1]:.4g}", file=sys.stderr)
        sections.append(table(kind, figures))
    if "memory" in chosen.tests.split(","):
        lines = [f"### {MANY:,} idle connections, a ping each 5 s", "",
                 "| server | bytes a connection above the empty process, median | of the rounds | whole process, bytes a connection |", "| --- | --- | --- | --- |"]
        taking_part = {n: s for n, s in known.items() if s.cast_order is None or n.startswith("floor")}
        figures = {name: [] for name in taking_part}
        for _ in range(min(chosen.rounds, MEMORY_ROUNDS)):
            for name, server in taking_part.items():
                figures[name].append(measure(server, chosen.build, "memory", chosen.seconds))
                print(f"memory {name}: {figures[name][-1][0]:.0f} {figures[name][-1][1]:.0f}", file=sys.stderr)
        for name, values in figures.items():
            above, whole = (statistics.median(v) for v in zip(*values))
            lines.append(f"| {name} | {above:,.0f} | {', '.join(f'{v[0]:,.0f}' for v in values)} | {whole:,.0f} |")
        sections.append("\n".join(lines) + "\n")
    if "idle" in chosen.tests.split(",") and "HeartbeatGateway" in known:
        found, bound = detection(known["HeartbeatGateway"], chosen.build, chosen.seconds)
        sections.append(f"### Silent clients under full load\n\n{found} clients that fell silent while 10,000 others pinged as fast as they were answered: 99 of 100 were found at most {bound} s after their limit.\n")
    text = "\n".join(sections)
    print(text)
    if chosen.out:
        with open(chosen.out, "w") as out:
            out.write(text)


if __name__ == "__main__":
    main()
