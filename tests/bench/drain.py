#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A backlog of distinct instances against the limit of calls: how close does the pool come to it,
with one worker and with four?

    ./dev bench drain [--instances N] [--workers N ...]
"""
import argparse
import json
import uuid

from bench import (clock, cpu_seconds, kafka, metric, pool_on, publish_lines, report, rss_mb)
from broker.client import wait_until  # bench knows the way there

RATE, BATCH = 20, 100
SETTLE_SECONDS = 1200
FINAL = ("succeeded", "unconfirmed", "unknown", "failed")


def backlog(count):
    """Request IDs of 36 characters, instance IDs of 12."""
    for i in range(count):
        yield json.dumps({"requestId": str(uuid.uuid5(uuid.NAMESPACE_URL, str(i))),
                          "instanceIds": [f"ein-{i:08x}"]})


def watch(pool, instances_n):
    """Until every instance was rebooted: CPU shares, greatest RSS, greatest number of entries."""
    pids = [worker.process.pid for worker in pool.workers]
    wait_until(lambda: pool.sim.stats()["calls"] > 0, 120, "the first call")
    seen = {"rss": 0, "open": 0}
    before, began = [cpu_seconds(pid) for pid in pids], clock()

    def all_rebooted():
        seen["rss"] = max(seen["rss"], *map(rss_mb, pids))
        seen["open"] = max(seen["open"], sum(metric(w, "open_entries") for w in pool.workers))
        return pool.sim.stats()["reboots"] >= instances_n

    wait_until(all_rebooted, 60 + 3 * instances_n / (RATE * BATCH), "every reboot", pause=0.5)
    seconds = clock() - began
    seen["cpu"] = max((cpu_seconds(pid) - was) / seconds for pid, was in zip(pids, before))
    return seen


def judge(calls):
    """(share of the limit, calls over the minimum, share of throttled ones), by the simulator."""
    done = [call for call in calls if call["code"] is None]
    rebooted = sum(len(call["effect"]) for call in done)
    rate = (rebooted - len(done[0]["effect"])) / (done[-1]["at"] - done[0]["at"])
    throttled = sum(call["code"] == "RequestLimitExceeded" for call in calls)
    return rate / (RATE * BATCH), len(calls) / (rebooted / BATCH), throttled / len(calls)


def finals(pool, *statuses):
    return sum(metric(worker, f'outcomes_total{{status="{status}"}}')
               for worker in pool.workers for status in statuses)


def drain(cluster, workers_n, instances_n):
    with pool_on(cluster, f"drain-{workers_n}", instances=instances_n) as pool:
        topic = pool.client.topic("requests")
        pool.client.create(topic)
        publish_lines(cluster.bootstrap, topic, backlog(instances_n), pool.artifacts)
        for i in range(workers_n):
            pool.start(f"w{i}", ready=False)
        seen = watch(pool, instances_n)
        last_reboot = clock()
        share, over, throttled = judge(pool.sim.calls())
        report(f"drain: {instances_n} instances, {workers_n} worker(s)", [
            ("rate, share of the limit", f"{share:.1%}", ">= 95 %", share >= 0.95),
            ("calls over the minimum", f"{over:.3f}", "<= 1.02", over <= 1.02),
            ("throttled calls", f"{throttled:.2%}", "<= 0.5 %", throttled <= 0.005),
            ("CPU of the busiest worker, of a core", f"{seen['cpu']:.1%}", "<= 10 %",
             seen["cpu"] <= 0.10),
            ("RSS of the largest worker", f"{seen['rss']:.1f} MB", "<= 40 MB", seen["rss"] <= 40),
            ("open entries at one time", f"{seen['open']:.0f}", None, None),
        ])
        wait_until(lambda: finals(pool, *FINAL) >= instances_n, SETTLE_SECONDS, "every final event",
                   pause=0.5)
        report("until every instance was looked after", [
            ("from the last reboot to the last final event", f"{clock() - last_reboot:.1f} s", None,
             None),
            ("succeeded", f"{finals(pool, 'succeeded') / instances_n:.1%}", None, None),
        ])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=int, default=100000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 4])
    options = parser.parse_args()
    with kafka("drain-kafka") as cluster:
        for workers_n in options.workers:
            drain(cluster, workers_n, options.instances)


if __name__ == "__main__":
    main()
