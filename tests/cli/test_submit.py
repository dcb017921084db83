# SPDX-License-Identifier: Apache-2.0
"""reboot-worker submit: what it publishes, what it refuses, what it says."""
import json
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from outcome import requests


def test_ids_become_one_request_and_its_id_is_printed(cli, client):
    done = cli("submit", "ein-1", "ein-2", "ein-1")
    assert (done.code, done.err) == (0, "")
    request_id = done.out.strip()
    assert str(uuid.UUID(request_id)) == request_id and uuid.UUID(request_id).version == 4
    (value, record), = requests(client)
    assert value == {"requestId": request_id, "instanceIds": ["ein-1", "ein-2"]}
    assert record.key == request_id.encode() and record.headers == []
    assert cli("submit", "ein-1").out.strip() != request_id


def test_every_field_has_an_option(cli, client):
    at = "2026-11-23T01:15:30+08:00"
    done = cli("submit", "ein-1", "--request-id", "order/7", "--region=ap-xian-ecm",
               "--stop-type", "SOFT_FIRST", "--requested-at", at, "--not-before", at,
               "--expires-at", at, "--requested-by", "Zoë", "--reason", "内核挂起", "--allow-repeat")
    assert (done.code, done.out) == (0, "order/7\n")
    assert cli("submit", "ein-1", "--force-reboot").code == 0
    assert cli("submit", "ein-1", "--cancel", "--request-id", "order/7").code == 0
    by_key = {tuple(sorted(value)): value for value, _ in requests(client)}
    assert by_key[tuple(sorted(by_key[max(by_key, key=len)]))] == {
        "requestId": "order/7", "region": "ap-xian-ecm", "stopType": "SOFT_FIRST",
        "requestedAt": at, "notBefore": at, "expiresAt": at, "requestedBy": "Zoë",
        "reason": "内核挂起", "allowRepeat": True, "instanceIds": ["ein-1"]}
    assert by_key[("forceReboot", "instanceIds", "requestId")]["forceReboot"] is True
    assert by_key[("cancel", "instanceIds", "requestId")]["cancel"] is True


def test_a_duration_is_a_time_from_now_on(cli, client):
    before = datetime.now(timezone.utc)
    cli("submit", "ein-1", "--not-before", "90s", "--expires-at", "2h")
    after = datetime.now(timezone.utc)
    value = requests(client)[0][0]
    for name, later in (("notBefore", timedelta(seconds=90)), ("expiresAt", timedelta(hours=2))):
        at = datetime.fromisoformat(value[name].replace("Z", "+00:00")) - later
        assert before - timedelta(milliseconds=1) <= at <= after


