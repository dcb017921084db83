#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One request at a time on an idle pool: from publishing to the arrival of the call, next to one
append that is read back from the same broker. They take turns, so that whatever else the machine
does, and waking up what was idle, costs both.

    ./dev bench latency [--requests N]
"""
import argparse
import json
import time

from bench import build_peer, kafka, peer_at_hand, percentile, pool_on, report
from broker.client import wait_until  # bench knows the way there


IDLE_S = 1.1  # a worker that has sent nothing for a second may send at once


def answer(process, line):
    process.stdin.write(line + "\n")
    return float(process.stdout.readline())


def request(pool, publisher, number):
    """Seconds from publishing to the call's arrival."""
    instance = f"ein-{number:08x}"
    published = answer(publisher, json.dumps({"requestId": f"r{number}",
                                              "instanceIds": [instance]}))
    call = wait_until(lambda: [c for c in pool.sim.calls() if instance in c["ids"]], 30,
                      "the call")[0]
    return call["at"] - published


def measure(pool, publisher, appender, count):
    """(seconds of each request, seconds of each append)"""
    warm_up = 5
    requests, appends = [], []
    for number in range(warm_up + count):
        time.sleep(IDLE_S / 2)  # style: the subject: an idle pool
        appends.append(answer(appender, ""))
        time.sleep(IDLE_S / 2)  # style: the subject: an idle pool
        requests.append(request(pool, publisher, number))
    return requests[warm_up:], appends[warm_up:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100)
    count = parser.parse_args().requests
    build_peer()
    with kafka("latency-kafka") as cluster, \
            pool_on(cluster, "latency", {"api.linger": "0ms"}, instances=count + 10) as pool:
        pool.client.create("append", partitions=1)
        pool.start("w0")
        with peer_at_hand("append", cluster.bootstrap, "append") as appender, \
                peer_at_hand("publish", cluster.bootstrap,
                             pool.client.topic("requests")) as publisher:
            times, appends = measure(pool, publisher, appender, count)
        ratio = percentile(times, 0.99) / percentile(appends, 0.99)
        report(f"latency: {count} requests on an idle pool", [
            ("append and read back, p50 / p99", f"{percentile(appends, 0.5) * 1e3:.1f} / "
             f"{percentile(appends, 0.99) * 1e3:.1f} ms", None, None),
            ("published to call arrives, p50 / p99", f"{percentile(times, 0.5) * 1e3:.1f} / "
             f"{percentile(times, 0.99) * 1e3:.1f} ms", None, None),
            ("  p99 as a multiple of the append's", f"{ratio:.1f}", "<= 5", ratio <= 5),
        ])


if __name__ == "__main__":
    main()
