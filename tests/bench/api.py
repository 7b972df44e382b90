#!/usr/bin/env python3
"""Compares the pings of a steady fleet with and without callers of the HTTP API that list all clients over and over, in turns of one run.

Start it with `run.sh --api`, which builds what it needs.

    tests/bench/run.sh --api [--rounds N] [--clients N] [--callers N] [--requests-per-second N] [--cores both|split]

A fleet of clients pings every 5 s, so a slice of 5 s holds one ping of each. Slices without and with callers alternate. By default the server uses one
core, and load generator and callers the other; callers give way to the load generator (nice 19), whose times are measured.
"""

import argparse
import json
import statistics
import subprocess
import sys

import compare
import servers

INTERVAL = 5  # seconds between two pings of a client, and the length of a slice
CALLING = INTERVAL - 0.5  # seconds of a slice in which callers call
WARM_UP_ROUNDS = 2


class Callers:
    def __init__(self, port, count, core):
        self.process = subprocess.Popen(["nice", "-n", "19", "taskset", "-c", core, sys.executable, f"{servers.HERE}/callers.py", str(port), str(count)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()

    def result(self):
        return json.loads(self.process.stdout.readline() or sys.exit("the callers failed"))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def processor_ms(quiet, busy, pages):
    """The gateway's processor time for a page, in milliseconds."""
    return (busy["processor_s"] - quiet["processor_s"]) * 1000 / pages["pages"]


def measure(options):
    gateway = servers.all_servers(options.build)["HeartbeatGateway"]
    gateway.environment["Gateway__Admin__RequestsPerSecond"] = str(options.requests_per_second)
    # Between two slices the clients send nothing, for longer on a busy machine.
    gateway.environment["Gateway__Heartbeat__ReaderIdle"] = "00:00:20"
    gateway.environment.update(variable.split("=", 1) for variable in options.env)
    if options.cores == "both":
        compare.SERVER_CORE, compare.LOAD_CORE = "0-1", "0-1"
    rounds = []
    with compare.Running(gateway, options.build) as running:
        fleet = compare.Slices(running, options.clients, "--every", str(INTERVAL))
        callers = Callers(running.port + 1, options.callers, str(compare.LOAD_CORE))
        for number in range(-WARM_UP_ROUNDS, options.rounds):
            quiet = fleet.run(INTERVAL)
            # Ends before the slice does, so that no page is in flight when the next one begins.
            callers.start(CALLING)
            busy = fleet.run(INTERVAL)
            pages = callers.result()
            if number >= 0:
                rounds.append((quiet, busy, pages))
                print(f"round {number + 1}: p99 {quiet['p99_us']:.0f} and {busy['p99_us']:.0f} µs, p50 {quiet['p50_us']:.0f} and {busy['p50_us']:.0f} µs, "
                      f"{pages['pages'] / CALLING:.0f} pages/s, {processor_ms(quiet, busy, pages):.1f} ms of processor time a page", file=sys.stderr)
        callers.close()
        fleet.close()
    return rounds


def table(rounds, options):
    def row(title, figure, unit):
        without, having = [figure(r[0]) for r in rounds], [figure(r[1]) for r in rounds]
        ratio = statistics.median(b / a for a, b in zip(without, having))
        shown = " | ".join(f"{statistics.median(v):,.0f} ({', '.join(f'{x:,.0f}' for x in v)})" for v in (without, having))
        return f"| {title}, {unit} | {shown} | {ratio:.2f} |"

    pages = statistics.median(r[2]["pages"] / CALLING for r in rounds)
    wait = statistics.median(r[2]["p50_ms"] for r in rounds)
    lost = rounds[-1][1]["lost"]  # since the start
    return "\n".join([
        f"{compare.machine()}\n",
        f"### Pings of {options.clients:,} clients while {options.callers} callers list them\n",
        "| | without callers, median (of the rounds) | with callers | median of the ratios |", "| --- | --- | --- | --- |",
        row("p50 of a ping", lambda r: r["p50_us"], "µs"), row("p99 of a ping", lambda r: r["p99_us"], "µs"),
        row("p99.9 of a ping", lambda r: r["p999_us"], "µs"), row("processor time of the gateway", lambda r: r["processor_s"] * 1000, "ms"),
        f"\n{pages:,.0f} pages of up to 1,000 clients a second, each in {wait:.0f} ms (median), {statistics.median(processor_ms(*r) for r in rounds):.1f} ms of processor time. Lost pings: {lost}. Pages in {len(rounds)} rounds: {sum(r[2]['pages'] for r in rounds):,}."])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", required=True, help="the folder of the binaries that run.sh built")
    options.add_argument("--rounds", type=int, default=8)
    options.add_argument("--clients", type=int, default=18_000)
    options.add_argument("--callers", type=int, default=20)
    options.add_argument("--requests-per-second", type=int, default=0, help="Gateway:Admin:RequestsPerSecond; 0: no limit")
    options.add_argument("--cores", choices=["split", "both"], default="split", help="both: everything may use both cores")
    options.add_argument("--env", action="append", default=[], help="a variable of the gateway, NAME=VALUE")
    chosen = options.parse_args()
    print(table(measure(chosen), chosen))


if __name__ == "__main__":
    main()
