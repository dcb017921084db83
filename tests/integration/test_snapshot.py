# SPDX-License-Identifier: Apache-2.0
"""A ledger that has grown is written down whole, its beginning is deleted, nothing is missed."""
import json

from broker.client import bare, wait_until
from kafka import KafkaConsumer, TopicPartition

FLOOR_BYTES = 4 << 20  # a ledger partition grows by that much between two snapshots
REASON = "x" * 250


def ids(first, count):
    return [f"ein-{i:08x}" for i in range(first, first + count)]


def start_of(pool, name):
    consumer = KafkaConsumer(bootstrap_servers=pool.bootstrap)
    try:
        at = TopicPartition(pool.client.topic(name), 0)
        return consumer.beginning_offsets([at])[at]
    finally:
        consumer.close()


def fill(pool, first, count, instances=100):
    """Requests whose bytes stand in the ledger: as their tasks, and no text is shared."""
    requests = [{"requestId": f"r{i}", "instanceIds": [f"ein-{i % instances:08x}"],
                 "requestedBy": f"{i:06d}" + REASON, "reason": f"{i:06d}" + REASON}
                for i in range(first, first + count)]
    pool.client.publish_all([bare(request) for request in requests])
    return [(r["requestId"], r["instanceIds"][0]) for r in requests]


def test_what_a_snapshot_holds_needs_no_log_and_is_still_known(make_pool):
    pool = make_pool(rate_limit=1000)
    quick = {"topics_partitions": 1, "api_rate_limit": 500}
    first = pool.start("first", **quick)
    wanted = fill(pool, 0, FLOOR_BYTES // len(REASON) // 2 + 1000)
    pool.wait_finals(wanted, 120)
    wait_until(lambda: start_of(pool, "ledger") > 0 and start_of(pool, "tasks") > 0, 30,
               "the beginning of ledger and tasks deleted")
    first.stop()
    before = pool.client.outcomes()
    second = pool.start("second", **quick)
    # The same request again, and one for an instance that is known from the snapshot alone.
    request_id, instance = wanted[-1]
    repeated = {"requestId": request_id, "instanceIds": [instance],
                "requestedBy": f"{len(wanted) - 1:06d}" + REASON,
                "reason": f"{len(wanted) - 1:06d}" + REASON}
    pool.client.publish(*bare(repeated))
    more = fill(pool, 100000, 100)
    pool.client.publish(*bare({"requestId": "new", "instanceIds": ids(150, 1)}))
    outcomes = pool.wait_finals([*more, ("new", ids(150, 1)[0])], 60)
    again = [r for r in outcomes.records if json.loads(r.value)["requestId"] == request_id
             and json.loads(r.value)["final"]]
    assert len(again) == 2 and again[0].value == again[1].value
    assert outcomes.finals().items() >= before.finals().items()
    assert pool.sim.effects() == {i: 1 for i in ids(0, 100) + ids(150, 1)}
    assert not second.said("a partition has stopped")
