# SPDX-License-Identifier: Apache-2.0
"""A Kafka client that is not librdkafka, for tests: publishes requests in every dress, reads topics
to their present end, and puts outcomes in order."""
import json
import time
import uuid
from collections import defaultdict

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

FINAL = {"succeeded", "unconfirmed", "failed", "unknown", "expired", "cancelled", "rejected"}


def wait_until(predicate, seconds=30, what="the condition", pause=0.05):
    """The predicate's first true value; it is asked until then."""
    until = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(pause)  # style: this is the wait with a deadline


def producer(bootstrap):
    """A producer that goes on when a topic that was just made has no leader yet, in order; what a
    broker stored and could not acknowledge it stores twice."""
    return KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5, retries=50,
                         retry_backoff_ms=100, max_in_flight_requests_per_connection=1,
                         max_request_size=8 * 1024 * 1024)


class Client:
    def __init__(self, bootstrap, prefix="reboot"):
        self.bootstrap = bootstrap
        self.prefix = prefix
        self._producer = None

    def topic(self, name):
        return f"{self.prefix}.{name}"

    def close(self):
        if self._producer is not None:
            self._producer.close(timeout=5)
            self._producer = None

    # ---- topics and groups ----

    def create(self, name, partitions=12, config=None, replication_factor=1):
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            admin.create_topics([NewTopic(name, partitions, replication_factor,
                                           topic_configs=config or {})])
        except TopicAlreadyExistsError:
            pass
        finally:
            admin.close()

    def delete(self, topic):
        """Until it is gone. Our producer knows the old one, so it goes too."""
        self.close()
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            admin.delete_topics([topic])
            wait_until(lambda: topic not in admin.list_topics(), 30, f"{topic} deleted")
        finally:
            admin.close()

    def committed(self, group, topic):
        """Offsets of the group by partition, of the partitions that have one."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            offsets = admin.list_consumer_group_offsets(group)
        finally:
            admin.close()
        return {at.partition: meta.offset for at, meta in offsets.items()
                if at.topic == topic and meta.offset >= 0}

    def ends(self, topic):
        with_consumer = KafkaConsumer(bootstrap_servers=self.bootstrap)
        try:
            parts = with_consumer.partitions_for_topic(topic) or ()
            found = with_consumer.end_offsets([TopicPartition(topic, p) for p in parts])
        finally:
            with_consumer.close()
        return {at.partition: end for at, end in found.items() if end > 0}

    def is_committed(self, group, topic):
        """Has the group committed everything that the topic holds?"""
        done = self.committed(group, topic)
        return all(done.get(p, 0) >= end for p, end in self.ends(topic).items())

    def delete_group(self, group):
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            for name, error in admin.delete_consumer_groups([group]):
                if error is not None and getattr(error, "errno", 0) != 0:
                    raise error(name)
        finally:
            admin.close()

    # ---- writing ----

    def publish(self, value, key=None, headers=None, topic=None, partition=None):
        """Stored when it returns: (partition, offset)."""
        return self.publish_all([(value, key, headers)], topic, partition)[0]

    def publish_all(self, records, topic=None, partition=None):
        if self._producer is None:
            self._producer = producer(self.bootstrap)
        sent = [self._producer.send(topic or self.topic("requests"), value=value, key=key,
                                    headers=headers or [], partition=partition)
                for value, key, headers in records]
        self._producer.flush()
        stored = [future.get(timeout=30) for future in sent]
        return [(record.partition, record.offset) for record in stored]

    # ---- reading ----

    def read(self, topic):
        """Every record of the topic up to its present end, partition by partition."""
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest",
                                 enable_auto_commit=False)
        try:
            at = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()]
            consumer.assign(at)
            ends = consumer.end_offsets(at) if at else {}
            consumer.seek_to_beginning(*at)
            found = defaultdict(list)
            while any(consumer.position(p) < ends[p] for p in at):
                for where, records in consumer.poll(timeout_ms=500).items():
                    found[where.partition] += records
        finally:
            consumer.close()
        return [record for p in sorted(found) for record in found[p]]

    def outcomes(self):
        return Outcomes(self.read(self.topic("results")))


class Outcomes:
    """Events of the results topic; an event that was published twice counts once, and both must be
    the same."""

    def __init__(self, records):
        self.records = records
        self.events = {}
        for record in records:
            headers = {name: value.decode() for name, value in record.headers}
            event = json.loads(record.value)
            event["_headers"] = headers
            known = self.events.setdefault(headers["ce_id"], (record.value, event))
            assert known[0] == record.value, f"two different events with the id {headers['ce_id']}"

    def all(self):
        return [event for _, event in self.events.values()]

    def of(self, request_id, instance_id=None):
        """Events of a request in the order of their revision."""
        found = [e for e in self.all() if e["requestId"] == request_id
                 and instance_id in (None, e["instanceId"])]
        return sorted(found, key=lambda e: (e["instanceId"] or "", e["revision"]))

    def statuses(self, request_id, instance_id=None):
        return [e["status"] for e in self.of(request_id, instance_id)]

    def finals(self):
        """The final events by (request, instance); one each but for rejected ones."""
        found = {}
        for event in self.all():
            if not event["final"] or event["status"] == "rejected":
                continue
            at = (event["requestId"], event["instanceId"])
            assert at not in found, f"{at} has two final events: {found[at]}, {event}"
            found[at] = event
        return found


def bare(request):
    return json.dumps(request).encode(), None, []


def binary(request, event_id=None, **attributes):
    headers = {"ce_specversion": "1.0", "ce_id": event_id or str(uuid.uuid4()),
               "ce_source": "/test", "ce_type": "test.reboot", "content-type": "application/json",
               **{f"ce_{name}": value for name, value in attributes.items()}}
    return (json.dumps(request).encode(), None,
            [(name, value.encode()) for name, value in headers.items()])


def structured(request, event_id=None, **attributes):
    event = {"specversion": "1.0", "id": event_id or str(uuid.uuid4()), "source": "/test",
             "type": "test.reboot", "data": request, **attributes}
    return (json.dumps(event).encode(), None,
            [("content-type", b"application/cloudevents+json; charset=UTF-8")])
