# SPDX-License-Identifier: Apache-2.0
"""Outcome events as a worker would publish them, for tests that need no worker."""
import json

FINAL = ("succeeded", "unconfirmed", "failed", "unknown", "expired", "cancelled", "rejected")


def outcome(request_id, instance_id, status, source=("reboot.requests", 0, 0), **fields):
    """An event: (value, key, headers)."""
    topic, partition, offset = source
    event = {"requestId": request_id, "instanceId": instance_id, "region": None,
             "requestedBy": None, "reason": None, "status": status, "final": status in FINAL,
             "attempts": 1, "servedBy": None, "confirmedBy": None, "api": None, "error": None,
             "requestedAt": None, "acceptedAt": None, "dispatchedAt": None, "finishedAt": None,
             "source": {"topic": topic, "partition": partition, "offset": offset}, "revision": 1,
             "worker": "stand-in", **fields}
    headers = [("ce_specversion", b"1.0"), ("ce_type", f"ecm.instance.reboot.{status}.v1".encode()),
               ("ce_time", b"2026-11-23T01:15:30.123Z")]
    return (json.dumps(event, separators=(",", ":")).encode(),
            None if instance_id is None else instance_id.encode(), headers)


def error(code, message):
    return {"code": code, "message": message, "source": "api"}


def publish(client, *events):
    client.publish_all(events, topic="reboot.results")


def requests(client):
    """The requests that were published: [(value, record)]."""
    return [(json.loads(record.value), record) for record in client.read("reboot.requests")]
