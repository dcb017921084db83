# SPDX-License-Identifier: Apache-2.0
"""`reboot-worker sign` and the vendor's own signer agree on whatever is signed."""
import json
import os
import random
import subprocess
import urllib.parse

import pytest

CASES = 120


def official(case: dict):
    """What the official SDK would send: its request object, with the clock set."""
    from unittest import mock

    from tencentcloud.common import abstract_client, common_client, credential
    from tencentcloud.common.http.request import RequestInternal
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile

    profile = ClientProfile(httpProfile=HttpProfile(endpoint=case["host"],
                                                    reqMethod=case["method"]))
    client = common_client.CommonClient(
        "ecm", "2019-07-19", credential.Credential(case["id"], case["key"], case["token"]),
        case["region"], profile)
    request = RequestInternal(case["host"], case["method"], "/", header={})
    with mock.patch.object(abstract_client.time, "time", return_value=case["time"] + 0.7):
        client._build_req_inter(case["action"], case["params"], request)
    return request


def ours(worker, case: dict, request) -> dict:
    arguments = ["--action", case["action"], "--method", case["method"], "--host", case["host"],
                 "--time", str(case["time"]), "--content-type", request.header["Content-Type"],
                 "--signed-headers", "content-type;host", "-o", "json"]
    if case["region"]:
        arguments += ["--region", case["region"]]
    if case["method"] == "GET":
        arguments += ["--query", request.data]
    environment = {"PATH": os.environ["PATH"], "TENCENTCLOUD_SECRET_ID": case["id"],
                   "TENCENTCLOUD_SECRET_KEY": case["key"]}
    if case["token"]:
        environment["TENCENTCLOUD_TOKEN"] = case["token"]
    body = b"" if case["method"] == "GET" else request.data.encode()
    done = subprocess.run([worker, "sign", *arguments, "--body", "-"], input=body,
                          env=environment, capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def text(chance: random.Random, letters: str, most: int) -> str:
    return "".join(chance.choice(letters) for _ in range(chance.randint(1, most)))


WORD = "abcdefghijklmnopqrstuvwxyz0123456789-"
ODD = WORD + "ABCXYZ_ \"\\/\t\n%&=+'é中文\U0001f600\u2028"


def random_case(chance: random.Random) -> dict:
    method = chance.choice(["POST", "POST", "GET"])
    ids = ["ein-" + text(chance, WORD, 12) for _ in range(chance.randint(1, 100))]
    params = {"InstanceIdSet": ids}
    if chance.random() < 0.5:
        params["StopType"] = chance.choice(["SOFT", "HARD", "SOFT_FIRST"])
    if method == "POST" and chance.random() < 0.5:
        params[text(chance, WORD, 5)] = {"Values": [text(chance, ODD, 40)], "n": chance.random()}
    if method == "GET":
        params["Note"] = text(chance, ODD, 40)
    return {
        "method": method, "params": params,
        "action": chance.choice(["RebootInstances", "DescribeInstances"]),
        "host": chance.choice(["ecm.tencentcloudapi.com", "ecm.intl.tencentcloudapi.com",
                               "ecm.ap-guangzhou.tencentcloudapi.com", "127.0.0.1:8080"]),
        "time": chance.choice([chance.randint(0, 4102444800), 1551139199, 1551139200]),
        "region": chance.choice(["", "ap-guangzhou", "ap-xian-ecm"]),
        "id": "AKID" + text(chance, WORD + "XYZ*", 40),
        "key": text(chance, WORD + "XYZ*", 60),
        "token": chance.choice([None, text(chance, WORD, 300)]),
    }


@pytest.mark.parametrize("seed", range(CASES))
def test_the_official_signer_agrees(worker, sdk, seed):
    case = random_case(random.Random(seed))
    request = official(case)
    made = ours(worker, case, request)
    assert made["authorization"] == request.header["Authorization"], case
    for name, value in made["headers"].items():
        if name == "X-TC-Token":
            assert value == "***" and request.header[name] == case["token"]
        else:
            assert value == request.header[name], name
    if case["method"] == "GET":
        assert urllib.parse.parse_qs(request.data)


def test_neither_key_nor_token_is_shown(worker, sdk):
    case = dict(random_case(random.Random(1)), key="KEYTEXTKEYTEXT", token="TOKENTEXTTOKENTEXT")
    made = json.dumps(ours(worker, case, official(case)))
    assert "KEYTEXT" not in made and "TOKENTEXT" not in made
