# SPDX-License-Identifier: Apache-2.0
"""Gathers evidence: follows topics with a client that is not librdkafka."""
import json
import subprocess
import threading
from pathlib import Path

from broker.client import producer, wait_until
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

RECORD_BYTES_MAX = 8 * 1024 * 1024


class Tail:
    """Every record of a topic from its first, as far as read."""

    def __init__(self, bootstrap, topic):
        self.records = []
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest",
                                       enable_auto_commit=False)
        parts = wait_until(lambda: self._consumer.partitions_for_topic(topic), 60, topic, 0.5)
        self.at = [TopicPartition(topic, p) for p in sorted(parts)]
        self._consumer.assign(self.at)

    def step(self):
        for records in self._consumer.poll(timeout_ms=200).values():
            self.records += records

    def catch_up(self):
        """To the topic's present end."""
        ends = self._consumer.end_offsets(self.at)
        while any(self._consumer.position(at) < ends[at] for at in self.at):
            self.step()
        return self.records

    def close(self):
        self._consumer.close()


class LedgerFollower(threading.Thread):
    """Reads the ledger while it is written: its beginning is deleted after a snapshot."""

    def __init__(self, pool):
        super().__init__(daemon=True)
        self.pool = pool
        self._tail = Tail(pool.bootstrap, pool.client.topic("ledger"))
        self._over = threading.Event()

    def run(self):
        while not self._over.is_set():
            try:
                self._tail.step()
            except KafkaError:  # a broker is away: the position stays
                self._over.wait(0.2)

    def rows(self, replication):
        """Partition -> what was read, as `reboot-worker ledger` prints it; ends the following.

        The records go into a topic from which nothing is deleted, at the offsets that they had."""
        self._over.set()
        self.join()
        records = self._tail.catch_up()
        self._tail.close()
        kept = self.pool.client.topic("ledger-kept")
        self.pool.client.create(kept, len(self._tail.at), {
            "max.message.bytes": str(RECORD_BYTES_MAX), "retention.ms": "-1"}, replication)
        writer = producer(self.pool.bootstrap)
        sent = [writer.send(kept, record.value, partition=record.partition,
                            timestamp_ms=record.timestamp) for record in records]
        writer.flush()
        writer.close()
        for record, future in zip(records, sent):
            assert future.get().offset == record.offset, "the ledger was deleted before it was read"
        return {at.partition: self._print(kept, at.partition) for at in self._tail.at}

    def _print(self, topic, partition):
        program = Path(self.pool.build_dir) / "reboot-worker"
        done = subprocess.run(
            [program, "ledger", "--partition", str(partition), "-o", "json", "--topics-ledger",
             topic, "-X", f"bootstrap.servers={self.pool.bootstrap}"],
            text=True, stdout=subprocess.PIPE, check=True, timeout=120)
        return [json.loads(line) for line in done.stdout.splitlines()]


def requests_of(records):
    """Records of the input as the judge wants them."""
    found = []
    for record in records:
        try:
            value = json.loads(record.value)
        except ValueError:
            value = None
        found.append({"place": (record.partition, record.offset), "at": record.timestamp / 1000,
                      "value": value})
    return found


def events_of(records):
    return [(dict(record.headers)["ce_id"].decode(), record.value) for record in records]
