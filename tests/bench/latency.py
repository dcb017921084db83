#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One request at a time on an idle pool: from publishing to the arrival of the call, next to one
append that is read back from the same broker.

    ./dev bench latency [--requests N]
"""
import argparse
import json
import time

from bench import build_peer, kafka, peer, percentile, pool_on, report
from broker.client import wait_until  # bench knows the way there


def measure(pool, count):
    """Seconds from publishing to the call's arrival, for each request; the pool is idle before."""
    found = []
    warm_up = 5
    for i in range(warm_up + count):
        value = json.dumps({"requestId": f"r{i}", "instanceIds": [f"ein-{i:08x}"]}).encode()
        time.sleep(1.1)  # style: the subject: a pool that has sent nothing for a second
        published = time.time()
        pool.client.publish(value)
        call = wait_until(lambda n=i: [c for c in pool.sim.calls() if f"ein-{n:08x}" in c["ids"]],
                          30, "the call")[0]
        if i >= warm_up:
            found.append(call["at"] - published)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100)
    count = parser.parse_args().requests
    build_peer()
    with kafka("latency-kafka") as cluster, \
            pool_on(cluster, "latency", {"api.linger": "0ms"}, instances=count + 10) as pool:
        pool.client.create("append", partitions=1)
        appends = [float(line[0]) for line in peer("append", cluster.bootstrap, "append", 1000)]
        pool.start("w0")
        times = measure(pool, count)
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
