# SPDX-License-Identifier: Apache-2.0
"""A topic that is deleted under a running pool: a stop with an explanation and a remedy, and never
a silent skip or replay."""
import json

import pytest
from broker.client import wait_until
from test_away import failed_checks, ids, metric, submit, wait_back

PARTITIONS = 2


def delete(pool, name):
    topic = pool.client.topic(name)
    pool.client.delete(topic)
    return topic


@pytest.fixture
def running(pool):
    """A pool that has done something."""
    pool.start(topics_partitions=PARTITIONS)
    pool.wait_finals(submit(pool, "old", ids(0, 5)))
    pool.wait_committed()
    return pool


@pytest.mark.parametrize("name", ["results", "requests-dlt"])
def test_what_goes_out_waits_for_its_topic(running, name):
    worker = running.workers[0]
    lives = metric(worker, "reboot_worker_producer_lives_total")
    topic = delete(running, name)
    wanted = submit(running, "new", ids(5, 5))
    running.client.publish(b"{")
    why = wait_until(lambda: failed_checks(worker).get("broker"), 30, "the loss of it")
    wait_until(lambda: worker.said("waiting for a broker"), 30, "word of it")
    why = failed_checks(worker)["broker"]
    assert topic in why and "deleted under the running pool" in why and "creates it again" in why
    running.start("creates-it", topics_partitions=PARTITIONS)
    wait_back(worker)
    running.wait_finals(wanted)
    wait_until(lambda: running.client.read(running.client.topic("requests-dlt")), 30,
               "the dead letter")
    wait_until(lambda: "rejected" in {e["status"] for e in running.client.outcomes().all()}, 30,
               "the rejected one")
    assert running.sim.effects() == {i: 1 for i in ids(0, 10)}
    assert metric(worker, "reboot_worker_producer_lives_total") == lives + 1


@pytest.mark.parametrize("name", ["tasks", "ledger"])
def test_a_lost_memory_is_a_stop_and_stays_one(running, name):
    worker = running.workers[0]
    topic = delete(running, name)
    why = wait_until(lambda: failed_checks(worker).get("partitions"), 30, "a stopped partition")
    assert topic in why and "begin anew" in why
    assert any(line["message"] == "a partition has stopped and needs a person" and
               "begin anew" in line["reason"] for line in worker.log())
    running.client.create(topic, PARTITIONS, {"message.timestamp.type": "LogAppendTime",
                                              "retention.ms": "-1"})
    worker.stop()
    second = running.start("second", ready=False, topics_partitions=PARTITIONS)
    wait_until(lambda: failed_checks(second).get("partitions"), 30, "still stopped")
    assert running.sim.effects() == {i: 1 for i in ids(0, 5)}


def test_tasks_made_anew_are_not_taken_for_the_old_ones_however_many_there_are(running):
    """The ledger's cursor stands in the middle of the new topic by then."""
    worker = running.workers[0]
    before = running.client.ends(running.client.topic("tasks"))
    topic = delete(running, "tasks")
    wait_until(lambda: failed_checks(worker).get("partitions"), 30, "a stopped partition")
    worker.stop()
    running.client.create(topic, PARTITIONS, {"message.timestamp.type": "LogAppendTime",
                                              "retention.ms": "-1"})
    submit(running, "new", ids(20, 40))
    second = running.start("second", ready=False, topics_partitions=PARTITIONS)
    wait_until(lambda: all(running.client.ends(topic).get(p, 0) > end
                           for p, end in before.items()), 30, "as many tasks as before")
    second.stop()
    third = running.start("third", ready=False, topics_partitions=PARTITIONS)
    why = wait_until(lambda: failed_checks(third).get("partitions"), 30, "still stopped")
    assert "not those that were read before" in why and "begin anew" in why
    assert running.sim.effects() == {i: 1 for i in ids(0, 5)}


def test_a_lost_input_is_a_stop_until_it_is_declared_new(running):
    worker = running.workers[0]
    topic = delete(running, "requests")
    why = wait_until(lambda: failed_checks(worker).get("partitions"), 30, "a stopped partition")
    assert topic in why and "input-renewed" in why
    running.client.create(topic, PARTITIONS)
    wanted = submit(running, "new", ids(10, 5))
    wait_until(lambda: "broker" not in failed_checks(worker), 30, "the topic is there")
    assert "partitions" in failed_checks(worker)
    running.client.publish(json.dumps({"action": "input-renewed", "topic": topic}).encode(),
                           topic=running.client.topic("control"))
    running.wait_finals(wanted)
    assert running.sim.effects() == {i: 1 for i in ids(0, 5) + ids(10, 5)}
    wait_until(lambda: not failed_checks(worker), 30, "ready again")


def test_without_the_control_topic_the_worker_ends_and_says_why(running):
    worker = running.workers[0]
    topic = delete(running, "control")
    worker.wait_end(expected=78)
    assert any(topic in line["message"] and "starts creates it anew" in line["message"]
               for line in worker.log())
