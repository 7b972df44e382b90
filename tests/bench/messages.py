#!/usr/bin/env python3
"""Compares acknowledged messages: numbered messages of the gateway, publishes to a stream of nats-server with JetStream, and QoS 1 of mosquitto.

Start it with `run.sh --messages`, which builds and installs what it needs.

    tests/bench/run.sh --messages [--rounds N] [--seconds S] [--connections N] [--window N] [--bytes N]

Each connection keeps a window of messages unacknowledged. The server uses one core, the senders the other. Rounds of the servers alternate; the
figure is the server's processor time for an acknowledged message. A last run gives the messages per second through the webhook to a receiver that
takes 100 ms for each answer.
"""

import argparse
import contextlib
import http.server
import os
import selectors
import socket
import statistics
import sys
import threading
import time

import compare
import senders
import servers

WARM_UP = 3  # seconds
RECEIVER_LATENCY = 0.1  # seconds


class Fleet:
    """Connections that send as fast as they are acknowledged."""

    def __init__(self, port, kind, options):
        self.selector = selectors.DefaultSelector()
        self.window = options.window
        self.senders = []
        for number in range(options.connections):
            connection = socket.create_connection(("127.0.0.1", port), 10)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sender = kind(number, b"x" * options.bytes)
            connection.sendall(sender.hello())
            self.senders.append(sender)
            self.selector.register(connection, selectors.EVENT_READ, sender)
        deadline = time.monotonic() + 10
        while not all(sender.ready for sender in self.senders):
            self.turn(sending=False)
            if time.monotonic() > deadline:
                raise SystemExit("the server has not answered all connections within 10 s")

    def turn(self, sending=True):
        for key, _ in self.selector.select(1):
            data = key.fileobj.recv(1 << 18)
            if not data:
                raise SystemExit("the server closed a connection")
            reply = key.data.feed(data)
            if sending:
                reply += self.due(key.data)
            if reply:
                key.fileobj.sendall(reply)

    def due(self, sender):
        """Fills half a window at a time, as a client does that has more to send than the server takes."""
        room = self.window - (sender.sent - sender.acknowledged)
        return sender.messages(room) if room >= self.window // 2 else b""

    def run(self, seconds):
        """Sends for a time, and returns how many messages were acknowledged in it."""
        for key in list(self.selector.get_map().values()):
            first = self.due(key.data)
            if first:
                key.fileobj.sendall(first)
        before = sum(sender.acknowledged for sender in self.senders)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()
        return sum(sender.acknowledged for sender in self.senders) - before

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


def processor_seconds(process):
    fields = open(f"/proc/{process}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Receiver:
    """Answers each batch 200 after RECEIVER_LATENCY."""

    def __init__(self):
        outer = self
        self.events = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(RECEIVER_LATENCY)
                outer.events += body.count(b'"specversion"')
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # the gateway is killed at the end, with requests on their way

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    port = property(lambda self: self.server.server_address[1])


def compared(build):
    gateway = servers.all_servers(build)["HeartbeatGateway"]
    # Without log lines, each message is acknowledged at once: the figure is the gateway's own work. Written lines are limited in number.
    gateway.environment["Gateway__Messages__LogContent"] = "None"
    store = f"{build}/jetstream"
    return [
        (gateway, senders.GatewaySender),
        (servers.Nats("nats-server, JetStream in memory", ["nats-server", "-a", "127.0.0.1", "-p", "{port}", "-js", "-sd", store]), senders.JetStreamSender),
        (servers.all_servers(build)["mosquitto PINGREQ"], senders.MqttSender),
    ]


def round_of(server, kind, options):
    with compare.Running(server, options.build) as running:
        fleet = Fleet(running.port, kind, options)
        fleet.run(WARM_UP)
        began, at = processor_seconds(running.process.pid), time.monotonic()
        count = fleet.run(options.seconds)
        used, took = processor_seconds(running.process.pid) - began, time.monotonic() - at
        fleet.close()
    return 1e6 * used / count, count / took


def webhook(options):
    receiver = Receiver()
    gateway = servers.all_servers(options.build)["HeartbeatGateway"]
    gateway.environment.update({
        "Gateway__Messages__Sinks__0__Kind": "webhook",
        "Gateway__Webhook__Url": f"http://127.0.0.1:{receiver.port}/",
        "Gateway__Webhook__Secrets__0__Secret": "whsec_" + "QmVuY2hiZW5jaGJlbmNoYmVuY2hiZW5jaGJlbmNo",
        "Gateway__Webhook__Presence": "false",
    })
    with compare.Running(gateway, options.build) as running:
        fleet = Fleet(running.port, senders.GatewaySender, options)
        fleet.run(WARM_UP)
        began, at, events = processor_seconds(running.process.pid), time.monotonic(), receiver.events
        count = fleet.run(options.seconds)
        used, took = processor_seconds(running.process.pid) - began, time.monotonic() - at
        received = receiver.events - events
        fleet.close()
    return count / took, received / took, 1e6 * used / count


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", required=True, help="the folder of the binaries that run.sh built")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--connections", type=int, default=100)
    options.add_argument("--window", type=int, default=32, help="messages that a connection sends without an acknowledgement")
    options.add_argument("--bytes", type=int, default=256, help="content of a message")
    options.add_argument("--webhook-window", type=int, default=100, help="the window in the run through the webhook")
    chosen = options.parse_args()
    os.sched_setaffinity(0, {compare.LOAD_CORE})
    results = {}
    for number in range(chosen.rounds):
        for server, kind in compared(chosen.build):
            result = round_of(server, kind, chosen)
            results.setdefault(server.name.replace(" PINGREQ", ", QoS 1"), []).append(result)
            print(f"round {number + 1}: {server.name}: {result[0]:.1f} µs a message, {result[1]:,.0f} messages/s", file=sys.stderr)
    print(f"{compare.machine()}\n\n### Acknowledged messages of {chosen.bytes} bytes, {chosen.connections} connections, {chosen.window} unacknowledged on each\n")
    print("| server | processor time of a message, median (of the rounds) | messages/s that the senders reached |\n| --- | --- | --- |")
    for name, rounds in results.items():
        cost, rate = [r[0] for r in rounds], [r[1] for r in rounds]
        print(f"| {name} | {statistics.median(cost):.1f} µs ({', '.join(f'{c:.1f}' for c in cost)}) | {statistics.median(rate):,.0f} |")
    chosen.window = chosen.webhook_window
    acknowledged, received, cost = webhook(chosen)
    print(f"\nThrough the webhook to a receiver that answers after {RECEIVER_LATENCY * 1000:.0f} ms, {chosen.window} unacknowledged on each connection: "
          f"{acknowledged:,.0f} messages/s acknowledged, {received:,.0f} received, {cost:.1f} µs of processor time a message.")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
