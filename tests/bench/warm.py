#!/usr/bin/env python3
"""Measures what a ping costs in a gateway that has just started, beside a floor and a bare Kestrel handler that are warmed up.

    tests/bench/run.sh --warm [--seconds 280] [--variants NAME=FOLDER[:VAR=value]...]

All servers run at once on one core, with 10,000 clients each, and are measured in turns, half a second each, so that other work of the machine affects all of
them. The table has the median of the ratios in the rounds around 10, 30, 60 and 280 s after the start of the gateways. Without --variants: the gateway as built
and as published for the image (ReadyToRun), on both transports.
"""
import argparse
import contextlib
import statistics
import sys
import time

import compare
import servers

CLIENTS = 10_000
SLICE = 0.5
MOMENTS = (10, 30, 60, 280)  # the token of a ping is accepted for 300 s
LAST = 280


def variants_of(chosen, build):
    built = f"{servers.ROOT}/src/HeartbeatGateway/bin/Release/net10.0"
    if chosen:
        for text in chosen:
            name, _, place = text.partition("=")
            folder, *variables = place.split(":")
            server = servers.Gateway(name, f"{folder or built}/HeartbeatGateway.dll")
            server.environment.update(variable.split("=", 1) for variable in variables)
            yield server
        return
    for transport in ("Sockets", "Epoll"):
        yield servers.Gateway(f"built, {transport}", f"{built}/HeartbeatGateway.dll", transport)
        yield servers.Gateway(f"ReadyToRun, {transport}", f"{build}/published/HeartbeatGateway.dll", transport)


def nearest(moment, seconds):
    """The rounds that count for a moment: from half of it to one and a half, at most 15 s to each side."""
    width = min(moment / 2, 15)
    return moment <= seconds and (lambda at: abs(at - moment) <= width)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", required=True, help="the folder of the binaries that run.sh built")
    options.add_argument("--seconds", type=int, default=LAST)
    options.add_argument("--variants", nargs="*", help="NAME=FOLDER[:VAR=value]...; an empty folder is the built gateway")
    chosen = options.parse_args()
    known = servers.all_servers(chosen.build)
    references = [known["floor (C, epoll)"], known["bare Kestrel, tuned"]]
    gateways = list(variants_of(chosen.variants, chosen.build))
    rounds = []
    with contextlib.ExitStack() as stack:
        slices = {}

        def begin(server):
            slices[server.name] = compare.Slices(stack.enter_context(compare.Running(server, chosen.build)), CLIENTS)
            stack.callback(slices[server.name].close)

        for server in references:
            begin(server)
        for _ in range(20):
            for one in slices.values():
                one.run(SLICE)
        began = time.monotonic()
        for server in gateways:
            begin(server)
            # Keeps the clients of running gateways active while the others start.
            for one in slices.values():
                one.run(0.1)
        while (at := time.monotonic() - began) < min(chosen.seconds, LAST) + 10:
            rounds.append((at, {name: compare.microseconds_per_ping(one.run(SLICE)) for name, one in slices.items()}))
            print(f"{at:.0f} s: " + ", ".join(f"{name} {value:.2f}" for name, value in rounds[-1][1].items()), file=sys.stderr)
    print(f"{compare.machine()}\n\nProcessor time of a ping with {CLIENTS:,} clients, as a multiple of floor / bare Kestrel, by the age of the process\n")
    moments = [moment for moment in MOMENTS if nearest(moment, chosen.seconds)]
    print("| gateway | " + " | ".join(f"{moment} s" for moment in moments) + " |")
    print("| --- |" + " --- |" * len(moments))
    for server in gateways:
        cells = []
        for moment in moments:
            near = [figures for at, figures in rounds if nearest(moment, chosen.seconds)(at)]
            cells.append(" / ".join(f"{statistics.median(f[server.name] / f[reference.name] for f in near):.2f}" for reference in references))
        print(f"| {server.name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
