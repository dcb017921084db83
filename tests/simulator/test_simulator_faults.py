# SPDX-License-Identifier: Apache-2.0
"""Every kind of fault: what the caller sees, and what really happened."""
import http.client
import json
import time

import pytest
from broker.client import wait_until

FIRST = "ein-00000000"
SECOND = "ein-00000001"
THIRD = "ein-00000002"
BROKEN = (http.client.HTTPException, ConnectionError, OSError)


def by_id(*ids):
    return [{"Name": "instance-id", "Values": list(ids)}]


@pytest.mark.parametrize("kind, effect", [
    ("lost-before", {}), ("lost-after", {FIRST: 1}),
    ("reset", {}), ("reset-before", {}), ("reset-after", {FIRST: 1}),
    ("truncated-body", {FIRST: 1}),
])
def test_answer_that_never_comes_whole(sim, client, kind, effect):
    sim.fault(action="RebootInstances", kind=kind, count=1)
    with pytest.raises(BROKEN):
        client.reboot([FIRST])
    assert sim.effects() == effect
    [call] = wait_until(lambda: sim.calls())
    assert call["answered"] is False and call["fault"] in (kind, kind + "-before")
    assert client.describe(Limit=1).code is None
    assert client.reboot([SECOND]).code is None


@pytest.mark.parametrize("kind, is_reset", [("reset-before", True), ("reset-after", True),
                                            ("lost-before", False), ("lost-after", False)])
def test_reset_is_a_reset_and_a_close_is_none(sim, client, kind, is_reset):
    sim.fault(kind=kind, count=1)
    with pytest.raises(ConnectionResetError) as caught:
        client.reboot([FIRST])
    assert isinstance(caught.value, http.client.RemoteDisconnected) != is_reset


def test_late_effect_comes_after_the_answer_was_lost(sim, client):
    sim.fault(kind="late-effect", delayMs=2000, count=1)
    with pytest.raises(BROKEN):
        client.reboot([FIRST])
    assert sim.effects() == {}
    wait_until(lambda: sim.effects() == {FIRST: 1})
    assert sim.calls()[0]["effect"] == [FIRST]
    answer = client.describe(Filters=by_id(FIRST))
    assert answer.response["InstanceSet"][0]["InstanceState"] == "REBOOTING"


def test_delay_holds_the_answer_not_the_effect(sim, client, connect):
    sim.fault(action="RebootInstances", kind="delay", delayMs=700, count=1)
    began = time.monotonic()
    assert client.reboot([FIRST]).code is None
    assert time.monotonic() - began > 0.65
    assert sim.calls()[0]["answered"] is True


def test_others_are_served_while_one_is_held(sim, client, connect):
    sim.fault(action="RebootInstances", kind="lost-after", delayMs=60000)
    client.connection.timeout = 0.3
    with pytest.raises(TimeoutError):
        client.reboot([FIRST])
    other = connect(sim)
    assert other.describe(Limit=1).code is None
    assert sim.effects() == {FIRST: 1} and sim.calls()[0]["answered"] is False


@pytest.mark.parametrize("kind, code, status, effect", [
    ("5xx", None, 502, {}), ("5xx", "504", 504, {}), ("5xx-after", "500", 500, {FIRST: 1}),
])
def test_gateway_errors_are_html(sim, client, kind, code, status, effect):
    sim.fault(kind=kind, count=1, **({"code": code} if code else {}))
    answer = client.reboot([FIRST])
    assert answer.status == status and b"<html>" in answer.body
    assert answer.headers["content-type"] == "text/html"
    assert sim.effects() == effect
    assert sim.calls()[0]["code"] == f"HttpStatus.{status}"


def test_broken_body_is_sent_but_is_no_json(sim, client):
    sim.fault(kind="broken-body", count=1)
    answer = client.reboot([FIRST])
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)
    assert sim.effects() == {FIRST: 1}


