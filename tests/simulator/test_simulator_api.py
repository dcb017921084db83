# SPDX-License-Identifier: Apache-2.0
"""The API: envelope, parameters, RebootInstances, the denied actions, the rate, the log."""
import json
import time
import uuid

import pytest
from broker.client import wait_until

FIRST = "ein-00000000"
SECOND = "ein-00000001"


def test_answer_is_plain_json_with_a_request_id(client):
    answer = client.reboot([FIRST])
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.response) == ["RequestId"]
    assert uuid.UUID(answer.response["RequestId"]).version == 4


def test_refusal_is_an_http_200_too(client):
    answer = client.call("RebootMachines", {})
    assert (answer.status, answer.code) == (200, "InvalidAction")
    assert answer.headers["content-type"] == "application/json"
    assert sorted(answer.response) == ["Error", "RequestId"]
    assert sorted(answer.response["Error"]) == ["Code", "Message"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_no_protocol(client, method):
    answer = client.call("RebootInstances", {"InstanceIdSet": [FIRST]}, method=method)
    assert answer.code == "UnsupportedProtocol"


def test_other_paths_are_not_the_api(client):
    assert client.send("POST", "/v2", {}, b"{}").status == 404


BODIES = {
    "no json": (b"{", "InvalidParameter"),
    "an array": (b"[]", "InvalidParameter"),
    "empty": (b"", "InvalidParameter"),
    "a key twice": (b'{"InstanceIdSet":["ein-00000000"],"InstanceIdSet":["ein-00000001"]}',
                    "InvalidParameter"),
    "no ids": ({}, "MissingParameter"),
    "empty list": ({"InstanceIdSet": []}, "MissingParameter"),
    "ids a string": ({"InstanceIdSet": FIRST}, "InvalidParameter"),
    "id a number": ({"InstanceIdSet": [1]}, "InvalidParameter"),
    "ids null": ({"InstanceIdSet": None}, "InvalidParameter"),
    "unknown key": ({"InstanceIdSet": [FIRST], "DryRun": True}, "UnknownParameter"),
    "sibling product's key": ({"InstanceIds": [FIRST]}, "UnknownParameter"),
    "key in lower case": ({"instanceIdSet": [FIRST]}, "UnknownParameter"),
    "force a string": ({"InstanceIdSet": [FIRST], "ForceReboot": "true"}, "InvalidParameter"),
    "stop type a number": ({"InstanceIdSet": [FIRST], "StopType": 1}, "InvalidParameter"),
    "stop type": ({"InstanceIdSet": [FIRST], "StopType": "soft"}, "InvalidParameterValue"),
    "empty id": ({"InstanceIdSet": [""]}, "InvalidParameterValue.InvalidInstanceID"),
    "foreign id": ({"InstanceIdSet": ["ins-00000000"]}, "InvalidParameterValue.InvalidInstanceID"),
    "id with its line end": ({"InstanceIdSet": ["ein-492054ga\r\n"]},
                             "InvalidParameterValue.InvalidInstanceID"),
    "unknown id": ({"InstanceIdSet": ["ein-496721al"]}, "ResourceNotFound.InstanceNotExist"),
    "101 ids": ({"InstanceIdSet": [f"ein-{i:08x}" for i in range(101)]},
                "InvalidParameterValue.ParameterValueTooLarge"),
}


@pytest.mark.parametrize("name", BODIES)
def test_bad_parameters_have_their_code_and_no_effect(sim, client, name):
    body, code = BODIES[name]
    answer = client.call("RebootInstances", body)
    assert (answer.status, answer.code) == (200, code), answer.body
    assert sim.effects() == {}


@pytest.mark.parametrize("fields", [{}, {"StopType": "SOFT"}, {"StopType": "HARD"},
                                    {"StopType": "SOFT_FIRST"}, {"ForceReboot": True},
                                    {"ForceReboot": False, "StopType": "HARD"},
                                    {"ForceReboot": True, "StopType": "HARD"}])
def test_every_kind_of_reboot_is_taken(sim, client, fields):
    assert client.reboot([FIRST], **fields).code is None
    [call] = sim.calls()
    assert call["params"] == {"InstanceIdSet": [FIRST], **fields}


def test_force_with_stop_type_is_refused_when_asked_for(start, connect):
    client = connect(start(reject_force_with_stoptype=True))
    answer = client.reboot([FIRST], ForceReboot=True, StopType="SOFT")
    assert answer.code == "InvalidParameterCombination"
    assert client.reboot([FIRST], ForceReboot=False, StopType="SOFT").code is None


def test_hundred_go_at_once_and_a_repeated_id_counts_once(start, connect):
    sim = start(instances=100)
    ids = [f"ein-{i:08x}" for i in range(99)]
    assert connect(sim).reboot(ids + [ids[0]]).code is None
    assert sim.effects() == dict.fromkeys(ids, 1)


def test_get_form_does_the_same(sim, client):
    query = f"InstanceIdSet.1={SECOND}&InstanceIdSet.0={FIRST}&ForceReboot=false&StopType=SOFT"
    assert client.call("RebootInstances", method="GET", query=query).code is None
    assert sim.effects() == {FIRST: 1, SECOND: 1}
    assert sim.calls()[0]["params"]["InstanceIdSet"] == [FIRST, SECOND]


@pytest.mark.parametrize("query, code", [
    ("InstanceIdSet.1=ein-00000000", "InvalidParameter"),
    ("InstanceIdSet.0=ein-00000000&InstanceIdSet.2=ein-00000001", "InvalidParameter"),
    ("InstanceIdSet.0=ein-00000000&InstanceIdSet.0=ein-00000001", "InvalidParameter"),
    ("InstanceIdSet=ein-00000000", "InvalidParameter"),
    ("InstanceIdSet.0=ein-00000000&InstanceIdSet=ein-00000001", "InvalidParameter"),
    ("InstanceIdSet.0=ein-00000000&InstanceIdSet.x=ein-00000001", "InvalidParameter"),
    ("InstanceIdSet.0=ein-00000000&StopType=SOFT&StopType=HARD", "InvalidParameter"),
    ("InstanceIdSet.0.0=ein-00000000", "InvalidParameter"),
    ("InstanceIdSet.99999=ein-00000000", "InvalidParameter"),
    ("InstanceIdSet.123456=ein-00000000", "InvalidParameter"),
    ("=ein-00000000&.=1", "InvalidParameter"),
    ("InstanceIdSet.0=ein-00000000&ForceReboot=1", "InvalidParameter"),
    ("InstanceIdSet.0=%", "InvalidParameter"),
    ("", "MissingParameter"),
    ("InstanceIdSet.0=" + "a" * 33000, "RequestSizeLimitExceeded"),
])
def test_bad_get_forms(sim, client, query, code):
    assert client.call("RebootInstances", method="GET", query=query).code == code
    assert sim.effects() == {}


def test_body_over_ten_megabytes_is_too_large(client):
    body = b'{"InstanceIdSet":["' + b"a" * (10 << 20) + b'"]}'
    assert client.call("RebootInstances", body).code == "RequestSizeLimitExceeded"


def test_reboot_passes_through_rebooting_and_comes_back(start, connect):
    sim = start(reboot_duration="2s..3s")
    client = connect(sim)

    def shown():
        answer = client.describe(Filters=[{"Name": "instance-id", "Values": [FIRST]}])
        [one] = answer.response["InstanceSet"]
        return one["InstanceState"], one["LatestOperation"], one["LatestOperationState"]

    assert shown() == ("RUNNING", None, None)
    assert client.reboot([FIRST]).code is None
    assert shown() == ("REBOOTING", "RebootInstances", "OPERATING")
    assert client.reboot([FIRST]).code == "OperationDenied.InstanceOperationInProgress"
    wait_until(lambda: shown() == ("RUNNING", "RebootInstances", "SUCCESS"))
    assert sim.effects() == {FIRST: 1}
    assert client.reboot([FIRST]).code is None
    assert sim.stats()["rebootedMoreThanOnce"] == 1


@pytest.mark.parametrize("state, code", [
    ("PENDING", "ResourceUnavailable.InstanceNotRunning"),
    ("LAUNCH_FAILED", "ResourceUnavailable.InstanceNotRunning"),
    ("RUNNING", None),
    ("STOPPED", "ResourceUnavailable.InstanceNotRunning"),
    ("STARTING", "ResourceUnavailable.InstanceNotRunning"),
    ("STOPPING", "ResourceUnavailable.InstanceNotRunning"),
    ("REBOOTING", "OperationDenied.InstanceOperationInProgress"),
    ("SHUTDOWN", "ResourceUnavailable.InstanceNotRunning"),
    ("TERMINATING", "ResourceUnavailable.InstanceNotRunning"),
    ("TERMINATED", "ResourceUnavailable.InstanceNotRunning"),
    ("GONE", "ResourceNotFound.InstanceNotExist"),
])
def test_only_running_instances_are_rebooted(sim, client, state, code):
    sim.set_instances(id=FIRST, state=state)
    assert client.reboot([FIRST]).code == code
    denied = client.call("DescribeInstancesDeniedActions", {"InstanceIdSet": [SECOND]})
    assert denied.response["InstanceOperatorSet"] == [{"InstanceId": SECOND, "DeniedActions": None}]


def test_state_set_by_hand_forgets_the_reboot_under_way(start, connect):
    sim = start(reboot_duration="300ms")
    assert connect(sim).reboot([FIRST, SECOND]).code is None
    sim.set_instances(id=FIRST, state="STOPPED")
    wait_until(lambda: sim.instances(id=SECOND)[0]["state"] == "RUNNING")
    assert sim.instances(id=FIRST)[0]["state"] == "STOPPED"


def test_one_bad_instance_refuses_the_batch(sim, client):
    sim.set_instances(id=SECOND, state="STOPPED")
    answer = client.reboot([FIRST, SECOND, "ein-00000002"])
    assert answer.code == "ResourceUnavailable.InstanceNotRunning"
    assert f"['{SECOND}']" in answer.message and FIRST not in answer.message
    assert sim.effects() == {}


def test_partial_reboots_the_good_ones_and_still_refuses(start, connect):
    sim = start(partial=True)
    sim.set_instances(id=SECOND, busy=True)
    answer = connect(sim).reboot([FIRST, SECOND])
    assert answer.code == "OperationDenied.InstanceOperationInProgress"
    assert sim.effects() == {FIRST: 1}
    assert sim.calls()[0]["effect"] == [FIRST]


@pytest.mark.parametrize("style, wanted, unwanted", [
    ("names", f"`['{FIRST}', '{SECOND}']`", "\n"),
    ("none", "not allowed", "ein-"),
    ("chinese", "操作进行中", "\n"),
    ("multi-line", "\nresource (qcs::ecm", None),
])
def test_message_styles(start, connect, style, wanted, unwanted):
    sim = start(message_style=style)
    sim.set_instances(ids=[FIRST, SECOND], busy=True)
    message = connect(sim).reboot([FIRST, SECOND, "ein-00000002"]).message
    assert wanted in message
    assert not unwanted or unwanted not in message


def test_denied_actions_say_what_stands_in_the_way(sim, client):
    sim.set_instances(id=FIRST, state="STOPPED")
    sim.set_instances(id=SECOND, denied=True)
    answer = client.call("DescribeInstancesDeniedActions", {"InstanceIdSet": [FIRST, SECOND]})
    got = [(one["InstanceId"], one["DeniedActions"][0]["Action"], one["DeniedActions"][0]["Code"])
           for one in answer.response["InstanceOperatorSet"]]
    assert got == [(FIRST, "RebootInstances", "ResourceUnavailable.InstanceNotRunning"),
                   (SECOND, "RebootInstances", "UnauthorizedOperation.ForbiddenOperation")]
    missing = client.call("DescribeInstancesDeniedActions", {})
    assert missing.code == "MissingParameter.MissingInstancesParameter"


def test_twenty_calls_a_second_of_each_action_and_host(start, connect):
    sim = start(rate_limit=20)
    client = connect(sim)
    codes = [client.describe(Limit=1).code for _ in range(60)]
    by_second = {}
    for call, code in zip(sim.log(), codes):
        by_second.setdefault(int(call["at"]), []).append(code)
    for in_second in by_second.values():
        assert in_second[:20] == [None] * len(in_second[:20])
        assert set(in_second[20:]) <= {"RequestLimitExceeded"}
    assert "RequestLimitExceeded" in codes
    refused = wait_until(lambda: next((a for a in [client.describe(Limit=1)] if a.code), None),
                         pause=0)
    assert "exceeds the frequency limit `20` for a second" in refused.message
    assert client.reboot([FIRST]).code is None
    assert client.call("DescribeInstances", host="ecm.tencentcloudapi.com").code is None


def test_throttled_reboot_has_no_effect(start, connect):
    sim = start(rate_limit=1)
    client = connect(sim)
    wait_until(lambda: client.reboot([FIRST]).code == "RequestLimitExceeded")
    for call in sim.log():
        if call["code"] == "RequestLimitExceeded":
            assert call["effect"] == []


def test_log_tells_the_truth_in_order(sim, client):
    before = time.time()
    client.reboot([FIRST, SECOND])
    client.describe(Filters=[{"Name": "instance-id", "Values": [FIRST]}])
    client.call("Nonsense", b"no json")
    log = sim.log()
    assert [call["action"] for call in log] == ["RebootInstances", "DescribeInstances", "Nonsense"]
    assert [call["ids"] for call in log] == [[FIRST, SECOND], [FIRST], []]
    assert [call["effect"] for call in log] == [[FIRST, SECOND], [], []]
    assert [call["code"] for call in log] == [None, None, "InvalidAction"]
    assert log[2]["params"] is None and all(call["answered"] for call in log)
    assert before - 1 < log[0]["at"] <= log[1]["at"] <= log[2]["at"] < time.time() + 1
    assert len({call["requestId"] for call in log}) == 3
    assert sim.log(2) == log[2:] and sim.log(3) == []


def test_stats_sum_up(sim, client):
    client.reboot([FIRST, SECOND])
    client.reboot([FIRST])
    stats = sim.stats()
    assert (stats["calls"], stats["reboots"], stats["rebootIds"]) == (2, 2, 3)
    assert stats["codes"] == {"OK": 1, "OperationDenied.InstanceOperationInProgress": 1}
    assert stats["states"]["REBOOTING"] == 2 and stats["states"]["RUNNING"] == 18


def test_seed_repeats_the_run(start, connect):
    ids = [connect(start(seed=7)).reboot([FIRST]).response["RequestId"] for _ in range(2)]
    assert ids[0] == ids[1]
    assert connect(start(seed=8)).reboot([FIRST]).response["RequestId"] != ids[0]


def test_unknown_endpoint_of_the_simulator(client):
    assert client.send("GET", "/_sim/nothing", {}, b"").status == 404


@pytest.mark.parametrize("change", [{"id": "has blank"}, {"id": FIRST, "state": "WRONG"}, {},
                                    {"id": FIRST, "name": 'a"b'}, {"ids": FIRST}])
def test_bad_changes_are_refused(client, change):
    answer = client.send("POST", "/_sim/instances", {}, json.dumps(change).encode())
    assert answer.status == 400 and "error" in json.loads(answer.body)