@pytest.mark.parametrize("args, said", [
    (["ein 1"], 'request.field.instanceIds: instanceIds does not fit: it must be an array of 1 to '
                '1000 texts, each of 1 to 64 of [A-Za-z0-9_-]: "ein 1"'),
    (["x" * 65], "request.field.instanceIds"),
    ([""], "request.field.instanceIds"),
    (["ein-1", "--request-id", "with blank"], "request.field.requestId: requestId does not fit"),
    (["ein-1", "--region", "AP"], "request.field.region: region does not fit"),
    (["ein-1", "--stop-type", "soft"], "request.field.stopType: stopType does not fit: it must be "
                                       "SOFT, HARD or SOFT_FIRST"),
    (["ein-1", "--not-before", "tomorrow"], "request.field.notBefore"),
    (["ein-1", "--expires-at", "2026-13-01T00:00:00Z"], "request.field.expiresAt"),
    (["ein-1", "--requested-at", "10m"], "request.field.requestedAt"),
    (["ein-1", "--requested-by", "x" * 257], "request.field.requestedBy"),
    (["ein-1", "--reason", "x" * 257], "request.field.reason"),
    (["ein-1", "--reason", b"\xff"], "request.encoding: --reason is not UTF-8"),
    (["ein-1", "--cancel"], "request.field.requestId: requestId is missing"),
    (["ein-1", "--force-reboot", "--stop-type", "HARD"], "request.conflict: forceReboot: true and "
                                                         "stopType exclude each other"),
    ([], "no instance IDs"),
    (["ein-1", "--timeout", "5s"], "--timeout is for --wait"),
    (["ein-1", "--wait", "--timeout", "soon"], "--timeout is a duration"),
    (["ein-1", "-o", "yaml"], "--output is text or json"),
    (["ein-1", "--stop-typ", "HARD"], "(did you mean --stop-type?)"),
    (["ein-1", "--region"], "a value is missing"),
])
def test_what_breaks_a_rule_is_refused_before_a_broker_is_asked(start, args, said):
    args = [arg.decode(errors="surrogateescape") if isinstance(arg, bytes) else arg for arg in args]
    done = start("submit", *args, REBOOT_WORKER_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1").end()
    assert (done.code, done.out) == (2, "")
    assert said in done.err and "See: reboot-worker submit --help" in done.err


def test_a_file_holds_an_id_a_line(cli, client, tmp_path):
    path = tmp_path / "ids"
    path.write_text("# rack 12\nein-1\r\n\n  ein-2\t\nein-1\nein-3")
    assert cli("submit", "ein-0", "--file", path, "--reason", "rack").code == 0
    (value, _), = requests(client)
    assert value["instanceIds"] == ["ein-0", "ein-1", "ein-2", "ein-3"]
    assert value["reason"] == "rack"


def test_a_wrong_line_is_named_and_nothing_is_published(cli, client, tmp_path):
    path = tmp_path / "ids"
    path.write_text("\n".join(f"ein-{i}" for i in range(2500)) + "\nein 7\n")
    done = cli("submit", "-f", path)
    assert (done.code, done.out) == (2, "")
    assert f"{path}:2501: request.field.instanceIds" in done.err and '"ein 7"' in done.err
    done = cli("submit", "-f", "-", stdin='{"instanceIds":["ein-1"]}\n{"instanceIds":["ein-1"]')
    assert done.code == 2 and "stdin:2: request.invalid_json: " in done.err
    done = cli("submit", "-f", "-", stdin=b"ein-1\nein-\xff\n")
    assert done.code == 2 and "stdin:2: request.encoding" in done.err
    assert cli("submit", "-f", "-", stdin="# nothing\n").code == 2
    assert cli("submit", "-f", tmp_path / "nowhere").code == 1
    assert requests(client) == []


def test_more_ids_than_a_record_holds_become_several_records_of_one_request(cli, client):
    ids = [f"ein-{i}" for i in range(2500)]
    done = cli("submit", "--file", "-", stdin="\n".join(ids + ids[:700]))
    assert done.code == 0 and done.out.count("\n") == 1
    found = requests(client)
    assert sorted(len(value["instanceIds"]) for value, _ in found) == [500, 1000, 1000]
    assert sorted(i for value, _ in found for i in value["instanceIds"]) == sorted(ids)
    assert {value["requestId"] for value, _ in found} == {done.out.strip()}


def test_whole_requests_are_published_byte_for_byte(cli, client):
    lines = ['{"instanceIds": ["ein-1"],  "unknown": 1.50}',
             '{"requestId":"b","instanceIds":["ein-2","ein-3"],"cancel":true}']
    done = cli("submit", "-f", "-", stdin="\n".join(lines))
    assert done.code == 0
    records = {record.value.decode(): record for _, record in requests(client)}
    assert set(records) == set(lines)
    unnamed = records[lines[0]]
    assert done.out == f"reboot.requests/{unnamed.partition}/{unnamed.offset}\nb\n"


def test_options_of_a_request_do_not_go_with_whole_requests(cli, client):
    done = cli("submit", "-f", "-", "--reason", "why", stdin='{"instanceIds":["ein-1"]}')
    assert done.code == 2 and "--reason is for IDs" in done.err
    assert requests(client) == []


def test_json_says_where_each_record_is(cli, client):
    done = cli("submit", "-f", "-", "-o", "json", stdin="\n".join(f"ein-{i}" for i in range(1001)))
    said = [json.loads(line) for line in done.out.splitlines()]
    stored = {(record.partition, record.offset): value for value, record in requests(client)}
    assert sorted(one["instances"] for one in said) == [1, 1000]
    for one in said:
        assert one["topic"] == "reboot.requests"
        value = stored[(one["partition"], one["offset"])]
        assert value["requestId"] == one["requestId"]
        assert len(value["instanceIds"]) == one["instances"]



def test_a_wrong_configuration_is_78(cli, client, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("kafka:\n  sasl.password: hunter2\ngrup: x\n")
    done = cli("submit", "ein-1", "--config", path)
    assert done.code == 78 and "grup" in done.err and "hunter2" not in done.err
    assert requests(client) == []