@pytest.mark.parametrize("kind, code, effect", [
    ("throttle", "RequestLimitExceeded", {}),
    ("internal-error-before", "InternalError", {}),
    ("internal-error-after", "InternalError", {FIRST: 1, SECOND: 1}),
    ("InternalError before", "InternalError", {}),
    ("internal_error_after_effect", "InternalError", {FIRST: 1, SECOND: 1}),
    ("partial-effect", "FailedOperation.InternalOperationFailure", {FIRST: 1}),
    ("busy", "OperationDenied.InstanceOperationInProgress", {}),
    ("stopped", "ResourceUnavailable.InstanceNotRunning", {}),
    ("missing", "ResourceNotFound.InstanceNotExist", {}),
    ("denied", "UnauthorizedOperation.ForbiddenOperation", {}),
])
def test_errors(sim, client, kind, code, effect):
    sim.fault(action="RebootInstances", kind=kind, count=1)
    answer = client.reboot([FIRST, SECOND])
    assert (answer.status, answer.code) == (200, code)
    assert sim.effects() == effect
    assert sim.calls()[0]["code"] == code and sim.calls()[0]["answered"] is True
    sim.set_instances(ids=[FIRST, SECOND], state="RUNNING")
    assert client.reboot([FIRST, SECOND]).code is None


def test_partial_effect_can_say_who_is_left_out(sim, client):
    sim.fault(kind="partial-effect", ids=[FIRST], code="InternalError", count=1)
    assert client.reboot([FIRST, SECOND, THIRD]).code == "InternalError"
    assert sim.effects() == {SECOND: 1, THIRD: 1}


def test_any_code_for_a_call_or_for_an_instance(sim, client):
    sim.fault(kind="code", code="AuthFailure.MFAFailure", message="say\nso", count=1)
    answer = client.reboot([FIRST])
    assert (answer.code, answer.message) == ("AuthFailure.MFAFailure", "say\nso")
    sim.fault(kind="code", code="FailedOperation.OperationNotAllow", ids=[SECOND])
    assert client.reboot([FIRST]).code is None
    answer = client.reboot([SECOND, THIRD])
    assert answer.code == "FailedOperation.OperationNotAllow"
    assert SECOND in answer.message and THIRD not in answer.message


def test_instance_faults_hit_only_their_instances(sim, client):
    sim.fault(kind="busy", ids=[SECOND], count=2)
    for _ in range(2):
        answer = client.reboot([FIRST, SECOND])
        assert answer.code == "OperationDenied.InstanceOperationInProgress"
        assert SECOND in answer.message and FIRST not in answer.message
    assert client.reboot([FIRST, SECOND]).code is None


def test_missing_and_stopped_are_seen_by_reads_while_they_last(sim, client):
    sim.faults([{"kind": "missing", "ids": [FIRST]}, {"kind": "stopped", "ids": [SECOND]}])
    answer = client.describe(Filters=by_id(FIRST, SECOND))
    assert [(one["InstanceId"], one["InstanceState"]) for one in answer.response["InstanceSet"]] \
        == [(SECOND, "STOPPED")]
    stopped = client.describe(Filters=[{"Name": "instance-state", "Values": ["STOPPED"]}])
    assert stopped.response["TotalCount"] == 1
    running = client.describe(Filters=[{"Name": "instance-state", "Values": ["RUNNING"]}])
    assert running.response["TotalCount"] == 18
    sim.clear_faults()
    assert client.describe().response["TotalCount"] == 20


def test_fault_of_one_action_leaves_the_others_alone(sim, client):
    sim.faults([{"kind": "missing", "ids": [FIRST], "action": "RebootInstances"},
                {"kind": "throttle", "action": "DescribeInstancesDeniedActions"}])
    assert client.describe(Filters=by_id(FIRST)).response["TotalCount"] == 1
    assert client.reboot([FIRST]).code == "ResourceNotFound.InstanceNotExist"
    answer = client.call("DescribeInstancesDeniedActions", {"InstanceIdSet": [SECOND]})
    assert answer.code == "RequestLimitExceeded"


@pytest.mark.parametrize("kind, state, operation", [
    ("reboot-fails", "RUNNING", "FAILED"), ("reboot-stops", "STOPPED", "FAILED")])
