# SPDX-License-Identifier: Apache-2.0
"""The vendor's own SDKs as callers: they sign, and they read our answers, as independent judges."""
import json
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
FIRST = "ein-00000000"
SECOND = "ein-00000001"


def talk(argv, orders):
    done = subprocess.run(argv, input="".join(json.dumps(order) + "\n" for order in orders),
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(params=["python", "node"])
def sdk(request, sim):
    if request.param == "python":
        python = request.getfixturevalue("python_sdk")
        argv = [python, HERE / "sdk_python.py", f"127.0.0.1:{sim.port}"]
    else:
        folder = request.getfixturevalue("node_sdk")
        argv = ["node", HERE / "sdk_node.js", folder, sim.port]
    argv = [str(arg) for arg in [*argv, sim.secret_id, sim.secret_key]]
    return lambda *orders: talk(argv, orders)


def order(action, params, **more):
    return {"action": action, "params": params, **more}


def test_sdk_reboots_and_sees_it(sim, sdk):
    rebooted, seen, listed, denied = sdk(
        order("RebootInstances", {"InstanceIdSet": [FIRST, SECOND], "StopType": "SOFT_FIRST"}),
        order("DescribeInstances", {"Filters": [{"Name": "instance-id", "Values": [FIRST]}]}),
        order("DescribeInstances", {"Offset": 0, "Limit": 100, "OrderDirection": 1}),
        order("DescribeInstancesDeniedActions", {"InstanceIdSet": [FIRST]}))
    assert rebooted["result"]["RequestId"] == sim.calls()[0]["requestId"]
    assert sim.effects() == {FIRST: 1, SECOND: 1}
    [one] = seen["result"]["InstanceSet"]
    assert (one["InstanceState"], one["LatestOperation"]) == ("REBOOTING", "RebootInstances")
    assert listed["result"]["TotalCount"] == 20 and len(listed["result"]["InstanceSet"]) == 20
    assert denied["result"]["InstanceOperatorSet"][0]["DeniedActions"][0]["Code"] == \
        "OperationDenied.InstanceOperationInProgress"


def test_sdk_may_use_get(sim, sdk):
    get = {"method": "GET"}
    rebooted, seen = sdk(
        order("RebootInstances", {"InstanceIdSet": [FIRST, SECOND]}, profile=get),
        order("DescribeInstances", {"Filters": [{"Name": "instance-state",
                                                 "Values": ["REBOOTING"]}]}, profile=get))
    assert rebooted["result"]["RequestId"], rebooted
    assert seen["result"]["TotalCount"] == 2
    assert sim.effects() == {FIRST: 1, SECOND: 1}


def test_sdk_recognises_our_refusals(sim, sdk):
    sim.set_instances(id=FIRST, busy=True)
    answers = sdk(order("RebootInstances", {"InstanceIdSet": [FIRST]}),
                  order("RebootInstances", {"InstanceIdSet": ["ein-496721al"]}),
                  order("RebootInstances", {"InstanceIdSet": [SECOND]}, key="wrong"))
    assert [answer["code"] for answer in answers] == [
        "OperationDenied.InstanceOperationInProgress", "ResourceNotFound.InstanceNotExist",
        "AuthFailure.SignatureFailure"]
    assert [answer["requestId"] for answer in answers] == [c["requestId"] for c in sim.log()]
    assert sim.effects() == {}


def test_python_sdk_may_leave_the_payload_unsigned(sim, python_sdk):
    argv = [str(python_sdk), str(HERE / "sdk_python.py"), f"127.0.0.1:{sim.port}", sim.secret_id,
            sim.secret_key]
    [answer] = talk(argv, [order("RebootInstances", {"InstanceIdSet": [FIRST]},
                                 profile={"unsigned": True})])
    assert answer["result"]["RequestId"] and sim.effects() == {FIRST: 1}


@pytest.mark.parametrize("sign", ["HmacSHA1", "HmacSHA256"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_python_sdk_may_sign_the_older_way(sim, python_sdk, sign, method):
    argv = [str(python_sdk), str(HERE / "sdk_python.py"), f"127.0.0.1:{sim.port}", sim.secret_id,
            sim.secret_key]
    profile = {"sign": sign, "method": method}
    ids = {"InstanceIdSet": [FIRST, SECOND]}
    refused, rebooted, seen = talk(argv, [
        order("RebootInstances", ids, profile=profile, key="wrong"),
        order("RebootInstances", ids, profile=profile),
        order("DescribeInstances", {"Filters": [{"Name": "instance-state",
                                                 "Values": ["REBOOTING"]}]}, profile=profile)])
    assert refused["code"] == "AuthFailure.SignatureFailure"
    assert rebooted["result"]["RequestId"] and sim.effects() == {FIRST: 1, SECOND: 1}
    assert seen["result"]["TotalCount"] == 2
