#!/usr/bin/env python3
"""Callers of the HTTP API that list all clients over and over, each in another order, page by page.

    callers.py PORT CALLERS

Each line of standard input is a number of seconds to call, and prints one line of results. Each caller has an address of its own.
"""

import http.client
import json
import re
import sys
import threading
import time

PAGE = 1000
ORDERS = [f"{sort}&order={order}" for sort in ("connectedAt", "idle", "rtt", "retransmits", "heartbeatJitter", "pendingBytes", "bytes", "lastReceived") for order in ("asc", "desc")]
NEXT = re.compile(rb'"next":(?:"([^"]*)"|null)')


class Caller:
    def __init__(self, port, number):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(f"127.0.1.{number + 1}", 0))
        self.order = number
        self.cursor = None

    def page(self):
        """Reads one page of the walk, and begins the next walk behind the last page."""
        path = f"/api/v1/clients?limit={PAGE}&sort={ORDERS[self.order % len(ORDERS)]}" + (f"&cursor={self.cursor}" if self.cursor else "")
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status == 429:
            time.sleep(float(answer.getheader("Retry-After", "1")))
            return None
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:500]!r}")
        found = NEXT.search(body, len(body) - 2000 if len(body) > 2000 else 0)
        self.cursor = found.group(1).decode() if found.group(1) else None
        if self.cursor is None:
            self.order += 1
        return body.count(b'"connectionId"'), len(body)


def run(callers, seconds):
    end = time.monotonic() + seconds
    pages, waits, failed = [], [], []

    def call(caller):
        try:
            while time.monotonic() < end:
                began = time.monotonic()
                answer = caller.page()
                if answer:
                    waits.append(time.monotonic() - began)
                    pages.append(answer)
        except BaseException as e:
            failed.append(repr(e))

    threads = [threading.Thread(target=call, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise SystemExit("\n".join(failed))
    waits.sort()
    return {"pages": len(pages), "clients": sum(p[0] for p in pages), "bytes": sum(p[1] for p in pages), "p50_ms": 1000 * waits[len(waits) // 2], "p99_ms": 1000 * waits[len(waits) * 99 // 100]}


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    callers = [Caller(port, number) for number in range(count)]
    for line in sys.stdin:
        print(json.dumps(run(callers, float(line))), flush=True)


if __name__ == "__main__":
    main()
