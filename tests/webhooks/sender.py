"""A provider in a process of its own: posts at a steady rate, each webhook on a new connection.

Prints what came of it, in JSON. Every tenth message is sent twice, and a while later once more.
"""

import json
import sys
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from statistics import median, quantiles
from urllib.parse import urlsplit

LINES = 8
AGAIN_AFTER = 100


def main(url: str, rate: int, seconds: int) -> None:
    parts = urlsplit(url)
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    begin = time.monotonic() + 0.2

    def post(number: int) -> None:
        body = {"activationId": 10**9 + number, "service": "tg", "code": f"{number:05}"}
        body |= {"text": f"Your code is {number:05}", "receivedAt": "2025-03-01 12:00:00"}
        began = time.monotonic()
        line = HTTPConnection(parts.hostname or "", parts.port)
        line.request("POST", parts.path, json.dumps(body))
        status = line.getresponse().status
        line.close()
        latencies.append(time.monotonic() - began)
        statuses[status] += 1

    def work(first: int) -> None:
        for number in range(first, rate * seconds, LINES):
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            post(number)
            if number % 10 == 0:
                post(number)
                if number >= AGAIN_AFTER:
                    post(number - AGAIN_AFTER)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(LINES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = {
        "statuses": statuses,
        "took": time.monotonic() - begin,
        "median": median(latencies),
        "p99": quantiles(latencies, n=100)[98],
        "slowest": max(latencies),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
