# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: a pool with the product's own defaults on a real Kafka and the
simulator, in the release build, and how its processes are measured.

Figures are ratios to a limit or to a peer within one run; times of other machines say nothing.
"""
import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "integration")]

from broker.real_kafka import KafkaCluster  # noqa: E402
from pool import Pool  # noqa: E402
from simulator import Simulator  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def kafka(name):
    """A real Kafka of one node under build/."""
    with KafkaCluster(BUILD / "bench" / name / "kafka", heap_mb=1024) as cluster:
        yield cluster


@contextlib.contextmanager
def pool_on(cluster, name, options=None, **simulator):
    """A pool of no workers yet, whose options are the product's defaults but for those given."""
    artifacts = BUILD / "bench" / name
    shutil.rmtree(artifacts, ignore_errors=True)
    artifacts.mkdir(parents=True)
    with Simulator(BUILD, artifacts, **simulator) as sim:
        pool = Pool(cluster.bootstrap, sim, BUILD, artifacts, name)
        kept = ("group", "api.endpoint", "topics.requests", "topics.tasks", "topics.ledger",
                "topics.results", "topics.dead_letters", "topics.control", "topics.sightings",
                "admin.listen", "log.format")
        pool.options = {key: pool.options[key] for key in kept} | (options or {})
        try:
            yield pool
        finally:
            pool.stop()


def build_peer():
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", "bench-peer"], cwd=ROOT,
                   check=True, stdout=subprocess.DEVNULL)


def peer(*args):
    """Lines that bench-peer printed, each split."""
    done = subprocess.run([BUILD / "bench-peer", *map(str, args)], check=True, text=True,
                          stdout=subprocess.PIPE)
    return [line.split() for line in done.stdout.splitlines()]


def peer_at_hand(*args):
    """bench-peer while it reads its input: a context manager."""
    return subprocess.Popen([BUILD / "bench-peer", *map(str, args)], text=True, bufsize=1,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def publish_lines(bootstrap, topic, lines, scratch):
    """Stores a record for each line, quickly."""
    path = Path(scratch) / "records"
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in lines)
    subprocess.run(["kcat", "-P", "-q", "-b", bootstrap, "-t", topic, "-l", path,
                    "-X", "linger.ms=50", "-X", "batch.size=1000000",
                    "-X", "queue.buffering.max.messages=1000000"], check=True)
    path.unlink()


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


def metric(worker, name):
    """The sum of a family's samples that match: 'open_entries' or 'requests_total{result="x"}'."""
    text = worker.get("/metrics")[1]
    pattern = "^reboot_worker_" + re.escape(name) + (r"(?:\{[^}]*\})? (\S+)$" if "{" not in name
                                                      else r" (\S+)$")
    return sum(float(value) for value in re.findall(pattern, text, re.M))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def report(title, rows):
    """rows: (what, value, aim or None, met or None)."""
    print(f"\n{title}")
    for what, value, aim, met in rows:
        verdict = "" if met is None else "met" if met else "NOT MET"
        print(f"  {what:<52} {value:>14}  {aim or '':<10} {verdict}".rstrip())
    sys.stdout.flush()


def clock():
    return time.monotonic()