def test_reboots_may_end_badly(start, connect, kind, state, operation):
    sim = start(reboot_duration="100ms")
    client = connect(sim)
    sim.fault(kind=kind, ids=[FIRST])
    assert client.reboot([FIRST]).code is None

    def ended():
        [one] = client.describe(Filters=by_id(FIRST)).response["InstanceSet"]
        return (one["InstanceState"], one["LatestOperationState"]) == (state, operation)

    wait_until(ended)


def test_reboots_may_hang_or_take_longer(start, connect):
    sim = start(reboot_duration="50ms")
    client = connect(sim)
    sim.faults([{"kind": "reboot-stuck", "ids": [FIRST]},
                {"kind": "reboot-slow", "ids": [SECOND], "delayMs": 3000}])
    assert client.reboot([FIRST, SECOND, THIRD]).code is None
    wait_until(lambda: sim.instances(id=THIRD)[0]["state"] == "RUNNING")
    assert sim.instances(id=SECOND)[0]["state"] == "REBOOTING"
    wait_until(lambda: sim.instances(id=SECOND)[0]["state"] == "RUNNING")
    assert sim.instances(id=FIRST)[0]["state"] == "REBOOTING"


def test_probability_is_about_right_and_seeded(start, connect):
    counts = []
    for _ in range(2):
        sim = start(seed=3, fault={"kind": "throttle", "probability": 0.3})
        client = connect(sim)
        counts.append(sum(client.describe(Limit=1).code is not None for _ in range(300)))
    assert counts[0] == counts[1] and 60 < counts[0] < 120


def test_delay_goes_with_any_other_fault(sim, client):
    sim.faults([{"kind": "delay", "delayMs": 300}, {"kind": "throttle"}])
    began = time.monotonic()
    assert client.reboot([FIRST]).code == "RequestLimitExceeded"
    assert time.monotonic() - began > 0.28


def test_refused_calls_draw_no_fault(sim, client):
    sim.fault(kind="lost-after", count=1)
    assert client.call("RebootInstances", {}, secret_key="x").code == "AuthFailure.SignatureFailure"
    assert sim.faults()[0]["left"] == 1


def test_faults_are_listed_and_cleared(sim, client):
    sim.faults([{"kind": "busy", "ids": [SECOND, FIRST], "count": 5}, {"kind": "delay"}])
    client.reboot([FIRST])
    first, second = sim.faults()
    assert (first["kind"], first["ids"], first["left"], first["hits"]) == \
        ("busy", [FIRST, SECOND], 4, 1)
    assert second["left"] == -1
    assert sim.fault(kind="clear") == []
    sim.fault(kind="delay")
    assert len(sim.faults([{"kind": "clear"}, {"kind": "busy"}])) == 1
    sim.clear_faults()
    assert sim.faults() == []


@pytest.mark.parametrize("fault", [
    {"kind": "nonsense"}, {}, {"kind": "busy", "id": "x"}, {"kind": "busy", "count": -1},
    {"kind": "busy", "count": "1"}, {"kind": "busy", "probability": 2},
    {"kind": "delay", "delayMs": -1}, {"kind": "code"}, {"kind": "busy", "ids": "x"},
    {"kind": "busy", "ids": [1]}, {"kind": "reboot-slow"}, [{"kind": "busy"}, 1]])
def test_bad_faults_are_refused_as_a_whole(sim, client, fault):
    answer = client.send("POST", "/_sim/faults", {}, json.dumps(fault).encode())
    assert answer.status == 400 and json.loads(answer.body)["error"]
    assert sim.faults() == []


def test_message_style_may_change_at_run_time(sim, client):
    sim.fault(kind="message-style", message="chinese", action="RebootInstances")
    sim.fault(kind="busy", ids=[FIRST])
    answer = client.reboot([FIRST])
    assert "操作进行中" in answer.message
    sim.faults([{"kind": "clear"}, {"kind": "busy", "ids": [FIRST]}])
    assert "already has operation in progress" in client.reboot([FIRST]).message
    assert client.send("POST", "/_sim/faults", {},
                       b'{"kind":"message-style","message":"loud"}').status == 400
