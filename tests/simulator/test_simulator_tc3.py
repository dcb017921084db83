# SPDX-License-Identifier: Apache-2.0
"""The signature: what is accepted, what is refused, and with which code."""
import time

import pytest

KEY_A = {"secret_id": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
         "secret_key": "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"}
BODY = b'{"InstanceIdSet":["ein-496721al","ein-438242bp"]}'
SOFT_FIRST = (b'{"InstanceIdSet":["ein-496721al","ein-438242bp"],'
              b'"StopType":"SOFT_FIRST"}')
LIST = (b'{"Filters":[{"Name":"instance-id","Values":["ein-496721al","ein-438242bp"]}],'
        b'"Limit":100}')
QUERY = "InstanceIdSet.0=ein-496721al&InstanceIdSet.1=ein-438242bp"
HOST = "ecm.tencentcloudapi.com"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
TWO = "content-type;host"
THREE = "content-type;host;x-tc-action"
AT = 1551113065

# Computed once with two other programs than ours, from key A above.
VECTORS = [
    ("POST", HOST, JSON, TWO, BODY, AT, False,
     "20e22669ce596f848a1bbd2cdf83c200dad19917efdd7843819657b7819d1b65"),
    ("POST", HOST, JSON + "; charset=utf-8", THREE, BODY, AT, False,
     "b31bc081d5ef2d57385ebe515ac5ed0f55796bb95c85b6e8bbd4141bb839ea0c"),
    ("POST", "ecm.intl.tencentcloudapi.com", JSON, THREE, SOFT_FIRST, AT, False,
     "e9fbc02f94f7f220bc8b8c700afa6ccc0df931a01b33e35c968d53d80bb3803e"),
    ("GET", HOST, FORM, TWO, b"", AT, False,
     "dc192b0f22955dccc513ee909f3d63c37d5915fea741b3401bbf1b4ae8b0211f"),
    ("POST", HOST, JSON, TWO, BODY, AT, True,
     "4ed9a6a512641b616a106fce023319138c4836841f364affd39279beb74faa2e"),
    ("POST", "127.0.0.1:8080", JSON, TWO, BODY, AT, False,
     "067b9082df7de92edc23c3bc00b96d25f4cf253903a8a054a6c6c4c034192522"),
    ("POST", HOST, JSON, TWO, BODY, 1551139199, False,
     "6fc72612a8d726186847ca2b09a44db3aab8d61995a07218abbe396b1725fc0b"),
    ("POST", HOST, JSON, TWO, BODY, 1551139200, False,
     "1454909778ac3ae87aa2402b9970faf2876513468d87d1eceb80acd077b2310d"),
    ("POST", HOST, JSON, TWO, BODY, 1551285865, False,
     "9ab1dfcf0130436c408100e90c9c436ea2722fcb7ff1b1f0765b0d7c555ca9ff"),
    ("POST", HOST, JSON, TWO, BODY, 1582130665, False,
     "9f758cc3f27ba2dafa8a376b1d5e7dff23d8cb79687870f9a35daf30891854d7"),
]


@pytest.mark.parametrize("vector", VECTORS, ids=[f"E{i + 1}" for i in range(6)] +
                         ["E8", "E9", "E10", "E11"])
@pytest.mark.parametrize("spoilt", [False, True], ids=["whole", "spoilt"])
def test_vectors_of_other_programs_are_accepted_and_nothing_near_them(start, connect, vector,
                                                                      spoilt):
    method, host, content_type, names, body, stamp, unsigned, mac = vector
    date = time.strftime("%Y-%m-%d", time.gmtime(stamp))
    sim = start(clock_offset=f"-{int(time.time()) - stamp}s", instances=0, **KEY_A)
    mac = mac[:-1] + ("0" if mac[-1] != "0" else "1") if spoilt else mac
    headers = {"host": host, "content-type": content_type, "x-tc-action": "RebootInstances",
               "x-tc-version": "2019-07-19", "x-tc-timestamp": str(stamp),
               "authorization": f"TC3-HMAC-SHA256 Credential={KEY_A['secret_id']}/{date}/ecm/"
                                f"tc3_request, SignedHeaders={names}, Signature={mac}"}
    if unsigned:
        headers["x-tc-content-sha256"] = "UNSIGNED-PAYLOAD"
    path = "/?" + QUERY if method == "GET" else "/"
    answer = connect(sim).send(method, path, headers, body)
    assert answer.status == 200
    assert answer.code == ("AuthFailure.SignatureFailure" if spoilt else
                           "ResourceNotFound.InstanceNotExist")


def test_vector_of_a_describe_call(start, connect):
    sim = start(clock_offset=f"-{int(time.time()) - AT}s", instances=0, **KEY_A)
    mac = "1d2c2196714090e1c66246a1bf3b1ea2a1fab950a0bbb7da7bccb7e5fb48a201"
    answer = connect(sim).send("POST", "/", {
        "host": HOST, "content-type": JSON, "x-tc-action": "DescribeInstances",
        "x-tc-version": "2019-07-19", "x-tc-timestamp": str(AT),
        "authorization": f"TC3-HMAC-SHA256 Credential={KEY_A['secret_id']}/2019-02-25/ecm/"
                         f"tc3_request, SignedHeaders={TWO}, Signature={mac}"}, LIST)
    assert answer.code is None and answer.response["TotalCount"] == 0


