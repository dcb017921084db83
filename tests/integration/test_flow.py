# SPDX-License-Identifier: Apache-2.0
"""From request to outcome on a real Kafka. The truth is the simulator's log and what a Kafka client
that is not librdkafka reads."""
import json
import uuid

from broker.client import bare, binary, structured, wait_until
from pool import busiest_second


def ids(first, count):
    return [f"ein-{i:08x}" for i in range(first, first + count)]


def pairs(request_id, instances):
    return [(request_id, instance) for instance in instances]


def test_each_dress_goes_from_request_to_one_final_outcome(pool):
    pool.start()
    pool.client.publish_all([
        bare({"requestId": "bare", "instanceIds": ids(0, 3), "reason": "Grüße 重启"}),
        binary({"requestId": "binary", "instanceIds": ids(3, 3)}, traceparent="00-abc-def-01"),
        structured({"requestId": "structured", "instanceIds": ids(6, 3)}),
        binary({"instanceIds": ids(9, 1)}, event_id="from-the-envelope"),
    ])
    wanted = (pairs("bare", ids(0, 3)) + pairs("binary", ids(3, 3)) +
              pairs("structured", ids(6, 3)) + pairs("from-the-envelope", ids(9, 1)))
    outcomes = pool.wait_finals(wanted)
    for request_id, instance in wanted:
        assert outcomes.statuses(request_id, instance) == ["accepted", "dispatched", "succeeded"]
    assert pool.sim.effects() == {instance: 1 for instance in ids(0, 10)}
    event = outcomes.of("bare", ids(0, 1)[0])[-1]
    headers = event["_headers"]
    name = f"bare\n{ids(0, 1)[0]}\nsucceeded"
    assert headers["ce_id"] == str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    assert headers["ce_type"] == "ecm.instance.reboot.succeeded.v1"
    assert headers["ce_source"] == f"/reboot-worker/{pool.group}"
    assert headers["ce_subject"] == ids(0, 1)[0] and headers["ce_specversion"] == "1.0"
    assert event["reason"] == "Grüße 重启" and event["attempts"] == 1 and event["final"] is True
    assert event["confirmedBy"] == "state" and event["error"] is None
    assert event["source"]["topic"] == pool.client.topic("requests")
    call = pool.sim.calls()[0]
    assert event["api"]["requestId"] in {c["requestId"] for c in pool.sim.calls()}
    assert call["answered"] and len(call["ids"]) <= 100
    assert outcomes.of("binary")[0]["_headers"]["traceparent"] == "00-abc-def-01"


def test_events_lie_where_javas_partitioner_would_put_them(pool):
    from kafka.partitioner.default import murmur2
    pool.start()
    pool.client.publish(*bare({"requestId": "r", "instanceIds": ids(0, 40)}))
    outcomes = pool.wait_finals(pairs("r", ids(0, 40)))
    for record in outcomes.records:
        assert record.partition == (murmur2(record.key) & 0x7fffffff) % 4
    tasks = pool.client.read(pool.client.topic("tasks"))
    assert len(tasks) == 40
    for record in tasks:
        assert record.partition == (murmur2(record.key) & 0x7fffffff) % 4


def test_duplicates_share_one_reboot_and_each_gets_its_own_final_outcome(pool):
    pool.start()
    instances = ids(0, 10)
    pool.client.publish_all([bare({"requestId": f"r{i}", "instanceIds": instances})
                             for i in range(20)])
    wanted = [pair for i in range(20) for pair in pairs(f"r{i}", instances)]
    outcomes = pool.wait_finals(wanted)
    assert pool.sim.effects() == {instance: 1 for instance in instances}
    finals = outcomes.finals()
    for instance in instances:
        own = [r for r in range(20) if finals[(f"r{r}", instance)]["servedBy"] is None]
        assert len(own) == 1
        assert all(finals[pair]["status"] == "succeeded" for pair in wanted)


def test_two_hundred_and_fifty_instances_take_three_calls(make_pool):
    pool = make_pool(instances=300)
    pool.start(api_linger="1s")
    pool.client.publish(*bare({"requestId": "r", "instanceIds": ids(0, 250)}))
    pool.wait_finals(pairs("r", ids(0, 250)))
    calls = pool.sim.calls()
    assert sorted(len(call["ids"]) for call in calls) == [50, 100, 100]
    assert len({i for call in calls for i in call["ids"]}) == 250


def test_the_same_request_again_publishes_the_stored_final_event(pool):
    pool.start()
    request = bare({"requestId": "again", "instanceIds": ids(0, 1)})
    pool.client.publish(*request)
    pool.wait_finals(pairs("again", ids(0, 1)))
    before = len(pool.client.read(pool.client.topic("results")))
    pool.client.publish(*request)
    records = wait_until(lambda: pool.client.read(pool.client.topic("results"))[before:], 20,
                         "the event again")
    assert len(records) == 1
    first = pool.client.outcomes().of("again")[-1]
    assert json.loads(records[0].value)["status"] == first["status"] == "succeeded"
    assert pool.sim.effects() == {ids(0, 1)[0]: 1}


def test_redelivery_of_the_whole_input_has_no_effect(pool):
    first = pool.start()
    instances = ids(0, 60)
    pool.client.publish_all([bare({"requestId": f"r{i}", "instanceIds": instances[i * 3:i * 3 + 3]})
                             for i in range(20)])
    wanted = [pair for i in range(20) for pair in pairs(f"r{i}", instances[i * 3:i * 3 + 3])]
    pool.wait_finals(wanted)
    pool.wait_committed()
    first.stop()
    calls = len(pool.sim.calls())
    pool.client.delete_group(pool.group)
    assert pool.client.committed(pool.group, pool.client.topic("requests")) == {}
    pool.start()
    pool.wait_committed()
    pool.client.publish(*bare({"requestId": "after", "instanceIds": ids(100, 1)}))
    outcomes = pool.wait_finals(wanted + pairs("after", ids(100, 1)))
    assert len(pool.client.read(pool.client.topic("tasks"))) == 121  # 60, again 60, and one
    assert len(pool.sim.calls()) == calls + 1
    assert len(outcomes.finals()) == 61
    assert pool.sim.effects() == {i: 1 for i in instances + ids(100, 1)}


def test_the_whole_pool_keeps_to_the_limit_of_calls(make_pool):
    pool = make_pool(instances=120, reboot_duration="200ms..400ms")
    for name in ("a", "b", "c"):
        pool.start(name, api_batch_size=1, api_linger="0s")
    pool.client.publish_all([bare({"requestId": f"r{i}", "instanceIds": [instance]})
                             for i, instance in enumerate(ids(0, 120))])
    pool.wait_finals([(f"r{i}", instance) for i, instance in enumerate(ids(0, 120))])
    calls = pool.sim.calls()
    assert len(calls) == 120
    assert busiest_second(calls) <= 20
    assert not [call for call in calls if call["code"] == "RequestLimitExceeded"]
