#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A million requests, nine of ten duplicates of one another, with an API that does not limit: how
fast does one worker take them in and decide them, next to a bare librdkafka consumer?

    ./dev bench intake [--requests N]
"""
import argparse
import json
import random
import uuid

from bench import (build_peer, clock, kafka, metric, peer, pool_on, publish_lines, report)
from broker.client import wait_until  # bench knows the way there

DUPLICATES = 10
WAIT_SECONDS = 900


def requests(count):
    """Each of count / 10 instances is asked for ten times, by ten requests."""
    order = [i % (count // DUPLICATES) for i in range(count)]
    random.Random(1).shuffle(order)
    for i, instance in enumerate(order):
        yield json.dumps({"requestId": str(uuid.UUID(int=i)),
                          "instanceIds": [f"ein-{instance:08x}"]})


def measure(pool, count):
    """(seconds until the lag is 0, until the last task is decided), from the first record."""
    worker = pool.start("w0", ready=False)
    wait_until(lambda: metric(worker, 'requests_total{result="accepted"}') > 0, 60, "records",
               pause=0.01)
    began = clock()
    taken = {}

    def is_taken():
        return (metric(worker, 'requests_total{result="accepted"}') >= count
                and metric(worker, "intake_outstanding_records") == 0)

    wait_until(is_taken, WAIT_SECONDS, "intake", pause=0.05)
    taken["intake"] = clock() - began
    wait_until(lambda: metric(worker, "tasks_total") >= count
               and metric(worker, "tasks_lag_records") == 0, WAIT_SECONDS, "decisions", pause=0.05)
    return taken["intake"], clock() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=1000000)
    count = parser.parse_args().requests
    build_peer()
    options = {"api.rate_limit": "1000"}
    simulator = {"instances": count // DUPLICATES, "rate_limit": 1000000,
                 "reboot_duration": "1s..2s"}
    with kafka("intake-kafka") as cluster, pool_on(cluster, "intake", options, **simulator) as pool:
        topic = pool.client.topic("requests")
        pool.client.create(topic)
        publish_lines(cluster.bootstrap, topic, requests(count), pool.artifacts)
        peer("read", cluster.bootstrap, topic)  # the broker's caches are warm for both
        records, seconds, _ = peer("read", cluster.bootstrap, topic)[0]
        bare = int(records) / float(seconds)
        intake_s, decided_s = measure(pool, count)
        intake, decided = count / intake_s / bare, count / decided_s / bare
        report(f"intake: {count} requests, 1 worker", [
            ("a bare consumer", f"{bare:,.0f}/s", None, None),
            ("until the input's lag is 0", f"{count / intake_s:,.0f}/s", None, None),
            ("  share of the bare consumer", f"{intake:.1%}", ">= 25 %", intake >= 0.25),
            ("until the ledger has decided the last task", f"{count / decided_s:,.0f}/s", None,
             None),
            ("  share of the bare consumer", f"{decided:.1%}", ">= 15 %", decided >= 0.15),
        ])


if __name__ == "__main__":
    main()
