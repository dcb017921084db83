# SPDX-License-Identifier: Apache-2.0
"""A producer that is of no more use, for the broker refuses it for good: the worker goes on with
another one, and nothing is lost.

Somebody else writes with the worker's producer id and a later epoch: the batch that the worker
itself stored last, once more. (A task that is delivered twice is recognised, a doubled decision is
void, an event may come twice.)"""
import struct

from broker.client import wait_until
from kafka.client_async import KafkaClient
from kafka.protocol.produce import ProduceRequest
from kafka.record.util import calc_crc32c
from test_away import ids, metric, submit

HEAD_BYTES = 12  # offset and length of a batch
CRC_AT, ATTRIBUTES_AT, EPOCH_AT = 17, 21, 51  # the checksum is of what is behind it
LOG_APPEND_TIME = 8
PRODUCE_V3 = 3


def last_batch(kafka, topic, partition):
    """From the broker's own disk, None: it has none."""
    log = (kafka.dir / "data-0" / f"{topic}-{partition}" / f"{0:020}.log").read_bytes()
    at, last = 0, None
    while at + HEAD_BYTES < len(log):
        end = at + HEAD_BYTES + struct.unpack_from(">i", log, at + 8)[0]
        if end > len(log) or end == at + HEAD_BYTES:
            break
        last, at = log[at:end], end
    return last


def of_next_epoch(batch):
    """As a client sends it: whose time it bears is the broker's to say."""
    batch = bytearray(batch)
    batch[ATTRIBUTES_AT + 1] &= ~LOG_APPEND_TIME
    struct.pack_into(">q", batch, 0, 0)
    epoch = struct.unpack_from(">h", batch, EPOCH_AT)[0]
    struct.pack_into(">hi", batch, EPOCH_AT, epoch + 1, 0)
    struct.pack_into(">I", batch, CRC_AT, calc_crc32c(bytes(batch[ATTRIBUTES_AT:])))
    return bytes(batch)


def store(bootstrap, topic, partition, batch):
    """The broker's error code."""
    client = KafkaClient(bootstrap_servers=bootstrap, api_version=(2, 5, 0))
    try:
        node = wait_until(client.least_loaded_node, 10, "a node")
        wait_until(lambda: client.ready(node) or client.poll(100), 10, "the node", pause=0.01)
        future = client.send(node, ProduceRequest[PRODUCE_V3](None, -1, 10000, [
            (topic, [(partition, batch)])]))
        client.poll(future=future, timeout_ms=10000)
        return future.value.topics[0][1][0][1]
    finally:
        client.close()


def fence_partition(kafka, pool, name, partition):
    """Whoever wrote last to this partition may not do so any more."""
    topic = pool.client.topic(name)
    batch = of_next_epoch(last_batch(kafka, topic, partition))
    assert store(kafka.bootstrap, topic, partition, batch) == 0


def test_a_fenced_producer_is_replaced_and_nothing_is_lost(pool, kafka):
    worker = pool.start()
    wanted = submit(pool, "first", ids(0, 40))
    pool.wait_finals(wanted)
    for round_n, name in enumerate(("tasks", "ledger", "results"), start=1):
        lives = metric(worker, "reboot_worker_producer_lives_total")
        for partition in range(4):
            fence_partition(kafka, pool, name, partition)
        wanted += submit(pool, f"{name}-fenced", ids(40 * round_n, 40))
        outcomes = pool.wait_finals(wanted)
        assert metric(worker, "reboot_worker_producer_lives_total") > lives
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    assert pool.sim.effects() == {i: 1 for i in ids(0, 160)}
    worker.wait_ready()
