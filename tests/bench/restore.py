#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A worker that starts on a ledger full of live entries: how long until it owns them all, and what
do they cost in memory and in the ledger? Cost should grow in proportion.

    ./dev bench restore [--entries N ...]
"""
import argparse
import datetime
import json

from bench import clock, kafka, metric, pool_on, publish_lines, report, rss_mb
from broker.client import wait_until

PARTITIONS = 12
WAIT_SECONDS = 900


def requests(count):
    """Requests that wait for their time: request IDs of 36 characters, instance IDs of 12."""
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=20)
    when = later.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for i in range(count):
        yield json.dumps({"requestId": f"{i:036d}", "instanceIds": [f"ein-{i:08x}"],
                          "notBefore": when})


def owned(worker):
    return metric(worker, "partitions_owned") == PARTITIONS


def ledger_bytes(cluster, topic):
    return sum(path.stat().st_size for path in cluster.dir.glob(f"data-0/{topic}-*/*.log"))


def measure(cluster, count):
    """(seconds, RSS in MB, ledger bytes) of a worker that starts on `count` entries."""
    with pool_on(cluster, f"restore-{count}", instances=1) as pool:
        topic = pool.client.topic("requests")
        pool.client.create(topic)
        publish_lines(cluster.bootstrap, topic, requests(count), pool.artifacts)
        first = pool.start("filler", ready=False)
        wait_until(lambda: metric(first, "open_entries") >= count
                   and metric(first, "owed_events") == 0, WAIT_SECONDS, "entries", pause=0.5)
        first.stop()
        began = clock()
        second = pool.start("restored", ready=False)
        wait_until(lambda: second.port() and owned(second), WAIT_SECONDS, "ownership", pause=0.02)
        seconds = clock() - began
        assert metric(second, "open_entries") == count
        return seconds, rss_mb(second.process.pid), ledger_bytes(cluster,
                                                                 pool.client.topic("ledger"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, nargs="*", default=[10000, 100000, 1000000])
    counts = [1, *parser.parse_args().entries]
    rows = []
    with kafka("restore-kafka") as cluster:
        idle_s, idle_mb, _ = measure(cluster, counts[0])
        rows.append(("with one entry", f"{idle_s:.1f} s, {idle_mb:.0f} MB", None, None))
        for count in counts[1:]:
            seconds, rss, stored = measure(cluster, count)
            each = (rss - idle_mb) * 1024 * 1024 / count
            largest = count >= 1000000  # below that, what every worker needs outweighs them
            rows += [
                (f"{count} entries: until all are owned", f"{seconds:.1f} s",
                 "<= 5 s" if largest else None, seconds <= 5 if largest else None),
                ("  RSS for each, beyond a worker with one", f"{each:.0f} B",
                 "<= 400 B" if largest else None, each <= 400 if largest else None),
                ("  ledger for each", f"{stored / count:.0f} B", None, None),
            ]
    report("restore", rows)


if __name__ == "__main__":
    main()
