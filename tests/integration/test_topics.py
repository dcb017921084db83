# SPDX-License-Identifier: Apache-2.0
"""Topics that were made anew or are shared by two pools: a stop with a reason, and never a silent
replay, a silent skip, or two pools that act on the same tasks."""
import json

import pytest
from broker.client import bare, wait_until


EX_CONFIG = 78


def ids(first, count):
    return [f"ein-{i:08x}" for i in range(first, first + count)]


def submit(pool, request_id, instances):
    pool.client.publish(*bare({"requestId": request_id, "instanceIds": instances}))
    return [(request_id, instance) for instance in instances]


def make_anew(pool, name, partitions=4):
    topic = pool.client.topic(name)
    pool.client.delete(topic)
    config = {} if name == "requests" else {"message.timestamp.type": "LogAppendTime",
                                            "retention.ms": "-1", "retention.bytes": "-1"}
    pool.client.create(topic, partitions, config)


def is_stopped(worker):
    code, body = worker.get("/readyz")
    failed = [check for check in json.loads(body or "[]") if not check["ok"]]
    return code == 503 and [check["name"] for check in failed] == ["partitions"]


@pytest.fixture
def rested(pool):
    """A pool that has done something and is down."""
    first = pool.start("first", topics_partitions=1)
    pool.wait_finals(submit(pool, "old", ids(0, 5)))
    pool.wait_committed()
    first.stop()
    return pool


def test_an_input_made_anew_is_not_swallowed_and_is_read_once_declared(rested):
    make_anew(rested, "requests", 1)
    wanted = submit(rested, "new", ids(10, 5))
    second = rested.start("second", ready=False)
    wait_until(lambda: is_stopped(second), 30, "a stopped partition")
    assert second.said("an input partition has stopped")
    assert rested.sim.effects() == {i: 1 for i in ids(0, 5)}
    rested.client.publish(json.dumps({"action": "input-renewed",
                                      "topic": rested.client.topic("requests")}).encode(),
                          topic=rested.client.topic("control"))
    outcomes = rested.wait_finals(wanted)
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    assert rested.sim.effects() == {i: 1 for i in ids(0, 5) + ids(10, 5)}
    wait_until(lambda: second.get("/readyz")[0] == 200, 30, "ready again")


def test_a_lost_ledger_is_a_stop_and_replays_nothing(rested):
    make_anew(rested, "ledger", 1)
    second = rested.start("second", ready=False)
    wait_until(lambda: is_stopped(second), 30, "a stopped partition")
    assert "the ledger is empty although it was claimed before" in second.get("/readyz")[1]
    assert rested.sim.effects() == {i: 1 for i in ids(0, 5)}


def test_lost_tasks_are_a_stop(rested):
    make_anew(rested, "tasks", 1)
    second = rested.start("second", ready=False)
    wait_until(lambda: is_stopped(second), 30, "a stopped partition")
    assert rested.sim.effects() == {i: 1 for i in ids(0, 5)}


def test_a_rehearsal_takes_nothing_of_the_group_it_was_forgotten_to_rename(rested):
    wanted = submit(rested, "new", ids(10, 5))
    rehearsal = rested.start("rehearsal", ready=False, dry_run="true", topics_partitions=1,
                             topics_tasks=f"{rested.prefix}.dry-tasks",
                             topics_ledger=f"{rested.prefix}.dry-ledger",
                             topics_results=f"{rested.prefix}.dry-results",
                             topics_control=f"{rested.prefix}.dry-control")
    rehearsal.wait_end(EX_CONFIG)
    assert rehearsal.said("that of a pool with other topics")
    rested.start("second", topics_partitions=1)
    outcomes = rested.wait_finals(wanted)
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}


def test_two_pools_do_not_act_on_the_same_tasks(rested):
    other = rested.start("other", ready=False, group=f"{rested.prefix}-others",
                         topics_ledger=f"{rested.prefix}.others-ledger",
                         topics_control=f"{rested.prefix}.others-control", topics_partitions=1)
    wait_until(lambda: is_stopped(other), 30, "a stopped partition")
    assert "two pools need topics of their own" in other.get("/readyz")[1]
    assert rested.sim.effects() == {i: 1 for i in ids(0, 5)}
