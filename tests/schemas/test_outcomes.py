# SPDX-License-Identifier: Apache-2.0
"""The worker's own bytes: outcomes of every kind are what the schemas promise, and no more; and the
schemas would notice if they were not."""
import json
import subprocess
import uuid

import judges
import pytest

COUNT = 4000
STATUSES = judges.load("reboot-outcome")["properties"]["status"]["enum"]


@pytest.fixture(scope="module")
def events(build_dir):
    """[(headers, text of the value)]."""
    done = subprocess.run([build_dir / "tests" / "schemas" / "write_outcomes", str(COUNT)],
                          stdout=subprocess.PIPE, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == COUNT
    for line in lines:
        names = [name for name, _ in line["headers"]]
        assert len(set(names)) == len(names)
    return [(dict(line["headers"]), bytes.fromhex(line["value"]).decode()) for line in lines]


@pytest.fixture(scope="module")
def values(events):
    return [(headers, json.loads(value)) for headers, value in events]


def schemas():
    outcome = judges.closed(judges.load("reboot-outcome"))
    headers = judges.headers_schema("outcome")
    return {"value": outcome,
            "headers": {**headers, "propertyNames": {
                "enum": [name for part in headers["allOf"] for name in part["properties"]]}}}


def ask(judge, node, questions):
    if judge == "ajv":
        return judges.ask_ajv(node, schemas(), questions)
    return judges.ask_jsonschema(schemas(), questions)


JUDGES = pytest.mark.parametrize("judge", ["jsonschema", "ajv"])


@JUDGES
def test_what_is_written_is_what_the_schemas_say(events, judge, node):
    questions = [("value", value) for _, value in events]
    questions += [("headers", json.dumps(headers)) for headers, _ in events]
    answers = ask(judge, node, questions)
    assert set(answers) == {"accepts"}


def test_every_status_and_both_kinds_of_null_occur(values):
    assert {value["status"] for _, value in values} == set(STATUSES)
    for name in values[0][1]:
        if name in judges.load("reboot-outcome")["required"]:
            assert len({json.dumps(value[name]) for _, value in values}) > 1, name
    assert {value["instanceId"] is None for _, value in values} == {True, False}
    assert {value.get("dryRun") for _, value in values} == {True, None}


def test_ids_are_those_of_another_maker(values):
    for headers, value in values:
        name = [value["requestId"], value["instanceId"] or "", value["status"]]
        if value["status"] == "retrying":
            name.append(str(value["attempts"]))
        if value["status"] == "rejected":
            name.append("{topic}/{partition}/{offset}".format(**value["source"]))
        assert headers["ce_id"] == str(uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(name)))


def test_headers_say_what_the_value_says(values):
    for headers, value in values:
        assert headers["ce_type"] == f"ecm.instance.reboot.{value['status']}.v1"
        assert headers.get("ce_subject") == value["instanceId"]
        assert headers["content-type"] == "application/json"


def test_the_same_outcome_gives_the_same_bytes(events, build_dir):
    again = subprocess.run([build_dir / "tests" / "schemas" / "write_outcomes", "100"],
                           stdout=subprocess.PIPE, check=True).stdout.splitlines()
    assert [bytes.fromhex(json.loads(line)["value"]).decode() for line in again] == [
        value for _, value in events[:100]]


def spoilt(value):
    """What must not be published, and why."""
    for name in value:
        if name != "dryRun":
            yield f"without {name}", {key: value[key] for key in value if key != name}
        yield f"{name} is a list", {**value, name: []}
    yield "a field more", {**value, "extra": 1}
    for part in ("api", "error", "source"):
        if value[part] is not None:
            yield f"a field more in {part}", {**value, part: {**value[part], "extra": 1}}
            for name in value[part]:
                less = {key: value[part][key] for key in value[part] if key != name}
                yield f"without {part}.{name}", {**value, part: less}
    yield "unknown status", {**value, "status": "done"}
    if value["status"] != "dispatched":
        yield "final turned", {**value, "final": not value["final"]}
    turned = None if value["final"] else "2026-01-01T00:00:00.000Z"
    yield "finishedAt turned", {**value, "finishedAt": turned}
    yield "no milliseconds", {**value, "requestedAt": "2026-01-01T00:00:00Z"}
    yield "another zone", {**value, "requestedAt": "2026-01-01T00:00:00.000+00:00"}
    yield "attempts are text", {**value, "attempts": "1"}
    yield "dryRun is false", {**value, "dryRun": False}
    if value["status"] != "rejected":
        yield "no instance", {**value, "instanceId": None}
    if value["status"] != "succeeded":
        yield "confirmed", {**value, "confirmedBy": "state"}


@JUDGES
def test_what_must_not_be_written_would_be_noticed(values, judge, node):
    questions, why = [], []
    for _, value in values[:60]:
        for reason, bad in spoilt(value):
            questions.append(("value", json.dumps(bad)))
            why.append((value["status"], reason))
    answers = ask(judge, node, questions)
    assert not [reason for reason, answer in zip(why, answers) if answer == "accepts"]
