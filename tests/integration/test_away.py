# SPDX-License-Identifier: Apache-2.0
"""Kafka that is away for longer than every timeout: killed, stopped, without a quorum, with a full
disk. The worker keeps what it has, says so, and goes on when Kafka is back."""
import contextlib
import json
import re
import subprocess

import pytest
from broker.client import bare, wait_until
from broker.real_kafka import KafkaCluster

OUTSTANDING_BYTES_MAX = 32 * 1024 * 1024
DISK_BYTES = 64 * 1024 * 1024


def ids(first, count):
    return [f"ein-{i:08x}" for i in range(first, first + count)]


def submit(pool, request_id, instances, **fields):
    pool.client.publish(*bare({"requestId": request_id, "instanceIds": instances, **fields}))
    return [(request_id, instance) for instance in instances]


def failed_checks(worker):
    """Name -> detail of the checks of /readyz that are not passed."""
    code, body = worker.get("/readyz")
    failed = {c["name"]: c["detail"] for c in json.loads(body or "[]") if not c["ok"]}
    assert (code == 200) == (not failed)
    return failed


def metric(worker, name):
    found = re.search(rf"^{re.escape(name)} ([0-9.e+]+)$", worker.get("/metrics")[1], re.MULTILINE)
    return float(found.group(1))


def wait_unready(worker, seconds=30):
    """What /readyz says of Kafka; the worker lives, and holds no more than it may."""
    why = wait_until(lambda: failed_checks(worker).get("broker"), seconds, "not ready")
    assert worker.get("/livez") == (200, "ok\n")
    assert metric(worker, 'reboot_worker_readiness_check{check="broker"}') == 0
    assert metric(worker, "reboot_worker_producer_outstanding_bytes") <= OUTSTANDING_BYTES_MAX
    return why


def wait_lost(worker):
    wait_until(lambda: worker.said("the group membership was lost"), 30, "the session's end")


def wait_back(worker):
    wait_until(lambda: worker.said("Kafka is there again"), 60, "word of it")
    worker.wait_ready()


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_broker_that_is_away_for_longer_than_a_session(make_pool, kafka, how):
    """Static members are fenced by their own past: by a commit that waited for the broker."""
    pool = make_pool(instances=100)
    workers = [pool.start(name, api_batch_size=4, static_membership=str(how == "killed").lower())
               for name in ("a", "b")]
    pool.sim.fault(kind="delay", action="RebootInstances", delayMs=500)
    wanted = [pair for i in range(20) for pair in submit(pool, f"r{i}", ids(4 * i, 4))]
    wait_until(lambda: len(pool.sim.calls()) > 2, 30, "calls")
    away, back = {"killed": (kafka.kill, kafka.start_node),
                  "stopped": (kafka.pause, kafka.resume)}[how]
    away(0)
    try:
        for worker in workers:
            assert wait_unready(worker)
            wait_until(lambda w=worker: w.said("waiting for a broker"), 20, "word of it")
            wait_lost(worker)
    finally:
        back(0)
    for worker in workers:
        wait_back(worker)
    wanted += submit(pool, "after", ids(80, 4))
    outcomes = pool.wait_finals(wanted, 90)
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    assert pool.sim.effects() == {i: 1 for i in ids(0, 84)}


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    with KafkaCluster(tmp_path_factory.mktemp("three") / "node", 3, heap_mb=384) as cluster:
        yield cluster


def stuck(worker):
    why = failed_checks(worker).get("broker", "")
    return why if "has been acknowledged" in why else None


def pause_two(three):
    """Appends are stored by the leader alone, and never acknowledged."""
    for node in (1, 2):
        three.pause(node)


def resume_two(three):
    for node in (1, 2):
        three.resume(node)


@pytest.mark.parametrize("in_sync, lose, give_back", [
    (2, pause_two, resume_two),
    (3, lambda three: three.shut_down(2), lambda three: three.start_node(2)),
], ids=["unacknowledged", "refused"])
def test_without_enough_replicas_nothing_is_written_and_nothing_lost(three, make_pool, in_sync,
                                                                     lose, give_back):
    """Kafka goes on answering; librdkafka tries again without a word."""
    pool = make_pool(three, instances=100)
    for name in ("tasks", "results"):
        pool.client.create(pool.client.topic(name), 2, {
            "min.insync.replicas": str(in_sync), "retention.ms": "-1",
            "message.timestamp.type": "LogAppendTime"}, replication_factor=3)
    worker = pool.start(api_batch_size=4, topics_partitions=2)
    wanted = [pair for i in range(10) for pair in submit(pool, f"r{i}", ids(4 * i, 4))]
    wait_until(lambda: len(pool.sim.calls()) > 2, 30, "calls")
    lose(three)
    try:
        why = wait_until(lambda: stuck(worker), 30, "the reason")
        assert pool.prefix in why and "replicas" in why
        wait_unready(worker)
        wait_until(lambda: worker.said("waiting for a broker"), 20, "word of it")
    finally:
        give_back(three)
    wait_back(worker)
    wanted += submit(pool, "after", ids(40, 4))
    outcomes = pool.wait_finals(wanted, 90)
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    assert pool.sim.effects() == {i: 1 for i in ids(0, 44)}


@pytest.fixture
def small_disk(tmp_path):
    """A Kafka whose disk is full when `fill` has been called, until `free` is; it ends of that."""
    cluster = KafkaCluster(tmp_path / "node")
    disk = cluster.dir / "data-0"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", disk],
                      stderr=subprocess.DEVNULL, check=False).returncode != 0:
        pytest.skip("a small disk can only be mounted by root, outside of a plain container")
    try:
        with cluster:
            yield cluster, disk / "filler"
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def fill(path):
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def test_a_full_disk_of_the_broker_loses_nothing(small_disk, make_pool):
    kafka, filler = small_disk
    pool = make_pool(kafka, instances=400, reboot_duration="1s..3s")
    worker = pool.start(api_batch_size=20, topics_partitions=2)
    wanted = [pair for i in range(20) for pair in submit(pool, f"r{i}", ids(20 * i, 20))]
    wait_until(lambda: len(pool.sim.calls()) > 2, 30, "calls")
    fill(filler)
    wait_until(lambda: kafka.processes[0].poll() is not None, 60, "the broker's end")
    assert wait_unready(worker)
    filler.unlink()
    kafka.start_node(0)
    wait_back(worker)
    outcomes = pool.wait_finals(wanted, 90)
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    assert pool.sim.effects() == {i: 1 for i in ids(0, 400)}