ACCEPTED = {
    "two headers": {},
    "three headers": {"names": ["content-type", "host", "x-tc-action"]},
    "every header": {"names": ["content-type", "host", "x-tc-action", "x-tc-timestamp",
                               "x-tc-version"]},
    "host without its port": {"signed_host": "127.0.0.1"},
    "a list that is not in order": {"names": ["host", "content-type"]},
    "charset": {"content_type": "application/json; charset=utf-8"},
    "upper case in a value": {"content_type": "application/JSON"},
    "unsigned payload": {"unsigned": True},
    "another host": {"host": "ecm.ap-guangzhou.tencentcloudapi.com"},
    "language": {"headers": {"x-tc-language": "en-US"}},
    "region has no effect": {"headers": {"x-tc-region": "ap-nowhere"}},
    "client": {"headers": {"x-tc-requestclient": "SDK_PYTHON_3"}},
    "old within the limit": {"timestamp": lambda: int(time.time()) - 280},
    "early within the limit": {"timestamp": lambda: int(time.time()) + 280},
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(client, name):
    options = {k: v() if callable(v) else v for k, v in ACCEPTED[name].items()}
    answer = client.call("DescribeInstances", {"Limit": 1}, **options)
    assert answer.code is None, answer.body


REFUSED = {
    "another key": ({"secret_key": "other"}, "AuthFailure.SignatureFailure"),
    "another id": ({"secret_id": "AKIDother"}, "AuthFailure.SecretIdNotFound"),
    "another body": ({"payload": b"{}"}, "AuthFailure.SignatureFailure"),
    "another host": ({"signed_host": "ecm.tencentcloudapi.com"}, "AuthFailure.SignatureFailure"),
    "host not signed": ({"names": ["content-type"]}, "AuthFailure.SignatureFailure"),
    "content type not signed": ({"names": ["host"]}, "AuthFailure.SignatureFailure"),
    "unsigned without saying so": ({"payload": b"UNSIGNED-PAYLOAD"},
                                   "AuthFailure.SignatureFailure"),
    "scope of another service": ({"service": "cvm"}, "AuthFailure.InvalidAuthorization"),
    "yesterday's date": ({"date": "2020-01-01"}, "AuthFailure.SignatureFailure"),
    "old": ({"timestamp": lambda: int(time.time()) - 303}, "AuthFailure.SignatureExpire"),
    "early": ({"timestamp": lambda: int(time.time()) + 303}, "AuthFailure.SignatureExpire"),
    "time is no number": ({"headers": {"x-tc-timestamp": "now"}}, "InvalidParameterValue"),
    "token without need": ({"headers": {"x-tc-token": "t"}}, "AuthFailure.TokenFailure"),
    "no authorization": ({"drop": ["authorization"]}, "MissingParameter"),
    "no timestamp": ({"drop": ["x-tc-timestamp"]}, "MissingParameter"),
    "no action": ({"drop": ["x-tc-action"]}, "MissingParameter"),
    "no version": ({"drop": ["x-tc-version"]}, "MissingParameter"),
    "no content type": ({"drop": ["content-type"]}, "MissingParameter"),
    "nonsense": ({"authorization": "TC3-HMAC-SHA256 nonsense"},
                 "AuthFailure.InvalidAuthorization"),
    "method v1 in v3's place": ({"authorization": "HmacSHA256 x"},
                                "AuthFailure.InvalidAuthorization"),
    "language": ({"headers": {"x-tc-language": "de-DE"}}, "InvalidParameterValue"),
    "form in a POST": ({"content_type": "application/x-www-form-urlencoded"}, "InvalidRequest"),
    "other version": ({"version": "2017-03-12"}, "NoSuchVersion"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(sim, client, name):
    options, code = REFUSED[name]
    options = {k: v() if callable(v) else v for k, v in options.items()}
    answer = client.call("RebootInstances", {"InstanceIdSet": ["ein-00000000"]}, **options)
    assert (answer.status, answer.code) == (200, code), answer.body
    assert [call["code"] for call in sim.log()] == [code]
    assert sim.effects() == {}


def test_signature_life_is_a_flag(start, connect):
    client = connect(start(signature_life="30s"))
    assert client.call("DescribeInstances", timestamp=int(time.time()) - 15).code is None
    answer = client.call("DescribeInstances", timestamp=int(time.time()) - 33)
    assert answer.code == "AuthFailure.SignatureExpire"


def test_clock_offset_moves_the_servers_time_and_its_date_header(start, connect):
    client = connect(start(clock_offset="-1h"))
    answer = client.call("DescribeInstances")
    assert answer.code == "AuthFailure.SignatureExpire"
    told = time.mktime(time.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S GMT"))
    told -= time.timezone
    assert abs(told - (time.time() - 3600)) < 5
    assert client.call("DescribeInstances", timestamp=int(told)).code is None


def test_token_is_demanded_when_it_is_set(start, connect):
    client = connect(start(token="tok"))
    assert client.call("DescribeInstances").code == "AuthFailure.TokenFailure"
    assert client.call("DescribeInstances", headers={"x-tc-token": "no"}).code == \
        "AuthFailure.TokenFailure"
    assert client.call("DescribeInstances", headers={"x-tc-token": "tok"}).code is None
