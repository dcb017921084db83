#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of one of three workers under load: how long until the instances of its partitions move
again, next to the session timeout of the consumer group that has to notice?

    ./dev bench takeover [--rounds N]
"""
import argparse
import json
import signal

from bench import clock, kafka, percentile, pool_on, report
from broker.client import wait_until

SESSION_SECONDS = 10


def load(pool, count, first):
    requests = [{"requestId": f"r{i}", "instanceIds": [f"ein-{i:08x}"]}
                for i in range(first, first + count)]
    pool.client.publish_all([(json.dumps(r).encode(), None, []) for r in requests])


def one_round(cluster, number):
    """Seconds from the kill to the last partition of the dead having an owner again."""
    with pool_on(cluster, f"takeover-{number}", instances=20000,
                 reboot_duration="2s..5s") as pool:
        workers = [pool.start(f"w{i}") for i in range(3)]
        wait_until(lambda: sum(len(w.owned()) for w in workers) == 12, 60, "all owned")
        load(pool, 20000, 0)
        wait_until(lambda: pool.sim.stats()["reboots"] > 500, 60, "load")
        lost = set(workers[0].owned())
        killed = clock()
        workers[0].signal(signal.SIGKILL)
        workers[0].wait_end(-signal.SIGKILL)
        wait_until(lambda: lost <= set(workers[1].owned()) | set(workers[2].owned()), 120,
                   "taken over", pause=0.05)
        return clock() - killed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with kafka("takeover-kafka") as cluster:
        times = [one_round(cluster, number) for number in range(rounds)]
    report(f"takeover: {rounds} times kill -9 of one of three workers under load", [
        ("until its partitions have an owner, median", f"{percentile(times, 0.5):.1f} s", None,
         None),
        ("  longest", f"{max(times):.1f} s", None, None),
        ("  longest, as a multiple of the session timeout",
         f"{max(times) / SESSION_SECONDS:.2f}", None, None),
    ])


if __name__ == "__main__":
    main()
